"""A trader's day on the exchange: open, watch, close, look it up."""

from decimal import Decimal

from simulator.rig import Rig


async def test_given_long_position_when_closed_at_market_then_flat_and_recorded(
    rig: Rig,
):
    trader = rig.trader()
    await rig.sim(
        "positions", api_key=trader.key, symbol="SOL_USDC_PERP", net_quantity="1.5"
    )

    order = await trader.placed(
        side="Ask", quantity="1.5", reduceOnly=True, clientId=4242
    )

    assert order["status"] == "Filled"
    assert order["executedQuantity"] == "1.5"
    assert order["reduceOnly"] is True
    assert await trader.get("/api/v1/position") == []
    fills = await trader.get("/wapi/v1/history/fills", symbol="SOL_USDC_PERP")
    assert sum(Decimal(fill["quantity"]) for fill in fills) == Decimal("1.5")
    history = await trader.get("/wapi/v1/history/orders", orderId=order["id"])
    assert [row["status"] for row in history] == ["Filled"]
    ledger = (await rig.sim("ledger"))["orders"]
    assert [row["clientId"] for row in ledger] == [4242]


async def test_given_listener_when_mark_is_set_then_frame_arrives(rig: Rig):
    async with rig.listen() as listener:
        await listener.subscribe("markPrice.SOL_USDC_PERP")
        await rig.until(
            lambda: rig.exchange.hub.has_listeners("markPrice.SOL_USDC_PERP")
        )

        await rig.sim("prices", symbol="SOL_USDC_PERP", mark="98.94")
        data = await listener.until(p="98.94")

    assert data["s"] == "SOL_USDC_PERP"
    assert data["e"] == "markPrice"


async def test_given_private_streams_when_order_fills_then_order_and_position_frames(
    rig: Rig,
):
    trader = rig.trader()
    async with rig.listen() as listener:
        await listener.subscribe(
            "account.orderUpdate", "account.positionUpdate", by=trader
        )

        await trader.placed(side="Bid", quantity="2", clientId=7)
        accepted = await listener.until(e="orderAccepted")
        fill = await listener.until(e="orderFill")
        opened = await listener.until(e="positionOpened")

    assert (accepted["X"], accepted["t"], accepted["c"]) == ("New", None, 7)
    assert (fill["X"], fill["z"], fill["o"], fill["O"]) == (
        "Filled",
        "2",
        "MARKET",
        "USER",
    )
    assert opened["q"] == "2"


async def test_given_open_orders_when_flattened_then_none_remain_and_position_stays(
    rig: Rig,
):
    trader = rig.trader()
    await trader.placed(side="Bid", quantity="2")
    await trader.placed(side="Bid", quantity="1", price="139", orderType="Limit")
    await trader.placed(
        side="Ask", triggerPrice="130", triggerQuantity="100%", reduceOnly=True
    )
    listed = await trader.get("/api/v1/orders", symbol="SOL_USDC_PERP")

    cancelled = await trader.call(
        "DELETE", "/api/v1/orders", {"symbol": "SOL_USDC_PERP"}
    )

    assert [o["id"] for o in cancelled.json()] == [o["id"] for o in listed]
    assert {order["status"] for order in cancelled.json()} == {"Cancelled"}
    assert await trader.get("/api/v1/orders", symbol="SOL_USDC_PERP") == []
    (position,) = await trader.get("/api/v1/position")
    assert position["netQuantity"] == "2"


async def test_given_take_profit_limit_when_market_gets_there_then_position_closes(
    rig: Rig,
):
    trader = rig.trader()
    await trader.placed(side="Bid", quantity="2")
    (position,) = await trader.get("/api/v1/position", symbol="SOL_USDC_PERP")

    order = await trader.placed(
        side="Ask",
        orderType="Limit",
        price="145",
        quantity=position["netQuantity"],
        reduceOnly=True,
        timeInForce="GTC",
    )
    await rig.sim("prices", symbol="SOL_USDC_PERP", last="145")

    assert order["status"] == "New"
    assert await trader.get("/api/v1/position") == []
    (row,) = await trader.get("/wapi/v1/history/position", state="Closed")
    assert row["closingPrice"] == "145"
