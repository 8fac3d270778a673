"""A stop on a market that does not trade: its price is asked for, its lack is told."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from exitd.core.market import PriceKind, PriceSource, Quorum, Tick
from exitd.core.trigger import TriggerState
from exitd.errors import VenueUnavailable
from exitd.runtime.protect import audit
from fakes.exchange import SOL
from runtime.desk import (
    ACCOUNT,
    LONG,
    MARK,
    ClosableFeed,
    D,
    Desk,
    S,
    in_virtual_time,
    stop,
)

LAST = PriceSource(ACCOUNT, SOL, PriceKind.LAST)
BAR = PriceSource(ACCOUNT, SOL, PriceKind.LAST_CLOSE, "1h", closed=True)


class Asked(ClosableFeed):
    """Notes what is asked for, and how many questions are open at once."""

    asked: list[PriceSource]
    open_now = 0
    most_open = 0
    fails = False
    meanwhile = ""

    async def poll(self, source: PriceSource) -> Tick | None:
        self.asked.append(source)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            if self.meanwhile:
                self.push(source, self.meanwhile)
            if self.fails:
                raise VenueUnavailable("the venue did not answer; ask again")
            return await super().poll(source)
        finally:
            self.open_now -= 1


def asking(desk: Desk) -> Asked:
    feed = desk.feed
    feed.__class__ = Asked
    assert isinstance(feed, Asked)
    feed.asked = []
    return feed


@in_virtual_time
async def test_given_it_went_through_the_stop_while_down_then_it_fires_at_the_start():
    desk = await Desk().start()
    await desk.arm(stop(source=LAST))
    desk.feed.push(LAST, "100")
    again = await desk.restarted()
    again.feed.polled[LAST] = D("94")

    await again.start(mark=None)
    await again.settle()

    assert again.sent == [("sl", D(10))]


@in_virtual_time
async def test_given_a_feed_that_is_up_when_armed_then_asked_at_once_and_only_once():
    desk = await Desk().start()
    feed = asking(desk)

    await desk.arm(stop(source=LAST), stop("on-mark"), stop("on-bar", source=BAR))
    await desk.settle(3)

    assert feed.asked == [LAST]
    assert desk.trigger().state is TriggerState.ARMED


@in_virtual_time
async def test_given_it_traded_while_the_feed_was_lost_then_asked_after_the_connect():
    desk = await Desk().start()
    await desk.arm(stop(source=LAST))
    desk.feed.push(LAST, "100")
    desk.feed.polled[LAST] = D("94")
    await desk.settle(1)
    assert desk.sent == []

    desk.feed.drop()
    await desk.settle()

    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_given_a_trade_while_it_is_asked_for_then_the_trade_counts():
    desk = await Desk().start()
    feed = asking(desk)
    feed.polled[LAST], feed.meanwhile = D("94"), "100"

    await desk.arm(stop(source=LAST))
    await desk.settle()

    assert feed.asked == [LAST]
    assert desk.loop.engine.state.books[LAST].price == D("100")
    assert desk.sent == []


@in_virtual_time
async def test_given_many_without_a_price_then_fifty_at_most_one_after_another():
    desk = await Desk().start()
    feed = asking(desk)
    feed.fails = True
    sources = [replace(LAST, symbol=f"M{n}_USDC_PERP") for n in range(60)]
    quorum = replace(LAST, combined=Quorum(tuple(sources), 2, is_falling=True))

    await desk.arm(stop(source=quorum))
    await desk.settle(1)

    assert (len(feed.asked), len(set(feed.asked))) == (50, 50)
    await desk.settle(3)
    # The same ones again: they are no more for it.
    assert len(set(feed.asked)) == 50
    assert feed.most_open == 1
    assert desk.bugs == []


@pytest.mark.parametrize(("source", "is_told"), [(LAST, True), (BAR, False)])
def test_b146_given_no_price_for_half_a_minute_then_it_is_no_protection(
    source: PriceSource, is_told: bool
):
    @in_virtual_time
    async def told() -> None:
        desk = await Desk().start()
        await desk.arm(stop(source=source))
        state, armed_ns = desk.loop.engine.state, desk.trigger().ts_armed_ns
        late_ns = armed_ns + 31 * S

        assert audit(state, frozenset(), now_ns=armed_ns + 30 * S) == ()
        # Restarted since: the new run has its half minute too.
        started_ns = armed_ns + 20 * S
        young = audit(state, frozenset(), now_ns=late_ns, ts_started_ns=started_ns)
        assert young == ()
        holes = audit(state, frozenset(), now_ns=late_ns)
        assert [(h.key, h.reason) for h in holes] == [
            (LONG, "sl watches a price that has not come since the start")
        ] * is_told

        desk.feed.push(source, "100")
        assert audit(state, frozenset(), now_ns=late_ns) == ()

    told()


@in_virtual_time
async def test_b146_given_a_second_stop_with_a_price_then_it_covers_the_position():
    desk = await Desk().start()
    await desk.arm(stop(source=LAST), stop("on-mark", source=MARK))
    late_ns = desk.clock.now_ns() + 31 * S

    assert audit(desk.loop.engine.state, frozenset(), now_ns=late_ns) == ()


@in_virtual_time
async def test_given_nothing_lacks_a_price_then_looking_again_costs_nothing():
    desk = await Desk().start()
    await desk.arm(stop(source=LAST))
    desk.feed.push(LAST, "100")
    await desk.settle(1)
    feed, state = asking(desk), desk.loop.engine.state
    looked: list[PriceSource] = []
    seen_ns = state.ts_seen_ns
    first = desk.account.prices._first

    def note(source: PriceSource) -> int:
        looked.append(source)
        return seen_ns(source)

    state.ts_seen_ns = note  # type: ignore[method-assign]
    watched = frozenset(desk.loop.engine.watched())
    first.watch(watched)
    for _ in range(100):
        first.watch(watched)
        assert not first.is_wanted()

    assert looked == []
    assert feed.asked == []


@in_virtual_time
async def test_given_it_is_watched_no_more_before_its_turn_then_not_asked_for():
    desk = await Desk().start()
    feed = asking(desk)
    first = desk.account.prices._first
    first.watch(frozenset({LAST}))
    assert first.is_wanted()

    first.watch(frozenset())

    assert not first.is_wanted()
    await first.ask()
    assert feed.asked == []
