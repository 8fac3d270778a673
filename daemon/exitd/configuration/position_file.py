"""conf.d/*.yaml: positions and their exits."""

import re
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.findings import quoted
from exitd.configuration.keys import Boolean, ExitDefaults, Keys, described
from exitd.configuration.values import (
    BoundValue,
    DurationValue,
    EntryRelative,
    ExpiryValue,
    InstantValue,
    Level,
    LevelValue,
    NameValue,
    OrdersValue,
    read_level,
)

Side = Literal["long", "short"]
Action = Literal["close", "cancel", "cancel_and_close", "notify"]
Missed = Literal["alert", "fire"]

CONDITIONS = (
    "stop_loss",
    "take_profit",
    "trailing",
    "above",
    "below",
    "at_time",
    "max_hold",
)

_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
_EXIT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_WATCH = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,63}}/{_SYMBOL.pattern}")


def read_symbol(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if not _SYMBOL.fullmatch(text):
        raise ValueError(
            f"{quoted(written)} is not a symbol; write it as the venue does, "
            "such as SOL_USDC_PERP"
        )
    return text


def read_watch(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if not _WATCH.fullmatch(text):
        raise ValueError("write the venue and the symbol, such as binance/BTCUSDT")
    return text


def read_move_target(written: object) -> Level | str:
    """Read where a move sets a stop: `entry`, a level, or another exit's name."""
    if isinstance(written, str) and re.fullmatch(
        "[A-Za-z][A-Za-z0-9_.-]{0,63}", written
    ):
        return written
    return read_level(written)


Symbol = Annotated[
    str,
    PlainValidator(read_symbol),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_SYMBOL.pattern}$",
            "examples": ["SOL_USDC_PERP"],
        }
    ),
]
Watched = Annotated[
    str,
    PlainValidator(read_watch),
    WithJsonSchema({"type": "string", "pattern": f"^{_WATCH.pattern}$"}),
]
MoveTarget = Annotated[
    str | EntryRelative,
    PlainValidator(read_move_target),
    WithJsonSchema({"type": ["string", "number"], "examples": ["entry", "tp1"]}),
]


class Tighten(Keys):
    """A trailing stop that narrows once the price has come so far."""

    at: LevelValue = described(..., "From this level on, or this far from the entry.")
    to: BoundValue = described(..., "The new distance.")


class Exit(ExitDefaults):
    """One exit: one condition, and what it does."""

    stop_loss: LevelValue | None = described(
        None,
        "Close when the price reaches this level, on the losing side: a price, or "
        "-3% from the entry.",
        shown="none",
    )
    take_profit: LevelValue | None = described(
        None,
        "Close when the price reaches this level, on the winning side: a price, or "
        "+12% from the entry.",
        shown="none",
    )
    trailing: BoundValue | None = described(
        None,
        "Not built yet. Close when the price falls this far back from its best.",
        shown="none",
    )
    above: LevelValue | None = described(
        None, "When the price rises to this level; `do` says what.", shown="none"
    )
    below: LevelValue | None = described(
        None, "When the price falls to this level; `do` says what.", shown="none"
    )
    at_time: InstantValue | None = described(
        None, "Not built yet. At this time.", shown="none"
    )
    max_hold: DurationValue | None = described(
        None,
        "Not built yet. When the position has been open for so long.",
        shown="none",
    )
    do: Action | None = described(
        None,
        "Close, cancel open orders of the market, cancel and then close, or only "
        "tell. `above` and `below` must say it; the others close.",
        shown="close",
    )
    orders: OrdersValue | None = described(
        None,
        "Which open orders a cancel takes: all, limit orders, trigger orders, or the "
        "one with this client id.",
        shown="all",
    )
    expires: ExpiryValue | None = described(
        None,
        "When the exit ends without acting: a time with its zone, or a duration from "
        "when it was first loaded.",
        shown="never",
    )
    once: Boolean | None = described(
        None,
        "For the first position only, instead of every one that opens.",
        shown="false",
    )
    for_: DurationValue | None = described(
        None,
        "Not built yet. The price must stay beyond the level for so long.",
        shown="none",
        alias="for",
    )
    emergency: LevelValue | None = described(
        None,
        "Not built yet. A level farther out that does not wait for `for`.",
        shown="none",
    )
    after: LevelValue | None = described(
        None, "Not built yet. A trailing stop begins at this level.", shown="none"
    )
    tighten: Tighten | None = described(
        None, "Not built yet. When and to what a trailing stop narrows.", shown="none"
    )
    watch: Watched | None = described(
        None,
        "Not built yet. Watch the price of another market, as venue/symbol.",
        shown="the position's own market",
    )
    hard: Boolean | None = described(
        None,
        "Not built yet. Never close beyond `slippage_limit`, not even a stop.",
        shown="false",
    )
    missed: Missed | None = described(
        None,
        "Not built yet. What to do when the price crossed and came back unseen.",
        shown="the policy `missed`",
    )

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that were written; a valid exit has exactly one."""
        return tuple(name for name in CONDITIONS if getattr(self, name) is not None)


class Move(Keys):
    """Not built yet. Move an exit once another has filled."""

    after: NameValue = described(..., "The exit that must have filled.")
    set: NameValue = described(..., "The exit that is moved.")
    to: MoveTarget = described(
        ..., "`entry`, a price, a percentage from the entry, or another exit's level."
    )


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
    backstop: BoundValue | None = described(
        None,
        "Not built yet. A wide stop at the venue itself, for the day this machine "
        "dies.",
        shown="none",
    )
    exits: dict[NameValue, Exit] = described(
        ..., "The exits, by name; `position/exit` is the identity that survives edits."
    )
    moves: list[Move] = described(
        [], "Not built yet. What moves after what.", shown="none"
    )


class PositionFile(Keys):
    """A file under conf.d."""

    defaults: ExitDefaults = described(
        ExitDefaults(), "For the exits of this file that do not say otherwise."
    )
    positions: dict[NameValue, Position] = described(
        {}, "The positions, by name.", shown="none"
    )
