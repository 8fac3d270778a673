"""While a stream is silent, REST is asked for its prices, and judged by."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.policy import Policies
from exitd.errors import VenueUnavailable
from exitd.runtime.protect import audit
from exitd.runtime.second_source import SecondSource
from runtime.desk import MARK, D, Desk, S, in_virtual_time, stop
from simulation.virtual_time import let_pass

LAST = replace(MARK, kind=PriceKind.LAST)


async def silent(desk: Desk, seconds: int, *, polled: str | None = "100") -> None:
    """Let the stream keep its price from us although its connection lives."""
    if polled is not None:
        desk.feed.polled[MARK] = D(polled)
    for _ in range(2 * seconds):
        desk.feed.prove_alive()
        await desk.settle(0.5)


async def watching(policies: Policies | None = None) -> Desk:
    desk = Desk(policies=policies)
    await desk.start()
    await desk.arm(stop("sl", "95"))
    desk.account.prices.watch_sources()
    desk.mark("100")
    await desk.settle()
    return desk


@in_virtual_time
async def test_b124_given_a_silent_stream_when_rest_crosses_then_fired():
    desk = await watching()

    await silent(desk, 7)
    assert desk.venue.sent == []
    desk.feed.polled[MARK] = D("94")
    await silent(desk, 2, polled=None)

    assert [signed.order.attempt.trigger_id for signed in desk.venue.sent] == ["sl"]


@in_virtual_time
async def test_b124_given_a_silent_stream_when_rest_answers_then_judged_and_told_once():
    desk = await watching()
    prices = desk.account.prices

    await silent(desk, 20)

    assert prices.is_asked(MARK)
    assert not prices.is_stale(MARK)
    assert prices.unjudged == frozenset()
    assert desk.loop.engine.state.stale == set()
    state, now_ns = desk.loop.engine.state, desk.clock.now_ns()
    assert audit(state, prices.unjudged, now_ns=now_ns) == ()
    (told,) = [a.text for a in desk.heard.alerts if a.topic == "feed.stale"]
    assert told == (
        f"{MARK} is stale: no price arrives although the feed is up; REST is asked for "
        "it meanwhile"
    )


@in_virtual_time
async def test_b124_given_a_silent_stream_when_counted_then_about_once_a_second():
    desk = await watching()
    await silent(desk, 6)
    before = desk.feed.polls

    await silent(desk, 10)

    assert 9 <= desk.feed.polls - before <= 11


@in_virtual_time
async def test_b130_given_the_stream_back_then_rest_is_left_alone_and_it_is_cleared():
    desk = await watching()
    await silent(desk, 8)
    desk.feed.bars[MARK] = ()

    for _ in range(4):
        desk.mark("101")
        desk.feed.prove_alive()
        await desk.settle(0.5)
    polls = desk.feed.polls
    for _ in range(8):
        desk.mark("101")
        desk.feed.prove_alive()
        await desk.settle(0.5)

    assert desk.account.prices.stale == {}
    assert desk.feed.polls == polls
    assert [a.cleared for a in desk.heard.alerts if a.topic == "feed.stale"] == [
        False,
        True,
    ]


@in_virtual_time
async def test_given_the_stream_back_then_candles_tell_what_it_kept_from_us():
    desk = await watching()
    book = desk.loop.engine.state.books[MARK]
    streamed_ns = book.ts_recv_ns
    await silent(desk, 8)
    assert book.ts_recv_ns > streamed_ns, "REST is judged by"
    assert desk.store.disk.seen[MARK].ts_ns <= streamed_ns, "and not trusted with all"

    desk.mark("101")

    assert (book.hole_ns, book.hole_end_ns) == (streamed_ns, desk.clock.now_ns())


@in_virtual_time
async def test_given_a_feed_that_is_down_then_rest_stands_in_and_the_hole_is_whole():
    desk = await watching()
    book = desk.loop.engine.state.books[MARK]
    streamed_ns = book.ts_recv_ns
    desk.feed.is_down = True
    desk.feed.drop()
    await silent(desk, 8)
    assert desk.account.prices.is_asked(MARK)

    desk.feed.is_down = False
    await desk.settle(0.5)

    assert book.hole_ns == streamed_ns


@in_virtual_time
async def test_b124_given_no_price_by_rest_either_then_not_judged_and_why():
    desk = await watching()

    await silent(desk, 8, polled=None)

    assert desk.account.prices.is_stale(MARK)
    (told,) = [a.text for a in desk.heard.alerts if a.topic == "feed.stale"]
    assert told.endswith(
        "REST does not say it: the venue has no price, or one out of a cache"
    )


@in_virtual_time
async def test_b124_given_rest_that_stops_answering_then_told_that_nothing_is_judged():
    desk = await watching()
    await silent(desk, 8)

    del desk.feed.polled[MARK]
    await silent(desk, 8, polled=None)

    told = [a.text for a in desk.heard.alerts if a.topic == "feed.stale"]
    assert len(told) == 2
    assert "is not judged" in told[1]


@in_virtual_time
async def test_given_the_policy_alert_then_nothing_is_asked_for():
    desk = await watching(Policies(second_source=False))

    await silent(desk, 8)

    assert desk.feed.polls == 0
    assert desk.account.prices.is_stale(MARK)
    (told,) = [a.text for a in desk.heard.alerts if a.topic == "feed.stale"]
    assert told == f"{MARK} is not judged: no price arrives although the feed is up"


class Asked:
    """A venue that is asked, and says how often and for what."""

    def __init__(self, desk: Desk, price: str | Exception | None = "100") -> None:
        self.asked: list[PriceSource] = []
        self.told: list[Tick] = []
        self.price = price
        self.second = SecondSource(
            "main",
            desk.loop,
            self.poll,
            self.told.append,
            spawn=desk.spawn,
            budget=desk.budget,
        )

    async def poll(self, source: PriceSource) -> Tick | None:
        self.asked.append(source)
        await let_pass(0.1)
        if isinstance(self.price, Exception):
            raise self.price
        return Tick(source, D(self.price), 1, 1) if self.price is not None else None


def many(count: int, kind: PriceKind = PriceKind.MARK) -> list[PriceSource]:
    return [PriceSource("main", f"M{n}", kind) for n in range(count)]


@in_virtual_time
async def test_given_many_silent_prices_then_four_at_once_and_each_in_its_turn():
    desk = Desk()
    asked = Asked(desk)
    sources = many(6)

    asked.second.stand_in(sources)
    await desk.settle(0.01)
    assert len(asked.asked) == 4
    await desk.settle(0.2)
    asked.second.stand_in(sources)
    await desk.settle(0.2)

    assert sorted(map(str, asked.asked)) == sorted(map(str, sources))
    assert len(asked.told) == 6


@in_virtual_time
async def test_given_a_spent_budget_then_nothing_is_asked_for():
    desk = Desk(per_minute=60, burst=2, reserve=1)
    asked = Asked(desk)

    asked.second.stand_in(many(3))
    await desk.settle(0.2)

    assert len(asked.asked) == 1, "the rest is kept for closes"


@in_virtual_time
async def test_given_prices_of_candles_then_asked_as_seldom_as_history_is():
    desk = Desk()
    asked = Asked(desk)
    sources = many(4, PriceKind.LAST_CLOSE)

    for _ in range(60):
        asked.second.stand_in(sources)
        await desk.settle(1)

    assert len(asked.asked) <= 30
    now_ns = desk.clock.now_ns()
    assert all(asked.second.is_answered(s, now_ns, 5 * S) for s in sources)


@in_virtual_time
async def test_given_an_answer_after_the_stream_came_back_then_it_is_dropped():
    desk = Desk()
    asked = Asked(desk)

    asked.second.stand_in([MARK])
    await desk.settle(0.01)
    asked.second.stand_in([])
    await desk.settle(0.2)

    assert asked.asked == [MARK]
    assert asked.told == []


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (VenueUnavailable("binance/X: there is no such price"), "no such price"),
        (None, "out of a cache"),
    ],
)
def test_given_a_venue_without_this_price_then_it_says_why(
    price: Exception | None, why: str
):
    @in_virtual_time
    async def ask() -> None:
        desk = Desk()
        asked = Asked(desk, price)
        for _ in range(3):
            asked.second.stand_in([MARK])
            await desk.settle(1)
        assert why in asked.second.why_not(MARK)
        asked.second.stand_in([])
        assert asked.second.why_not(MARK) == ""

    ask()


@in_virtual_time
async def test_given_a_venue_that_is_slow_then_it_says_so():
    desk = Desk()
    asked = Asked(desk)

    async def poll(source: PriceSource) -> Tick | None:
        await asyncio.Event().wait()
        return None

    asked.second = SecondSource(
        "main", desk.loop, poll, asked.told.append, spawn=desk.spawn, budget=None
    )
    asked.second.stand_in([MARK])
    await desk.settle(3)

    assert asked.second.why_not(MARK) == "no answer within two seconds"
