"""What the levels of an exit need: a side, a leverage, a price that can be."""

from collections.abc import Iterator

from exitd.configuration.document import Path, Problem
from exitd.configuration.exit_words import relative_levels, relative_levels_of
from exitd.configuration.position_file import Position
from exitd.configuration.wording import Wording
from exitd.core.condition import Basis, Relative
from exitd.core.units import HUNDRED
from exitd.core.wording import level_text


def level_problems(
    path: Path, name: str, position: Position, words: Wording
) -> Iterator[Problem]:
    """Check what the entry decides for an exit, and for the moves that set it."""
    places = [
        ((*path, *inner), level)
        for inner, level in relative_levels(position.exits[name])
    ]
    for index, move in enumerate(position.moves):
        if move.set == name:
            places += [
                ((*path[:-2], "moves", index, *inner), level)
                for inner, level in relative_levels_of(move)
            ]
    for place, level in places:
        why = _wrong(level, position.side, words)
        if why:
            yield place, why


def _wrong(level: Relative, side: str | None, words: Wording) -> str:
    written = level_text(level)
    if side is None:
        return (
            f"{written} is relative to the entry of a position, and without 'side' "
            "there is none; write the price, or add side: long or short"
        )
    if level.basis is not Basis.ROI:
        return ""
    if words.leverage is None:
        return (
            f"{written} is a return on the margin, which needs to know the leverage; "
            "add leverage: 5 (or whatever it is) to the exit or its position"
        )
    moved = level.value / words.leverage
    if (moved if side == "long" else -moved) <= -HUNDRED:
        return (
            f"{written} with a leverage of {words.leverage} would need a price of "
            "zero or less; write a nearer level"
        )
    return ""
