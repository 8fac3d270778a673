"""What a trigger waits for: a level, a trail, an instant; and how it is confirmed."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.market import PriceSource
from exitd.core.units import ONE


class ConditionKind(StrEnum):
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    ABOVE = "above"
    BELOW = "below"


class Direction(StrEnum):
    """Which way a price must come from; touching the level counts as crossing."""

    FALLING = "falling"
    RISING = "rising"


class Missed(StrEnum):
    """What becomes of a level that was crossed while nobody watched."""

    ALERT = "alert"
    FIRE = "fire"


class Basis(StrEnum):
    """What a relative level is a part of.

    `ENTRY` is signed percent of the entry price, whatever the side: +12 is a price
    12 % above it. `ROI` is signed percent of the margin and `PNL` signed quote
    currency of the whole position; both are above zero in profit.
    """

    ENTRY = "entry"
    ROI = "roi"
    PNL = "pnl"


class Relative(Struct, frozen=True, tag="relative", gc=False):
    """A level that the position's entry decides; `value` is never zero.

    `leverage` (above zero) makes a return on margin a move of the price. Unless it
    `follows`, the first entry of a lifetime decides for good.
    """

    basis: Basis
    value: Decimal
    leverage: Decimal = ONE
    follows: bool = True


#: A price in quote per base unit, or one that the entry decides.
Level = Decimal | Relative


class FixedLevel(Struct, frozen=True, tag="level", gc=False):
    """Hit when the watched price reaches `price` (above zero, on the price step).

    A relative one becomes a price when it is armed, rounded so that a stop is never
    looser and a take-profit never nearer.
    """

    kind: ConditionKind
    price: Level


class Offset(Struct, frozen=True, gc=False):
    """How far behind its watermark a trailing stop is.

    In quote per base unit, or in percent of the watermark; above zero, and a
    percentage under 100.
    """

    value: Decimal
    is_percent: bool = False


class Tighten(Struct, frozen=True, gc=False):
    """From `at` on, on the winning side, the offset is `to`; it never widens again."""

    at: Level
    to: Offset


class Trailing(Struct, frozen=True, tag="trailing", gc=False):
    """Hit when the price falls back from its best by the offset (a short: rises).

    It begins at `after`, on the winning side, or when it is armed. With `step`
    (percent, above zero and under 100) its watermark moves only when the price has
    gained that much on it.
    """

    offset: Offset
    after: Level | None = None
    tighten: Tighten | None = None
    step: Decimal | None = None


class MaxHold(Struct, frozen=True, tag="hold", gc=False):
    """Hit when the position has been open for so long, at any price."""

    duration_ns: int


class AtInstant(Struct, frozen=True, tag="instant", gc=False):
    """Hit at this instant, UTC, at any price."""

    ts_ns: int


class AtTimeOfDay(Struct, frozen=True, tag="time_of_day", gc=False):
    """Hit the next time that the clocks of `zone` (an IANA name) show this time.

    `second` is of the day, 0 to 86,399, as shown by the clock: where a change of
    clocks leaves it out, the first instant after; where it comes twice, the first.
    With a `calendar`, only on its session days.
    """

    second: int
    zone: str
    calendar: str = ""


class BeforeClose(Struct, frozen=True, tag="before_close", gc=False):
    """Hit so long before the next close of a session of `calendar`."""

    before_ns: int
    calendar: str


class Immediately(Struct, frozen=True, tag="now", gc=False):
    """Hit when armed: what `exitd close` and `exitd fire` ask for."""


Condition = (
    FixedLevel
    | Trailing
    | MaxHold
    | AtInstant
    | AtTimeOfDay
    | BeforeClose
    | Immediately
)


def calendar_of(condition: Condition) -> str:
    """Name the calendar that a time goes by; empty for all that goes by none."""
    if isinstance(condition, AtTimeOfDay | BeforeClose):
        return condition.calendar
    return ""


class Confirmation(Struct, frozen=True, gc=False):
    """What a crossed level still needs before it is a hit; any of these.

    The price stays beyond for `for_ns`, or for `prices` in a row (from 2; 0: not
    asked for). A price at or beyond `emergency`, farther out, does not wait; it is
    looked for on `emergency_source` where the level itself is judged by closed
    candles only.
    """

    for_ns: int = 0
    prices: int = 0
    emergency: Level | None = None
    emergency_source: PriceSource | None = None


class Move(Struct, frozen=True, gc=False):
    """Where a stop goes once something has happened; only ever tighter.

    It happens when the trigger `after` (an id) has filled, or when the price
    reaches `at`. `to` is a level, or the id of a trigger whose level it takes; with
    `covers_fees` a level at the entry pays for both trades as well.
    """

    after: str = ""
    at: Level | None = None
    to: Level | None = None
    to_level_of: str = ""
    covers_fees: bool = False
