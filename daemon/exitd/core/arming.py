"""Commands that arm: what is checked first, and what is refused in which words."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.events import FactKind
from exitd.core.hits import fire
from exitd.core.inputs import Amend, Arm, ClosePosition, IfCrossed
from exitd.core.lifecycle import TriggerCause
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.records import IdempotencyRecord
from exitd.core.resting import arm, fresh_price, is_crossed, rest, unrest, wait
from exitd.core.state import Accepted, Refused, State, Turn
from exitd.core.trigger import (
    Close,
    ConditionKind,
    FixedLevel,
    Immediately,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.units import (
    HUNDRED,
    ZERO,
    floor_to_step,
    is_on_step,
    neighbours_on_step,
    text,
)


class Checked:
    """A definition that may be armed, with what a person should be told."""

    __slots__ = ("crosses", "definition", "notes")

    def __init__(
        self, definition: TriggerDefinition, notes: list[str], crosses: bool
    ) -> None:
        self.definition = definition
        self.notes = notes
        self.crosses = crosses


def on_arm(turn: Turn, command: Arm) -> None:
    """Arm all or none; a repeated idempotency key gives the first answer."""
    state = turn.state
    if command.idempotency_key:
        earlier = state.idempotency.get(command.idempotency_key)
        if earlier is not None and earlier.digest == command.digest:
            turn.reply = Accepted(earlier.trigger_ids)
            return
        if earlier is not None:
            turn.reply = Refused(
                "idempotency_conflict",
                f"idempotency key '{command.idempotency_key}' was used before with "
                "another body; use a new key for a new request",
            )
            return
    checked: list[Checked] = []
    for definition in command.definitions:
        result = check(turn, definition, command.if_crossed, [*checked])
        if isinstance(result, Refused):
            turn.reply = result
            return
        checked.append(result)
    notes: list[str] = []
    for item in checked:
        notes += item.notes
        begin(turn, item, command.if_crossed)
    ids = tuple(item.definition.id for item in checked)
    if command.idempotency_key:
        turn.put_idempotency(
            IdempotencyRecord(command.idempotency_key, command.digest, ids, turn.now_ns)
        )
    turn.reply = Accepted(ids, tuple(notes))


def begin(turn: Turn, item: Checked, if_crossed: IfCrossed, *, arming: int = 0) -> None:
    """Put a checked trigger on watch, or let it wait, or fire it.

    *arming* is the last number that a trigger of this id has had before.
    """
    definition, key = item.definition, item.definition.key
    earlier = turn.state.triggers.get(definition.id)
    record = TriggerRecord(
        definition=definition,
        state=TriggerState.WAITING,
        arming=earlier.arming if earlier is not None else arming,
        ts_changed_ns=turn.now_ns,
    )
    position = turn.state.position(key) if key is not None else None
    if position is not None and position.quantity == ZERO:
        turn.put_trigger(record)
        wait(turn, record, TriggerCause.TEMPLATE_RESET, WaitingFor.POSITION)
        return
    lifetime = position.lifetime if position is not None else 0
    if item.crosses and if_crossed is IfCrossed.WAIT:
        record = replace(record, lifetime=lifetime)
        turn.put_trigger(record)
        wait(turn, record, TriggerCause.CROSSED_AT_OPEN, WaitingFor.RIGHT_SIDE)
        return
    turn.put_trigger(record)
    armed = arm(turn, record, TriggerCause.POSITION_OPENED, lifetime=lifetime)
    if item.crosses:
        unrest(turn.state, armed)
        fire(turn, armed, None, cause="crossed when armed")


def check(
    turn: Turn,
    definition: TriggerDefinition,
    if_crossed: IfCrossed,
    beside: list[Checked],
    *,
    amends: bool = False,
) -> Checked | Refused:
    """Decide whether a definition may be armed, without changing anything.

    *beside* are those accepted earlier in the same batch.
    """
    state = turn.state

    def refuse(code: str, sentence: str) -> Refused:
        return Refused(code, f"{definition.id}: {sentence}", definition.id)

    known = state.triggers.get(definition.id)
    if not amends and known is not None and known.state is not TriggerState.DONE:
        return refuse("exists", "a trigger of this id is already there; amend it")
    instrument = state.instrument_of(definition)
    if instrument is None:
        return refuse(
            "unknown_symbol",
            f"{definition.account} has no market {definition.symbol}; "
            "`exitd check --online` lists close names",
        )
    if definition.expires_ns is not None and definition.expires_ns <= turn.now_ns:
        return refuse("expired", "its expiry lies in the past; give a later one")
    wrong = _wrong_level(definition, instrument)
    if wrong:
        return refuse("off_step", wrong)
    if definition.close is not None:
        wrong = _wrong_close(definition, instrument)
        if wrong:
            return refuse("bad_close", wrong)
    sized, notes = _fit_quantity(state, definition, instrument)
    if isinstance(sized, str):
        return refuse("below_minimum", sized)
    definition = sized
    wrong = _wrong_beside(state, definition, beside)
    if wrong:
        return refuse("conflict", wrong)
    key = definition.key
    if key is not None and not definition.template:
        no_position = state.position(key).quantity == ZERO
        if no_position and state.policies.no_position_refuse:
            return refuse(
                "no_position",
                f"there is no {key.side} position in {key.symbol} to protect; "
                "open it first, or put the trigger into a file, where it waits",
            )
    if len(state.triggers) + len(beside) >= state.policies.max_active and not amends:
        return refuse(
            "limit",
            f"{state.policies.max_active} triggers are active, which is the limit "
            "policies.max_active; cancel some or raise it",
        )
    price = fresh_price(state, definition, turn.now_ns)
    if definition.level is None or price is None:
        return Checked(definition, notes, crosses=False)
    crosses = is_crossed(definition, price)
    if crosses and if_crossed is IfCrossed.REFUSE:
        return refuse(
            "already_crossed",
            f"its level {text(definition.level)} is already crossed: "
            f"{definition.source.kind} is {text(price)}; choose another level, or ask "
            "for it to fire or to wait",
        )
    wrong = _too_near(state, definition, price)
    if wrong and not crosses:
        return refuse("too_near", wrong)
    return Checked(definition, notes, crosses)


def _wrong_level(definition: TriggerDefinition, instrument: Instrument) -> str:
    level = definition.level
    if level is None:
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


def _wrong_close(definition: TriggerDefinition, instrument: Instrument) -> str:
    if definition.side is None:
        return "a close needs a side: long or short"
    if instrument.kind is not InstrumentKind.PERPETUAL:
        return (
            f"{definition.symbol} is a {instrument.kind} market, which has no position "
            "to close; cancel or notify there instead"
        )
    return ""


def _fit_quantity(
    state: State, definition: TriggerDefinition, instrument: Instrument
) -> tuple[TriggerDefinition | str, list[str]]:
    """Floor an absolute quantity to the step and say what was done to it."""
    close, key = definition.close, definition.key
    if close is None or key is None:
        return definition, []
    if close.quantity.kind is not QuantityKind.ABSOLUTE:
        return definition, []
    notes: list[str] = []
    asked = close.quantity.value
    quantity = floor_to_step(max(asked, ZERO), instrument.quantity_step)
    if quantity < instrument.min_quantity:
        return (
            f"quantity {text(asked)} is below the minimum of "
            f"{text(instrument.min_quantity)} {instrument.base}"
        ), []
    if quantity != asked:
        notes.append(
            f"{definition.id}: quantity {text(asked)} was floored to {text(quantity)}, "
            f"a multiple of the step {text(instrument.quantity_step)}"
        )
    live = state.position(key).live
    if ZERO < live < quantity:
        notes.append(
            f"{definition.id}: quantity {text(quantity)} is above the position of "
            f"{text(live)}; it will close what there is"
        )
    fitted = replace(close, quantity=Quantity(QuantityKind.ABSOLUTE, quantity))
    if isinstance(definition.action, Close):
        return replace(definition, action=fitted), notes
    return replace(definition, action=replace(definition.action, close=fitted)), notes


def _wrong_beside(
    state: State, definition: TriggerDefinition, beside: list[Checked]
) -> str:
    """Compare with the position's other triggers, and those of the same batch."""
    key = definition.key
    if key is None or definition.close is None:
        return ""
    others = [item.definition for item in beside if item.definition.key == key]
    others += [
        r.definition for r in state.triggers_on(key) if r.state is not TriggerState.DONE
    ]
    for other in others:
        if other.id == definition.id or other.close is None:
            continue
        if (other.condition, other.source, other.action) == (
            definition.condition,
            definition.source,
            definition.action,
        ) and definition.level is not None:
            return f"{other.id} does exactly the same already"
        wrong = _wrong_order(state, definition, other)
        if wrong:
            return wrong
    return ""


