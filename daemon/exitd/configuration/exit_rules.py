"""The grammar of positions beyond the shape of their keys.

An exit has exactly one condition; a key that has no effect where it stands is an
error.
"""

from collections.abc import Iterator

from exitd.configuration.close_rules import close_problems
from exitd.configuration.document import Document, Path, Problem
from exitd.configuration.exit_keys import CONDITIONS, Exit
from exitd.configuration.exit_words import CLOSING, WATCHING, action_of
from exitd.configuration.findings import Finding
from exitd.configuration.idle_keys import idle_keys, idle_position_keys
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.level_rules import level_problems
from exitd.configuration.move_rules import move_problems
from exitd.configuration.position_file import Position
from exitd.configuration.watch_rules import watch_problems
from exitd.configuration.wording import Wording, wording
from exitd.core.condition import BeforeClose

_OF_POSITION = ("stop_loss", "take_profit", "trailing", "max_hold")
_CLOSES_ONLY = ("stop_loss", "take_profit", "trailing")


def _one_condition(path: Path, exit_: Exit) -> Iterator[Problem]:
    found = exit_.conditions
    if not found:
        yield path, f"an exit needs one of {', '.join(CONDITIONS)}"
    for extra in found[1:]:
        yield (
            (*path, extra),
            f"an exit has one condition, and this one has '{found[0]}' already; "
            f"make '{extra}' an exit of its own",
        )


def _actions(
    path: Path, exit_: Exit, condition: str, side: str | None
) -> Iterator[Problem]:
    place = (*path, condition)
    action = action_of(exit_)
    if condition in ("above", "below") and exit_.do is None:
        yield (
            place,
            f"'{condition}' must say what it does; add do: close, cancel, "
            "cancel_and_close or notify",
        )
        return
    if condition in _CLOSES_ONLY and action not in CLOSING:
        yield (*path, "do"), f"'{condition}' closes; to {action} use above or below"
        return
    if side is not None:
        return
    if condition in _OF_POSITION:
        yield (
            place,
            f"without 'side' there is no position that '{condition}' could close; "
            "add side: long or short, or use above or below with do: cancel or notify",
        )
    elif action in CLOSING:
        written = (*path, "do") if exit_.do else place
        yield (
            written,
            "without 'side' there is no position to close; add side: long or short, "
            "or use do: cancel or notify",
        )


def _calendar(path: Path, exit_: Exit) -> Iterator[Problem]:
    if isinstance(exit_.at_time, BeforeClose) and exit_.calendar is None:
        yield (
            (*path, "at_time"),
            "a time before the close needs a calendar; add one, such as "
            "calendar: XNYS, or write a time of day with its zone",
        )


def _one_confirmation(path: Path, exit_: Exit) -> Iterator[Problem]:
    if exit_.for_ is not None and exit_.prices is not None:
        yield (
            (*path, "prices"),
            "'for' and 'prices' exclude each other; wait for a time or for prices",
        )


def _bid_ask(
    path: Path, exit_: Exit, condition: str, words: Wording, side: str | None
) -> Iterator[Problem]:
    if words.price == "bid_ask" and side is None and condition in WATCHING:
        place = (*path, "price") if exit_.price else (*path, condition)
        yield (
            place,
            "bid_ask is the side a close would hit, and without 'side' nothing is "
            "closed; use price: mark, index, last or last_close",
        )


def exit_problems(
    path: Path, name: str, position: Position, layers: tuple[ExitDefaults, ...]
) -> Iterator[Problem]:
    """Check one exit of a position; *path* leads to it."""
    exit_, side = position.exits[name], position.side
    yield from _one_condition(path, exit_)
    if len(exit_.conditions) != 1:
        return
    condition = exit_.conditions[0]
    words = wording(exit_, position, *layers)
    yield from _actions(path, exit_, condition, side)
    yield from _bid_ask(path, exit_, condition, words, side)
    yield from _calendar(path, exit_)
    yield from _one_confirmation(path, exit_)
    yield from level_problems(path, name, position, words)
    yield from watch_problems(path, exit_, words, position)
    yield from close_problems(path, exit_, condition, side)
    yield from idle_keys(path, name, position, words, condition)


def _position_problems(
    path: Path, position: Position, layers: tuple[ExitDefaults, ...]
) -> Iterator[Problem]:
    if not position.exits:
        yield (*path, "exits"), "a position needs at least one exit"
    yield from idle_position_keys(path, position, layers)
    yield from move_problems(path, position)


def findings(
    document: Document, name: str, position: Position, layers: tuple[ExitDefaults, ...]
) -> list[Finding]:
    """Check one position against the grammar; *layers* are the defaults outside it."""
    path: Path = ("positions", name)
    problems = list(_position_problems(path, position, layers))
    for exit_name in position.exits:
        exit_path = (*path, "exits", exit_name)
        problems.extend(exit_problems(exit_path, exit_name, position, layers))
    return [document.finding(place, why, key=True) for place, why in problems]
