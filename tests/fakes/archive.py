"""What has become durable in memory, and what it gives back when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from exitd.core.attempt import AttemptRecord
from exitd.core.backstop import BackstopRecord
from exitd.core.condition import Direction
from exitd.core.entry import EntryRecord, SignalRecord, SignalState
from exitd.core.market import Instrument, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    FundingRecord,
    IdempotencyRecord,
    MarketGone,
    SeenRecord,
    Snapshot,
    TriggerGone,
    WatermarksRecord,
)
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.ports.store import (
    Batch,
    BookedFill,
    ExitRow,
    FactQuery,
    PastQuery,
    StoredFact,
    TokenRecord,
)


class Disk:
    """What has become durable; it outlives the stores that are opened on it."""

    def __init__(self) -> None:
        self.triggers: dict[str, TriggerRecord] = {}
        self.past: dict[str, TriggerRecord] = {}
        self.fires: dict[tuple[str, int], FireRecord] = {}
        self.attempts: dict[tuple[str, int, int], AttemptRecord] = {}
        self.positions: dict[object, PositionRecord] = {}
        self.counters: dict[str, CounterRecord] = {}
        self.idempotency: dict[str, IdempotencyRecord] = {}
        self.fills: dict[tuple[str, str, str], FillRecord] = {}
        self.funding: dict[tuple[str, str, int], FundingRecord] = {}
        self.instruments: dict[tuple[str, str], Instrument] = {}
        self.past_instruments: dict[tuple[str, str], Instrument] = {}
        self.watermarks: dict[tuple[PriceSource, Direction], WatermarksRecord] = {}
        self.seen: dict[PriceSource, SeenRecord] = {}
        self.backstops: dict[object, BackstopRecord] = {}
        self.entries: dict[str, EntryRecord] = {}
        self.signals: dict[str, SignalRecord] = {}
        self.facts: list[StoredFact] = []
        self.tokens: dict[str, TokenRecord] = {}
        self.notes: dict[str, bytes] = {}
        self.tags: dict[str, int] = {}
        self.arming_seq = 0

    def write(self, batch: Batch) -> None:
        for record in batch.records:
            _PUTS[type(record)](self, record)
        facts = self.facts
        for fact in batch.facts:
            facts.append(StoredFact(len(facts) + 1, fact))

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
            watermarks=tuple(self.watermarks.values()),
            seen=tuple(self.seen.values()),
            backstops=tuple(self.backstops.values()),
            entries=tuple(e for e in self.entries.values() if not e.is_over),
            seq=self.arming_seq,
        )


def _trigger(disk: Disk, record: TriggerRecord) -> None:
    disk.triggers[record.id] = record
    disk.arming_seq = max(disk.arming_seq, record.seq)


def _gone(disk: Disk, record: TriggerGone) -> None:
    gone = disk.triggers.pop(record.trigger_id, None)
    if gone is not None:
        disk.past[gone.id] = gone


def _market_gone(disk: Disk, record: MarketGone) -> None:
    market = (record.account, record.symbol)
    if record.instrument is not None:
        disk.past_instruments[market] = record.instrument
    disk.instruments.pop(market, None)
    for side in Side:
        disk.positions.pop(PositionKey(*market, side), None)
    for source in record.sources:
        disk.seen.pop(source, None)
        for way in Direction:
            disk.watermarks.pop((source, way), None)


def _fire(disk: Disk, record: FireRecord) -> None:
    disk.fires[record.trigger_id, record.arming] = record


def _attempt(disk: Disk, record: AttemptRecord) -> None:
    key = record.order.attempt
    disk.attempts[key.trigger_id, key.arming, key.n] = record


def _funding(disk: Disk, record: FundingRecord) -> None:
    key_of = (record.account, record.symbol, record.ts_venue_ns)
    disk.funding.setdefault(key_of, record)


def _fill(disk: Disk, record: FillRecord) -> None:
    known = disk.fills.get(fill_key(record))
    if known is None or (known.fire_id == "" and record.fire_id != ""):
        disk.fills[fill_key(record)] = record


def _position(disk: Disk, record: PositionRecord) -> None:
    disk.positions[record.key] = record


def _counter(disk: Disk, record: CounterRecord) -> None:
    disk.counters[record.account] = record


def _idempotency(disk: Disk, record: IdempotencyRecord) -> None:
    disk.idempotency[record.key] = record


def _watermarks(disk: Disk, record: WatermarksRecord) -> None:
    disk.watermarks[record.source, record.way] = record


def _seen(disk: Disk, record: SeenRecord) -> None:
    disk.seen[record.source] = record


def _instrument(disk: Disk, record: Instrument) -> None:
    disk.instruments[record.account, record.symbol] = record


def _backstop(disk: Disk, record: BackstopRecord) -> None:
    disk.backstops[record.key] = record


def _entry(disk: Disk, record: EntryRecord) -> None:
    disk.entries[record.id] = record


def _signal(disk: Disk, record: SignalRecord) -> None:
    disk.signals[record.id] = record


#: How each kind of row is put.
_PUTS: dict[type, Callable[[Disk, Any], None]] = {
    TriggerRecord: _trigger,
    TriggerGone: _gone,
    MarketGone: _market_gone,
    FireRecord: _fire,
    AttemptRecord: _attempt,
    PositionRecord: _position,
    CounterRecord: _counter,
    IdempotencyRecord: _idempotency,
    WatermarksRecord: _watermarks,
    SeenRecord: _seen,
    Instrument: _instrument,
    BackstopRecord: _backstop,
    EntryRecord: _entry,
    SignalRecord: _signal,
    FundingRecord: _funding,
    FillRecord: _fill,
}


def fill_key(fill: FillRecord) -> tuple[str, str, str]:
    return fill.account, fill.symbol, fill.trade_id


class FakeArchive:
    """The reading half of the store."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

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

    async def entries(self, ts_from_ns: int, ts_to_ns: int) -> tuple[EntryRecord, ...]:
        found = [
            entry
            for entry in self.disk.entries.values()
            if ts_from_ns <= entry.ts_wanted_ns < ts_to_ns
        ]
        return tuple(sorted(found, key=lambda entry: entry.ts_wanted_ns))

    async def signals(self, ts_from_ns: int, ts_to_ns: int) -> tuple[SignalRecord, ...]:
        found = [
            signal
            for signal in self.disk.signals.values()
            if ts_from_ns <= signal.ts_received_ns < ts_to_ns
        ]
        return tuple(sorted(found, key=lambda signal: signal.ts_received_ns))

    async def inbox(self, ts_from_ns: int) -> tuple[SignalRecord, ...]:
        stored = tuple(self.disk.signals.values())
        return tuple(
            signal
            for signal in stored
            if signal.state is SignalState.ACCEPTED
            or signal.ts_received_ns >= ts_from_ns
            or signal is stored[-1]
        )

    async def last_signal(
        self, route: str, client_order_id: str
    ) -> SignalRecord | None:
        named = [
            signal
            for signal in self.disk.signals.values()
            if (signal.route, signal.client_order_id) == (route, client_order_id)
        ]
        return named[-1] if named else None

    async def entries_by_id(self, ids: Collection[str]) -> dict[str, EntryRecord]:
        return {id: self.disk.entries[id] for id in ids if id in self.disk.entries}

    async def signals_by_id(self, ids: Collection[str]) -> dict[str, SignalRecord]:
        return {id: self.disk.signals[id] for id in ids if id in self.disk.signals}

    async def fires(self, trigger_id: str) -> tuple[FireRecord, ...]:
        return tuple(
            fire for (of, _), fire in self.disk.fires.items() if of == trigger_id
        )

    async def past_triggers(self, query: PastQuery) -> tuple[TriggerRecord, ...]:
        found = [
            self.disk.past[id]
            for id in sorted(self.disk.past)
            if id > query.after and id.startswith(query.prefix)
        ]
        wanted = [
            past
            for past in found
            if query.account in ("", past.definition.account)
            and query.symbol in ("", past.definition.symbol)
        ]
        return tuple(wanted[: query.limit])

    async def past_triggers_by_id(
        self, ids: Collection[str]
    ) -> dict[str, TriggerRecord]:
        return {id: self.disk.past[id] for id in ids if id in self.disk.past}

    async def past_instruments(
        self, markets: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], Instrument]:
        known = self.disk.past_instruments
        return {market: known[market] for market in markets if market in known}

    async def tokens(self) -> tuple[TokenRecord, ...]:
        return tuple(self.disk.tokens.values())

    async def note(self, key: str) -> bytes | None:
        return self.disk.notes.get(key)

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
        and query.entry in ("", fact.fields.get("entry"))
        and (not query.by or _is_by(query.by, str(fact.fields.get("by"))))
        and query.fire_id in ("", fact.fire_id)
    )


def _is_by(asked: str, by: str) -> bool:
    return by == asked or by.startswith(f"{asked}/")
