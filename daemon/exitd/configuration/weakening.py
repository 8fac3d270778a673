"""Whether a stop protects less than it did: what waits for a person on a reload.

What cannot be compared (another price source, a share for a quantity, a price for a
level relative to the entry) counts as weaker: a person looks at it once too often
rather than once too seldom.
"""

from collections.abc import Iterator
from decimal import Decimal

from exitd.configuration.level_order import gains_on
from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    BeforeClose,
    Condition,
    Confirmation,
    FixedLevel,
    Level,
    MaxHold,
    Missed,
    Move,
    Offset,
    Relative,
    Tighten,
    Trailing,
)
from exitd.core.position import Side
from exitd.core.pricing import watches_own_market
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)


def weakening(
    before: TriggerDefinition,
    after: TriggerDefinition | None,
    missed: Missed = Missed.ALERT,
) -> str:
    """Say why a stop protects less than it did, or nothing.

    Args:
        missed: What the policy says of one that was crossed while nobody watched.
    """
    if not before.is_stop:
        return ""
    if after is None:
        return "removes a stop"
    if before.key != after.key:
        return "takes a stop away from its position"
    if not after.is_stop:
        return "turns a stop into something else"
    only_tells = (after.missed or missed) is Missed.ALERT
    if only_tells and (before.missed or missed) is Missed.FIRE:
        return "lets a stop that was crossed unseen only tell"
    return next(_reasons(before, after), "")


def _reasons(before: TriggerDefinition, after: TriggerDefinition) -> Iterator[str]:
    side = before.side
    assert side is not None, "a stop has a side"
    yield from _condition(before.condition, after.condition, side)
    if before.source != after.source:
        yield "changes which price a stop watches"
    yield from _confirmation(before.confirmation, after.confirmation, side)
    old, new = before.close, after.close
    assert old is not None
    assert new is not None
    if _is_smaller(before, after):
        yield "shrinks a stop"
    yield from _close(old, new)
    if _is_less_margin(before, after):
        yield "lets a stop come nearer to the liquidation price"
    yield from _moves(before.moves, after.moves, side)
    was_ns, is_ns = before.expires_ns, after.expires_ns
    if is_ns is not None and (was_ns is None or is_ns < was_ns):
        yield "lets a stop expire earlier"


def _condition(old: Condition, new: Condition, side: Side) -> Iterator[str]:
    match old, new:
        case FixedLevel(), FixedLevel():
            if _is_looser(old.price, new.price, side):
                yield "loosens a stop"
        case Trailing(), Trailing():
            yield from _trailing(old, new, side)
        case MaxHold(), MaxHold():
            if new.duration_ns > old.duration_ns:
                yield "lets a position be held longer"
        case AtInstant(), AtInstant():
            if new.ts_ns > old.ts_ns:
                yield "closes a position later"
        case AtTimeOfDay() | BeforeClose(), AtTimeOfDay() | BeforeClose():
            if old != new:
                yield "changes when a position is closed"
        case _:
            yield "turns a stop into something else"


def _is_looser(old: Level, new: Level, side: Side) -> bool:
    """Whether a stop may lie farther on the losing side; the same level does not."""
    if old == new:
        return False
    if isinstance(old, Relative) and isinstance(new, Relative):
        is_alike = old.basis is new.basis and old.follows is new.follows
        return not is_alike or gains_on(old, new, side) is not False
    return gains_on(old, new, side) is not False


def _is_later(old: Level | None, new: Level | None, side: Side) -> bool:
    """Whether something that begins on the winning side may begin later."""
    if old == new or new is None:
        return False
    if old is None:
        return True
    return _is_looser(new, old, side)


def _is_wider(old: Offset, new: Offset) -> bool:
    return old.is_percent is not new.is_percent or new.value > old.value


