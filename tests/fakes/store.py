"""A store in memory whose disk does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from exitd.core.attempt import AttemptRecord
from exitd.core.market import Instrument
from exitd.core.position import PositionRecord
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    FundingRecord,
    IdempotencyRecord,
    Record,
    Snapshot,
    TriggerGone,
)
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.errors import StoreError, StoreFull
from exitd.ports.clock import Clock
from exitd.ports.store import (
    Batch,
    BookedFill,
    ExitRow,
    FactQuery,
    OnDurable,
    StoredFact,
    StoreHealth,
    TokenRecord,
)


class Disk:
    """What has become durable; it outlives the stores that are opened on it."""

    def __init__(self) -> None:
        self.triggers: dict[str, TriggerRecord] = {}
        self.fires: dict[tuple[str, int], FireRecord] = {}
        self.attempts: dict[tuple[str, int, int], AttemptRecord] = {}
        self.positions: dict[object, PositionRecord] = {}
        self.counters: dict[str, CounterRecord] = {}
        self.idempotency: dict[str, IdempotencyRecord] = {}
        self.fills: dict[tuple[str, str, str], FillRecord] = {}
        self.funding: dict[tuple[str, str, int], FundingRecord] = {}
        self.instruments: dict[tuple[str, str], Instrument] = {}
        self.facts: list[StoredFact] = []
        self.tokens: dict[str, TokenRecord] = {}
        self.notes: dict[str, bytes] = {}
        self.tags: dict[str, int] = {}
        self.arming_seq = 0

    def write(self, batch: Batch) -> None:
        for record in batch.records:
            self._put(record)
        for fact in batch.facts:
            self.facts.append(StoredFact(len(self.facts) + 1, fact))

    def _put(self, record: Record) -> None:
        match record:
            case TriggerRecord():
                self.triggers[record.id] = record
                self.arming_seq = max(self.arming_seq, record.seq)
            case TriggerGone():
                self.triggers.pop(record.trigger_id, None)
            case FireRecord():
                self.fires[record.trigger_id, record.arming] = record
            case AttemptRecord():
                key = record.order.attempt
                self.attempts[key.trigger_id, key.arming, key.n] = record
            case PositionRecord():
                self.positions[record.key] = record
            case CounterRecord():
                self.counters[record.account] = record
            case IdempotencyRecord():
                self.idempotency[record.key] = record
            case Instrument():
                self.instruments[record.account, record.symbol] = record
            case FundingRecord():
                key_of = (record.account, record.symbol, record.ts_venue_ns)
                self.funding.setdefault(key_of, record)
            case FillRecord():
                known = self.fills.get(fill_key(record))
                if known is None or (known.fire_id == "" and record.fire_id != ""):
                    self.fills[fill_key(record)] = record

    def snapshot(self) -> Snapshot:
        open_fires = {key: fire for key, fire in self.fires.items() if fire.open}
        return Snapshot(
            triggers=tuple(self.triggers.values()),
            fires=tuple(open_fires.values()),
            attempts=tuple(
                attempt
                for (trigger_id, arming, _), attempt in self.attempts.items()
                if (trigger_id, arming) in open_fires
            ),
            fills=tuple(
                fill
                for fill in self.fills.values()
                if fill.fire_id in {fire.fire_id for fire in open_fires.values()}
            ),
            positions=tuple(self.positions.values()),
            counters=tuple(self.counters.values()),
            idempotency=tuple(self.idempotency.values()),
            instruments=tuple(self.instruments.values()),
            seq=self.arming_seq,
        )


def fill_key(fill: FillRecord) -> tuple[str, str, str]:
    return fill.account, fill.symbol, fill.trade_id


class Queued(NamedTuple):
    batch: Batch
    on_durable: OnDurable | None


class FakeStore:
    """
    Writes at once and answers on the loop, until it is told otherwise.

    `hold` keeps commits back until `release`; `fill_disk` and `fail_disk` refuse
    them as a full and a broken disk do, until `mend_disk`; `crash` loses whatever is
    not durable and `restart` opens what is left.
    """

    def __init__(self, clock: Clock, disk: Disk | None = None) -> None:
        self.disk = disk or Disk()
        self.set_aside: tuple[str, ...] = ()
        self.queued: list[Queued] = []
        self.submitted: list[Batch] = []
        self._clock = clock
        self._health = StoreHealth.WRITABLE
        self._is_held = False
        self._is_over = False
        self._unsettled = 0
        self._ts_committed_ns = clock.monotonic_ns()

    def hold(self) -> None:
        self._is_held = True

    def release(self, count: int | None = None) -> None:
        """Commit the oldest *count* of what is held; all of it, and go on, if None."""
        if count is None:
            self._is_held = False
            count = len(self.queued)
        self._commit(count)

    def fill_disk(self) -> None:
        self._health = StoreHealth.FULL

    def fail_disk(self) -> None:
        self._health = StoreHealth.FAILING

    def mend_disk(self) -> None:
        self._health = StoreHealth.WRITABLE
        if not self._is_held:
            self._commit(len(self.queued))

    def crash(self) -> None:
        """Lose what is not durable, and every answer that was not given yet."""
        self._is_over = True
        self.queued.clear()

    def restart(self) -> FakeStore:
        self.crash()
        return FakeStore(self._clock, self.disk)

    def load(self) -> Snapshot:
        return self.disk.snapshot()

    def submit(self, batch: Batch, on_durable: OnDurable | None = None) -> None:
        assert not self._is_over, "a batch was submitted to a closed store"
        self.submitted.append(batch)
        self._unsettled += 1
        if batch.may_fail and self._health is StoreHealth.FULL:
            self._answer([(on_durable, StoreFull("The disk is full."))])
            return
        self.queued.append(Queued(batch, on_durable))
        if not self._is_held and self._health is StoreHealth.WRITABLE:
            self._commit(len(self.queued))

    @property
    def health(self) -> StoreHealth:
        return self._health

    @property
    def backlog(self) -> int:
        return self._unsettled

    def ts_committed_ns(self) -> int:
        if self._health is StoreHealth.WRITABLE and not self.queued:
            return self._clock.monotonic_ns()
        return self._ts_committed_ns

    def tag(self, account: str) -> int:
        tags = self.disk.tags
        return tags.setdefault(account, 1 + len(tags))

    async def facts(self, query: FactQuery) -> tuple[StoredFact, ...]:
        found = [stored for stored in self.disk.facts if matches(stored, query)]
        if not query.oldest_first:
            found.reverse()
        return tuple(found[: query.limit])

    async def exits(self, ts_from_ns: int, ts_to_ns: int) -> tuple[ExitRow, ...]:
        fires = [
            fire
            for fire in self.disk.fires.values()
            if ts_from_ns <= fire.ts_hit_ns < ts_to_ns
        ]
        return tuple(
            ExitRow(fire, self._fills_of(fire.fire_id))
            for fire in sorted(fires, key=lambda fire: fire.ts_hit_ns)
        )

    async def fills(self, ts_from_ns: int, ts_to_ns: int) -> tuple[BookedFill, ...]:
        fires = {fire.fire_id: fire for fire in self.disk.fires.values()}
        found = [
            fill
            for fill in map(self._claimed, self.disk.fills.values())
            if ts_from_ns <= fill.ts_venue_ns < ts_to_ns
        ]
        return tuple(
            BookedFill(fill, fires.get(fill.fire_id))
            for fill in sorted(found, key=lambda f: (f.ts_venue_ns, f.trade_id))
        )

    async def funding(
        self, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[FundingRecord, ...]:
        found = [
            paid
            for paid in self.disk.funding.values()
            if ts_from_ns <= paid.ts_venue_ns < ts_to_ns
        ]
        return tuple(sorted(found, key=lambda paid: (paid.ts_venue_ns, paid.symbol)))

    async def fires(self, trigger_id: str) -> tuple[FireRecord, ...]:
        return tuple(
            fire for (of, _), fire in self.disk.fires.items() if of == trigger_id
        )

    async def put_token(self, token: TokenRecord) -> None:
        self._change(lambda: self.disk.tokens.update({token.name: token}))

    async def drop_token(self, name: str) -> bool:
        was_there = name in self.disk.tokens
        self._change(lambda: self.disk.tokens.pop(name, None))
        return was_there

    async def tokens(self) -> tuple[TokenRecord, ...]:
        return tuple(self.disk.tokens.values())

    async def put_note(self, key: str, value: bytes) -> None:
        self._change(lambda: self.disk.notes.update({key: value}))

    async def note(self, key: str) -> bytes | None:
        return self.disk.notes.get(key)

    async def close(self) -> None:
        self.release()
        await asyncio.sleep(0)
        self._is_over = True

    def _change(self, work: Callable[[], object]) -> None:
        if self._health is not StoreHealth.WRITABLE:
            raise StoreError("The store takes no writes.")
        work()

    def _commit(self, count: int) -> None:
        done, self.queued = self.queued[:count], self.queued[count:]
        for queued in done:
            self.disk.write(queued.batch)
        self._ts_committed_ns = self._clock.monotonic_ns()
        self._answer((queued.on_durable, None) for queued in done)

    def _answer(
        self, answers: Iterable[tuple[OnDurable | None, StoreError | None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        for on_durable, error in answers:
            loop.call_soon(self._settle, on_durable, error)

    def _settle(self, on_durable: OnDurable | None, error: StoreError | None) -> None:
        self._unsettled -= 1
        # A process that is gone hears no answer; what it wrote stays written.
        if on_durable is not None and not self._is_over:
            on_durable(error)

    def _fills_of(self, fire_id: str) -> tuple[FillRecord, ...]:
        every = map(self._claimed, self.disk.fills.values())
        fills = [fill for fill in every if fill.fire_id == fire_id]
        return tuple(sorted(fills, key=lambda fill: (fill.ts_venue_ns, fill.trade_id)))

    def _claimed(self, fill: FillRecord) -> FillRecord:
        """Join a fill that came before anybody knew whose it was."""
        for attempt in self.disk.attempts.values():
            order = attempt.order
            if (
                fill.fire_id == ""
                and (order.account, order.symbol) == (fill.account, fill.symbol)
                and order.client_order_id == fill.client_order_id
                and attempt.venue_order_id in ("", fill.venue_order_id)
            ):
                key = order.attempt
                fire_id = f"{key.trigger_id}#{key.arming}"
                return msgspec.structs.replace(fill, fire_id=fire_id)
        return fill


def matches(stored: StoredFact, query: FactQuery) -> bool:
    fact = stored.fact
    if query.event.endswith("*"):
        is_event = fact.kind.startswith(query.event[:-1])
    else:
        is_event = query.event in ("", fact.kind)
    return (
        is_event
        and stored.seq > query.after_seq
        and fact.ts_ns >= query.ts_from_ns
        and (query.ts_to_ns is None or fact.ts_ns < query.ts_to_ns)
        and query.trigger_id in ("", fact.trigger_id)
        and query.fire_id in ("", fact.fire_id)
    )
