"""Triggers over the API that watch the prices of another market."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.daemons import DAEMON_YAML, ClosedFeed, World, build, served, steady_waits
from exitd.client import AsyncClient, DaemonRefused, calls
from exitd.core.market import PriceKind, PriceSource
from exitd.runtime.prices import WatchedFeed
from fakes.exchange import SOL

BTC = PriceSource("binance", "BTCUSDT", PriceKind.MARK)
BELOW = {
    "symbol": SOL,
    "side": "long",
    "below": "60000",
    "do": "close",
    "watch": "binance/BTCUSDT",
}


@pytest.fixture
async def watching(tmp_path: Path) -> AsyncIterator[tuple[World, ClosedFeed]]:
    """A long of 10, and beside its account a venue that gives prices only."""
    world = build(tmp_path)
    settings = tmp_path / "config" / "exitd.yaml"
    settings.write_text(f"{DAEMON_YAML}  binance: {{type: binance}}\n")
    world.venue.hold(SOL, "10")
    daemon = world.daemon
    feed = ClosedFeed(daemon.clock, "binance")
    daemon.price_feeds["binance"] = WatchedFeed(
        feed, daemon.loop, spawn=daemon.spawn, waits=steady_waits
    )
    await daemon.start()
    try:
        async with served(world):
            yield world, feed
    finally:
        await daemon.stop()


async def test_given_another_market_when_its_price_crosses_then_ours_is_closed(
    watching: tuple[World, ClosedFeed],
):
    world, feed = watching
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([BELOW]))).triggers[0].id
        await world.until(lambda: feed.push(BTC, "61000"))
        seen = (await client.ask(calls.show(id))).trigger
        amended = await client.ask(calls.amend(id, {"level": "59000"}))
        feed.push(BTC, "60000")
        still = world.state_of(id)
        feed.push(BTC, "59000")
        await world.until(lambda: world.state_of(id) == "done")

    assert (seen.watch, seen.price, seen.level) == ("binance/BTCUSDT", "61000", "60000")
    assert (amended.triggers[0].level, still) == ("59000", "armed")
    assert [order.filled for order in world.venue.ledger] == [10]


@pytest.mark.parametrize(
    ("words", "field", "says"),
    [
        ({"price": "last_close", "candle": "1s"}, "below", "streams no 1s candles"),
        ({"order": "limit"}, "order", "use order: market"),
        ({"close": "500 USDC"}, "close", "write a share or a quantity"),
        ({"below": "-5%"}, "below", "write the price there"),
        ({"watch": f"main/{SOL}"}, "watch", "the position's own market"),
        ({"watch": "main/BTC_USDC_PREP"}, "watch", "has no market"),
    ],
)
async def test_given_what_the_other_market_cannot_give_when_armed_then_refused(
    watching: tuple[World, ClosedFeed], words: dict[str, str], field: str, says: str
):
    world, _ = watching
    async with AsyncClient(world.address) as client:
        with pytest.raises(DaemonRefused) as caught:
            await client.ask(calls.arm([{**BELOW, **words}]))

    assert (caught.value.status, caught.value.field) == (422, field)
    assert says in str(caught.value)


async def test_given_a_venue_without_a_mark_when_armed_by_default_then_refused(
    tmp_path: Path,
):
    world = build(tmp_path)
    settings = tmp_path / "config" / "exitd.yaml"
    alpaca = "type: alpaca\n    environment: paper"
    settings.write_text(DAEMON_YAML.replace("type: backpack", alpaca))
    world.venue.hold(SOL, "10")
    await world.daemon.start()
    stop = {"symbol": SOL, "side": "long", "stop_loss": "90"}
    try:
        async with served(world), AsyncClient(world.address) as client:
            with pytest.raises(DaemonRefused) as caught:
                await client.ask(calls.arm([stop]))
            armed = await client.ask(calls.arm([{**stop, "price": "last"}]))
    finally:
        await world.daemon.stop()

    assert (caught.value.status, caught.value.field) == (422, "stop_loss")
    assert "streams no mark price; use last, last_close, bid_ask" in str(caught.value)
    assert armed.triggers[0].is_stop


AGREED = {
    "symbol": SOL,
    "side": "long",
    "stop_loss": "90",
    "watch": f"main/{SOL} and binance/SOLUSDT",
}
SOLUSDT = PriceSource("binance", "SOLUSDT", PriceKind.MARK)


async def test_given_prices_that_must_agree_when_armed_then_shown_and_explained(
    watching: tuple[World, ClosedFeed],
):
    world, feed = watching
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([AGREED]))).triggers[0].id
        await world.watched_mark("100")
        await world.until(lambda: feed.push(SOLUSDT, "89"))
        seen = (await client.ask(calls.show(id))).trigger
        said = (await client.ask(calls.explain(id))).sentences
        amended = await client.ask(calls.amend(id, {"level": "89.5"}))
        world.mark("89.5")
        await world.until(lambda: world.state_of(id) == "done")

    assert (seen.watch, seen.state, seen.price) == (AGREED["watch"], "armed", "100")
    assert "2 of 2 must have come there" in said
    assert "binance/SOLUSDT/mark is 89" in said
    assert amended.triggers[0].watch == AGREED["watch"]
    assert [order.filled for order in world.venue.ledger] == [10]


async def test_given_a_spread_when_armed_then_its_level_may_be_below_zero(
    watching: tuple[World, ClosedFeed],
):
    world, feed = watching
    spread = {
        "symbol": SOL,
        "side": "long",
        "below": "-5",
        "do": "close",
        "watch": f"binance/SOLUSDT - main/{SOL}",
    }
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([spread]))).triggers[0].id
        await world.watched_mark("100")
        await world.until(lambda: feed.push(SOLUSDT, "96"))
        seen = (await client.ask(calls.show(id))).trigger
        said = (await client.ask(calls.explain(id))).sentences
        feed.push(SOLUSDT, "95")
        await world.until(lambda: world.state_of(id) == "done")

    assert (seen.level, seen.price, seen.distance_percent) == ("-5", "-4", None)
    assert said[0].startswith(f"the spread {spread['watch']} is -4; it fires when")
    assert said[0].endswith("falling to -5, 1 away")
