"""One decision in the making: changes the state and notes what changed."""

from heapq import heappush

from exitd.core.attempt import AttemptRecord
from exitd.core.entry import EntryRecord
from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.indexing import (
    note_done,
    note_instrument,
    note_position,
    place,
    place_entry,
)
from exitd.core.intents import Intent
from exitd.core.market import Instrument
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    IdempotencyRecord,
    Record,
)
from exitd.core.state import Decision, Reply, State, Timer
from exitd.core.trigger import (
    FireRecord,
    TriggerRecord,
    TriggerState,
)


class Turn:
    """Takes one input from its beginning to its decision.

    `ended` are triggers whose firing came to an end in it.
    """

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
        trigger_id = fire_id = ""
        if trigger is not None:
            definition = trigger.definition
            account, symbol = definition.account, definition.symbol
            trigger_id = definition.id
            fire_id = trigger.fire_id if fired else ""
        self.facts.append(
            Fact(kind, self.now_ns, account, symbol, trigger_id, fire_id, fields)
        )

    def fire_fact(
        self, kind: FactKind, fired: FireRecord, fields: dict[str, FactValue]
    ) -> None:
        """As `fact`, for what one tick may do ten thousand times."""
        self.facts.append(
            Fact(
                kind,
                self.now_ns,
                fired.account,
                fired.symbol,
                fired.trigger_id,
                fired.fire_id,
                fields,
            )
        )

    def entry_fact(
        self, kind: FactKind, entry: EntryRecord, /, **fields: FactValue
    ) -> None:
        order = entry.order
        symbol = order.ticket.symbol
        named = {"entry": entry.id, **fields}
        self.facts.append(Fact(kind, self.now_ns, order.account, symbol, fields=named))

    def position_fact(
        self, kind: FactKind, key: PositionKey, **fields: FactValue
    ) -> None:
        fields = {"side": key.side.value, **fields}
        self.facts.append(
            Fact(kind, self.now_ns, key.account, key.symbol, fields=fields)
        )

    def intend(self, intent: Intent) -> None:
        self.intents.append(intent)

    def at(self, timer: Timer) -> None:
        """Set a timer; of those due at one instant the first set goes first."""
        state = self.state
        state.timers_set += 1
        heappush(state.timers, (timer.due_ns, state.timers_set, timer))

    def put_trigger(self, record: TriggerRecord) -> None:
        state, definition = self.state, record.definition
        trigger_id = definition.id
        known = state.triggers.get(trigger_id)
        state.triggers[trigger_id] = record
        self.records[trigger_id] = record
        was_active = known is not None and known.state is not TriggerState.DONE
        is_active = record.state is not TriggerState.DONE
        is_same = known is not None and known.definition is definition
        if is_same and was_active is is_active:
            return
        if is_active:
            state.done.pop(trigger_id, None)
        else:
            note_done(state, record)
        if not is_same:
            place(state, known, definition)
        key = state.roles[trigger_id].key
        if key is not None:
            neighbours = state.neighbours_on(key)
            if known is not None:
                neighbours.drop(known.definition)
            if is_active:
                neighbours.put(definition)
            else:
                neighbours.drop(definition)
        change = is_active - was_active
        if change:
            account = definition.account
            state.active[account] = state.active.get(account, 0) + change

    def put_hit(self, record: TriggerRecord, fired: FireRecord) -> None:
        """Put a trigger that begins to fire: no index of it changes."""
        state, trigger_id = self.state, fired.trigger_id
        state.triggers[trigger_id] = record
        state.fires[trigger_id] = fired
        self.records[trigger_id] = record
        self.records[trigger_id, fired.arming] = fired

    def put_fire(self, fired: FireRecord) -> None:
        state, trigger_id = self.state, fired.trigger_id
        known = state.fires.get(trigger_id)
        waits = fired.open and bool(fired.held_by or fired.confirm_ns)
        waited = known is not None and bool(known.held_by or known.confirm_ns)
        if waits is not waited and fired.side is not None:
            key = PositionKey(fired.account, fired.symbol, fired.side)
            waiting = state.under_way_on(key).waiting
            if waits:
                waiting[trigger_id] = None
            else:
                waiting.pop(trigger_id, None)
        if fired.open:
            state.fires[trigger_id] = fired
        else:
            state.fires.pop(trigger_id, None)
        self.records[trigger_id, fired.arming] = fired

    def put_ended(self, fired: FireRecord) -> None:
        """Note what came late for a firing that is over; it stays over."""
        self.state.ended[fired.trigger_id, fired.arming] = fired
        self.records[fired.trigger_id, fired.arming] = fired

    def put_attempt(self, attempt: AttemptRecord) -> None:
        state, order = self.state, attempt.order
        key = order.attempt
        known = state.attempts.get(key)
        state.attempts[key] = attempt
        state.under_way_on(attempt.key).replace(known, attempt)
        state.attempt_of_client_id[order.account, order.client_order_id] = key
        self.records[key] = attempt

    def forget_attempt(self, attempt: AttemptRecord) -> None:
        """Drop an attempt from memory; its row stays."""
        state, order = self.state, attempt.order
        del state.attempts[order.attempt]
        state.under_way_on(attempt.key).replace(attempt, None)
        state.trades.pop(order.attempt, None)
        client_id = (order.account, order.client_order_id)
        if state.attempt_of_client_id.get(client_id) == order.attempt:
            del state.attempt_of_client_id[client_id]

    def put_entry(self, entry: EntryRecord) -> None:
        place_entry(self.state, entry)
        self.records["entry", entry.id] = entry

    def put_position(self, position: PositionRecord) -> None:
        self.state.positions[position.key] = position
        self.records[position.key] = position
        note_position(self.state, position, self.now_ns)

    def put_counter(self, counter: CounterRecord) -> None:
        self.state.counters[counter.account] = counter
        self.records["counter", counter.account] = counter

    def put_idempotency(self, record: IdempotencyRecord) -> None:
        self.state.idempotency[record.key] = record
        self.records["idempotency", record.key] = record

    def put_instrument(self, instrument: Instrument) -> None:
        self.state.instruments[instrument.account, instrument.symbol] = instrument
        self.records["instrument", instrument.account, instrument.symbol] = instrument
        note_instrument(self.state, instrument, self.now_ns)

    def note_fill(self, fill: FillRecord) -> None:
        self.records["fill", fill.account, fill.symbol, fill.trade_id] = fill
