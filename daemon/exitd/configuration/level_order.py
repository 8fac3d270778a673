"""Which of two levels of one position lies higher, before its entry is known."""

from decimal import Decimal

from exitd.core.condition import Basis, Level, Relative
from exitd.core.position import Side
from exitd.core.units import HUNDRED, ZERO


def entry_percent(level: Relative, side: Side) -> Decimal | None:
    """Give a level as signed percent of the entry price; None where money decides."""
    match level.basis:
        case Basis.ENTRY:
            return level.value
        case Basis.ROI:
            return _signed(level.value / level.leverage, side)
        case Basis.PNL:
            return None


def _signed(gain: Decimal, side: Side) -> Decimal:
    """Turn a gain into a move of the price, or a move into a gain."""
    return gain if side is Side.LONG else -gain


def wins(level: Relative, side: Side) -> bool:
    """Whether a relative level lies on the winning side of the entry."""
    is_move = level.basis is Basis.ENTRY
    return (_signed(level.value, side) if is_move else level.value) > ZERO


def _move(level: Relative, side: Side) -> Decimal:
    """Give a number that grows with the price, comparable within one basis."""
    percent = entry_percent(level, side)
    return _signed(level.value, side) if percent is None else percent


def compare(one: Level, other: Level, side: Side) -> int | None:
    """
    Compare two levels of a position by their prices.

    Returns:
        Below zero, zero or above it where *one* lies under, at or over *other*;
        None where only the entry price or the size could tell.
    """
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            return _sign(one - other)
        return None
    is_money = (one.basis is Basis.PNL, other.basis is Basis.PNL)
    if is_money in ((True, True), (False, False)):
        return _sign(_move(one, side) - _move(other, side))
    # On different sides of the entry, or nobody can say.
    signs = _sign(_move(one, side)), _sign(_move(other, side))
    return None if signs[0] == signs[1] else signs[0]


def _sign(number: Decimal) -> int:
    return (number > ZERO) - (number < ZERO)


def gains_on(one: Level, other: Level, side: Side) -> bool | None:
    """Whether *one* lies farther on the winning side than *other*; None: unknown."""
    order = compare(one, other, side)
    if order is None:
        return None
    return order > 0 if side is Side.LONG else order < 0


def reaches(one: Level, other: Level, side: Side) -> bool:
    """Whether *one* lies at *other*, or farther on the winning side, for certain."""
    return gains_on(other, one, side) is False


def spread_percent(stop: Level, target: Level, side: Side) -> Decimal | None:
    """How far two levels are apart, in percent of the stop; None: unknown."""
    prices = _comparable(stop, side), _comparable(target, side)
    if isinstance(stop, Decimal) is not isinstance(target, Decimal):
        return None
    if prices[0] is None or prices[1] is None:
        return None
    return abs(prices[1] - prices[0]) * HUNDRED / prices[0]


def _comparable(level: Level, side: Side) -> Decimal | None:
    """Give a price, or the percentage of the entry price that a level lies at."""
    if isinstance(level, Decimal):
        return level
    percent = entry_percent(level, side)
    return None if percent is None else HUNDRED + percent
