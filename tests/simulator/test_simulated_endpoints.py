"""Every endpoint: names, types and headers of its answer."""

import re
from decimal import Decimal
from typing import Any

import pytest

from simulator.rig import Rig

PERP = "SOL_USDC_PERP"
ORDER_KEYS = {
    *("clientId", "createdAt", "executedQuantity", "executedQuoteQuantity", "id"),
    *("orderType", "quantity", "reduceOnly", "relatedOrderId", "selfTradePrevention"),
    *("side", "status", "stopLossLimitPrice", "stopLossTriggerBy"),
    *("stopLossTriggerPrice", "strategyId", "symbol", "takeProfitLimitPrice"),
    *("takeProfitTriggerBy", "takeProfitTriggerPrice", "timeInForce", "triggerBy"),
    *("triggerPrice", "triggerQuantity", "triggeredAt"),
}
NAIVE_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\Z")


async def public(rig: Rig, path: str, **parameters: Any) -> Any:
    response = await rig.http.get(f"/api/v1/{path}", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def is_decimal(value: object) -> bool:
    return isinstance(value, str) and Decimal(value).is_finite() and "E" not in value


async def test_given_system_endpoints_when_asked_then_plain_text_and_status(rig: Rig):
    time = await rig.http.get("/api/v1/time")
    ping = await rig.http.get("/api/v1/ping")

    assert time.headers["content-type"].startswith("text/plain")
    assert len(time.text) == 13
    assert time.text.isdigit()
    assert ping.text == "pong"
    assert await public(rig, "status") == {"message": None, "status": "Ok"}


async def test_given_markets_when_listed_then_filters_of_the_real_one(rig: Rig):
    listed = {market["symbol"]: market for market in await public(rig, "markets")}

    assert set(listed) >= {PERP, "BTC_USDC_PERP", "ETH_USDC_PERP", "SOL_USDC"}
    market = listed[PERP]
    assert market == await public(rig, "market", symbol=PERP)
    assert market["filters"]["price"]["tickSize"] == "0.01"
    assert market["filters"]["price"]["meanMarkPriceBand"] == {
        "maxMultiplier": "1.1",
        "minMultiplier": "0.9",
    }
    assert market["filters"]["quantity"] == {
        "maxQuantity": None,
        "minQuantity": "0.01",
        "stepSize": "0.01",
    }
    assert (market["marketType"], market["orderBookState"]) == ("PERP", "Open")
    assert market["imfFunction"]["type"] == "sqrt"
    spot = await rig.http.get("/api/v1/markets?marketType=SPOT")
    assert [each["symbol"] for each in spot.json()] == ["SOL_USDC"]


async def test_given_mark_prices_when_one_symbol_is_asked_then_still_an_array(rig: Rig):
    (price,) = await public(rig, "markPrices", symbol=PERP)

    assert set(price) == {
        *("fundingRate", "indexPrice", "markPrice", "nextFundingTimestamp", "symbol")
    }
    assert is_decimal(price["markPrice"])
    assert isinstance(price["nextFundingTimestamp"], int)
    assert len(await public(rig, "markPrices")) == 3


async def test_given_book_when_depth_is_asked_then_best_bid_is_last(rig: Rig):
    depth = await public(rig, "depth", symbol=PERP, limit=3)

    bids = [Decimal(price) for price, _ in depth["bids"]]
    asks = [Decimal(price) for price, _ in depth["asks"]]
    assert len(bids) == len(asks) == 3
    assert bids == sorted(bids)
    assert asks == sorted(asks)
    assert bids[-1] < asks[0]
    assert isinstance(depth["timestamp"], int)


async def test_given_trades_when_asked_then_integers_and_milliseconds(rig: Rig):
    (trade,) = await public(rig, "trades", symbol=PERP)

    assert isinstance(trade["id"], int)
    assert isinstance(trade["isBuyerMaker"], bool)
    assert len(str(trade["timestamp"])) == 13
    assert is_decimal(trade["quoteQuantity"])


async def test_given_tickers_when_asked_then_change_is_a_fraction(rig: Rig):
    await rig.sim("prices", symbol=PERP, last="154")

    ticker = await public(rig, "ticker", symbol=PERP)

    change = Decimal(ticker["priceChange"]) / Decimal(ticker["firstPrice"])
    assert abs(Decimal(ticker["priceChangePercent"]) - change) < Decimal("0.00001")
    assert isinstance(ticker["trades"], str)
    assert len(await public(rig, "tickers")) == 4


async def test_given_no_trade_for_a_day_when_ticker_is_asked_then_204(rig: Rig):
    await rig.sim("clock", skew_ms=3 * 86_400_000)

    response = await rig.http.get(f"/api/v1/ticker?symbol={PERP}")

    assert (response.status_code, response.content) == (204, b"")


async def test_given_open_position_when_open_interest_is_asked_then_array(rig: Rig):
    await rig.sim("positions", api_key=rig.trader().key, symbol=PERP, net_quantity="-3")

    (interest,) = await public(rig, "openInterest", symbol=PERP)

    assert interest["openInterest"] == "3"


async def test_given_perp_when_largest_order_is_asked_then_margin_times_leverage(
    rig: Rig,
):
    limit = await rig.trader().get(
        "/api/v1/account/limits/order", symbol=PERP, side="Bid", price="100"
    )

    assert limit["maxOrderQuantity"] == "100000"


async def test_given_funding_rates_when_asked_then_array(rig: Rig):
    (rate,) = await public(rig, "fundingRates", symbol=PERP)

    assert is_decimal(rate["fundingRate"])


@pytest.mark.parametrize("path", ["assets", "securities", "collateral"])
async def test_given_reference_data_when_asked_then_array(rig: Rig, path: str):
    assert isinstance(await public(rig, path), list)


async def test_given_position_when_asked_then_every_field_of_the_schema(rig: Rig):
    trader = rig.trader()
    await rig.sim(
        *("positions",),
        api_key=trader.key,
        symbol=PERP,
        net_quantity="-1.5",
        entry_price="141",
    )
    await trader.placed(side="Ask", quantity="1", price="150", orderType="Limit")

    (position,) = await trader.get("/api/v1/position", symbol=PERP)

    assert set(position) == {
        *("breakEvenPrice", "cumulativeFundingPayment", "cumulativeInterest"),
        *("entryPrice", "estLiquidationPrice", "imf", "imfFunction", "markPrice"),
        *("mmf", "mmfFunction", "netCost", "netExposureNotional"),
        *("netExposureQuantity", "netQuantity", "pnlRealized", "pnlUnrealized"),
        *("positionId", "subaccountId", "symbol", "userId"),
    }
    assert position["netQuantity"] == "-1.5"
    assert position["netExposureQuantity"] == "-2.5"
    assert position["pnlUnrealized"] == "1.5"
    assert isinstance(position["userId"], int)
    assert isinstance(position["positionId"], str)
    (elsewhere,) = await trader.get("/api/v1/position")
    assert elsewhere["estLiquidationPrice"] == "0"


async def test_given_orders_when_placed_then_fields_follow_the_type(rig: Rig):
    trader = rig.trader()
    market = await trader.placed(side="Bid", quantity="1", clientId=55555)
    limit = await trader.placed(
        *(), side="Bid", quantity="1", price="139", orderType="Limit", postOnly=True
    )
    trigger = await trader.placed(
        side="Ask", triggerPrice="130", triggerQuantity="100%", reduceOnly=True
    )

    assert set(market) == ORDER_KEYS | {"quoteQuantity"}
    assert set(limit) == ORDER_KEYS | {"price", "postOnly"}
    assert (market["status"], market["clientId"]) == ("Filled", 55555)
    assert (limit["status"], limit["reduceOnly"], limit["postOnly"]) == (
        *("New", None),
        True,
    )
    assert (trigger["status"], trigger["quantity"]) == ("TriggerPending", "0")
    assert trigger["triggerBy"] is None
    assert isinstance(limit["createdAt"], int)
    listed = await trader.get("/api/v1/orders", symbol=PERP)
    assert [order["id"] for order in listed] == [limit["id"], trigger["id"]]
    found = await trader.get("/api/v1/order", symbol=PERP, orderId=limit["id"])
    assert found == limit


async def test_given_batch_when_one_is_bad_then_answers_in_order(rig: Rig):
    good = {"symbol": PERP, "orderType": "Limit", "side": "Bid", "price": "139"}
    orders = [{**good, "quantity": "1"}, {**good, "quantity": "1.001"}]

    response = await rig.trader().call("POST", "/api/v1/orders", orders)

    first, second = response.json()
    assert (first["operation"], first["status"]) == ("Ok", "New")
    assert second == {
        "operation": "Err",
        "code": "INVALID_CLIENT_REQUEST",
        "message": "Quantity decimal too long",
    }


async def test_given_open_orders_when_cancelled_by_kind_then_only_those(rig: Rig):
    trader = rig.trader()
    limit = await trader.placed(
        side="Bid", quantity="1", price="139", orderType="Limit", clientId=1
    )
    trigger = await trader.placed(side="Bid", triggerPrice="150", triggerQuantity="1")

    conditional = await trader.call(
        "DELETE", "/api/v1/orders", {"symbol": PERP, "orderType": "ConditionalOrder"}
    )
    by_client = await trader.cancel(clientId=1)
    none_left = await trader.call("DELETE", "/api/v1/orders", {"symbol": PERP})

    assert [order["id"] for order in conditional.json()] == [trigger["id"]]
    assert (by_client.json()["id"], by_client.json()["status"]) == (
        limit["id"],
        "Cancelled",
    )
    assert none_left.json() == []


async def test_given_history_when_paged_then_headers_and_naive_times(rig: Rig):
    trader = rig.trader()
    for _ in range(3):
        await trader.placed(side="Bid", quantity="1")
    path = "/wapi/v1/history/orders"

    page = await trader.call("GET", path, {"limit": "2", "offset": "2"})

    assert page.headers["x-total"] == "3"
    assert page.headers["x-page-count"] == "2"
    assert page.headers["x-page-size"] == "2"
    assert page.headers["x-current-page"] == "1"
    (row,) = page.json()
    assert NAIVE_ISO.match(row["createdAt"])
    assert not {"reduceOnly", "relatedOrderId", "triggeredAt"} & set(row)
    assert {"expiryReason", "systemOrderType", "postOnly"} <= set(row)
    oldest = await trader.get(path, limit="1", sortDirection="Asc")
    assert oldest == [row]


async def test_given_fills_when_filtered_by_time_then_milliseconds(rig: Rig):
    trader = rig.trader()
    order = await trader.placed(side="Bid", quantity="1", clientId=9)
    path = "/wapi/v1/history/fills"

    (fill,) = await trader.get(path, orderId=order["id"])

    assert NAIVE_ISO.match(fill["timestamp"])
    assert isinstance(fill["tradeId"], int)
    assert (fill["clientId"], fill["isMaker"], fill["feeSymbol"]) == (9, False, "USDC")
    later = order["createdAt"] + 60_000
    assert await trader.get(path, **{"from": later}) == []
    assert await trader.get(path, to=order["createdAt"] - 1) == []
    assert len(await trader.get(path, **{"from": order["createdAt"], "to": later})) == 1
    assert await trader.get(path, fillType="AllLiquidation") == []


async def test_given_closed_position_when_history_is_asked_then_its_result(rig: Rig):
    trader = rig.trader()
    await trader.placed(side="Bid", quantity="1")
    await trader.placed(side="Ask", quantity="1", reduceOnly=True)

    path = "/wapi/v1/history/position"
    (row,) = await trader.get(path, state="Closed", symbol=PERP)

    assert row["state"] == "Closed"
    assert row["cumulativePnlRealized"] == "-0.02"
    assert is_decimal(row["fees"])
    assert NAIVE_ISO.match(row["closedAt"])
    assert await trader.get(path, state="Open") == []


async def test_given_funding_when_paid_then_balance_position_and_history(rig: Rig):
    trader = rig.trader()
    await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity="10")

    await rig.sim("funding", symbol=PERP, rate="0.001")

    (payment,) = await trader.get("/wapi/v1/history/funding")
    assert (payment["quantity"], payment["fundingRate"]) == ("-1.4", "0.001")
    (position,) = await trader.get("/api/v1/position")
    assert position["cumulativeFundingPayment"] == "-1.4"


