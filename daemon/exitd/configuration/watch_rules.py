"""What an exit that watches another market cannot take from its own."""

from collections.abc import Iterator

from exitd.configuration.document import Path, Problem
from exitd.configuration.exit_keys import Exit
from exitd.configuration.exit_words import WATCHING, closes, relative_levels
from exitd.configuration.position_file import Position
from exitd.configuration.wording import Wording
from exitd.core.trigger import QuantityKind
from exitd.core.wording import level_text, quantity_text


def watch_problems(
    path: Path, exit_: Exit, words: Wording, position: Position
) -> Iterator[Problem]:
    watched = exit_.watch
    if watched is None or exit_.conditions[0] not in WATCHING:
        return
    if watched == f"{position.venue}/{position.symbol}":
        yield (
            (*path, "watch"),
            f"'watch' has no effect: {watched} is the position's own market",
        )
        return
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


def _closes(path: Path, exit_: Exit, words: Wording, watched: str) -> Iterator[Problem]:
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
