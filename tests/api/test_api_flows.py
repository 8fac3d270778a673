"""Flows by hand over the API, in the words of their callers."""

from __future__ import annotations

from decimal import Decimal

from api.daemons import ACCOUNT, World
from exitd.client import AsyncClient, calls
from exitd.runtime.standby import Standing
from fakes.exchange import SOL
from fakes.outcomes import Rest
from fakes.resting import rest


async def test_given_open_orders_when_flattened_then_the_words_of_the_flow(
    world: World,
):
    order = rest(world.venue)
    async with AsyncClient(world.address) as client, world.unix() as raw:
        view = await client.ask(calls.flatten(SOL))
        plain = (await raw.post("/v1/flatten", json={"symbol": SOL})).json()

    assert [one.id for one in view.cancelled_orders] == [order.id]
    assert {"cancelledOrders", "remainingOrders", "sparedOrders"} < set(plain)
    assert plain["remainingOrders"] == []


async def test_given_a_long_when_a_take_profit_is_asked_then_order_id_and_status(
    world: World,
):
    world.venue.script(Rest())
    wanted = {"symbol": SOL, "side": "Ask", "price": "120", "quantity": "2"}
    async with AsyncClient(world.address) as client, world.unix() as raw:
        key = {"Idempotency-Key": "tp"}
        plain = (await raw.post("/v1/take-profit", json=wanted, headers=key)).json()
        again = await client.ask(
            calls.take_profit(**wanted, idempotency_key="tp")  # type: ignore[arg-type]
        )
        number = await raw.post("/v1/take-profit", json={**wanted, "price": 120})

    assert (plain["orderId"], plain["status"]) == (world.venue.ledger[0].id, "New")
    assert plain["positions"][0]["entryPrice"] == "100"
    assert again.order_id == plain["orderId"]
    assert number.status_code == 422


async def test_given_native_exits_when_moved_dry_then_steps_only(world: World):
    rest(world.venue, trigger_price=Decimal(95), trigger_kind="mark")
    stop = {"symbol": SOL, "side": "long", "stop_loss": "90"}
    async with AsyncClient(world.address) as client:
        await client.ask(calls.arm([stop]))
        imported = await client.ask(calls.import_exits())
        handed = await client.ask(calls.handover())

    assert "stop_loss: 95" in imported.yaml
    assert [step.outcome for step in (*imported.steps, *handed.steps)] == [""] * 4
    assert len(world.venue.ledger) == 1


async def test_given_an_account_that_stands_by_when_taken_over_then_told_and_done(
    world: World,
):
    daemon = world.daemon
    daemon.standby.accounts[ACCOUNT] = Standing("it was copied", 1, 0, 0)
    daemon.loop.engine.state.standing_by.add(ACCOUNT)
    async with AsyncClient(world.address) as client, world.unix() as raw:
        refused = await raw.post("/v1/apply", json={})
        looked = await client.ask(calls.takeover())
        done = await client.ask(calls.takeover(account=ACCOUNT, apply=True))
        again = await raw.post("/v1/takeover", json={"apply": True})

    assert refused.status_code == 503
    assert "exitd takeover" in refused.text
    assert [one.reason for one in looked.accounts] == ["it was copied"]
    assert (looked.is_applied, done.is_applied) == (False, True)
    assert (again.status_code, daemon.standby.standing) == (409, ())
