"""Prices that stop, peers that freeze, and what is said about it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import TriggerState
from exitd.errors import FeedError
from exitd.logs import Event
from exitd.ports.venue import StreamDown
from exitd.runtime.supervise import backoff, keep_running
from fakes.exchange import SOL
from runtime.desk import ACCOUNT, LONG, MARK, D, Desk, S, in_virtual_time, stop
from simulation.virtual_time import let_pass

LAST = PriceSource(ACCOUNT, SOL, PriceKind.LAST)


async def keep_alive(desk: Desk, seconds: int, price: str = "") -> None:
    """The peer answers pings, and tells *price* each second if one is given."""
    for _ in range(seconds):
        desk.feed.prove_alive()
        if price:
            desk.mark(price)
        await desk.settle(1)


@in_virtual_time
async def test_b124_given_no_price_for_too_long_then_stale_and_told_for_it_only():
    desk = await Desk().start()
    await desk.arm(stop(), stop("last", "90", source=LAST))
    desk.mark("100")
    await keep_alive(desk, 4)
    assert (desk.account.prices.stale, desk.heard.alerts) == ({}, [])

    await keep_alive(desk, 3)

    assert list(desk.account.prices.stale) == [MARK]
    told = [a for a in desk.heard.alerts if a.topic == Event.FEED_STALE]
    assert [a.about for a in told] == [str(MARK)]


@in_virtual_time
async def test_b125_given_one_symbol_is_silent_then_found_and_subscribed_again():
    desk = await Desk().start()
    await desk.arm(stop(), stop("other", "95.5", size="5"))
    runs = desk.feed.runs
    await keep_alive(desk, 4, "100")
    await keep_alive(desk, 14)

    assert MARK in desk.account.prices.stale
    assert desk.feed.runs == runs + 1


@in_virtual_time
async def test_b126_given_a_subscription_without_answer_then_connected_again():
    desk = await Desk().start(mark=None)
    await desk.arm(stop())
    runs = desk.feed.runs
    await keep_alive(desk, 4)
    assert desk.feed.runs == runs

    await keep_alive(desk, 10)
    assert desk.feed.runs == runs + 1
    assert Event.FEED_STALE.value in desk.heard.topics()

    # And not for ever: what others watch on this connection goes on.
    await keep_alive(desk, 30)
    assert desk.feed.runs == runs + 1
    await keep_alive(desk, 40)
    assert desk.feed.runs == runs + 2


@in_virtual_time
async def test_b127_given_a_reconnect_then_its_first_price_is_judged_at_once():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.feed.drop()
    await desk.settle()
    assert desk.feed.runs == 2

    desk.mark("94")

    assert desk.trigger().state is TriggerState.FIRING
    await desk.settle()
    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_b127_given_a_last_price_that_cannot_be_had_then_it_is_asked_for_again():
    desk = await Desk().start()
    await desk.arm(stop("last", "95", source=LAST))
    desk.feed.push(LAST, "100")
    desk.feed.polled[LAST] = D("94")
    desk.feed.unanswered = 2
    desk.feed.drop()

    await keep_alive(desk, 1)
    assert desk.trigger("last").state is TriggerState.ARMED
    await keep_alive(desk, 8)

    # Nobody has traded since: no stream would ever have told it.
    assert desk.sent == [("last", D(10))]


@in_virtual_time
async def test_given_a_last_price_that_is_never_had_then_it_is_asked_for_ever_less():
    desk = await Desk().start()
    await desk.arm(stop("last", "95", source=LAST))
    desk.feed.push(LAST, "100")
    desk.feed.unanswered = 1_000
    desk.feed.drop()
    polls = desk.feed.polls

    await keep_alive(desk, 60, "100")
    first = desk.feed.polls - polls
    await keep_alive(desk, 120, "100")

    assert first <= 6
    assert 1 <= desk.feed.polls - polls - first <= 4


@in_virtual_time
async def test_b130_given_stale_when_prices_come_back_then_cleared_by_itself():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.mark("100")
    await keep_alive(desk, 7)
    assert MARK in desk.account.prices.stale

    await keep_alive(desk, 2, "100")

    assert desk.account.prices.stale == {}
    cleared = [a for a in desk.heard.alerts if a.cleared]
    assert [(a.topic, a.about) for a in cleared] == [(Event.FEED_STALE, str(MARK))]


@in_virtual_time
async def test_given_a_frozen_peer_then_dropped_within_five_seconds():
    desk = await Desk().start()
    await desk.arm(stop())
    frozen_ns = desk.clock.monotonic_ns()
    while desk.feed.runs == 1:
        await let_pass(0.1)

    assert desk.clock.monotonic_ns() - frozen_ns <= 5 * S


@in_virtual_time
async def test_given_a_quiet_market_when_the_peer_lives_then_last_is_not_stale():
    desk = await Desk().start()
    await desk.arm(stop("last", "90", source=LAST))
    await keep_alive(desk, 60)

    assert desk.account.prices.stale == {}
    assert desk.feed.runs == 1


@in_virtual_time
async def test_given_the_feed_stays_down_when_a_trigger_is_armed_then_told():
    desk = Desk()
    desk.feed.is_down = True
    await desk.start(mark=None)
    await desk.arm(stop())
    await desk.settle(4)
    assert desk.heard.alerts == []

    await desk.settle(3)

    assert desk.heard.topics() == [Event.FEED_STALE]
    assert "down" in desk.heard.alerts[0].text


@in_virtual_time
async def test_given_a_long_outage_then_the_waits_grow_and_start_over_after_it():
    waited: list[float] = []
    ups = iter([True] + [False] * 20 + [True, False])

    class Done(Exception):
        pass

    def waits() -> Iterator[float]:
        for wait_s in backoff(lambda: 0.5):
            waited.append(wait_s)
            yield wait_s

    async def run() -> None:
        if len(waited) == 22:
            raise Done
        raise FeedError("down")

    with contextlib.suppress(Done):
        await keep_running(run, lambda why: None, was_up=lambda: next(ups), waits=waits)

    assert waited[0] == waited[21] == 0.1
    assert waited[1:20] == sorted(waited[1:20])
    assert waited[19] == 5.0


@in_virtual_time
async def test_given_a_feed_that_never_comes_up_then_it_is_not_hammered():
    desk = Desk()
    desk.account.prices._waits = lambda: backoff(lambda: 0.5)
    desk.feed.is_down = True
    await desk.start(mark=None)
    await desk.settle(60)

    assert desk.feed.runs < 25


@in_virtual_time
async def test_given_the_stream_says_it_is_down_then_positions_are_unproven():
    desk = await Desk().start()
    assert desk.loop.engine.state.position(LONG).proven

    desk.account._on_event(StreamDown(ACCOUNT, "the venue said so"))

    assert not desk.account.is_stream_up
    assert not desk.loop.engine.state.position(LONG).proven


@in_virtual_time
async def test_b108_given_a_connection_that_breaks_as_its_task_is_cancelled_then_ends():
    lost: list[str] = []

    async def breaks() -> None:
        if lost:
            await let_pass(3_600)
        try:
            await let_pass(60)
        except asyncio.CancelledError:
            # What a task group makes of both at once.
            raise FeedError("the connection was cut") from None

    def steady() -> Iterator[float]:
        return backoff(lambda: 0.5)

    running = asyncio.ensure_future(
        keep_running(breaks, lost.append, was_up=lambda: False, waits=steady)
    )
    await let_pass(1)

    running.cancel()
    await let_pass(120)

    assert running.cancelled()
    assert lost == []
