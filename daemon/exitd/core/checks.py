"""What is checked before a trigger is armed, and what is refused in which words."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.close_terms import wrong_close
from exitd.core.condition import ConditionKind, FixedLevel, Trailing
from exitd.core.derived import needs_entry, priced
from exitd.core.fitting import fit_quantity, too_much
from exitd.core.inputs import IfCrossed
from exitd.core.known_prices import fresh_price
from exitd.core.market import Instrument
from exitd.core.narrowing import stop_beside
from exitd.core.neighbours import Neighbours
from exitd.core.position import PositionKey, Side
from exitd.core.pricing import watches_own_market
from exitd.core.resting import is_beyond, waits_for_price
from exitd.core.state import Refused, State
from exitd.core.terms import wrong_terms
from exitd.core.trigger import (
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)
from exitd.core.units import (
    HUNDRED,
    ZERO,
    is_on_step,
    neighbours_on_step,
    text,
)


class Checked(Struct, frozen=True):
    """A definition that may be armed, with what a person should be told.

    `is_unjudged`: no fresh price says on which side of its level the price is.
    """

    definition: TriggerDefinition
    notes: list[str]
    crosses: bool
    is_unjudged: bool = False


class Draft:
    """Definitions checked together: each sees those that came before it.

    Until they are armed, or `withdraw` takes them back, they stand among the
    neighbours of their positions, and nothing else of the state has changed.
    """

    def __init__(self, state: State, now_ns: int, if_crossed: IfCrossed) -> None:
        self.accepted: dict[str, Checked] = {}
        self._state = state
        self._now_ns = now_ns
        self._if_crossed = if_crossed
        self._left_out: dict[str, PositionKey] = {}
        self._new = 0

    def leave_out(self, trigger_id: str) -> None:
        """Check as if this trigger were not there: it is about to go or change."""
        role = self._state.roles[trigger_id]
        if role.key is not None:
            self._left_out[trigger_id] = role.key
            definition = self._state.triggers[trigger_id].definition
            self._state.neighbours_on(role.key).drop(definition)

    def give_up(self, trigger_id: str) -> None:
        """Check as if this trigger were done: it goes if the others may come."""
        self.leave_out(trigger_id)
        self._new -= 1

    def admit(
        self, definition: TriggerDefinition, *, amends: bool = False
    ) -> Refused | None:
        """Check one more; None when it may be armed."""
        if amends:
            self.leave_out(definition.id)
        result = self._check(definition, amends)
        if isinstance(result, Refused):
            return result
        self.accepted[definition.id] = result
        key = result.definition.key
        if key is not None:
            self._state.neighbours_on(key).put(result.definition)
        if not amends:
            self._new += 1
        return None

    def withdraw(self) -> None:
        """Put the neighbours back as the state has them."""
        state = self._state
        for item in self.accepted.values():
            if item.definition.key is not None:
                state.neighbours_on(item.definition.key).drop(item.definition)
        for trigger_id, key in self._left_out.items():
            record = state.triggers[trigger_id]
            if record.state is not TriggerState.DONE:
                state.neighbours_on(key).put(record.definition)

    def _check(self, definition: TriggerDefinition, amends: bool) -> Checked | Refused:
        state = self._state
        instrument = state.instrument_of(definition)
        if instrument is None:
            return _refuse(
                definition,
                "unknown_symbol",
                f"{definition.account} has no market {definition.symbol}; "
                "`exitd check --online` lists close names",
            )
        refused = (
            self._check_standing(definition, amends)
            or _check_terms(definition, instrument, self._now_ns)
            or _check_position(state, definition)
        )
        if refused is not None:
            return refused
        fitted, notes = fit_quantity(state, definition, instrument)
        if isinstance(fitted, str):
            return _refuse(definition, "below_minimum", fitted)
        above = too_much(state, fitted)
        if above:
            return _refuse(definition, "above_position", above)
        key = fitted.key
        if key is not None:
            wrong = _wrong_beside(state, fitted, state.neighbours_on(key))
            if wrong:
                return _refuse(definition, "conflict", wrong)
        if amends and _loses_level(state, fitted):
            return _refuse(
                definition,
                "no_entry",
                "its level would be relative to an entry that nobody knows now, so "
                "the old one stays; ask again once it is known, or give a price",
            )
        return self._check_price(fitted, notes)

    def _check_standing(
        self, definition: TriggerDefinition, amends: bool
    ) -> Refused | None:
        state = self._state
        known = state.triggers.get(definition.id)
        is_there = known is not None and known.state is not TriggerState.DONE
        if definition.id in self.accepted or (is_there and not amends):
            return _refuse(
                definition, "exists", "a trigger of this id is already there; amend it"
            )
        most = state.policies.max_active
        active = state.active.get(definition.account, 0) + self._new
        if active >= most and not amends:
            return _refuse(
                definition,
                "limit",
                f"{most} triggers of {definition.account} are active, which is the "
                "limit policies.max_active; cancel some or raise it",
            )
        return None

    def _check_price(
        self, definition: TriggerDefinition, notes: list[str]
    ) -> Checked | Refused:
        state = self._state
        price = fresh_price(state, definition, self._now_ns)
        level = _level_to_judge(state, definition, price)
        if level is None or price is None or _watches_so_already(state, definition):
            is_unjudged = waits_for_price(definition) and price is None
            return Checked(definition, notes, crosses=False, is_unjudged=is_unjudged)
        crosses = is_beyond(definition.direction, level, price)
        if crosses and self._if_crossed is IfCrossed.REFUSE:
            return _refuse(
                definition,
                "already_crossed",
                f"its level {text(level)} is already crossed: "
                f"{definition.source.kind} is {text(price)}; choose another level, or "
                "say fire or wait (--if-crossed, in the API if_crossed)",
            )
        wrong = _too_near(self._state, definition, level, price)
        if wrong and not crosses:
            return _refuse(definition, "too_near", wrong)
        return Checked(definition, notes, crosses)


def _watches_so_already(state: State, definition: TriggerDefinition) -> bool:
    """Whether it is armed and watches just this: what it made of the price holds.

    Beyond its level it is confirming, and goes on with that.
    """
    known = state.triggers.get(definition.id)
    if known is None or known.state is not TriggerState.ARMED:
        return False
    return watched_by(known.definition) == watched_by(definition)


def wrong_exit(
    state: State, definition: TriggerDefinition, now_ns: int
) -> Refused | None:
    """Say what keeps an exit of an entry from ever being armed.

    What stands beside it does not: it covers what its own entry has filled.
    """
    known = state.triggers.get(definition.id)
    if known is not None and known.state is not TriggerState.DONE:
        return _refuse(definition, "exists", "a trigger of this id is already there")
    instrument = state.instrument_of(definition)
    assert instrument is not None, "asked after the market itself"
    return _check_terms(definition, instrument, now_ns)


def watched_by(definition: TriggerDefinition) -> tuple[object, ...]:
    """Give what decides when a trigger is hit, and on which position."""
    return (
        definition.condition,
        definition.source,
        definition.confirmation,
        definition.key,
    )


def _level_to_judge(
    state: State, definition: TriggerDefinition, price: Decimal | None
) -> Decimal | None:
    """Give what the price of now is compared with; a trail that goes on has a stop."""
    if isinstance(definition.condition, Trailing):
        return stop_beside(state, definition, price)
    record = TriggerRecord(definition=definition, state=TriggerState.WAITING)
    return priced(state, record).trigger_price


def _loses_level(state: State, definition: TriggerDefinition) -> bool:
    """Whether an amend would leave what is armed without a level to watch."""
    known = state.triggers[definition.id]
    if known.state is not TriggerState.ARMED or not needs_entry(definition):
        return False
    old = known.definition
    if (old.condition, old.source) == (definition.condition, definition.source):
        # It keeps the one that it has.
        return False
    return _level_to_judge(state, definition, None) is None


def _refuse(definition: TriggerDefinition, code: str, sentence: str) -> Refused:
    return Refused(code, f"{definition.id}: {sentence}", definition.id)


def _check_terms(
    definition: TriggerDefinition, instrument: Instrument, now_ns: int
) -> Refused | None:
    """Check what a definition says by itself, in the steps of its market."""
    if definition.expires_ns is not None and definition.expires_ns <= now_ns:
        sentence = "its expiry lies in the past; give a later one"
        return _refuse(definition, "expired", sentence)
    wrong = _wrong_level(definition, instrument)
    if wrong:
        return _refuse(definition, "off_step", wrong)
    wrong = wrong_terms(definition, instrument)
    if wrong:
        return _refuse(definition, "bad_condition", wrong)
    wrong = wrong_close(definition, instrument)
    return _refuse(definition, "bad_close", wrong) if wrong else None


def _check_position(state: State, definition: TriggerDefinition) -> Refused | None:
    key = definition.key
    if key is None or definition.template or not state.policies.no_position_refuse:
        return None
    if state.position(key).held > ZERO:
        return None
    return _refuse(
        definition,
        "no_position",
        f"there is no {key.side} position in {key.symbol} to protect; "
        "open it first, let it wait (--wait, in the API if_no_position: wait), or put "
        "it into a file",
    )


def _wrong_level(definition: TriggerDefinition, instrument: Instrument) -> str:
    level = definition.level
    if level is None:
        return ""
    if definition.source.is_spread or (
        level > ZERO and not watches_own_market(definition)
    ):
        # Another market has steps of its own, which nobody knows here.
        return ""
    if level <= ZERO:
        return f"a level must be above zero, not {text(level)}"
    if not is_on_step(level, instrument.price_step):
        below, above = neighbours_on_step(level, instrument.price_step)
        return (
            f"level {text(level)} is not a multiple of the price step "
            f"{text(instrument.price_step)}; the nearest are {text(below)} and "
            f"{text(above)}"
        )
    return ""


def _wrong_beside(
    state: State, definition: TriggerDefinition, neighbours: Neighbours
) -> str:
    """Compare with what closes the position already (behaviours 19, 23, 28)."""
    condition = definition.condition
    if definition.close is None or not isinstance(condition, FixedLevel):
        return ""
    twin = neighbours.twin(definition)
    if twin is not None:
        return f"{twin} does exactly the same already"
    stop: Decimal | None
    target: Decimal | None
    if condition.kind is ConditionKind.STOP_LOSS:
        stop, target = definition.level, neighbours.nearest_target()
    elif condition.kind is ConditionKind.TAKE_PROFIT:
        stop, target = neighbours.nearest_stop(), definition.level
    else:
        return ""
    if stop is None or target is None or not watches_own_market(definition):
        return ""
    is_long = definition.side is Side.LONG
    if (stop >= target) if is_long else (stop <= target):
        place = "below" if is_long else "above"
        return (
            f"stop {text(stop)} must lie {place} take-profit {text(target)} "
            f"of the same {definition.side} position"
        )
    least = state.policies.min_spread_percent
    if abs(target - stop) / stop * HUNDRED < least:
        return (
            f"stop {text(stop)} and take-profit {text(target)} are closer than "
            f"policies.min_spread ({text(least)} %)"
        )
    return ""


def _too_near(
    state: State, definition: TriggerDefinition, level: Decimal, price: Decimal
) -> str:
    least = state.policies.min_distance_percent
    if least == ZERO or definition.close is None or definition.source.is_spread:
        return ""
    if abs(level - price) / price * HUNDRED < least:
        return (
            f"level {text(level)} is closer to the price {text(price)} than "
            f"policies.min_distance ({text(least)} %)"
        )
    return ""
