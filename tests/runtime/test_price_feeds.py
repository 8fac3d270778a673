"""A feed that stands alone: no account behind it, and triggers that watch it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import ClosedFeed, World, build, steady_waits
from exitd.core.inputs import Arm, IfCrossed
from exitd.core.market import PriceKind, PriceSource, Quorum
from exitd.core.trigger import TriggerState
from exitd.core.units import NS_PER_S
from exitd.logs import Event
from exitd.runtime.daemon import Daemon
from exitd.runtime.prices import WatchedFeed
from exitd.runtime.protect import audit
from fakes.exchange import SOL
from runtime.desk import MARK, Desk, S, in_virtual_time, quick_waits, stop

BTC = PriceSource("binance", "BTCUSDT", PriceKind.MARK)


@dataclass
class Watching:
    """A daemon with an account, and a feed of prices only beside it."""

    world: World
    feed: ClosedFeed

    @property
    def daemon(self) -> Daemon:
        return self.world.daemon

    async def arm(self) -> None:
        """Arm a stop of the account's position that watches the other venue."""
        now_ns = self.daemon.clock.now_ns()
        definitions = (stop("sl", "90", source=BTC),)
        await self.daemon.loop.command(
            Arm(definitions=definitions, if_crossed=IfCrossed.REFUSE, now_ns=now_ns)
        )

    async def push(self, price: str) -> None:
        await self.world.until(lambda: self.feed.push(BTC, price))


@pytest.fixture
async def watching(tmp_path: Path) -> AsyncIterator[Watching]:
    world = build(tmp_path)
    world.venue.hold(SOL, "10")
    daemon = world.daemon
    feed = ClosedFeed(daemon.clock, "binance")
    daemon.price_feeds["binance"] = WatchedFeed(
        feed, daemon.loop, spawn=daemon.spawn, waits=steady_waits
    )
    await daemon.start()
    yield Watching(world, feed)
    await daemon.stop()
    assert not feed.connected.is_set()


async def test_given_a_watched_price_when_it_crosses_then_the_account_closes(
    watching: Watching,
):
    await watching.arm()
    await watching.push("100")
    await watching.push("89")

    await watching.world.until(lambda: len(watching.world.venue.sent) == 1)
    order = watching.world.venue.sent[0].order
    assert (order.account, order.symbol) == ("main", SOL)
    assert watching.world.feed.watched == frozenset()


async def test_b144_given_its_prices_are_stale_then_not_ready_and_says_why(
    watching: Watching,
):
    await watching.arm()
    await watching.push("100")
    feed = watching.daemon.price_feeds["binance"]
    feed.check_freshness()
    await watching.world.until(lambda: watching.daemon.reasons_not_ready() == ())

    watching.daemon.loop.engine.state.books[BTC].ts_recv_ns -= 60 * NS_PER_S
    assert feed.since_ns is not None
    feed.since_ns -= 60 * NS_PER_S
    feed.check_freshness()

    assert watching.daemon.reasons_not_ready() == (
        f"{BTC}: no price arrives although the feed is up",
    )
    await watching.world.until(
        lambda: Event.FEED_STALE in [a.topic for a in watching.world.heard.alerts]
    )
    (hole,) = watching.daemon.audit_protection()
    assert hole.reason == "sl watches a price that is stale"


async def test_given_a_price_only_feed_when_shown_then_as_any_feed(watching: Watching):
    await watching.arm()
    await watching.push("100")
    watching.daemon.price_feeds["binance"].check_freshness()

    (feed,) = (await watching.world.control.reading.feeds()).feeds
    status = await watching.world.control.standing.status()

    assert (feed.source, feed.account, feed.symbol) == (str(BTC), "binance", "BTCUSDT")
    assert (feed.price, feed.is_stale, feed.triggers) == ("100", False, 1)
    assert feed.age_ms is not None
    # The feed is older by the time that lies between the two questions.
    (again,) = status.feeds
    assert again == replace(feed, age_ms=again.age_ms)
    assert again.age_ms is not None
    assert again.age_ms >= feed.age_ms