async def test_given_account_when_patched_then_empty_body_and_changed(rig: Rig):
    trader = rig.trader()

    patched = await trader.call("PATCH", "/api/v1/account", {"leverageLimit": "5"})

    assert (patched.status_code, patched.content) == (200, b"")
    account = await trader.get("/api/v1/account")
    assert account["leverageLimit"] == "5"
    assert account["futuresTakerFee"] == "5"
    assert isinstance(account["limitOrders"], int)


async def test_given_balances_when_asked_then_available_and_locked(rig: Rig):
    trader = rig.trader()
    await trader.placed(
        symbol="SOL_USDC", side="Ask", quantity="2", price="150", orderType="Limit"
    )

    capital = await trader.get("/api/v1/capital")

    assert capital["SOL"] == {"available": "998", "locked": "2", "staked": "0"}
    collateral = await trader.get("/api/v1/capital/collateral")
    assert collateral["netEquity"] == "1000000"


async def test_given_position_when_reduce_only_limit_is_asked_then_its_size(rig: Rig):
    trader = rig.trader()
    await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity="1.5")
    path = "/api/v1/account/limits/order"

    limit = await trader.get(path, symbol=PERP, side="Ask", reduceOnly="true")
    other = await trader.get(path, symbol=PERP, side="Bid", reduceOnly="true")

    assert (limit["maxOrderQuantity"], other["maxOrderQuantity"]) == ("1.5", "0")
