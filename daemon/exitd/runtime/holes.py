"""What trails missed while nobody watched: asked of the venue's candles."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from exitd.core.inputs import HoleFilled, HoleUnknown, SeenCandle
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.feed import Candle
from exitd.runtime.loop import EngineLoop

Candles = Callable[[PriceSource, int, int], Awaitable[tuple[Candle, ...]]]

_HOUR_NS = 3_600 * NS_PER_S
#: The length of a hole up to which each candle is asked for, shortest first.
_LENGTHS = ((12 * _HOUR_NS, "1m", 60 * NS_PER_S), (30 * 24 * _HOUR_NS, "1h", _HOUR_NS))
_WITHOUT_CANDLES = (PriceKind.BID, PriceKind.ASK)


async def fill_hole(
    loop: EngineLoop, source: PriceSource, candles: Candles, since_ns: int, now_ns: int
) -> None:
    """Let the trails of a source see what candles say of a time, or doubt them.

    Args:
        since_ns: When they last saw everything, UTC.
        now_ns: Up to when, UTC.
    """
    found = await _ask(loop, source, candles, since_ns, now_ns)
    if isinstance(found, str):
        loop.handle(HoleUnknown(source, found, loop.clock.now_ns()))
        log(
            Event.FEED_GAP_FOUND,
            venue=source.feed,
            symbol=source.symbol,
            since_ns=since_ns,
            until_ns=now_ns,
            reason=found,
        )
        return
    seen = tuple(seen_in(source, bar) for bar in found)
    loop.handle(HoleFilled(source, seen, loop.clock.now_ns()))
    log(
        Event.FEED_GAP_FILLED,
        venue=source.feed,
        symbol=source.symbol,
        since_ns=since_ns,
        until_ns=now_ns,
        candles=len(seen),
    )


def seen_in(source: PriceSource, bar: Candle) -> SeenCandle:
    """Give what a source has shown in a bar: of closed candles, only their close."""
    assert bar.close is not None, "a bar without prices is left out"
    if source.closed or bar.high is None or bar.low is None:
        return SeenCandle(bar.ts_open_ns, bar.close, bar.close)
    return SeenCandle(bar.ts_open_ns, bar.high, bar.low)


def _candle_for(hole_ns: int) -> tuple[str, int] | None:
    """Choose the interval that a hole of this length is asked for in."""
    for longest_ns, candle, length_ns in _LENGTHS:
        if hole_ns <= longest_ns:
            return candle, length_ns
    return None


async def _ask(
    loop: EngineLoop, source: PriceSource, candles: Candles, since_ns: int, now_ns: int
) -> tuple[Candle, ...] | str:
    """Give the candles of a time, or say in one clause why there are none."""
    if source.kind in _WITHOUT_CANDLES:
        return f"there are no candles of the {source.kind} price"
    chosen = _candle_for(now_ns - since_ns)
    if chosen is None:
        return "nobody watched for more than 30 days"
    candle, length_ns = chosen
    asked = replace(source, candle=candle)
    from_ns = since_ns - since_ns % length_ns
    try:
        bars = await candles(asked, from_ns, now_ns)
    except VenueError as error:
        return f"the venue gave no candles: {error}"
    found = tuple(bar for bar in bars if bar.close is not None)
    if not found or found[0].ts_open_ns > since_ns:
        return "the venue gave no candles of all of it"
    return found
