"""What orders cost, over HTTP: joined, filtered, described."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from api.daemons import World
from contract.store_contract import keep
from exitd.client import AsyncClient, DaemonRefused, book_calls, calls
from exitd.core.records import MarketGone
from exitd.ports.store import Batch
from fakes.exchange import SOL
from fakes.outcomes import Fill
from runtime.traded import alert, order

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95", "close": "4"}


async def trade(world: World, client: AsyncClient) -> str:
    """Fill an entry of an alert, and an exit of its own; give the exit's id."""
    now_ns = world.daemon.clock.now_ns()
    entry = order(
        "100",
        "151.12",
        ts_sent_ns=now_ns + 3_000_000,
        ts_filled_venue_ns=now_ns + 9_000_000,
    )
    signal = alert(ts_received_ns=now_ns)
    await keep(world.daemon.store, Batch((signal, entry), ()))
    world.venue.script(Fill(price=Decimal("93.5")))
    id = (await client.ask(calls.arm([STOP]))).triggers[0].id
    await world.watched_mark("94")
    await world.until(lambda: world.state_of(id) == "done")
    return id


async def test_given_an_alert_and_an_exit_when_asked_then_what_each_cost(world: World):
    async with AsyncClient(world.address) as client:
        id = await trade(world, client)

        found = await client.ask(book_calls.costs())

    entered, exited = found.rows
    assert (entered.total_cost, entered.quality) == ("0.87", "poor")
    assert (entered.ms_to_order, entered.ms_to_fill) == (3, 9)
    assert (exited.trigger_id, exited.kind) == (id, "exit")
    assert (exited.market_price, exited.intended_price) == ("94", "95")
    assert (exited.slippage, exited.total_cost, exited.quote) == ("1.5", "0.5", "USDC")
    assert exited.cash_total_cost == "2"
    assert exited.ms_to_order is not None
    assert exited.ms_to_order >= 0
    assert not exited.on_paper
    assert found.strangers == 0
    names = [(group.by, group.name, group.orders) for group in found.groups]
    assert ("all", "", 2) in names
    assert ("strategy", "Breakout", 1) in names
    assert ("symbol", SOL, 1) in names


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"route": "breakout"}, ["entry"]),
        ({"symbol": SOL.lower()}, ["exit"]),
        ({"strategy": "Breakout", "symbol": "aapl"}, ["entry"]),
        ({"strategy": "breakout"}, []),
        ({"mode": "live", "route": "breakout"}, ["entry"]),
        ({"mode": "paper"}, []),
        ({"since": "2099-01-01T00:00:00Z"}, []),
    ],
)
async def test_given_filters_when_asked_then_only_what_is_wanted(
    world: World, query, kinds
):
    async with AsyncClient(world.address) as client:
        await trade(world, client)

        found = await client.ask(book_calls.costs(**query))

    assert [row.kind for row in found.rows] == kinds
    assert found.groups[0].orders == len(kinds)


async def test_given_no_time_when_asked_then_refused_with_its_name(world: World):
    async with AsyncClient(world.address) as client:
        with pytest.raises(DaemonRefused, match="from"):
            await client.ask(book_calls.costs(since="lately"))


async def test_given_a_mode_that_is_none_when_asked_then_refused(world: World):
    async with AsyncClient(world.address) as client:
        with pytest.raises(DaemonRefused, match="mode"):
            await client.ask(book_calls.costs(mode="both"))


async def test_given_the_answer_when_read_as_text_then_decimals_are_strings(
    world: World,
):
    async with AsyncClient(world.address) as client:
        await trade(world, client)
    async with world.unix() as raw:
        answer: httpx.Response = await raw.get("/v1/analytics?strategy=Breakout")

    (row,) = answer.json()["rows"]
    assert row["total_cost_percent"] == "0.579"
    assert row["cash_total_cost"] == "87"


async def test_given_the_description_when_read_then_it_has_the_costs(world: World):
    async with world.unix() as raw:
        document = (await raw.get("/openapi.json")).json()

    asked = document["paths"]["/v1/analytics"]["get"]
    assert {p["name"] for p in asked["parameters"]} == {
        "from",
        "to",
        "route",
        "symbol",
        "strategy",
        "mode",
    }
    assert "CostsView" in document["components"]["schemas"]


async def test_given_a_market_that_is_forgotten_when_asked_then_what_it_was_paid_in(
    world: World,
):
    async with AsyncClient(world.address) as client:
        id = await trade(world, client)
        known = world.daemon.loop.engine.state.instruments.pop(("main", SOL))
        gone = MarketGone("main", SOL, known)
        await keep(world.daemon.store, Batch((gone,), ()))

        found = await client.ask(book_calls.costs())
        booked = await client.ask(book_calls.books())

    exited = [row for row in found.rows if row.trigger_id == id]
    assert [row.quote for row in exited] == ["USDC"]
    assert {row.quote for row in booked.rows} == {"USDC"}
