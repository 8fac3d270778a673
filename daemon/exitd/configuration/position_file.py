"""conf.d/*.yaml: positions, their exits, and what moves their stops."""

import re
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema, model_validator

from exitd.configuration.exit_keys import Exit
from exitd.configuration.keys import Boolean, ExitDefaults, Keys, described
from exitd.configuration.levels import LevelValue, read_level
from exitd.configuration.symbols import Symbol
from exitd.configuration.values import NameValue, PercentValue
from exitd.core.condition import Level

Side = Literal["long", "short"]

#: The word for the entry price, where a move sets a stop.
ENTRY = "entry"

_EXIT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def read_move_target(written: object) -> Level | str:
    """Read where a move sets a stop: `entry`, a level, or another exit's name."""
    if isinstance(written, str) and _EXIT_NAME.fullmatch(written):
        return written
    return read_level(written)


MoveTarget = Annotated[
    Level | str,
    PlainValidator(read_move_target),
    WithJsonSchema({"type": ["string", "number"], "examples": ["entry", "tp1", "+2%"]}),
]


class Move(Keys):
    """A stop is moved once something has happened; only ever tighter.

    Exactly one of `after` and `at` says when.
    """

    after: NameValue | None = described(
        None, "When this exit has filled; or say `at`.", shown="none"
    )
    at: LevelValue | None = described(
        None,
        "When the price reaches this level, on the winning side; or say `after`.",
        shown="none",
    )
    set: NameValue = described(..., "The stop that is moved, by its name.")
    to: MoveTarget = described(
        ...,
        "`entry`, a level, or the name of another exit, whose level it takes.",
    )
    fees: Boolean | None = described(
        None,
        "With `to: entry`: far enough beyond the entry to pay for both trades.",
        shown="true",
    )

    @model_validator(mode="after")
    def _one_reason(self) -> "Move":
        if (self.after is None) == (self.at is None):
            raise ValueError(
                "a move says when with exactly one of 'after' (an exit that has "
                "filled) and 'at' (a level)"
            )
        return self


class Position(ExitDefaults):
    """One position and its exits; without `side`, orders and notices only."""

    venue: NameValue = described(..., "The account, by its name under `venues:`.")
    symbol: Symbol = described(..., "The market, as the venue writes it.")
    side: Side | None = described(
        None,
        "long or short. Without it the entry is about the market, not a position: "
        "its exits cancel orders or tell, and close nothing.",
        shown="none",
    )
    once: Boolean | None = described(
        None,
        "For the first position only, instead of every one that opens.",
        shown="false",
    )
    backstop: PercentValue | None = described(
        None,
        "A wide stop at the venue itself, so far from the entry, for the day this "
        "machine dies. It covers the whole position and is taken back with it.",
        shown="none",
    )
    exits: dict[NameValue, Exit] = described(
        ..., "The exits, by name; `position/exit` is the identity that survives edits."
    )
    moves: list[Move] = described([], "What moves which stop, and when.", shown="none")


class PositionFile(Keys):
    """A file under conf.d."""

    defaults: ExitDefaults = described(
        ExitDefaults(), "For the exits of this file that do not say otherwise."
    )
    positions: dict[NameValue, Position] = described(
        {}, "The positions, by name.", shown="none"
    )
