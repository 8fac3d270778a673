"""The Binance feed against the simulated exchange when things go wrong there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from exitd.adapters.binance.feed import BinanceFeed
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_S
from exitd.errors import FeedError, VenueUnavailable
from exitd.ports.feed import FeedNotice, FeedSignal
from fakes.observed import DEADLINE_S, Observed
from fakes.simulated import SimulatedAccount, account, simulator

MARKET = "SOL_USDC_PERP"
MARK = PriceSource("binance", "SOLUSDT", PriceKind.MARK)
LAST = PriceSource("binance", "SOLUSDT", PriceKind.LAST)
BID = PriceSource("binance", "SOLUSDT", PriceKind.BID)
NOPE = PriceSource("binance", "NOPEUSDT", PriceKind.LAST)


class Running:
    """A feed that runs on the exchange, and what it told."""

    def __init__(self, trader: SimulatedAccount, *sources: PriceSource) -> None:
        self.trader = trader
        self.ticks: Observed[Tick] = Observed()
        self.notices: Observed[FeedNotice] = Observed()
        self.lost: asyncio.Future[FeedError] = asyncio.Future()
        self.feed = BinanceFeed(
            "binance",
            clock=SystemClock(),
            url=trader.url,
            ws_url=trader.ws_url,
            deadline_s=1.0,
            ping_s=0.05,
            silent_ns=0,
        )
        self.feed.watch(frozenset(sources))

    async def run(self) -> None:
        try:
            await self.feed.run(self.ticks, self.notices)
        except FeedError as exc:
            self.lost.set_result(exc)

    async def is_lost(self) -> FeedError:
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.shield(self.lost)

    async def last(self, price: str) -> Tick:
        """Let something trade, and wait until it is told."""
        await self.trader.post("prices", symbol=MARKET, last=price)
        return await self.ticks.until(
            lambda t: t.source == LAST and str(t.price) == price
        )


@asynccontextmanager
async def running(
    trader: SimulatedAccount, *sources: PriceSource
) -> AsyncIterator[Running]:
    runs = Running(trader, *sources)
    async with asyncio.TaskGroup() as group:
        group.create_task(runs.run())
        wanted = {s for s in runs.feed.streams if not s.startswith("nope")}
        async with asyncio.timeout(DEADLINE_S):
            streams: set[str] | None = None
            while streams is None or not wanted <= streams:
                state = (await trader.http.get("/sim/state")).json()
                streams = set(state["streams"])
        yield runs
        await runs.feed.close()
        await runs.is_lost()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pings = ("--ping-interval-s", "0.05")
    with simulator("--paused", "--cadence-ms", "20", *pings) as address:
        yield address


@pytest.fixture
async def trader(url) -> AsyncIterator[SimulatedAccount]:
    found = account(url)
    try:
        await found.price(MARKET, "140")
        yield found
    finally:
        await found.http.delete("/sim/faults")
        await found.post("sockets", action="thaw")
        await found.http.aclose()


async def test_given_pings_of_the_venue_when_they_come_then_the_feed_stays(trader):
    async with running(trader, MARK) as runs:
        # Fifty beats take longer than ten of its pings.
        async with asyncio.timeout(DEADLINE_S):
            while len(runs.ticks.all) < 50:
                await runs.feed._doors["market"].connection.answered()

        assert not runs.lost.done()


async def test_w7_given_half_a_frame_when_read_then_counted_and_the_next_told(trader):
    async with running(trader, LAST) as runs:
        await trader.post("faults", kind="garbage", stream="solusdt@aggTrade")
        await runs.last("141")
        notice = await runs.notices.until(lambda n: n.signal is FeedSignal.GARBAGE)

    assert "cannot be read" in notice.detail
    assert runs.feed.counters.garbage == 1


async def test_w4_given_a_frame_twice_when_read_then_of_one_instant_and_number(trader):
    async with running(trader, LAST) as runs:
        await trader.post("faults", kind="duplicate", stream="solusdt@aggTrade")
        await runs.last("141")
        await runs.last("142")

    first, second, third = runs.ticks.all
    assert (first.ts_venue_ns, first.seq) == (second.ts_venue_ns, second.seq)
    assert third.seq > first.seq


async def test_w5_given_a_late_frame_when_read_then_it_says_how_old_it_is(trader):
    late = {"kind": "late", "stream": "solusdt@aggTrade", "count": 1, "delay_ms": 200}
    async with running(trader, LAST) as runs:
        await trader.post("faults", **late)
        await trader.post("prices", symbol=MARKET, last="150")
        newer = await runs.last("151")
        older = await runs.ticks.until(lambda t: str(t.price) == "150")

    assert [str(t.price) for t in runs.ticks.all] == ["151", "150"]
    assert (older.ts_venue_ns, older.seq) < (newer.ts_venue_ns, newer.seq)


@pytest.mark.parametrize("source", [MARK, BID])
async def test_w2_given_a_frozen_venue_when_silent_then_lost(trader, source):
    async with running(trader, source) as runs:
        await trader.post("sockets", action="freeze")

        lost = await runs.is_lost()

    assert "no sign of life" in str(lost)


async def test_w3_given_a_polite_close_when_met_then_lost_and_said(trader):
    async with running(trader, MARK) as runs:
        await trader.post("sockets", action="close", stream="solusdt@")

        lost = await runs.is_lost()

    assert "1001" in str(lost)


async def test_w12_given_an_unknown_symbol_when_watched_then_named_by_the_venue(trader):
    async with running(trader, LAST, NOPE) as runs:
        refused = await runs.notices.until(
            lambda n: n.signal is FeedSignal.REFUSED and "NOPE" in n.detail
        )
        await runs.last("141")

    assert "Binance has no symbol NOPEUSDT" in refused.detail


async def test_given_429_when_polled_then_nothing_is_asked_for_as_long(trader):
    path = "/fapi/v2/ticker/price"
    limited = {"kind": "too_many_requests", "path": path, "retry_after_s": 1}
    feed = BinanceFeed(
        "binance", clock=SystemClock(), url=trader.url, ws_url=trader.ws_url
    )
    await trader.post("faults", **limited)
    with pytest.raises(VenueUnavailable, match="-1003"):
        await feed.poll(LAST)

    with pytest.raises(VenueUnavailable, match="asked nothing for 1 s"):
        await feed.poll(LAST)
    await feed.close()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "lost_request"},
        {"kind": "lost_reply"},
        {"kind": "error_before"},
        {"kind": "unavailable"},
        {"kind": "slow_reply", "delay_ms": 3_000},
    ],
)
async def test_given_no_whole_answer_when_polled_then_unavailable(trader, fault):
    feed = BinanceFeed(
        "binance",
        clock=SystemClock(),
        url=trader.url,
        ws_url=trader.ws_url,
        deadline_s=0.3,
    )
    await trader.post("faults", path="/fapi/v1/premiumIndex", **fault)

    with pytest.raises(VenueUnavailable):
        await feed.poll(MARK)
    assert await feed.poll(MARK) is not None
    await feed.close()


@pytest.mark.parametrize("kind", [PriceKind.MARK, PriceKind.INDEX, PriceKind.LAST])
async def test_given_a_past_when_its_candles_are_read_then_whole_and_in_order(
    url, trader, kind
):
    feed = BinanceFeed(
        "binance", clock=SystemClock(), url=trader.url, ws_url=trader.ws_url
    )
    now_ns = SystemClock().now_ns()
    source = PriceSource("binance", "SOLUSDT", kind, "1m")

    bars = await feed.candles(source, now_ns - 3_600 * NS_PER_S, now_ns)

    opens = [bar.ts_open_ns for bar in bars]
    assert len(bars) == 60
    assert opens == sorted(set(opens))
    assert all(bar.high is not None and bar.low is not None for bar in bars)
    assert bars[-1].ts_open_ns <= now_ns < bars[-1].ts_close_ns
    await feed.close()
