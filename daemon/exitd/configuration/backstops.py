"""Backstops as the files ask for them: where they can rest, and what changes."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from exitd.configuration.checks import Placed
from exitd.configuration.findings import Finding
from exitd.configuration.positions import CheckedPosition
from exitd.core.condition import Basis, FixedLevel, Relative
from exitd.core.position import PositionKey
from exitd.core.units import text

#: Where a stop of the whole position rests without taking up what closes need.
_TYPES = ("backpack",)

Backstops = Mapping[PositionKey, Decimal]


def check_backstop(item: Placed, accounts: Mapping[str, str]) -> Iterator[Finding]:
    """Refuse a backstop where none can rest, and one that is nearer than a stop."""
    position = item.position
    if position.backstop is None:
        return
    place = (*position.path, "backstop")
    kind = accounts.get(position.venue)
    if kind is not None and kind not in _TYPES:
        yield item.finding(
            place,
            f"'backstop' is for accounts of type {' or '.join(_TYPES)}; at {kind} no "
            "stop rests without keeping exits from closing; remove it",
        )
    for exit_ in position.exits:
        condition = exit_.condition
        is_relative = isinstance(condition, FixedLevel) and isinstance(
            condition.price, Relative
        )
        if not position.is_stop(exit_) or not is_relative:
            continue
        assert isinstance(condition, FixedLevel)
        level = condition.price
        assert isinstance(level, Relative)
        away = abs(level.value)
        if level.basis is Basis.ENTRY and away >= position.backstop:
            yield item.finding(
                place,
                f"a backstop at {text(position.backstop)}% would close before "
                f"'{exit_.name}' at {text(away)}% does; put it further away",
            )


def backstops_of(positions: Iterable[CheckedPosition]) -> dict[PositionKey, Decimal]:
    """Give the positions that are to have one, each with its percentage."""
    return {
        PositionKey(p.venue, p.symbol, p.side): p.backstop
        for p in positions
        if p.side is not None and p.backstop is not None
    }


def without_backstop(positions: Iterable[CheckedPosition]) -> tuple[str, ...]:
    """Name the positions that nothing protects if the machine dies."""
    return tuple(p.name for p in positions if p.side is not None and not p.backstop)


def changes_of(wanted: Backstops, running: Backstops) -> tuple[str, ...]:
    """Say what becomes of the backstops, a line each."""
    lines = []
    for key in sorted({**wanted, **running}, key=str):
        before, after = running.get(key), wanted.get(key)
        if before == after:
            continue
        if after is None:
            assert before is not None
            lines.append(f"- {key} backstop {text(before)}%")
        elif before is None:
            lines.append(f"+ {key} backstop {text(after)}% from the entry")
        else:
            lines.append(f"~ {key} backstop {text(before)}% -> {text(after)}%")
    return tuple(lines)
