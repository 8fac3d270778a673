"""The moves of a stop that was asked for: which triggers they name, and where to."""

from collections.abc import Iterable, Iterator, Sequence

from exitd.configuration.conditions import complete
from exitd.configuration.document import Path, Problem
from exitd.configuration.exit_keys import Exit
from exitd.configuration.exit_words import (
    condition_of,
    has_level,
    is_stop,
    watches_elsewhere,
)
from exitd.configuration.findings import did_you_mean
from exitd.configuration.position_file import ENTRY, Move, Position
from exitd.configuration.positions import CheckedMove
from exitd.configuration.watching import watch_of
from exitd.configuration.wording import Wording
from exitd.core.condition import FixedLevel
from exitd.core.condition import Move as CoreMove
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition
from exitd.runtime.control.requests import MoveRequest
from exitd.runtime.problems import Unusable


def moves_as_written(moves: Sequence[MoveRequest], name: str) -> list[Move]:
    """Give moves as a file has them, as far as rules about levels look at them."""
    return [
        Move.model_construct(
            after=None if move.at is not None else name,
            at=move.at,
            set=name,
            to=ENTRY if isinstance(move.to, str) else move.to,
        )
        for move in moves
    ]


def move_problems(
    path: Path, moves: Sequence[MoveRequest], exit_: Exit, position: Position
) -> Iterator[Problem]:
    """Check moves against the exit that they move; *path* leads to its position."""
    side = position.side
    if not moves:
        return
    if side is None:
        yield (*path, "moves"), "'moves' has no effect without 'side'"
        return
    condition = condition_of(exit_)
    if condition is not None and not (has_level(exit_) and is_stop(exit_, side)):
        yield (
            (*path, "moves"),
            f"'{condition}' is not a stop with a level here; a move sets a stop_loss, "
            f"or {'below' if side == 'long' else 'above'} with do: close",
        )
    elif (watched := watches_elsewhere(exit_, position)) is not None:
        yield (
            (*path, "moves"),
            f"it watches {watched}, where the position has no entry; a move sets "
            "a stop of the position's own market",
        )
    for index, move in enumerate(moves):
        place = (*path, "moves", index)
        if move.fees is not None and move.to != ENTRY:
            yield (*place, "fees"), "'fees' has no effect without to: entry"
        if move in moves[:index]:
            yield place, "this move is there twice; remove one of them"


def core_moves(
    path: Path,
    moves: Sequence[MoveRequest],
    words: Wording,
    *,
    name: str,
    id: str,
    follows: bool,
) -> tuple[CheckedMove, ...]:
    """Make the engine's moves; triggers named within the position get their ids."""
    position, slash, _ = id.partition("/")

    def full(written: str) -> str:
        is_id = not slash or "/" in written or written.startswith("trg_")
        return written if is_id else f"{position}/{written}"

    made = []
    for index, move in enumerate(moves):
        to = None
        if not isinstance(move.to, str):
            to = complete(move.to, words, follows=follows)
        at = None if move.at is None else complete(move.at, words, follows=follows)
        is_named = isinstance(move.to, str) and move.to != ENTRY
        core = CoreMove(
            after=full(move.after) if move.after else "",
            at=at,
            to=to,
            to_level_of=full(str(move.to)) if is_named else "",
            covers_fees=move.to == ENTRY and move.fees is not False,
        )
        made.append(CheckedMove((*path, "moves", index), name, core))
    return tuple(made)


def names_another(checked: CheckedMove) -> bool:
    """Whether it refers to a trigger, which rules about one exit cannot judge."""
    return bool(checked.move.after or checked.move.to_level_of)


def names_in(definitions: Iterable[TriggerDefinition]) -> list[str]:
    """Name what may be the id of a trigger that was there before: names, no numbers."""
    named: list[str] = []
    for definition in definitions:
        if "/" in definition.id:
            named.append(definition.id)
        for move in definition.moves:
            named += filter(None, (move.after, move.to_level_of))
    return named


def refuse_unknown_triggers(
    definitions: Iterable[TriggerDefinition], state: State
) -> None:
    """Check that moves name triggers of their own position, there or in the batch.

    Raises:
        Unusable: One would never happen, or go nowhere.
    """
    batch = {definition.id: definition for definition in definitions}
    for definition in batch.values():
        for move in definition.moves:
            for word, id in (("after", move.after), ("to", move.to_level_of)):
                why = _wrong(definition, word, id, batch, state) if id else ""
                if why:
                    sentence, _, remedy = why.partition("; ")
                    raise Unusable("bad_move", sentence, remedy, field="moves")


def _wrong(
    moved: TriggerDefinition,
    word: str,
    id: str,
    batch: dict[str, TriggerDefinition],
    state: State,
) -> str:
    other = batch.get(id)
    if other is None and id in state.triggers:
        other = state.triggers[id].definition
    if other is None or other.key != moved.key:
        key = moved.key
        beside = state.triggers_on(key) if key is not None else []
        known = [*batch, *(record.id for record in beside)]
        return f"there is no trigger '{id}' on this position{did_you_mean(id, known)}"
    if id == moved.id:
        if word == "to":
            return f"'{id}' has its own level already; name another"
        return f"'{id}' cannot move once it has filled itself; name another trigger"
    if word == "after":
        if other.close is None:
            return (
                f"'{id}' closes nothing, so it never fills; name a trigger that "
                "closes, or write at and a level"
            )
        return ""
    if not isinstance(other.condition, FixedLevel):
        return f"'{id}' has no level that another trigger could take; write a level"
    if not other.source.is_of(other.account, other.symbol):
        return (
            f"the level of '{id}' is a price of {watch_of(other.source)}; write a "
            "level of the position's own market"
        )
    return ""
