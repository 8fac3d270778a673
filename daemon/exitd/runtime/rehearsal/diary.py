"""What happens in a rehearsal, written down as it happens."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from exitd.core.attempt import AttemptKey, CloseOrder
from exitd.core.condition import Direction, calendar_of
from exitd.core.market import PriceSource
from exitd.core.position import PositionKey
from exitd.core.resting import level_now
from exitd.core.schedule import due_of
from exitd.core.state import Decision, State
from exitd.core.trigger import (
    FireRecord,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)
from exitd.core.units import HUNDRED
from exitd.runtime.rehearsal.nearness import Approached, Nearness
from exitd.runtime.rehearsal.report import Fired, Held, Report, Standing
from exitd.runtime.rehearsal.venue import Holding
from exitd.runtime.shown import action_words, shown_state, slippage_percent


class Diary:
    """Keeps every firing as it stands, and how near the other triggers came."""

    def __init__(self, state: State, definitions: Iterable[TriggerDefinition]) -> None:
        self._state = state
        self._definitions = {d.id: d for d in definitions}
        self._fires: dict[str, FireRecord] = {}
        self._orders: dict[AttemptKey, CloseOrder] = {}
        self._began: dict[PositionKey, Decimal] = {}
        self._by_source: dict[PriceSource, list[str]] = {}
        self._nearness: dict[PriceSource, Nearness] = {}
        self._changed: dict[PriceSource, None] = {}
        for definition in self._definitions.values():
            if definition.watches_price:
                names = self._by_source.setdefault(definition.source, [])
                names.append(definition.id)

    def nearness(self, source: PriceSource) -> Nearness:
        found = self._nearness.get(source)
        if found is None:
            found = self._nearness[source] = Nearness(self._level_of)
        return found

    def _level_of(self, trigger_id: str) -> Decimal | None:
        return level_now(self._state, self._state.triggers[trigger_id])

    def note(self, decision: Decision) -> None:
        for record in decision.records:
            if isinstance(record, FireRecord):
                self._fires[record.fire_id] = record
            elif isinstance(record, TriggerRecord):
                self._changed[record.definition.source] = None

    def note_order(self, order: CloseOrder) -> None:
        self._orders[order.attempt] = order

    def note_position(self, key: PositionKey, quantity: Decimal) -> None:
        self._began.setdefault(key, quantity)

    def fired(self, attempt: AttemptKey) -> FireRecord:
        return self._fires[f"{attempt.trigger_id}#{attempt.arming}"]

    def settle(self, now_ns: int) -> None:
        """After a turn: watch from here on for what is armed now."""
        changed, self._changed = self._changed, {}
        for source in changed:
            if source in self._by_source:
                self._watch(source, now_ns)

    def _watch(self, source: PriceSource, now_ns: int) -> None:
        book = self._state.books.get(source)
        triggers = [
            Approached(record.id, record.definition.direction, record.trigger_price)
            for name in self._by_source[source]
            if (record := self._state.triggers[name]).state is TriggerState.ARMED
        ]
        price = book.price if book is not None else None
        self.nearness(source).watch(triggers, price, now_ns)

    def report(
        self,
        *,
        start_ns: int,
        end_ns: int,
        prices: int,
        holdings: Mapping[PositionKey, Holding],
        unseen: Iterable[PriceSource],
    ) -> Report:
        for source in self._by_source:
            self._watch(source, end_ns)
        fired = tuple(self._fired(fire) for fire in self._fires.values())
        done = {each.trigger_id for each in fired if each.is_done}
        return Report(
            start_ns=start_ns,
            end_ns=end_ns,
            prices=prices,
            fired=fired,
            standing=tuple(
                self._standing(definition)
                for definition in self._definitions.values()
                if definition.id not in done
            ),
            positions=tuple(
                Held(
                    key=key,
                    before=self._began[key],
                    after=holding.quantity,
                    entry_price=holding.entry_price,
                )
                for key, holding in holdings.items()
            ),
            unseen=tuple(str(source) for source in unseen),
            unknown_calendars=self._unknown_calendars(),
            ignored_prices=self._state.ignored_ticks,
        )

    def _unknown_calendars(self) -> tuple[str, ...]:
        """Name the calendars that an exit goes by and whose sessions nobody gave."""
        named = dict.fromkeys(
            calendar_of(definition.condition)
            for definition in self._definitions.values()
        )
        return tuple(
            name for name in named if name and name not in self._state.sessions
        )

    def _fired(self, fire: FireRecord) -> Fired:
        definition = self._definitions[fire.trigger_id]
        last = AttemptKey(fire.trigger_id, fire.arming, fire.attempts)
        order = self._orders.get(last)
        return Fired(
            trigger_id=fire.trigger_id,
            fire_id=fire.fire_id,
            ts_ns=fire.ts_hit_ns,
            ts_done_ns=fire.ts_done_ns,
            cause=fire.cause,
            action=action_words(definition)[0],
            order=order.order.value if order is not None and fire.filled else "",
            level=fire.level,
            observed=fire.observed,
            source=str(fire.source),
            quantity=fire.filled,
            price=fire.average_price,
            slippage_percent=slippage_percent(fire),
            pnl=fire.pnl,
            orders=fire.attempts,
            is_open=fire.open,
            outcome=fire.reason.value,
            held_by=fire.held_by,
        )

    def _standing(self, definition: TriggerDefinition) -> Standing:
        record = self._state.triggers[definition.id]
        book = self._state.books.get(definition.source)
        price = book.price if book is not None and definition.watches_price else None
        level = level_now(self._state, record)
        distance = None
        if price is not None and level is not None:
            falls = definition.direction is Direction.FALLING
            gap = price - level if falls else level - price
            distance = gap / price * HUNDRED
        near = self._nearness.get(definition.source)
        return Standing(
            trigger_id=definition.id,
            state=shown_state(self._state, record, None),
            waiting_for=record.waiting_for.value,
            level=level,
            price=price,
            distance_percent=distance,
            due_ns=due_of(self._state, record) if level is None else None,
            nearest=near.approaches.get(definition.id) if near is not None else None,
        )
