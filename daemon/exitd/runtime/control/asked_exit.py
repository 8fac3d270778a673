"""One exit that was asked for, read by the grammar of the files.

A command and a file say the same words, so the same rules judge them and the same
sentences come of it; only the place is the name of a field instead of a line.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.checks import Placed
from exitd.configuration.document import Document, Path, Problem
from exitd.configuration.exit_checks import check_position
from exitd.configuration.exit_keys import Exit
from exitd.configuration.exit_rules import exit_problems
from exitd.configuration.exit_words import CLOSING, LEVELS, action_of, condition_of
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.idle_keys import idle_keys
from exitd.configuration.instants import instant_text
from exitd.configuration.policies import Policies
from exitd.configuration.position_file import Position
from exitd.configuration.positions import CheckedExit, CheckedPosition, checked
from exitd.configuration.triggers import definition
from exitd.configuration.wording import wording
from exitd.core.condition import AtInstant, FixedLevel
from exitd.core.trigger import TriggerDefinition
from exitd.runtime.control.asked_moves import (
    core_moves,
    move_problems,
    moves_as_written,
    names_another,
)
from exitd.runtime.control.requests import Market, MoveRequest
from exitd.runtime.problems import Unusable

#: Stands for the one exit and its position where the grammar wants names.
_NAME = "asked"
_POSITION: Path = ("positions", _NAME)
_EXIT: Path = (*_POSITION, "exits", _NAME)

#: Filled in for each: to make one from nothing costs more than all rules together.
_NO_EXIT = Exit.model_construct()
_NO_POSITION = Position.model_construct()

Words = dict[str, Any]

#: Words that no rule holds against the level beside them, however high it is.
_BESIDE_LEVEL = frozenset(
    (
        *("do", "orders", "close", "order", "slippage_limit", "hard", "patience"),
        *("price", "candle", "last_close", "for_", "prices"),
    )
)
_SHAPES_MAX = 256


class AskedDocument(Document):
    """A request in the place of a file: what is found in it names its fields.

    The `file` of a finding is the field, empty for the request as a whole.
    """

    def has(self, path: Path) -> bool:
        return True

    def finding(
        self,
        path: Path,
        message: str,
        *,
        key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        return Finding(file=field_of(path), message=message, severity=severity)


class AskedExit(Struct, frozen=True):
    """An exit in which nothing is wrong by itself, and what to know of it."""

    position: CheckedPosition
    definition: TriggerDefinition
    warnings: tuple[str, ...]

    @property
    def exit(self) -> CheckedExit:
        return self.position.exit(_NAME)

    @property
    def placed(self) -> Placed:
        return Placed(self.position, asked_document())


def asked_document() -> AskedDocument:
    return AskedDocument(file="", lines=[], root=None, findings=[])


def field_of(path: Path) -> str:
    """Name a field as it was sent: `tighten.at`, `moves.0.to`."""
    is_of_exit = path[: len(_EXIT)] == _EXIT
    inner = path[len(_EXIT if is_of_exit else _POSITION) :]
    return ".".join(str(step) for step in inner)


def exit_of(words: Words) -> Exit:
    """Give an exit as a file has it, from values that have been read."""
    return _NO_EXIT.model_copy(update=words)


def read_exit(
    words: Words,
    moves: tuple[MoveRequest, ...],
    market: Market,
    *,
    id: str,
    now_ns: int,
    follows: bool,
) -> AskedExit:
    """Read the words of an exit, their values as the readers of the files give them.

    *follows* says whether levels follow the entry price where no word does.

    Raises:
        Unusable: A file would be refused for it.
    """
    name, level = _plain_level(words) if not moves else ("", None)
    if level is not None:
        beside = frozenset((n, v) for n, v in words.items() if n != name)
        try:
            return _at_level(_read_shape(name, beside, market, follows), id, level)
        except Unusable:
            # Read as it is, for a sentence that may quote it.
            pass
    return read_whole(words, moves, market, id=id, now_ns=now_ns, follows=follows)


def _plain_level(words: Words) -> tuple[str, Decimal | None]:
    """Give the one price among the words and its name, where there is just one."""
    others = [name for name in words if name not in _BESIDE_LEVEL]
    if len(others) == 1 and others[0] in LEVELS:
        level = words[others[0]]
        if isinstance(level, Decimal):
            return others[0], level
    return "", None


@lru_cache(maxsize=_SHAPES_MAX)
def _read_shape(
    name: str, beside: frozenset[tuple[str, Any]], market: Market, follows: bool
) -> AskedExit:
    """Read an exit at a plain level, whatever the level.

    Whoever arms many arms them alike but for that, and to read one costs as much as to
    arm it.
    """
    words = {name: Decimal(1), **dict(beside)}
    return read_whole(words, (), market, id="", now_ns=0, follows=follows)


def _at_level(shape: AskedExit, id: str, level: Decimal) -> AskedExit:
    condition = shape.definition.condition
    assert isinstance(condition, FixedLevel)
    condition = replace(condition, price=level)
    (exit_,) = shape.position.exits
    exits = (replace(exit_, condition=condition),)
    return AskedExit(
        replace(shape.position, exits=exits),
        replace(shape.definition, id=id, condition=condition),
        shape.warnings,
    )


def read_whole(
    words: Words,
    moves: tuple[MoveRequest, ...],
    market: Market,
    *,
    id: str,
    now_ns: int,
    follows: bool,
) -> AskedExit:
    """As `read_exit`, by every rule anew: what the quicker way is held against."""
    exit_ = exit_of(words)
    position = _NO_POSITION.model_copy(
        update={
            "venue": market.account,
            "symbol": market.symbol,
            "side": market.side.value if market.side is not None else None,
            "exits": {_NAME: exit_},
            "moves": moves_as_written(moves, _NAME),
        }
    )
    _refuse_problems(position, moves)
    made = checked(
        asked_document(),
        "",
        _NAME,
        position.model_copy(update={"moves": []}),
        (),
        once=False,
        follows=follows,
    )
    moved = core_moves(
        _POSITION,
        moves,
        wording(exit_, position),
        name=_NAME,
        id=id,
        follows=follows,
    )
    judged = replace(made, moves=tuple(m for m in moved if not names_another(m)))
    found = check_position(Placed(judged, asked_document()), Policies(), None)
    # What is said of the position as a whole is not known of one exit alone.
    warnings = refuse_errors([f for f in found if f.file])
    trigger = definition(made, made.exit(_NAME), now_ns=now_ns)
    _refuse_past(trigger, now_ns)
    trigger = replace(
        trigger, id=id, template=False, moves=tuple(m.move for m in moved)
    )
    return AskedExit(replace(made, moves=moved), trigger, warnings)


def refuse_errors(
    findings: Iterable[Finding], code: str = "invalid"
) -> tuple[str, ...]:
    """Give the sentences of warnings.

    Raises:
        Unusable: There is an error among them.
    """
    found = tuple(findings)
    for finding in found:
        if finding.is_error:
            raise unusable(code, finding.file, finding.message)
    return tuple(f"{finding.file}: {finding.message}" for finding in found)


def unusable(code: str, field: str, why: str) -> Unusable:
    sentence, _, remedy = why.partition("; ")
    return Unusable(code, sentence, remedy, field=field)


def _refuse_problems(position: Position, moves: tuple[MoveRequest, ...]) -> None:
    exit_ = position.exits[_NAME]
    for place, why in _problems(position, moves):
        raise unusable(_code(place, why, exit_, position), field_of(place), why)


def _problems(position: Position, moves: tuple[MoveRequest, ...]) -> Iterator[Problem]:
    yield from exit_problems(_EXIT, _NAME, position, ())
    yield from move_problems(_POSITION, moves, position.exits[_NAME], position)


def _code(place: Path, why: str, exit_: Exit, position: Position) -> str:
    """Give the code that programs go by for a sentence of the grammar."""
    condition = condition_of(exit_)
    if condition is None:
        return "one_condition"
    words = wording(exit_, position)
    if (place, why) in idle_keys(_EXIT, _NAME, position, words, condition):
        return "idle_key"
    if condition in ("above", "below") and exit_.do is None:
        return "no_action"
    if place[-1] == "do" and action_of(exit_) not in CLOSING:
        return "bad_action"
    if position.side is None:
        return "no_side"
    return "bad_move" if "moves" in place else "invalid"


def _refuse_past(trigger: TriggerDefinition, now_ns: int) -> None:
    condition = trigger.condition
    if isinstance(condition, AtInstant) and condition.ts_ns <= now_ns:
        raise Unusable(
            "passed",
            f"{instant_text(condition.ts_ns)} has passed",
            "write a later time, or close the position now",
            field="at_time",
        )
