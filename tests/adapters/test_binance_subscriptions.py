"""What the Binance feed asks for, at which pace, and what it makes of the answers."""

import asyncio
import time

import pytest

from exitd.adapters.binance.subscriptions import PAUSE_S, STREAMS_MAX
from exitd.core.market import PriceKind, PriceSource
from exitd.ports.feed import FeedSignal
from fakes.answers import Answer, json
from fakes.binance_feed import (
    BID,
    BTC,
    LAST,
    MARK,
    RUNNING,
    mark,
    ms,
    running,
    trade,
)
from fakes.observed import DEADLINE_S

NOPE = PriceSource("binance", "NOPEUSDT", PriceKind.LAST)
UNKNOWN: Answer = json({"code": -1121, "msg": "Invalid symbol."}, 400)


def refusals(rig) -> list[str]:
    return [n.detail for n in rig.notices.all if n.signal is FeedSignal.REFUSED]


@pytest.mark.parametrize("is_bare", [False, True], ids=["nested", "bare"])
async def test_given_a_refused_stream_when_subscribing_then_only_it_is_named(is_bare):
    async with running(
        MARK, LAST, NOPE, refuses={"nopeusdt@aggTrade"}, is_bare=is_bare, ping_s=0.05
    ) as rig:
        await rig.notices.until(lambda n: n.signal is FeedSignal.REFUSED)
        await rig.server.requests.until(
            lambda seen: seen[1]["params"] == ["btcusdt@aggTrade"]
        )
        await rig.server.push(mark("98"), trade("97", 1))
        await rig.price(LAST, "97")

    (refused,) = refusals(rig)
    assert "nopeusdt@aggTrade" in refused
    assert "2 Invalid request: no such stream" in refused
    assert rig.prices(MARK) == ["98"]


async def test_given_many_sources_when_watched_then_in_chunks_with_rising_numbers():
    sources = [PriceSource("binance", f"S{i}", PriceKind.MARK) for i in range(220)]
    async with running(*sources, ping_s=0.1) as rig:
        requests = [request for _, request in rig.server.requests.all]
        rig.feed.watch(frozenset(sources[:1]))
        await rig.server.requests.until(
            lambda seen: (
                seen[1]["method"] == "UNSUBSCRIBE" and len(seen[1]["params"]) == 19
            )
        )

    assert [len(r["params"]) for r in requests] == [100, 100, 20]
    assert [r["id"] for r in requests] == [1, 2, 3]


async def test_given_many_requests_when_sent_then_five_a_second_at_most():
    sources = [PriceSource("binance", f"S{i}", PriceKind.MARK) for i in range(250)]
    started = time.monotonic()
    async with running(*sources):
        took_s = time.monotonic() - started

    # Two pauses lie between three requests; the fifth message is the ping.
    assert took_s >= 2 * PAUSE_S
    assert 1 / PAUSE_S <= 4


async def test_given_more_streams_than_allowed_when_watched_then_the_rest_is_refused():
    sources = [
        PriceSource("binance", f"S{i:04}", PriceKind.MARK)
        for i in range(STREAMS_MAX + 2)
    ]
    async with running(ping_s=0.02) as rig:
        rig.feed.watch(frozenset(sources))
        await rig.server.subscribed(f"s{STREAMS_MAX - 1:04}@markPrice@1s")

    assert sum(len(names) for names in rig.server.asked()) == STREAMS_MAX
    assert len(refusals(rig)) == 2
    assert f"{STREAMS_MAX} streams at most" in refusals(rig)[0]


async def test_b126_given_a_request_without_answer_when_waited_then_lost():
    async with running(MARK, is_mute=True, ping_s=0.05) as rig:
        lost = await rig.is_lost()

    assert "not answered within 0.25 s" in str(lost)


async def test_b127_given_a_lost_connection_when_run_again_then_asked_for_again():
    async with running(MARK) as rig:
        rig.server.by_door["market"].transport.abort()
        await rig.is_lost()
        rig.lost = asyncio.Future()

        again = asyncio.ensure_future(rig.run())
        await rig.server.requests.until(
            lambda seen: rig.server.asked() == [["btcusdt@markPrice@1s"]] * 2
        )
        await rig.server.push(mark("94"))
        await rig.price(MARK, "94")
        rig.feed.abort()
        await again


async def test_given_an_unknown_symbol_when_silent_then_named_and_the_rest_goes_on():
    async with running(
        MARK,
        NOPE,
        ping_s=0.02,
        silent_ns=0,
        by_path={"/fapi/v2/ticker/price": UNKNOWN, "/fapi/v1/premiumIndex": json({})},
    ) as rig:
        await rig.notices.until(lambda n: n.signal is FeedSignal.REFUSED)
        await rig.server.push(mark("98"))
        await rig.price(MARK, "98")
        assert not rig.lost.done()

    assert refusals(rig) == [
        "the venue refused nopeusdt@aggTrade: Binance has no symbol NOPEUSDT"
    ]


async def test_given_an_unknown_symbol_when_its_mark_is_silent_then_named():
    nope = PriceSource("binance", "NOPEUSDT", PriceKind.MARK)
    async with running(
        nope, ping_s=0.02, silent_ns=0, by_path={"/fapi/v1/premiumIndex": UNKNOWN}
    ) as rig:
        notice = await rig.notices.until(lambda n: n.signal is FeedSignal.REFUSED)

    assert "no symbol NOPEUSDT" in notice.detail


def moving(**fields: object) -> Answer:
    """What shows that something happened well after the subscription."""
    return lambda request: json({**fields, "symbol": BTC, "time": ms() + 10_000})(  # type: ignore[operator]
        request
    )


@pytest.mark.parametrize(
    ("source", "path", "answer"),
    [
        (LAST, "/fapi/v2/ticker/price", moving(price="1")),
        (RUNNING, "/fapi/v2/ticker/price", moving(price="1")),
        (BID, "/fapi/v1/ticker/bookTicker", moving(bidPrice="1", askPrice="2")),
    ],
)
async def test_b125_given_a_stream_silent_in_a_moving_market_then_connected_again(
    source, path, answer
):
    async with running(source, ping_s=0.02, silent_ns=0, by_path={path: answer}) as rig:
        lost = await rig.is_lost()

    assert "carries nothing, though the market moves" in str(lost)
    assert any("though the market moves" in refusal for refusal in refusals(rig))


async def test_given_a_quiet_market_when_its_stream_is_silent_then_nothing_is_said():
    quiet = json({"symbol": BTC, "price": "1", "time": ms(seconds_ago=3600)})
    async with running(
        LAST, ping_s=0.02, silent_ns=0, by_path={"/fapi/v2/ticker/price": quiet}
    ) as rig:
        async with asyncio.timeout(DEADLINE_S):
            while not rig.answers.queries("/fapi/v2/ticker/price"):
                await rig.feed._doors["market"].connection.answered()
        await rig.server.push(trade("97", 1))
        await rig.price(LAST, "97")

        assert not rig.lost.done()
    assert refusals(rig) == []


async def test_given_a_venue_that_cannot_be_asked_when_silent_then_nothing_is_said():
    broken = json("nothing to read", 500)
    async with running(
        LAST, ping_s=0.02, silent_ns=0, by_path={"/fapi/v2/ticker/price": broken}
    ) as rig:
        async with asyncio.timeout(DEADLINE_S):
            while not rig.answers.queries("/fapi/v2/ticker/price"):
                await rig.feed._doors["market"].connection.answered()

        assert not rig.lost.done()
    assert refusals(rig) == []
