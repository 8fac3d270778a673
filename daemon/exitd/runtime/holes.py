"""What was missed while nobody watched: asked of the venue's candles."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from exitd.core.hole_inputs import HoleFilled, HoleFound, HoleUnknown, SeenCandle
from exitd.core.holes import unseen_since
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.feed import Candle
from exitd.runtime.loop import EngineLoop

Candles = Callable[[PriceSource, int, int], Awaitable[tuple[Candle, ...]]]
Spawn = Callable[[Coroutine[Any, Any, None], str], None]

_HOUR_NS = 3_600 * NS_PER_S
#: The length of a hole up to which each candle is asked for, shortest first.
_LENGTHS = ((12 * _HOUR_NS, "1m", 60 * NS_PER_S), (30 * 24 * _HOUR_NS, "1h", _HOUR_NS))
_WITHOUT_CANDLES = (PriceKind.BID, PriceKind.ASK)
#: Venues tell these without a pause, so an empty bar of them is a hole too.
_PACED = (PriceKind.MARK, PriceKind.INDEX)
#: The strictest venue answers 30 questions about the past a minute.
_PAUSE_S = 2.0
_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "month": 2_678_400}
#: The first price after a hole goes first; one that does not come is not waited for.
_FIRST_PRICE_S, _LOOK_EVERY_S = 3.0, 0.05
#: A venue that tells of no bar before it is over has told of all after these.
_SOON_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_LATER_S, _LATER_TIMES = 60.0, 120


class Holes:
    """Has the candles of one feed tell what happened while nobody watched it.

    A first price is waited for during `first_price_s`, looked for every `look_every_s`,
    and `soon_s` after each answer that does not tell all of a hole. After these
    somebody is told that nobody knows, and candles are asked for again for two hours.
    """

    def __init__(
        self, feed: str, loop: EngineLoop, candles: Candles, spawn: Spawn
    ) -> None:
        self.first_price_s = _FIRST_PRICE_S
        self.look_every_s = _LOOK_EVERY_S
        self.soon_s: tuple[float, ...] = _SOON_S
        self._feed = feed
        self._loop = loop
        self._candles = candles
        self._spawn = spawn
        self._being_filled: set[PriceSource] = set()
        self._one_by_one = asyncio.Lock()

    def find(self, now_ns: int, streamed_ns: Mapping[PriceSource, int]) -> None:
        """Note what nobody watched until *now_ns*, and see to its being filled.

        Args:
            streamed_ns: When the stream told what REST has told since: a price a
                second leaves out what was between.
        """
        for source, since_ns in unseen_since(self._loop.engine.state, self._feed):
            streamed = streamed_ns.get(source) or since_ns
            self.found(source, min(since_ns, streamed), now_ns)

    def found(self, source: PriceSource, since_ns: int, now_ns: int) -> None:
        """See to it that one hole is filled."""
        if not since_ns:
            return
        self._loop.handle(HoleFound(source, since_ns, now_ns))
        if source not in self._being_filled:
            self._being_filled.add(source)
            self._spawn(self._fill(source), f"{source} candles")

    async def _fill(self, source: PriceSource) -> None:
        try:
            await self._first_price(source)
            waits_s = (*self.soon_s, *(_LATER_S,) * _LATER_TIMES)
            for times, wait_s in enumerate(waits_s):
                reason = await self._ask(source)
                if not reason:
                    return
                if times == len(self.soon_s):
                    doubt(self._loop, source, reason)
                await asyncio.sleep(wait_s)
            doubt(self._loop, source, "the venue never gave candles", is_final=True)
        finally:
            self._being_filled.discard(source)

    async def _ask(self, source: PriceSource) -> str:
        async with self._one_by_one:
            reason = await fill_hole(self._loop, source, self._candles)
            if len(self._being_filled) > 1:
                await asyncio.sleep(_PAUSE_S)
            return reason

    async def _first_price(self, source: PriceSource) -> None:
        """Let the first price after a hole decide: what is still beyond was no miss."""
        book = self._loop.engine.state.books.get(source)
        if book is None:
            return
        waited_s = 0.0
        while book.ts_recv_ns < book.hole_end_ns and waited_s < self.first_price_s:
            await asyncio.sleep(self.look_every_s)
            waited_s += self.look_every_s


async def fill_hole(loop: EngineLoop, source: PriceSource, candles: Candles) -> str:
    """Let the triggers of a source see what candles say of its hole, or doubt them.

    Returns:
        Why there are no candles yet, in one clause; empty once it is settled.
    """
    book = loop.engine.state.books.get(source)
    if book is None or not book.hole_ns:
        return ""
    since_ns, until_ns = book.hole_ns, book.hole_end_ns
    why_never, candle, length_ns = _asked_for(source, until_ns - since_ns)
    if why_never:
        doubt(loop, source, why_never, is_final=True)
        return ""
    from_ns = since_ns - length_ns if source.closed else since_ns - since_ns % length_ns
    asked = replace(source, candle=candle)
    try:
        bars = await candles(asked, from_ns, max(until_ns, loop.clock.now_ns()))
    except VenueError as error:
        return f"the venue gave no candles: {error}"
    is_longer = (book.hole_ns, book.hole_end_ns) != (since_ns, until_ns)
    needed_ns = until_ns - length_ns if source.closed else until_ns
    if is_longer or not _are_whole(source, bars, since_ns, needed_ns):
        return "the venue gave no candles of all of it"
    now_ns = loop.clock.now_ns()
    seen = tuple(
        seen_in(source, bar)
        for bar in bars
        if bar.close is not None
        and bar.ts_close_ns > since_ns
        and (bar.ts_close_ns <= now_ns or not source.closed)
    )
    loop.handle(HoleFilled(source, seen, loop.clock.now_ns()))
    while book.hole_left:
        # Prices that have come meanwhile go first.
        await asyncio.sleep(0)
        if (book.hole_ns, book.hole_end_ns) != (since_ns, until_ns):
            return "the hole has become longer"
        loop.handle(HoleFilled(source, seen, loop.clock.now_ns()))
    log(
        Event.FEED_GAP_FILLED,
        venue=source.feed,
        symbol=source.symbol,
        since_ns=since_ns,
        until_ns=until_ns,
        candles=len(seen),
    )
    return ""


def doubt(
    loop: EngineLoop, source: PriceSource, reason: str, *, is_final: bool = False
) -> None:
    """Say of what watches a source that nobody knows; once for each of them."""
    book = loop.engine.state.books.get(source)
    if book is None:
        return
    since_ns, until_ns = book.hole_ns, book.hole_end_ns
    loop.handle(HoleUnknown(source, reason, loop.clock.now_ns(), is_final))
    log(
        Event.FEED_GAP_FOUND,
        venue=source.feed,
        symbol=source.symbol,
        since_ns=since_ns,
        until_ns=until_ns,
        reason=reason,
    )


def seen_in(source: PriceSource, bar: Candle) -> SeenCandle:
    """Give what a source has shown in a bar: of closed candles, only their close."""
    assert bar.close is not None, "a bar without prices is left out"
    if source.closed:
        close = bar.close
        return SeenCandle(bar.ts_close_ns, bar.ts_close_ns, close, close, close)
    high = bar.close if bar.high is None else bar.high
    low = bar.close if bar.low is None else bar.low
    return SeenCandle(bar.ts_open_ns, bar.ts_close_ns, high, low, bar.close)


def _asked_for(source: PriceSource, hole_ns: int) -> tuple[str, str, int]:
    """Choose the candle of a hole: why there is none, its interval, its length."""
    if source.combined is not None:
        return "candles do not tell what several prices make together", "", 1
    if source.kind in _WITHOUT_CANDLES:
        return f"there are no candles of the {source.kind} price", "", 1
    if source.closed:
        # What it watches are the closes of these and no others.
        return "", source.candle, _length_ns(source.candle)
    for longest_ns, candle, length_ns in _LENGTHS:
        if hole_ns <= longest_ns:
            return "", candle, length_ns
    return "nobody watched for more than 30 days", "", 1


def _length_ns(candle: str) -> int:
    """How long a bar is at the most; one that is asked for too early is left out."""
    unit = candle.lstrip("0123456789")
    count = candle.removesuffix(unit)
    return int(count or 1) * _UNITS_S.get(unit, _UNITS_S["month"]) * NS_PER_S


def _are_whole(
    source: PriceSource, bars: Sequence[Candle], since_ns: int, until_ns: int
) -> bool:
    """Whether bars tell all of a hole, one after the other."""
    told_ns = since_ns
    for bar in bars:
        is_empty = bar.close is None and source.kind in _PACED
        if is_empty or bar.ts_open_ns > told_ns:
            return False
        told_ns = max(told_ns, bar.ts_close_ns)
    return told_ns >= until_ns - NS_PER_MS
