"""Everything the engine knows, its indexes, and the decision being built.

Records are immutable; a change puts a new one in place through `Turn`, which
also notes it for the store. So what is stored is what is known.
"""

from collections.abc import Iterator
from enum import IntEnum
from heapq import heappop, heappush

from msgspec import Struct

from exitd.core.attempt import AttemptKey, AttemptRecord, Capabilities
from exitd.core.book import Book
from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.intents import Intent
from exitd.core.market import Instrument, PriceSource
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    IdempotencyRecord,
    Record,
    TriggerGone,
)
from exitd.core.trigger import FireRecord, TriggerDefinition, TriggerRecord


class Accepted(Struct, frozen=True):
    """A command was carried out; `notes` are sentences for the person."""

    trigger_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Refused(Struct, frozen=True):
    """A command changed nothing. `code` is stable, `sentence` is for people."""

    code: str
    sentence: str
    trigger_id: str = ""


Reply = Accepted | Refused


class Decision(Struct, frozen=True):
    """What one input led to: rows and facts to store, intents to carry out."""

    facts: tuple[Fact, ...] = ()
    intents: tuple[Intent, ...] = ()
    records: tuple[Record, ...] = ()
    reply: Reply | None = None

    @property
    def is_quiet(self) -> bool:
        return not (self.facts or self.intents or self.records)


QUIET = Decision()


class TimerKind(IntEnum):
    EXPIRE = 0
    RETRY = 1
    RESOLVE = 2
    CONFIRM = 3
    BUDGET = 4
    FORGET = 5


class Timer(Struct, frozen=True, order=True, gc=False):
    """Due at `due_ns`; `n` is the attempt, where there is one."""

    due_ns: int
    kind: TimerKind
    trigger_id: str
    arming: int
    n: int = 0


