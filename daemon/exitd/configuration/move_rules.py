"""Moves: which exits they may name, and what each end of them must be."""

from collections.abc import Iterator

from exitd.configuration.document import Path, Problem
from exitd.configuration.exit_words import (
    closes,
    condition_of,
    has_level,
    is_stop,
    watches_elsewhere,
)
from exitd.configuration.findings import did_you_mean
from exitd.configuration.position_file import ENTRY, Move, Position


def move_problems(path: Path, position: Position) -> Iterator[Problem]:
    """Check the moves of a position; one without a side is told of elsewhere."""
    for index, move in enumerate(position.moves):
        place = (*path, "moves", index)
        unknown = list(_unknown(place, move, position))
        if unknown:
            yield from unknown
        elif position.side is not None:
            yield from _stop(place, move, position)
            yield from _reason(place, move, position)
            yield from _target(place, move, position)
            if move in position.moves[:index]:
                yield place, "this move is there twice; remove one of them"


def _unknown(place: Path, move: Move, position: Position) -> Iterator[Problem]:
    named = {"after": move.after, "set": move.set}
    if isinstance(move.to, str) and move.to != ENTRY:
        named["to"] = move.to
    for end, name in named.items():
        if name is not None and name not in position.exits:
            known = [*position.exits, ENTRY] if end == "to" else [*position.exits]
            yield (
                (*place, end),
                f"there is no exit '{name}' in this position"
                f"{did_you_mean(name, known)}",
            )


def _stop(place: Path, move: Move, position: Position) -> Iterator[Problem]:
    moved = position.exits[move.set]
    if condition_of(moved) is None:
        return
    if not (has_level(moved) and is_stop(moved, position.side)):
        yield (
            (*place, "set"),
            f"'{move.set}' is not a stop with a level; a move sets a stop_loss, or "
            f"{'below' if position.side == 'long' else 'above'} with do: close",
        )
    elif (watched := watches_elsewhere(moved, position)) is not None:
        yield (
            (*place, "set"),
            f"'{move.set}' watches {watched}, where the position has no entry; "
            "a move sets a stop of the position's own market",
        )


def _reason(place: Path, move: Move, position: Position) -> Iterator[Problem]:
    if move.after is None:
        return
    if move.after == move.set:
        yield (
            (*place, "after"),
            f"'{move.set}' cannot move once it has filled itself; name another exit",
        )
    elif not closes(position.exits[move.after]):
        yield (
            (*place, "after"),
            f"'{move.after}' closes nothing, so it never fills; name an exit that "
            "closes, or write at: and a level",
        )


def _target(place: Path, move: Move, position: Position) -> Iterator[Problem]:
    if move.to == ENTRY:
        if ENTRY in position.exits:
            yield (
                (*place, "to"),
                "'entry' means the entry price, and an exit has this name as well; "
                "rename the exit",
            )
        return
    if move.fees is not None:
        yield (*place, "fees"), "'fees' has no effect without to: entry"
    if not isinstance(move.to, str):
        return
    target = position.exits[move.to]
    if move.to == move.set:
        yield (*place, "to"), f"'{move.to}' has its own level already; name another"
    elif condition_of(target) is not None and not has_level(target):
        yield (
            (*place, "to"),
            f"'{move.to}' has no level that another exit could take; name a "
            "stop_loss, take_profit, above or below, or write a level",
        )
    elif (watched := watches_elsewhere(target, position)) is not None:
        yield (
            (*place, "to"),
            f"the level of '{move.to}' is a price of {watched}; write a level "
            "of the position's own market",
        )
