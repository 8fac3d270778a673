"""Levels that the position decides: relative to its entry, or its liquidation."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.condition import (
    Basis,
    Direction,
    FixedLevel,
    Level,
    Relative,
    Trailing,
)
from exitd.core.market import Instrument
from exitd.core.position import PositionRecord, Side
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition, TriggerRecord
from exitd.core.units import HUNDRED, ONE, ZERO, ceil_to_step, floor_to_step


def needs_entry(definition: TriggerDefinition) -> bool:
    """Whether nothing is watched before the entry price is known."""
    condition = definition.condition
    return isinstance(condition, FixedLevel) and isinstance(condition.price, Relative)


def has_relative_parts(definition: TriggerDefinition) -> bool:
    """Whether something beside its level is relative to the position."""
    condition = definition.condition
    levels: list[Level | None] = [move.at for move in definition.moves]
    if definition.confirmation is not None:
        levels.append(definition.confirmation.emergency)
    if isinstance(condition, Trailing):
        levels.append(condition.after)
        levels.append(condition.tighten.at if condition.tighten is not None else None)
    return any(isinstance(level, Relative) for level in levels)


def follows_position(definition: TriggerDefinition) -> bool:
    """Whether what it watches may change with its position, or with other exits."""
    return (
        bool(definition.moves)
        or definition.before_liquidation is not None
        or needs_entry(definition)
        or has_relative_parts(definition)
    )


def price_of(
    level: Relative, position: PositionRecord, step: Decimal | None
) -> Decimal | None:
    """Make a level of a position a price; None while its entry is not known.

    Rounded away from a loss: up for a long, down for a short. So a stop is never
    looser than asked for, and a take-profit never nearer.
    """
    entry = position.entry_price
    if not level.follows:
        entry = position.first_entry_price or entry
    if entry is None or entry <= ZERO:
        return None
    price = _exact_price(level, position, entry)
    if price is None or price <= ZERO:
        return None
    return rounded(price, position.key.side, step)


def rounded(price: Decimal, side: Side, step: Decimal | None) -> Decimal:
    """Round a computed level to the step, for the position and never against it."""
    if step is None:
        return price
    up = side is Side.LONG
    return ceil_to_step(price, step) if up else max(floor_to_step(price, step), step)


def _exact_price(
    level: Relative, position: PositionRecord, entry: Decimal
) -> Decimal | None:
    if level.basis is Basis.ENTRY:
        return entry * (HUNDRED + level.value) / HUNDRED
    if level.basis is Basis.ROI:
        gain = entry * level.value / level.leverage / HUNDRED
    else:
        if position.live <= ZERO:
            return None
        gain = level.value / position.live
    return entry + gain if position.key.side is Side.LONG else entry - gain


def at_entry(
    position: PositionRecord, fee_percent: Decimal, step: Decimal | None
) -> Decimal | None:
    """Give the price at which a close wins and loses nothing.

    *fee_percent* is paid on the way in and on the way out; zero leaves fees out.
    """
    entry = position.entry_price
    if entry is None or entry <= ZERO:
        return None
    fee = fee_percent / HUNDRED
    if position.key.side is Side.LONG:
        price = entry * (ONE + fee) / (ONE - fee)
    else:
        price = entry * (ONE - fee) / (ONE + fee)
    return rounded(price, position.key.side, step)


def step_of(state: State, definition: TriggerDefinition) -> Decimal | None:
    """Give the price step of what is watched, where that is the position's market."""
    if not definition.source.is_of(definition.account, definition.symbol):
        return None
    instrument: Instrument | None = state.instrument_of(definition)
    return instrument.price_step if instrument is not None else None


def level_of(
    state: State, definition: TriggerDefinition, level: Level
) -> Decimal | None:
    """Make any level of a trigger a price, as its position is now."""
    if isinstance(level, Decimal):
        return level
    key = definition.key
    assert key is not None, "a relative level is one of a position"
    return price_of(level, state.position(key), step_of(state, definition))


def tighter(way: Direction, one: Decimal, other: Decimal) -> Decimal:
    """Give the level that a price going *way* reaches first."""
    return max(one, other) if way is Direction.FALLING else min(one, other)


def priced(state: State, record: TriggerRecord) -> TriggerRecord:
    """Bring a trigger's level up to its position; a move only ever tightens it.

    What cannot be worked out now, because the entry is not known or nothing of the
    position is left, stays as it was.
    """
    definition = record.definition
    condition = definition.condition
    if not isinstance(condition, FixedLevel):
        return record
    level = level_of(state, definition, condition.price)
    if level is None:
        return record
    level = _clamped(state, definition, level)
    if record.is_moved and record.level is not None:
        level = tighter(definition.direction, level, record.level)
    known = None if level == definition.level else level
    return record if record.level == known else replace(record, level=known)


def _clamped(state: State, definition: TriggerDefinition, level: Decimal) -> Decimal:
    """Keep a stop in front of the liquidation price."""
    margin, key = definition.before_liquidation, definition.key
    if margin is None or key is None:
        return level
    liquidation = state.position(key).liquidation_price
    if liquidation is None or liquidation <= ZERO:
        return level
    signed = margin if key.side is Side.LONG else -margin
    bound = liquidation * (HUNDRED + signed) / HUNDRED
    step = step_of(state, definition)
    return tighter(definition.direction, level, rounded(bound, key.side, step))