class State:
    """The engine's memory. Only `Turn` writes to it."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self.capabilities: dict[str, Capabilities] = {}
        self.triggers: dict[str, TriggerRecord] = {}
        self.fires: dict[str, FireRecord] = {}
        self.attempts: dict[AttemptKey, AttemptRecord] = {}
        self.positions: dict[PositionKey, PositionRecord] = {}
        self.instruments: dict[tuple[str, str], Instrument] = {}
        self.counters: dict[str, CounterRecord] = {}
        self.idempotency: dict[str, IdempotencyRecord] = {}
        self.books: dict[PriceSource, Book] = {}
        self.by_position: dict[PositionKey, dict[str, None]] = {}
        self.open_attempts: dict[PositionKey, dict[AttemptKey, None]] = {}
        self.attempt_of_client_id: dict[tuple[str, int], AttemptKey] = {}
        self.stops_firing: dict[PositionKey, dict[str, None]] = {}
        self.held: dict[PositionKey, dict[str, None]] = {}
        self.deferred: dict[str, TriggerDefinition | None] = {}
        self.timers: list[Timer] = []
        self.seq = 0
        self.ignored_ticks = 0

    def book(self, source: PriceSource) -> Book:
        found = self.books.get(source)
        if found is None:
            found = self.books[source] = Book()
        return found

    def position(self, key: PositionKey) -> PositionRecord:
        return self.positions.get(key) or PositionRecord(key=key)

    def instrument_of(self, definition: TriggerDefinition) -> Instrument | None:
        return self.instruments.get((definition.account, definition.symbol))

    def triggers_on(self, key: PositionKey) -> list[TriggerRecord]:
        return [self.triggers[i] for i in self.by_position.get(key, ())]

    def fires_on(self, key: PositionKey) -> list[FireRecord]:
        return [self.fires[i] for i in self.by_position.get(key, ()) if i in self.fires]

    def open_attempts_on(self, key: PositionKey) -> list[AttemptRecord]:
        return [self.attempts[k] for k in self.open_attempts.get(key, ())]

    def open_attempt_of(self, fire: FireRecord) -> AttemptRecord | None:
        if not fire.attempts:
            return None
        last = self.attempts.get(
            AttemptKey(fire.trigger_id, fire.arming, fire.attempts)
        )
        return last if last is not None and not last.is_ended else None

    def next_deadline_ns(self) -> int | None:
        return self.timers[0].due_ns if self.timers else None

    def pop_due(self, now_ns: int) -> Iterator[Timer]:
        while self.timers and self.timers[0].due_ns <= now_ns:
            yield heappop(self.timers)


class Turn:
    """One decision in the making: changes the state and notes what changed."""

    def __init__(self, state: State, now_ns: int) -> None:
        self.state = state
        self.now_ns = now_ns
        self.facts: list[Fact] = []
        self.intents: list[Intent] = []
        self.records: dict[object, Record] = {}
        self.reply: Reply | None = None
        self.ended: list[str] = []

    def decision(self) -> Decision:
        return Decision(
            tuple(self.facts),
            tuple(self.intents),
            tuple(self.records.values()),
            self.reply,
        )

    def fact(
        self,
        kind: FactKind,
        trigger: TriggerRecord | None = None,
        /,
        *,
        account: str = "",
        symbol: str = "",
        fired: bool = False,
        **fields: FactValue,
    ) -> None:
        if trigger is not None:
            account = account or trigger.definition.account
            symbol = symbol or trigger.definition.symbol
        self.facts.append(
            Fact(
                kind=kind,
                ts_ns=self.now_ns,
                account=account,
                symbol=symbol,
                trigger_id=trigger.id if trigger is not None else "",
                fire_id=trigger.fire_id if trigger is not None and fired else "",
                fields=fields,
            )
        )

    def intend(self, intent: Intent) -> None:
        self.intents.append(intent)

    def at(self, timer: Timer) -> None:
        heappush(self.state.timers, timer)

    def put_trigger(self, record: TriggerRecord) -> None:
        trigger_id = record.definition.id
        known = self.state.triggers.get(trigger_id)
        self.state.triggers[trigger_id] = record
        self.records[trigger_id] = record
        if known is None or known.definition.side is not record.definition.side:
            key = record.definition.key
            if key is not None:
                self.state.by_position.setdefault(key, {})[trigger_id] = None

    def drop_trigger(self, record: TriggerRecord) -> None:
        key = record.definition.key
        if key is not None:
            self.state.by_position.get(key, {}).pop(record.id, None)
        self.state.triggers.pop(record.id, None)
        self.records[record.id] = TriggerGone(record.id)

    def put_fire(self, fire: FireRecord) -> None:
        if fire.open:
            self.state.fires[fire.trigger_id] = fire
        else:
            self.state.fires.pop(fire.trigger_id, None)
        self.records["fire", fire.trigger_id, fire.arming] = fire

    def put_attempt(self, attempt: AttemptRecord) -> None:
        state, key = self.state, attempt.order.attempt
        state.attempts[key] = attempt
        working = state.open_attempts.setdefault(attempt.key, {})
        if attempt.is_ended:
            working.pop(key, None)
        else:
            working[key] = None
        state.attempt_of_client_id[
            attempt.order.account, attempt.order.client_order_id
        ] = key
        self.records[key] = attempt

    def forget_attempt(self, key: AttemptKey) -> None:
        attempt = self.state.attempts.pop(key, None)
        if attempt is not None:
            self.state.open_attempts[attempt.key].pop(key, None)
            self.state.attempt_of_client_id.pop(
                (attempt.order.account, attempt.order.client_order_id), None
            )

    def put_position(self, position: PositionRecord) -> None:
        self.state.positions[position.key] = position
        self.records[position.key] = position

    def put_counter(self, counter: CounterRecord) -> None:
        self.state.counters[counter.account] = counter
        self.records["counter", counter.account] = counter

    def put_idempotency(self, record: IdempotencyRecord) -> None:
        self.state.idempotency[record.key] = record
        self.records["idempotency", record.key] = record

    def put_instrument(self, instrument: Instrument) -> None:
        self.state.instruments[instrument.account, instrument.symbol] = instrument
        self.records["instrument", instrument.account, instrument.symbol] = instrument

    def note_fill(self, fill: FillRecord) -> None:
        self.records["fill", fill.account, fill.symbol, fill.trade_id] = fill

    def next_seq(self) -> int:
        self.state.seq += 1
        return self.state.seq