def _wrong_order(state: State, one: TriggerDefinition, other: TriggerDefinition) -> str:
    """A stop must lie on the adverse side of every take-profit (behaviour 19)."""
    kinds = {ConditionKind.STOP_LOSS: 0, ConditionKind.TAKE_PROFIT: 1}
    if not isinstance(one.condition, FixedLevel):
        return ""
    if not isinstance(other.condition, FixedLevel):
        return ""
    pair = sorted(
        (c for c in (one.condition, other.condition) if c.kind in kinds),
        key=lambda c: kinds[c.kind],
    )
    if len(pair) != 2 or pair[0].kind is pair[1].kind:
        return ""
    stop, target = pair[0].price, pair[1].price
    is_long = one.side is Side.LONG
    if (stop >= target) if is_long else (stop <= target):
        place = "below" if is_long else "above"
        return (
            f"stop {text(stop)} must lie {place} take-profit {text(target)} "
            f"of the same {one.side} position"
        )
    spread = abs(target - stop) / stop * HUNDRED
    if spread < state.policies.min_spread_percent:
        return (
            f"stop {text(stop)} and take-profit {text(target)} are closer than "
            f"policies.min_spread ({text(state.policies.min_spread_percent)} %)"
        )
    return ""


def _too_near(state: State, definition: TriggerDefinition, price: Decimal) -> str:
    level, least = definition.level, state.policies.min_distance_percent
    if level is None or not least or definition.close is None:
        return ""
    if abs(level - price) / price * HUNDRED < least:
        return (
            f"level {text(level)} is closer to the price {text(price)} than "
            f"policies.min_distance ({text(least)} %)"
        )
    return ""


