"""What only shows when the exits of one position are read together."""

from collections.abc import Iterator
from decimal import Decimal

from exitd.configuration.checks import WARNING, Placed
from exitd.configuration.findings import Finding
from exitd.configuration.instants import instant_text
from exitd.configuration.level_checks import check_levels, check_order
from exitd.configuration.move_checks import check_move
from exitd.configuration.policies import Policies
from exitd.configuration.positions import CheckedExit
from exitd.configuration.triggers import action
from exitd.configuration.values import Instant
from exitd.core.condition import AtInstant
from exitd.core.trigger import QuantityKind
from exitd.core.units import HUNDRED, text

_SHARES = (QuantityKind.SHARE, QuantityKind.INITIAL)


def check_position(
    item: Placed, policies: Policies, now_ns: int | None
) -> Iterator[Finding]:
    """Check the exits of one position against one another."""
    position = item.position
    if position.side is not None:
        yield from _unprotected(item)
        yield from check_order(item, position.side, policies.min_spread)
        yield from _doubled(item)
        if policies.percentage_of == "lifetime":
            yield from _shares(item)
        for move in position.moves:
            yield from check_move(item, move, position.side)
    for exit_ in position.exits:
        yield from check_levels(item, exit_)
        if position.is_stop(exit_):
            yield from _weak_stop(item, exit_)
        if now_ns is not None:
            yield from _expired(item, exit_, now_ns)


def _unprotected(item: Placed) -> Iterator[Finding]:
    position = item.position
    if any(position.protects(exit_) for exit_ in position.exits):
        return
    late = next((e for e in position.exits if position.is_stop(e)), None)
    reason = (
        f"'{late.name}' protects it only later, or by another market's price"
        if late is not None
        else "nothing closes it when the price goes the wrong way"
    )
    yield item.finding(
        position.path,
        f"'{position.name}' has no stop: {reason}; add an exit with stop_loss",
        severity=WARNING,
        key=True,
    )


def _same(one: CheckedExit, other: CheckedExit) -> bool:
    return (
        one.condition == other.condition
        and one.confirmation == other.confirmation
        and one.source == other.source
        and action(one) == action(other)
    )


def _doubled(item: Placed) -> Iterator[Finding]:
    exits = item.position.exits
    for index, exit_ in enumerate(exits):
        first = next((other for other in exits[:index] if _same(other, exit_)), None)
        if first is not None:
            yield item.finding(
                exit_.path,
                f"'{exit_.name}' does exactly what '{first.name}' on line {first.line} "
                "does; remove one of them",
                key=True,
            )


def _shares(item: Placed) -> Iterator[Finding]:
    position = item.position
    targets = [
        exit_
        for exit_ in position.exits
        if position.is_target(exit_) and exit_.wording.close.kind in _SHARES
    ]
    total = sum((exit_.wording.close.value for exit_ in targets), Decimal(0))
    if total > HUNDRED:
        last = targets[-1]
        yield item.finding(
            last.path,
            f"the take-profits of '{position.name}' add up to {text(total)}%; the "
            "later ones get what is left: write close: rest for the last",
            severity=WARNING,
            key=True,
        )


def _weak_stop(item: Placed, exit_: CheckedExit) -> Iterator[Finding]:
    confirmation = exit_.confirmation
    if confirmation is not None and confirmation.emergency is None:
        key = "for" if confirmation.for_ns else "prices"
        yield item.finding(
            (*exit_.path, key),
            "a stop that waits follows the price however far it falls meanwhile; add "
            "emergency: and a level farther out, which does not wait",
            severity=WARNING,
            key=True,
        )
    if exit_.is_hard:
        yield item.finding(
            (*exit_.path, "hard"),
            "a hard stop may never close: where nobody trades within its "
            "slippage_limit, the position stays open; remove 'hard' to let it end in "
            "a market close",
            severity=WARNING,
            key=True,
        )


def _expired(item: Placed, exit_: CheckedExit, now_ns: int) -> Iterator[Finding]:
    expiry, condition = exit_.expiry, exit_.condition
    if isinstance(expiry, Instant) and expiry.ts_ns <= now_ns:
        yield item.finding(
            (*exit_.path, "expires"),
            f"{expiry.written} has passed: this exit does nothing any more; remove it",
            severity=WARNING,
        )
    if isinstance(condition, AtInstant) and condition.ts_ns <= now_ns:
        yield item.finding(
            exit_.level_path,
            f"{instant_text(condition.ts_ns)} has passed; remove this exit, or write a "
            "later time",
            severity=WARNING,
        )