@in_virtual_time
async def test_b124_given_two_that_agree_when_one_feed_dies_then_the_other_decides():
    desk = Desk()
    feed = ClosedFeed(desk.clock, "binance")
    alone = WatchedFeed(feed, desk.loop, spawn=desk.spawn, waits=quick_waits)
    alone.tell = desk.heard.tell
    await desk.start()
    both = replace(MARK, combined=Quorum((BTC,), 2, is_falling=True))
    await desk.arm(stop("sl", "90", source=both))
    alone.watch_sources()
    alone.start()
    await desk.settle()
    desk.mark("100")
    feed.push(BTC, "100")
    desk.mark("89")
    await desk.settle()
    assert desk.venue.sent == []
    now_ns, state = desk.clock.now_ns(), desk.loop.engine.state
    assert audit(state, frozenset({BTC}), now_ns=now_ns) == ()
    assert len(audit(state, frozenset({BTC, MARK}), now_ns=now_ns)) == 1

    feed.is_down = True
    feed.drop()
    for _ in range(8):
        desk.feed.prove_alive()
        desk.mark("89")
        await desk.settle(1)

    assert [signed.order.attempt.trigger_id for signed in desk.venue.sent] == ["sl"]
    assert [(a.cleared, a.text) for a in desk.heard.alerts if a.about == str(BTC)] == [
        (
            False,
            f"{BTC} is not judged: the feed is down; REST does not say it: the venue "
            "has no price, or one out of a cache",
        ),
        (True, f"{BTC} is not watched any more"),
    ]
    assert desk.loop.engine.state.stale == set()


@in_virtual_time
async def test_b124_b130_given_its_symbol_is_silent_then_told_for_it_only_and_cleared():
    desk = Desk()
    feed = ClosedFeed(desk.clock, "binance")
    alone = WatchedFeed(feed, desk.loop, spawn=desk.spawn, waits=quick_waits)
    alone.tell = desk.heard.tell
    await desk.start()
    await desk.arm(stop(), stop("btc", "90", source=BTC))
    alone.watch_sources()
    alone.start()
    await desk.settle()
    feed.push(BTC, "100")
    for _ in range(8):
        feed.prove_alive()
        desk.feed.prove_alive()
        desk.mark("100")
        await desk.settle(1)

    assert list(alone.stale) == [BTC]
    assert desk.account.prices.stale == {}
    assert [a.about for a in desk.heard.alerts] == [str(BTC)]

    feed.push(BTC, "101")
    await desk.settle(1)
    assert alone.stale == {}
    assert [a.cleared for a in desk.heard.alerts] == [False, True]


@in_virtual_time
async def test_b127_given_its_connection_breaks_then_up_again_and_judged_at_once():
    desk = Desk()
    feed = ClosedFeed(desk.clock, "binance")
    alone = WatchedFeed(feed, desk.loop, spawn=desk.spawn, waits=quick_waits)
    await desk.start()
    await desk.arm(stop("btc", "90", source=BTC))
    alone.watch_sources()
    alone.start()
    await desk.settle()
    feed.push(BTC, "100")

    feed.drop()
    await desk.settle()
    assert (feed.runs, alone.reconnects) == (2, 1)
    feed.push(BTC, "89")

    assert desk.trigger("btc").state is TriggerState.FIRING


@in_virtual_time
async def test_w2_given_it_freezes_then_dropped_within_five_seconds():
    desk = Desk()
    feed = ClosedFeed(desk.clock, "binance")
    alone = WatchedFeed(feed, desk.loop, spawn=desk.spawn, waits=quick_waits)
    await desk.start()
    alone.start()
    await desk.settle()
    frozen_ns = desk.clock.monotonic_ns()
    while feed.runs == 1:
        await desk.settle(0.1)

    assert desk.clock.monotonic_ns() - frozen_ns <= 5 * S


@in_virtual_time
async def test_given_a_feed_when_asked_for_a_price_then_its_own_answer():
    desk = Desk()
    feed = ClosedFeed(desk.clock, "binance")
    alone = WatchedFeed(feed, desk.loop, spawn=desk.spawn, waits=quick_waits)
    feed.push(BTC, "1")

    assert await alone.poll(BTC) is None
    assert alone.price_age_ns(BTC) is None
    assert not alone.is_stale(BTC)
