"""The flows through the real adapter, against the simulated exchange on sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.daemons import ACCOUNT, ENVIRONMENT, ME, World, build
from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.system.clock import SystemClock
from exitd.configuration.load import load
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.position import OrderSide, Side
from exitd.ports.venue import NativeStop
from exitd.runtime.control import TriggerRequest
from exitd.runtime.steady import SteadyClock
from fakes.exchange import SOL
from fakes.simulated import SimulatedAccount, account, simulator


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator() as at:
        yield at


@asynccontextmanager
async def daemon_at(url: str, folder: Path) -> AsyncIterator[tuple[World, Any]]:
    """A daemon whose account holds 10 SOL long at 140, mark 140, on the exchange."""
    mine = account(url)
    await mine.hold(SOL, "10")
    await mine.price(SOL, "140")
    clock = SteadyClock(SystemClock())
    venue = BackpackVenue(
        ACCOUNT,
        key=mine.key,
        secret=mine.secret,
        clock=clock,
        url=url,
        ws_url=mine.ws_url,
        window_ms=5_000,
        lag_slack_ns=1_000_000_000,
    )
    feed = BackpackFeed(
        ACCOUNT,
        clock=clock,
        url=url,
        ws_url=mine.ws_url,
        max_age_ns=5_000_000_000,
        venue_clock=venue.clock,
    )
    world = build(folder, venue=venue, feed=feed)
    await world.daemon.start()
    try:
        yield world, mine
    finally:
        await world.daemon.stop()
        await mine.http.aclose()


async def statuses(mine: SimulatedAccount) -> list[str]:
    return [row["status"] for row in await mine.ledger()]


async def test_given_the_exchange_when_a_take_profit_is_asked_then_it_rests_there(
    url: str, tmp_path: Path
):
    async with daemon_at(url, tmp_path) as (world, mine):
        view = await world.control.by_hand.take_profit(
            SOL, ME, side="Ask", price=Decimal(150), quantity=Decimal(2)
        )
        (resting,) = await mine.ledger()
        flattened = await world.control.by_hand.flatten(SOL, ME, including_ours=True)

        assert (view.order_id, view.status) == (resting["id"], "New")
        assert (resting["price"], resting["reduceOnly"]) == ("150", True)
        assert resting["timeInForce"] == "GTC"
        assert [order.id for order in flattened.cancelled_orders] == [view.order_id]
        assert flattened.remaining_orders == ()


async def test_given_a_window_when_a_take_profit_is_asked_then_its_order_keeps_it(
    url: str, tmp_path: Path
):
    async with daemon_at(url, tmp_path) as (world, _mine):
        view = await world.control.by_hand.take_profit(
            SOL,
            ME,
            side="Ask",
            price=Decimal(150),
            quantity=Decimal(2),
            window_ms=7_000,
        )
        stop = TriggerRequest(
            kind=ConditionKind.STOP_LOSS,
            level=Decimal(130),
            symbol=SOL,
            side=Side.LONG,
        )
        armed = await world.control.triggers.arm([stop], ME)
        await world.control.triggers.fire(armed.triggers[0].id, ME)

        attempts = world.daemon.loop.engine.state.attempts.values()
        signed_for = {
            attempt.order.attempt.trigger_id: json.loads(attempt.signed)["headers"]
            for attempt in attempts
        }
        assert signed_for[view.trigger_id]["X-Window"] == "7000"
        assert signed_for[armed.triggers[0].id]["X-Window"] == "5000"


async def test_given_native_stops_when_imported_then_ours_watch_and_none_rests(
    url: str, tmp_path: Path
):
    async with daemon_at(url, tmp_path) as (world, mine):
        stop = NativeStop(
            symbol=SOL,
            side=OrderSide.SELL,
            trigger_price=Decimal(130),
            trigger_kind="mark",
            quantity=None,
            client_order_id=77,
        )
        await world.daemon.accounts[ACCOUNT].venue.place_native_stop(stop)

        dry = await world.control.moving.import_exits(ME)
        file = world.folder / "config" / "conf.d" / "imported.yaml"
        file.write_text(dry.yaml)
        loaded = load(world.folder / "config", ENVIRONMENT, now_ns=1)
        file.unlink()
        done = await world.control.moving.import_exits(ME, apply=True)

        (exit_,) = loaded.positions[0].exits
        assert exit_.condition == FixedLevel(ConditionKind.STOP_LOSS, Decimal(130))
        assert done.steps[-1].outcome in ("cancelled", "cancel accepted")
        assert await statuses(mine) == ["Cancelled"]
        (record,) = world.daemon.loop.engine.state.triggers.values()
        assert record.state == "armed"


async def test_given_an_armed_stop_when_handed_over_then_it_rests_natively(
    url: str, tmp_path: Path
):
    async with daemon_at(url, tmp_path) as (world, mine):
        request = TriggerRequest(
            kind=ConditionKind.STOP_LOSS, level=Decimal(125), symbol=SOL, side=Side.LONG
        )
        id = (await world.control.triggers.arm([request], ME)).triggers[0].id

        view = await world.control.moving.handover(ME, apply=True)

        assert "ours is paused" in view.steps[0].outcome
        assert await statuses(mine) == ["TriggerPending"]
        assert world.daemon.loop.engine.state.triggers[id].paused
