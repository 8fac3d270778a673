"""What can be known of the times when nobody watched a price source."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.market import PriceSource


class SeenCandle(Struct, frozen=True, gc=False):
    """The best prices of a candle in [`ts_open_ns`, `ts_close_ns`), UTC.

    `close` is the last price in it; None where that is not known.
    """

    ts_open_ns: int
    ts_close_ns: int
    high: Decimal
    low: Decimal
    close: Decimal | None = None


class SourcesSeen(Struct, frozen=True):
    """Up to when each of these was watched without a hole, UTC."""

    seen: tuple[tuple[PriceSource, int], ...]
    now_ns: int


class HoleFound(Struct, frozen=True):
    """A source is watched again, from `now_ns` on; nobody did since `since_ns`."""

    source: PriceSource
    since_ns: int
    now_ns: int


class HoleFilled(Struct, frozen=True):
    """What the venue's candles say of a source while nobody watched it.

    In order, from the one in which the hole began on.
    """

    source: PriceSource
    candles: tuple[SeenCandle, ...]
    now_ns: int


class HoleUnknown(Struct, frozen=True):
    """Nobody watched a source, and no candles say what happened meanwhile.

    Unless it `is_final` they are asked for again, and the hole stays open.
    """

    source: PriceSource
    reason: str
    now_ns: int
    is_final: bool = True
