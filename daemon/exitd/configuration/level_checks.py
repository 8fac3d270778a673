"""Whether the levels of one position lie in the order that they must."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from exitd.configuration.checks import WARNING, Placed
from exitd.configuration.findings import Finding
from exitd.configuration.level_order import (
    compare,
    gains_on,
    reaches,
    spread_percent,
    wins,
)
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.core.condition import (
    ConditionKind,
    FixedLevel,
    Level,
    Relative,
    Trailing,
)
from exitd.core.position import Side
from exitd.core.units import text
from exitd.core.wording import level_text, offset_text

_WINNING = {Side.LONG: "above", Side.SHORT: "below"}
_LOSING = {Side.LONG: "below", Side.SHORT: "above"}


def target_level(exit_: CheckedExit) -> Level | None:
    """Give where a take-profit begins to act: its level, or where it begins to trail.

    None where that is a price of another market.
    """
    if exit_.is_watching:
        return None
    condition = exit_.condition
    return condition.after if isinstance(condition, Trailing) else exit_.level


def check_order(item: Placed, side: Side, min_spread: Decimal) -> Iterator[Finding]:
    """Stops lie on the losing side of take-profits; a ladder goes one way."""
    position = item.position
    stops = [
        (e, e.level)
        for e in position.exits
        if position.is_stop(e) and e.level is not None and not e.is_watching
    ]
    targets = [
        (e, level)
        for e in position.exits
        if position.is_target(e) and (level := target_level(e)) is not None
    ]
    for stop, stop_level in stops:
        for target, level in targets:
            place = f"'{target.name}' on line {target.line}"
            written = level_text(stop_level), level_text(level)
            spread = spread_percent(stop_level, level, side)
            if reaches(stop_level, level, side):
                where = _LOSING[side]
                yield item.finding(
                    stop.level_path,
                    f"the stop of a {side} lies {where} its take-profits, and "
                    f"{written[0]} does not lie {where} {written[1]} ({place})",
                )
            elif spread is not None and spread < min_spread:
                yield item.finding(
                    stop.level_path,
                    f"{written[0]} is nearer to {written[1]} ({place}) "
                    f"than min_spread, {text(min_spread)}%",
                )
    yield from _ladder(item, targets, side)


def _ladder(
    item: Placed, targets: list[tuple[CheckedExit, Level]], side: Side
) -> Iterator[Finding]:
    for index, (exit_, level) in enumerate(targets):
        for first, earlier in targets[:index]:
            if gains_on(earlier, level, side):
                yield item.finding(
                    exit_.level_path,
                    f"{level_text(level)} is reached before {level_text(earlier)} of "
                    f"'{first.name}' on line {first.line}; write a ladder from the "
                    "nearest take-profit to the farthest",
                    severity=WARNING,
                )
                break


def check_levels(item: Placed, exit_: CheckedExit) -> Iterator[Finding]:
    """Check the levels of one exit against one another and the entry."""
    position, condition = item.position, exit_.condition
    if isinstance(condition, FixedLevel):
        yield from _emergency(item, exit_, condition)
        if position.side is not None:
            yield from _side_of_entry(item, exit_, condition.price, position.side)
    elif isinstance(condition, Trailing) and position.side is not None:
        yield from _trailing(item, exit_, condition, position.side)


def _emergency(
    item: Placed, exit_: CheckedExit, condition: FixedLevel
) -> Iterator[Finding]:
    confirmation = exit_.confirmation
    emergency = None if confirmation is None else confirmation.emergency
    if emergency is None:
        return
    side = item.position.side
    order = compare(emergency, condition.price, side or Side.LONG)
    falls = _falls(item.position, condition.kind)
    if order is not None and (order >= 0 if falls else order <= 0):
        yield item.finding(
            (*exit_.path, "emergency"),
            f"an emergency level lies beyond the level, and {level_text(emergency)} "
            f"does not lie {'below' if falls else 'above'} "
            f"{level_text(condition.price)}",
        )


def _falls(position: CheckedPosition, kind: ConditionKind) -> bool:
    """Whether the price comes to a level from above."""
    if kind in (ConditionKind.ABOVE, ConditionKind.BELOW):
        return kind is ConditionKind.BELOW
    return (kind is ConditionKind.STOP_LOSS) is (position.side is Side.LONG)


def _side_of_entry(
    item: Placed, exit_: CheckedExit, level: Level, side: Side
) -> Iterator[Finding]:
    if not isinstance(level, Relative) or not exit_.closes:
        return
    is_stop = item.position.is_stop(exit_)
    if wins(level, side) is is_stop:
        what, where = ("stop", "winning") if is_stop else ("take-profit", "losing")
        other = level_text(replace(level, value=-level.value))
        yield item.finding(
            exit_.level_path,
            f"the {what} {level_text(level)} of a {side} lies on the {where} side of "
            f"its entry, so it is crossed when the position opens; did you mean "
            f"{other}?",
            severity=WARNING,
        )


def _trailing(
    item: Placed, exit_: CheckedExit, condition: Trailing, side: Side
) -> Iterator[Finding]:
    after, tighten = condition.after, condition.tighten
    if isinstance(after, Relative) and not wins(after, side):
        key = "after" if exit_.word == "trailing" else exit_.word
        yield item.finding(
            (*exit_.path, key),
            f"a trail begins on the winning side, {_WINNING[side]} the entry of a "
            f"{side}, and {level_text(after)} is on the losing one",
        )
    if tighten is None:
        return
    at, to, offset = tighten.at, tighten.to, condition.offset
    if isinstance(at, Relative) and not wins(at, side):
        yield item.finding(
            (*exit_.path, "tighten", "at"),
            f"a trail narrows on the winning side, {_WINNING[side]} the entry of a "
            f"{side}, and {level_text(at)} is on the losing one",
        )
    elif after is not None and reaches(after, at, side):
        yield item.finding(
            (*exit_.path, "tighten", "at"),
            f"the trail begins at {level_text(after)}, so it would never be "
            f"{offset_text(offset)}; write trailing: {offset_text(to)}, or tighten "
            "farther out",
        )
    if to.is_percent is offset.is_percent and to.value >= offset.value:
        yield item.finding(
            (*exit_.path, "tighten", "to"),
            f"a trail only narrows, and {offset_text(to)} is not narrower than "
            f"{offset_text(offset)}",
        )
