"""One exit as it is written: its condition, how it is confirmed, what it does."""

from typing import Annotated, Literal

from pydantic import Field, PlainValidator, StrictInt, WithJsonSchema

from exitd.configuration.keys import Boolean, ExitDefaults, Keys, described
from exitd.configuration.levels import LevelValue, OffsetValue, WatchedLevelValue
from exitd.configuration.times import AtTimeValue, CalendarValue
from exitd.configuration.values import (
    DURATION_PATTERN,
    BoundValue,
    DurationValue,
    ExpiryValue,
    OrdersValue,
    read_positive_duration_ns,
    text_schema,
)
from exitd.configuration.watching import Watched
from exitd.core.units import NS_PER_S

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

_EVERY_MIN_NS, _EVERY_MAX_NS = NS_PER_S, 86_400 * NS_PER_S


def read_every(written: object) -> int:
    """Read how long it is from one slice to the next: 1s to 1d."""
    every_ns = read_positive_duration_ns(written)
    if not _EVERY_MIN_NS <= every_ns <= _EVERY_MAX_NS:
        raise ValueError("a slice goes out every 1s to 1d")
    return every_ns


EveryValue = Annotated[
    int,
    PlainValidator(read_every),
    WithJsonSchema(text_schema(DURATION_PATTERN, "30s")),
]
Slices = Annotated[StrictInt, Field(ge=2, le=1_000)]


class Tighten(Keys):
    """A trailing stop that narrows once the price has come so far."""

    at: LevelValue = described(
        ..., "From this level on, on the winning side: a price, or +20% and the like."
    )
    to: OffsetValue = described(..., "The new distance, narrower than `trailing`.")


class Twap(Keys):
    """A close in slices, one after another, instead of one order."""

    slices: Slices = described(..., "Into how many slices, 2 to 1000.")
    every: EveryValue = described(
        ..., "How long it is from one slice to the next, 1s to 1d."
    )


class Exit(ExitDefaults):
    """One exit: one condition, and what it does."""

    stop_loss: LevelValue | None = described(
        None,
        "Close when the price reaches this level, on the losing side: a price; `-3%` "
        "of the entry price; a return on the margin such as `-10% roi`; or a loss of "
        "the whole position such as `-500 pnl`.",
        shown="none",
    )
    take_profit: LevelValue | None = described(
        None,
        "Close when the price reaches this level, on the winning side: a price, "
        "`+12%`, `+25% roi` or `+500 pnl`.",
        shown="none",
    )
    trailing: OffsetValue | None = described(
        None,
        "Close when the price falls this far back from its best (a short: rises): a "
        "percentage of the best price, or a distance in the quote currency.",
        shown="none",
    )
    above: WatchedLevelValue | None = described(
        None, "When the price rises to this level; `do` says what.", shown="none"
    )
    below: WatchedLevelValue | None = described(
        None, "When the price falls to this level; `do` says what.", shown="none"
    )
    at_time: AtTimeValue | None = described(
        None,
        "At a time, at any price: an instant with its zone, a time of day with the "
        "name of a zone (`15:55 America/New_York`), or `5m before close` of the "
        "`calendar`.",
        shown="none",
    )
    max_hold: DurationValue | None = described(
        None,
        "When the position has been open for so long, at any price.",
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
    hard: Boolean | None = described(
        None,
        "Never close beyond `slippage_limit`: what cannot be filled within it stays "
        "open. Such a stop may never close.",
        shown="false",
    )
    twap: Twap | None = described(
        None,
        "Close in slices; for take-profits and exits at a time. A stop closes at once.",
        shown="none",
    )
    for_: DurationValue | None = described(
        None,
        "The price must stay at or beyond the level for so long; it starts again when "
        "the price comes back.",
        shown="none",
        alias="for",
    )
    prices: Slices | None = described(
        None,
        "So many prices in a row, 2 to 1000, must be at or beyond the level.",
        shown="none",
    )
    emergency: WatchedLevelValue | None = described(
        None,
        "A level farther out that does not wait for `for`, `prices` or the end of a "
        "candle.",
        shown="none",
    )
    after: LevelValue | None = described(
        None,
        "A trailing stop begins at this level, on the winning side.",
        shown="at once",
    )
    tighten: Tighten | None = described(
        None, "When and to what a trailing stop narrows.", shown="none"
    )
    step: BoundValue | None = described(
        None,
        "A trailing stop moves only when the price has gained this much on its best.",
        shown="none",
    )
    deviation: OffsetValue | None = described(
        None,
        "With `take_profit`: do not close at the level, but once the price has come "
        "this far back from its best beyond it.",
        shown="none",
    )
    calendar: CalendarValue | None = described(
        None,
        "With `at_time`: whose sessions count. A time of day is on their days only.",
        shown="none",
    )
    before_liquidation: BoundValue | None = described(
        None,
        "With `stop_loss`: never nearer to the liquidation price than this.",
        shown="none",
    )
    watch: Watched | None = described(
        None,
        "Watch another market, as venue/symbol; a spread, as `a/X - b/Y`; or prices "
        "that must agree, as `a/X and b/Y` or `2 of a/X b/Y c/Z`.",
        shown="the position's own market",
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
    missed: Missed | None = described(
        None,
        "The price crossed and came back while nobody watched, as candles show: tell "
        "(`alert`), or close at the price of now (`fire`).",
        shown="the policy `missed`",
    )

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that were written; a valid exit has exactly one."""
        return tuple(name for name in CONDITIONS if getattr(self, name) is not None)
