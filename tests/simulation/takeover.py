"""What must hold of each order: within the position, and the most urgent first."""

from __future__ import annotations

from collections.abc import Callable

from exitd.core.attempt import AttemptKey
from exitd.core.events import FactKind
from exitd.core.inputs import AttemptSigned, Input, SlotOpened
from exitd.core.intents import CancelOrder
from exitd.core.position import PositionKey, Side
from exitd.core.resting import is_beyond
from exitd.core.state import Decision, State
from exitd.core.trigger import FireRecord
from simulation.violation import Violation


class OrderWatch:
    """Looks at each attempt as it is signed, and at the turn of each hit."""

    def __init__(self) -> None:
        self.taken_over = 0
        self._turn: list[tuple[Input, Decision]] = []
        self._taken_back: set[AttemptKey] = set()

    def decided(self, happened: Input, decision: Decision) -> None:
        self._turn.append((happened, decision))
        for intent in decision.intents:
            if isinstance(intent, CancelOrder):
                self._taken_back.add(intent.attempt)

    def signed(self, state: State, signed: AttemptSigned) -> None:
        key = signed.order.attempt
        attempt = state.attempts[key]
        position = state.position(attempt.key)
        unresolved = sum(a.unresolved for a in state.open_attempts_on(attempt.key))
        if unresolved > position.live:
            raise Violation(
                f"{key} makes {unresolved} under way for a position of {position.live}"
            )
        _check_index(state, attempt.key)
        mine = [
            a
            for a in state.open_attempts_on(attempt.key)
            if a.order.attempt.trigger_id == key.trigger_id
        ]
        if len(mine) > 1:
            raise Violation(f"{key.trigger_id} has {len(mine)} attempts at once")
        self._check_turn_of(state, key, attempt.key)

    def _check_turn_of(self, state: State, key: AttemptKey, at: PositionKey) -> None:
        """Take-profits wait for every stop, slices for all but other slices.

        Nothing waits for a stop whose hard bound the last price does not meet.
        """
        mine = state.triggers[key.trigger_id].definition
        is_slice = mine.close is not None and mine.close.twap is not None
        if mine.is_stop and not is_slice:
            return
        for other in state.fires.values():
            definition = state.triggers[other.trigger_id].definition
            if other.trigger_id == key.trigger_id or definition.key != at:
                continue
            if is_out_of_bounds(state, other):
                continue
            is_first = is_urgent(state, other)
            if not mine.is_stop:
                is_first = definition.is_stop
            if is_first:
                raise Violation(f"{key} was signed while {other.fire_id} fires")

    def turn_over(self, state: State, is_free: Callable[[PositionKey], bool]) -> None:
        """A stop takes over from slices in the turn that hit it.

        Args:
            is_free: Whether a close of a position may leave now.
        """
        turn, self._turn = self._turn, []
        opened = {
            (slot.trigger_id, slot.arming)
            for slot, _ in turn
            if isinstance(slot, SlotOpened)
        }
        for _, decision in turn:
            for fact in decision.facts:
                fired = state.fires.get(fact.trigger_id)
                if fact.kind is not FactKind.TRIGGER_HIT or fired is None:
                    continue
                if is_urgent(state, fired) and not is_out_of_bounds(state, fired):
                    slot = (fired.trigger_id, fired.arming)
                    self._check_took_over(state, fired, slot in opened, is_free)

    def _check_took_over(
        self,
        state: State,
        fired: FireRecord,
        was_opened: bool,
        is_free: Callable[[PositionKey], bool],
    ) -> None:
        key = state.roles[fired.trigger_id].key
        assert key is not None
        if not was_opened and not is_free(key):
            return
        resting = [
            attempt
            for attempt in state.under_way_on(key).resting
            if _has_slices(state, attempt.trigger_id)
        ]
        if resting:
            self.taken_over += 1
        for attempt in resting:
            if attempt not in self._taken_back:
                raise Violation(f"{fired.fire_id} was hit, and {attempt} still rests")


def is_urgent(state: State, fired: FireRecord) -> bool:
    """Whether a firing is that of a stop that does not close in slices."""
    definition = state.triggers[fired.trigger_id].definition
    return definition.is_stop and not _has_slices(state, fired.trigger_id)


def is_out_of_bounds(state: State, fired: FireRecord) -> bool:
    """A hard bound is never left: its close waits for a price that meets it.

    With a price of its own it waits for one that is beyond its level, too.
    """
    definition = state.triggers[fired.trigger_id].definition
    close, price = definition.close, state.book(definition.source).price
    if close is not None and close.bound is not None and price is not None:
        way, is_long = definition.direction, definition.side is Side.LONG
        is_met = price >= close.bound if is_long else price <= close.bound
        level = fired.level
        return not is_met or (level is not None and not is_beyond(way, level, price))
    if close is None or not close.is_hard or fired.level is None or price is None:
        return False
    assert close.slippage_limit is not None
    worse = price - fired.level
    if definition.side is Side.LONG:
        worse = -worse
    return worse * 100 > fired.level * close.slippage_limit


def _has_slices(state: State, trigger_id: str) -> bool:
    close = state.triggers[trigger_id].definition.close
    return close is not None and close.twap is not None


def _check_index(state: State, key: PositionKey) -> None:
    """The sums kept per position are those of its attempts."""
    attempts = [a for a in state.attempts.values() if a.key == key and not a.is_ended]
    if state.under_way_on(key).unresolved != sum(a.unresolved for a in attempts):
        raise Violation(f"the sum of what is under way on {key} is wrong")
