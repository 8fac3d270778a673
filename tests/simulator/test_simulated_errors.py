"""What goes wrong without any fault: error bodies of bad requests."""

from typing import Any

import pytest

from simulator.rig import Rig, running

PERP = "SOL_USDC_PERP"
BAD = "INVALID_CLIENT_REQUEST"
GOOD: dict[str, Any] = {"symbol": PERP, "orderType": "Market", "side": "Bid"}


def body_of(response: Any) -> tuple[int, str, str]:
    body = response.json()
    assert set(body) == {"code", "message"}
    return response.status_code, body["code"], body["message"]


ORDERS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"symbol": "NO_SUCH_PERP", "quantity": "1"},
        BAD,
        'parse request payload error: failed to parse "MarketSymbol": Invalid market '
        'symbol (occurred while parsing "OrderExecutePayload")',
    ),
    ({"quantity": "1.005"}, BAD, "Quantity decimal too long"),
    (
        {"quantity": "1", "orderType": "Limit", "price": "139.001"},
        BAD,
        "Price decimal too long",
    ),
    (
        {"quantity": "1", "triggerPrice": "150"},
        BAD,
        "Must specify both `triggerPrice` and `triggerQuantity` or neither",
    ),
    ({}, "INVALID_ORDER", "Market orders must specify a positive `quantity`"),
    (
        {"quantity": "1", "reduceOnly": True},
        "INVALID_ORDER",
        "Reduce only order not reduced",
    ),
    (
        {"quantity": "1", "orderType": "Limit", "price": "141", "postOnly": True},
        "INVALID_ORDER",
        "Order would immediately match and take",
    ),
    (
        {"quantity": "1", "orderType": "Limit", "price": "200"},
        "INVALID_PRICE",
        "Price is too far from the last active price",
    ),
]


@pytest.mark.parametrize(("fields", "code", "message"), ORDERS)
async def test_given_bad_order_when_sent_then_recorded_body(
    rig: Rig, fields: dict[str, Any], code: str, message: str
):
    response = await rig.trader().place(**{**GOOD, **fields})

    assert body_of(response) == (400, code, message)
    assert (await rig.sim("ledger"))["orders"] == []


UNREADABLE: list[dict[str, Any]] = [
    {"side": "Buy"},
    {"orderType": "StopMarket"},
    {"quantity": 1},
    {"quantity": "1e3"},
    {"quantity": "-1"},
    {"clientId": "4242"},
    {"clientId": 4294967296},
    {"clientId": True},
    {"reduceOnly": "true"},
    {"timeInForce": "DAY"},
    {"triggerBy": "Mark", "triggerPrice": "1", "triggerQuantity": "1"},
    {"triggerPrice": "150", "triggerQuantity": "all"},
]


@pytest.mark.parametrize("fields", UNREADABLE, ids=str)
async def test_given_wrong_type_when_sent_then_parse_error(
    rig: Rig, fields: dict[str, Any]
):
    response = await rig.trader().place(**{**GOOD, "quantity": "1", **fields})

    status, code, message = body_of(response)
    assert (status, code) == (400, BAD)
    assert message.startswith("parse request payload error: failed to parse")


async def test_given_no_such_order_when_asked_or_cancelled_then_not_found(rig: Rig):
    trader = rig.trader()

    asked = await trader.call(
        "GET", "/api/v1/order", {"symbol": PERP, "orderId": "123"}
    )
    cancelled = await trader.cancel(orderId="123")

    assert body_of(asked) == (404, "RESOURCE_NOT_FOUND", "Not Found")
    assert body_of(cancelled) == (400, "RESOURCE_NOT_FOUND", "Not Found")


async def test_given_filled_order_when_asked_then_not_found(rig: Rig):
    trader = rig.trader()
    order = await trader.placed(side="Bid", quantity="1")

    response = await trader.call(
        "GET", "/api/v1/order", {"symbol": PERP, "orderId": order["id"]}
    )

    assert response.status_code == 404


async def test_given_both_ids_when_cancelling_then_refused(rig: Rig):
    response = await rig.trader().cancel(orderId="1", clientId=2)

    assert body_of(response)[2] == "Must specify either `orderId` or `clientId`"


async def test_given_order_id_as_number_when_cancelling_then_parse_error(rig: Rig):
    response = await rig.trader().cancel(orderId=123)

    assert body_of(response)[:2] == (400, BAD)


async def test_given_other_account_when_cancelling_then_not_found(rig: Rig):
    owner, stranger = rig.trader(), rig.trader()
    order = await owner.placed(side="Bid", quantity="1", price="139", orderType="Limit")

    response = await stranger.cancel(orderId=order["id"])

    assert response.status_code == 400
    assert len(await owner.get("/api/v1/orders")) == 1


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            f"klines?symbol={PERP}&interval=7m&startTime=0",
            'failed to parse parameter `interval`: failed to parse "KlineInterval": '
            "Expect a valid enumeration value.",
        ),
        (
            f"klines?symbol={PERP}&interval=1m",
            'failed to parse parameter `startTime`: Type "string" expects an input '
            "value.",
        ),
        (
            "ticker?symbol=NOPE",
            'failed to parse parameter `symbol`: failed to parse "MarketSymbol": '
            "Invalid market symbol",
        ),
        (
            f"trades?symbol={PERP}&limit=ten",
            'failed to parse parameter `limit`: failed to parse "integer": invalid '
            "digit found in string",
        ),
    ],
)
async def test_given_bad_query_when_asked_then_parameter_is_named(
    rig: Rig, path: str, message: str
):
    assert body_of(await rig.http.get(f"/api/v1/{path}")) == (400, BAD, message)


async def test_given_unknown_path_when_asked_then_404(rig: Rig):
    response = await rig.http.get("/api/v1/nothing")

    assert body_of(response) == (404, "RESOURCE_NOT_FOUND", "Not Found")


async def test_given_body_that_is_no_json_when_sent_then_400(rig: Rig):
    response = await rig.http.post("/api/v1/order", content=b"{")

    assert body_of(response)[1] == BAD


async def test_given_maintenance_when_ordering_then_503_and_status_says_so(rig: Rig):
    await rig.sim("status", status="Maintenance", message="back soon")

    ordered = await rig.trader().place(**GOOD, quantity="1")
    status = await rig.http.get("/api/v1/status")

    assert ordered.status_code == 503
    assert status.json() == {"message": "back soon", "status": "Maintenance"}


async def test_given_rate_limit_when_exceeded_then_429():
    async with running(rate_limited=True) as rig:
        path = f"/api/v1/klines?symbol={PERP}&interval=1m&startTime=1750000000"
        statuses = [(await rig.http.get(path)).status_code for _ in range(31)]
        limited = await rig.http.get(path)
        other = await rig.http.get("/api/v1/time")

    assert statuses[-1] == 429
    assert body_of(limited) == (
        *(429, "TOO_MANY_REQUESTS"),
        "You have exceeded the rate limit",
    )
    assert other.status_code == 200