def _trailing(old: Trailing, new: Trailing, side: Side) -> Iterator[str]:
    if _is_wider(old.offset, new.offset):
        yield "lets a stop trail farther behind"
    if _is_later(old.after, new.after, side):
        yield "lets a stop begin to trail later"
    if _tightens_less(old.tighten, new.tighten, side):
        yield "tightens a stop less"
    if new.step is not None and (old.step is None or new.step > old.step):
        yield "lets a stop follow in wider steps"


def _tightens_less(old: Tighten | None, new: Tighten | None, side: Side) -> bool:
    if old is None or old == new:
        return False
    return new is None or _is_wider(old.to, new.to) or _is_later(old.at, new.at, side)


def _confirmation(
    old: Confirmation | None, new: Confirmation | None, side: Side
) -> Iterator[str]:
    old, new = old or Confirmation(), new or Confirmation()
    waits = bool(new.for_ns or new.prices)
    is_other = bool(old.for_ns) is not bool(new.for_ns)
    if waits and (is_other or new.for_ns > old.for_ns or new.prices > old.prices):
        yield "lets a stop wait longer"
    emergency = new.emergency
    if old.emergency is None:
        return
    if emergency is None:
        if waits or not (old.for_ns or old.prices):
            yield "removes an emergency level"
    elif _is_looser(old.emergency, emergency, side):
        yield "moves an emergency level farther out"


def _close(old: Close, new: Close) -> Iterator[str]:
    if old.order is OrderType.MARKET and new.order is OrderType.LIMIT:
        yield "makes a stop a limit close"
    if new.is_hard and not old.is_hard:
        yield "makes the limit of a stop hard"
    if new.is_hard and new.slippage_limit != old.slippage_limit:
        yield "changes the hard limit of a stop"
    if any(is_ns > was_ns for was_ns, is_ns in zip(*_patience(old, new), strict=True)):
        yield "lets the close of a stop rest longer"
    if new.twap is not None and new.twap != old.twap:
        yield "makes a close wait for its slices"


def _patience(old: Close, new: Close) -> tuple[tuple[int, int], tuple[int, int]]:
    return old.patience_ns, new.patience_ns


def _is_smaller(before: TriggerDefinition, after: TriggerDefinition) -> bool:
    assert before.close is not None
    assert after.close is not None
    old, new = before.close.quantity, after.close.quantity
    if new.is_whole:
        return False
    if old.is_whole:
        return True
    if old.kind is new.kind:
        return new.currency != old.currency or new.value < old.value
    was, now = _base_units(before, old), _base_units(after, new)
    return was is None or now is None or now < was


def _base_units(trigger: TriggerDefinition, quantity: Quantity) -> Decimal | None:
    """Give what a stop closes at its own level; None where that depends on more."""
    if quantity.kind is QuantityKind.ABSOLUTE:
        return quantity.value
    level = trigger.level
    if quantity.kind is not QuantityKind.QUOTE or level is None:
        return None
    return quantity.value / level if watches_own_market(trigger) else None


def _is_less_margin(before: TriggerDefinition, after: TriggerDefinition) -> bool:
    was, now = before.before_liquidation, after.before_liquidation
    return was is not None and (now is None or now < was)


def _moves(old: tuple[Move, ...], new: tuple[Move, ...], side: Side) -> Iterator[str]:
    for move in old:
        if not any(_does_as_much(move, other, side) for other in new):
            yield "removes a move of a stop, or moves it less"
            return


def _does_as_much(move: Move, other: Move, side: Side) -> bool:
    """Whether *other* tightens no later than *move*, and no less."""
    if move == other:
        return True
    if move.after != other.after or (move.at is None) is not (other.at is None):
        return False
    if _is_later(move.at, other.at, side):
        return False
    if move.to is None or other.to is None:
        return (move.to, move.to_level_of, move.covers_fees) == (
            other.to,
            other.to_level_of,
            other.covers_fees,
        )
    return not _is_looser(move.to, other.to, side)
