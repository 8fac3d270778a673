"""Whether moves do anything: only ever tighter, and never to a crossed level."""

from collections.abc import Iterator

from exitd.configuration.checks import WARNING, Placed
from exitd.configuration.findings import Finding
from exitd.configuration.level_order import reaches, wins
from exitd.configuration.positions import CheckedMove, CheckedPosition
from exitd.core.condition import Level, Relative
from exitd.core.position import Side
from exitd.core.wording import level_text


def check_move(item: Placed, checked: CheckedMove, side: Side) -> Iterator[Finding]:
    position = item.position
    stop = position.exit(checked.exit)
    own = stop.level
    assert own is not None, "refused without a level"
    yield from _reason(item, checked, own, side)
    to, written = _target(position, checked)
    if to is None:
        if isinstance(own, Relative) and wins(own, side):
            yield item.finding(
                (*checked.path, "to"),
                f"'{stop.name}' is beyond the entry already ({level_text(own)}), and a "
                "move only ever makes it tighter; write a level farther out",
            )
        return
    if reaches(own, to, side):
        yield item.finding(
            (*checked.path, "to"),
            f"a move only ever makes a stop tighter, and {written} is not tighter "
            f"than '{stop.name}' ({level_text(own)})",
        )
    when, place = _when(position, checked)
    if when is not None and reaches(to, when, side):
        yield item.finding(
            (*checked.path, "to"),
            f"a stop at {written} would be crossed at once: the move happens at "
            f"{level_text(when)}{place}",
        )


def _reason(
    item: Placed, checked: CheckedMove, own: Level, side: Side
) -> Iterator[Finding]:
    position, move = item.position, checked.move
    if move.at is not None:
        is_lost = isinstance(move.at, Relative) and not wins(move.at, side)
        if is_lost or reaches(own, move.at, side):
            yield item.finding(
                (*checked.path, "at"),
                f"a move happens on the winning side, and {level_text(move.at)} is "
                f"not {'above' if side is Side.LONG else 'below'} the entry and the "
                "stop; write a level there",
            )
        return
    first = position.exit(_name(move.after))
    if first.closes_all:
        yield item.finding(
            (*checked.path, "after"),
            f"'{first.name}' closes the whole position, so nothing is left to move a "
            "stop for; let it close a part",
            severity=WARNING,
        )


def _name(trigger_id: str) -> str:
    return trigger_id.partition("/")[2]


def _target(
    position: CheckedPosition, checked: CheckedMove
) -> tuple[Level | None, str]:
    """Give where a stop goes, and how that reads; None for the entry."""
    move = checked.move
    if move.to_level_of:
        target = position.exit(_name(move.to_level_of))
        assert target.level is not None, "refused without a level"
        return target.level, f"'{target.name}' ({level_text(target.level)})"
    return move.to, "" if move.to is None else level_text(move.to)


def _when(position: CheckedPosition, checked: CheckedMove) -> tuple[Level | None, str]:
    """Give at what price a move happens, where that is known."""
    move = checked.move
    if move.at is not None:
        return move.at, ""
    first = position.exit(_name(move.after))
    if first.is_watching or not position.is_target(first):
        return None, ""
    return first.level, f", when '{first.name}' fills"