def on_amend(turn: Turn, command: Amend) -> None:
    """Replace a definition under its id; refused while it fires or is done."""
    definition = command.definition
    record = turn.state.triggers.get(definition.id)
    if record is None:
        turn.reply = Refused("unknown", f"there is no trigger {definition.id}")
        return
    if record.state in (TriggerState.FIRING, TriggerState.DONE):
        turn.reply = Refused(
            "state",
            f"{definition.id} is {record.state} and cannot be amended"
            + ("; rearm it first" if record.state is TriggerState.DONE else ""),
            definition.id,
        )
        return
    result = check(turn, definition, command.if_crossed, [], amends=True)
    if isinstance(result, Refused):
        turn.reply = result
        return
    replace_definition(turn, record, result, command.if_crossed)
    turn.reply = Accepted((definition.id,), tuple(result.notes))


def replace_definition(
    turn: Turn, record: TriggerRecord, item: Checked, if_crossed: IfCrossed
) -> None:
    """Watch the new level instead of the old one, in the same arming."""
    unrest(turn.state, record)
    amended = replace(record, definition=item.definition, ts_changed_ns=turn.now_ns)
    turn.put_trigger(amended)
    _tell_amended(turn, record, amended)
    if item.crosses and amended.state is TriggerState.ARMED:
        if if_crossed is IfCrossed.WAIT:
            wait(turn, amended, TriggerCause.CROSSED_AT_OPEN, WaitingFor.RIGHT_SIDE)
        else:
            fire(turn, amended, None, cause="crossed when amended")
        return
    rest(turn.state, amended)


def _tell_amended(turn: Turn, before: TriggerRecord, after: TriggerRecord) -> None:
    turn.fact(
        FactKind.TRIGGER_AMENDED,
        after,
        level_before=before.definition.level,
        level=after.definition.level,
        owner=after.definition.owner,
    )


def on_close(turn: Turn, command: ClosePosition) -> None:
    """Close now, reduce-only, by a trigger that fires as it is armed."""
    key = command.key
    position = turn.state.position(key)
    if position.quantity == ZERO:
        turn.reply = Refused(
            "no_position", f"there is no {key.side} position in {key.symbol} to close"
        )
        return
    definition = TriggerDefinition(
        id=command.id,
        owner=command.owner,
        account=key.account,
        symbol=key.symbol,
        side=key.side,
        source=PriceSource(key.account, key.symbol, PriceKind.MARK),
        condition=Immediately(),
        action=Close(quantity=command.quantity),
    )
    result = check(turn, definition, IfCrossed.FIRE, [])
    if isinstance(result, Refused):
        turn.reply = result
        return
    record = TriggerRecord(definition=result.definition, state=TriggerState.WAITING)
    armed = arm(turn, record, TriggerCause.POSITION_OPENED, lifetime=position.lifetime)
    fire(turn, armed, None, cause="command")
    turn.reply = Accepted((definition.id,), tuple(result.notes))
