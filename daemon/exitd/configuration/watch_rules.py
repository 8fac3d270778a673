"""What an exit that watches another market cannot take from its own."""

from collections.abc import Iterator
from decimal import Decimal

from exitd.configuration.document import Path, Problem
from exitd.configuration.exit_keys import Exit
from exitd.configuration.exit_words import (
    LEVELS,
    WATCHING,
    closes,
    relative_levels,
    trails,
    watches_elsewhere,
)
from exitd.configuration.position_file import Position
from exitd.configuration.watching import Watch
from exitd.configuration.wording import Wording
from exitd.core.trigger import QuantityKind
from exitd.core.units import ZERO, text
from exitd.core.wording import level_text, quantity_text

_SPREAD_CONDITIONS = ("above", "below")


def watch_problems(
    path: Path, exit_: Exit, words: Wording, position: Position
) -> Iterator[Problem]:
    watched = exit_.watch
    if watched is None or not watched.is_spread:
        yield from _below_zero(path, exit_)
    condition = exit_.conditions[0]
    if watched is None or condition not in WATCHING:
        return
    own = f"{position.venue}/{position.symbol}"
    if str(watched) == own:
        yield (
            (*path, "watch"),
            f"'watch' has no effect: {watched} is the position's own market",
        )
        return
    if watched.is_combined:
        yield from _combined(path, exit_, condition, watched)
    if watches_elsewhere(exit_, position) is not None:
        yield from _elsewhere(path, exit_, words, position, watched)


def _below_zero(path: Path, exit_: Exit) -> Iterator[Problem]:
    for name in (*LEVELS, "emergency"):
        level = getattr(exit_, name)
        if isinstance(level, Decimal) and level <= ZERO:
            yield (*path, name), f"a price is above zero, and not {text(level)}"


def _combined(
    path: Path, exit_: Exit, condition: str, watched: Watch
) -> Iterator[Problem]:
    if watched.is_spread and condition not in _SPREAD_CONDITIONS:
        yield (
            (*path, condition),
            f"{watched} is a spread, which has no losing side; use above or below",
        )
    elif trails(exit_):
        key = "trailing" if condition == "trailing" else "deviation"
        yield (
            (*path, key),
            f"a trail follows one price, and {watched} is several; watch one of them",
        )


def _elsewhere(
    path: Path, exit_: Exit, words: Wording, position: Position, watched: Watch
) -> Iterator[Problem]:
    for inner, level in relative_levels(exit_):
        yield (
            (*path, *inner),
            f"{level_text(level)} is relative to the entry in {position.symbol}, and "
            f"this exit watches {watched}; write the price there",
        )
    if exit_.before_liquidation is not None:
        yield (
            (*path, "before_liquidation"),
            f"the liquidation price is one of {position.symbol}, and this exit watches "
            f"{watched}; remove 'before_liquidation' or 'watch'",
        )
    if closes(exit_):
        yield from _closes(path, exit_, words, watched)


def _closes(
    path: Path, exit_: Exit, words: Wording, watched: Watch
) -> Iterator[Problem]:
    if words.order == "limit":
        yield (
            (*path, "order" if exit_.order is not None else "watch"),
            f"a limit close is priced from its level, and this one is a price of "
            f"{watched}; use order: market",
        )
    if words.close.kind is QuantityKind.QUOTE:
        yield (
            (*path, "close" if exit_.close is not None else "watch"),
            f"{quantity_text(words.close)} is counted at the watched price, which is "
            f"one of {watched}; write a share or a quantity instead",
        )
