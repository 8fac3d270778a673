"""Each switch for what nobody knows, in each of its positions."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from exitd.errors import ConfigurationError
from exitd.simulator.quirks import Quirks
from simulator.rig import Rig, Trader, running

PERP = "SOL_USDC_PERP"


async def hold(rig: Rig, trader: Trader, net: str) -> None:
    await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity=net)


async def test_given_oversize_reduce_only_when_trimmed_then_closes_the_position():
    async with running(quirks={"oversize_reduce_only": "trimmed"}) as rig:
        trader = rig.trader()
        await hold(rig, trader, "1.5")

        order = await trader.placed(side="Ask", quantity="4", reduceOnly=True)

        assert (order["quantity"], order["status"]) == ("1.5", "Filled")
        (row,) = (await rig.sim("ledger"))["orders"]
        assert row["requestedQuantity"] == "4"


async def test_given_oversize_reduce_only_when_rejected_then_position_stays():
    async with running(quirks={"oversize_reduce_only": "rejected"}) as rig:
        trader = rig.trader()
        await hold(rig, trader, "1.5")

        response = await trader.place(side="Ask", quantity="4", reduceOnly=True)

        assert response.json()["message"] == "Reduce only order not reduced"
        exact = await trader.placed(side="Ask", quantity="1.5", reduceOnly=True)
        assert exact["status"] == "Filled"


async def test_given_refusal_as_error_when_not_reduced_then_its_status_and_code():
    quirks = {"reduce_only_status": 422, "reduce_only_code": "INVALID_CLIENT_REQUEST"}
    async with running(quirks=quirks) as rig:
        response = await rig.trader().place(side="Ask", quantity="1", reduceOnly=True)

        assert response.status_code == 422
        assert response.json()["code"] == "INVALID_CLIENT_REQUEST"


async def test_given_refusal_as_expiry_when_not_reduced_then_200_and_reason():
    async with running(quirks={"reduce_only_refusal": "expired"}) as rig:
        trader = rig.trader()
        async with rig.listen() as listener:
            await listener.subscribe("account.orderUpdate", by=trader)

            order = await trader.placed(side="Ask", quantity="1", reduceOnly=True)
            expired = await listener.until(e="orderExpired")

        assert (order["status"], order["executedQuantity"]) == ("Expired", "0")
        assert expired["R"] == "ReduceOnlyNotReduced"
        (row,) = await trader.get("/wapi/v1/history/orders")
        assert row["expiryReason"] == "ReduceOnlyNotReduced"


@pytest.mark.parametrize(
    ("mode", "while_open", "afterwards"),
    [
        ("accepted", 200, 200),
        ("refused_while_open", 400, 200),
        ("refused", 400, 400),
    ],
)
async def test_given_client_id_used_before_when_repeated_then_quirk_decides(
    mode: str, while_open: int, afterwards: int
):
    limit = {"side": "Bid", "quantity": "1", "price": "139", "orderType": "Limit"}
    async with running(quirks={"duplicate_client_id": mode}) as rig:
        trader = rig.trader()
        first = await trader.placed(**limit, clientId=5)
        second = await trader.place(**limit, clientId=5)
        await trader.cancel(orderId=first["id"])
        if second.status_code == 200:
            await trader.cancel(orderId=second.json()["id"])
        third = await trader.place(**limit, clientId=5)
        other = await rig.trader().place(**limit, clientId=5)

    assert (second.status_code, third.status_code) == (while_open, afterwards)
    assert other.status_code == 200


@pytest.mark.parametrize(("echo", "value"), [("echoed", True), ("null", None)])
async def test_given_reduce_only_when_filled_then_echoed_or_null(
    echo: str, value: bool | None
):
    async with running(quirks={"reduce_only_echo": echo}) as rig:
        trader = rig.trader()
        await hold(rig, trader, "1")

        order = await trader.placed(side="Ask", quantity="1", reduceOnly=True)

        assert order["reduceOnly"] is value
        assert (await rig.sim("ledger"))["orders"][0]["reduceOnly"] is True


async def test_given_batch_limit_when_exceeded_then_refused():
    order = {
        "symbol": PERP,
        "orderType": "Limit",
        "side": "Bid",
        "price": "139",
        "quantity": "1",
    }
    async with running(quirks={"batch_max": 2}) as rig:
        trader = rig.trader()

        taken = await trader.call("POST", "/api/v1/orders", [order] * 2)
        refused = await trader.call("POST", "/api/v1/orders", [order] * 3)

    assert (taken.status_code, refused.status_code) == (200, 400)


@pytest.mark.parametrize(("mode", "left"), [("each", 1), ("all", 0)])
async def test_given_batch_with_a_bad_order_when_sent_then_quirk_decides(
    mode: str, left: int
):
    order = {"symbol": PERP, "orderType": "Limit", "side": "Bid", "price": "139"}
    async with running(quirks={"batch_failure": mode}) as rig:
        trader = rig.trader()

        await trader.call(
            *("POST", "/api/v1/orders"),
            [{**order, "quantity": "1"}, {**order, "quantity": "0.001"}],
        )

        assert len(await trader.get("/api/v1/orders")) == left


async def test_given_cache_when_mark_moves_then_rest_is_stale_and_says_its_age():
    async with running(quirks={"cdn_age_s": 20}) as rig:
        path = f"/api/v1/markPrices?symbol={PERP}"
        first = await rig.http.get(path)
        await rig.sim("prices", symbol=PERP, mark="150")

        second = await rig.http.get(path)
        await rig.sim("clock", skew_ms=21_000)
        third = await rig.http.get(path)

    assert first.headers["cache-control"] == "public, s-maxage=20"
    assert "age" not in first.headers
    assert (second.json(), second.headers["age"]) == (first.json(), "0")
    assert third.json()[0]["markPrice"] == "150"


async def test_given_subscription_limit_when_exceeded_then_error_frame():
    async with (
        running(quirks={"subscriptions_max": 1}) as rig,
        rig.listen() as listener,
    ):
        await listener.subscribe(f"markPrice.{PERP}")
        await listener.send(
            '{"method": "SUBSCRIBE", "params": ["trade.SOL_USDC_PERP"]}'
        )

        frame = await listener.next()

    assert frame["error"]["code"] == 4007


@pytest.mark.parametrize(("mode", "status"), [("found", 200), ("not_found", 404)])
async def test_given_pending_trigger_when_asked_then_quirk_decides(
    mode: str, status: int
):
    async with running(quirks={"get_trigger_pending": mode}) as rig:
        trader = rig.trader()
        order = await trader.placed(side="Bid", triggerPrice="150", triggerQuantity="1")

        response = await trader.call(
            "GET", "/api/v1/order", {"symbol": PERP, "orderId": order["id"]}
        )

        assert response.status_code == status
        assert len(await trader.get("/api/v1/orders")) == 1


@pytest.mark.parametrize(("mode", "status"), [("empty", 200), ("not_found", 404)])
async def test_given_flat_account_when_position_is_asked_then_quirk_decides(
    mode: str, status: int
):
    async with running(quirks={"flat_position": mode}) as rig:
        response = await rig.trader().call("GET", "/api/v1/position", {"symbol": PERP})

    assert response.status_code == status
    if status == 404:
        assert response.json()["message"] == "Position not found"


async def test_given_unknown_order_when_cancelled_then_status_and_code_of_quirk():
    quirks = {
        "cancel_unknown_status": 404,
        "cancel_unknown_code": "INVALID_ORDER",
        "cancel_unknown_message": "Order not found",
    }
    async with running(quirks=quirks) as rig:
        response = await rig.trader().cancel(orderId="1")

    assert response.status_code == 404
    assert response.json() == {"code": "INVALID_ORDER", "message": "Order not found"}


@pytest.mark.parametrize(("mode", "left"), [("all", 0), ("resting", 1)])
async def test_given_no_order_type_when_cancelling_all_then_quirk_decides(
    mode: str, left: int
):
    async with running(quirks={"cancel_all_default": mode}) as rig:
        trader = rig.trader()
        await trader.placed(side="Bid", quantity="1", price="139", orderType="Limit")
        await trader.placed(side="Bid", triggerPrice="150", triggerQuantity="1")

        await trader.call("DELETE", "/api/v1/orders", {"symbol": PERP})

        assert len(await trader.get("/api/v1/orders")) == left


@pytest.mark.parametrize(("mode", "value"), [("integer", 7), ("string", "7")])
async def test_given_fill_when_listed_then_client_id_as_the_quirk_says(
    mode: str, value: int | str
):
    async with running(quirks={"fill_client_id": mode}) as rig:
        trader = rig.trader()
        await trader.placed(side="Bid", quantity="1", clientId=7)

        (fill,) = await trader.get("/wapi/v1/history/fills")

    assert fill["clientId"] == value


@pytest.mark.parametrize(
    ("mode", "has_open"), [("included", True), ("left_out", False)]
)
async def test_given_running_bar_when_klines_are_asked_then_quirk_decides(
    mode: str, has_open: bool
):
    async with running(quirks={"open_kline": mode}) as rig:
        now_s = rig.exchange.clock.now_us() // 1_000_000
        response = await rig.http.get(
            f"/api/v1/klines?symbol={PERP}&interval=1d&startTime={now_s - 86_400}"
        )

    now = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert any(bar["end"] > now for bar in response.json()) is has_open


async def test_given_several_positions_when_array_quirk_then_one_snapshot():
    async with running(quirks={"position_snapshot": "array"}) as rig:
        trader = rig.trader()
        await hold(rig, trader, "1")
        await rig.sim(
            "positions", api_key=trader.key, symbol="ETH_USDC_PERP", net_quantity="-1"
        )
        async with rig.listen() as listener:
            await listener.subscribe("account.positionUpdate", by=trader)

            frame = await listener.next()

    assert sorted(row["q"] for row in frame["data"]) == ["-1", "1"]


async def test_given_numbers_quirk_when_position_moves_then_json_numbers():
    async with running(quirks={"position_numbers": "numbers"}) as rig:
        trader = rig.trader()
        async with rig.listen() as listener:
            await listener.subscribe("account.positionUpdate", by=trader)
            await hold(rig, trader, "1.5")

            data = await listener.until(e="positionOpened")

    assert (data["q"], data["B"], data["f"]) == (1.5, 140, 0.02)


@pytest.mark.parametrize(("mode", "is_same"), [("lifetime", False), ("symbol", True)])
async def test_given_two_lifetimes_when_compared_then_ids_as_the_quirk_says(
    mode: str, is_same: bool
):
    async with running(quirks={"position_id": mode}) as rig:
        trader = rig.trader()
        ids = []
        for _ in range(2):
            await hold(rig, trader, "1")
            ids.append((await trader.get("/api/v1/position"))[0]["positionId"])
            await hold(rig, trader, "0")

    assert (ids[0] == ids[1]) is is_same


@pytest.mark.parametrize(("mode", "frames"), [("silent", 0), ("adjusted", 1)])
async def test_given_mark_that_drifts_when_holding_then_quirk_decides(
    mode: str, frames: int
):
    async with running(quirks={"mark_drift": mode}) as rig:
        trader = rig.trader()
        await hold(rig, trader, "1")
        async with rig.listen() as listener:
            await listener.subscribe("account.positionUpdate", by=trader)
            await rig.sim("prices", symbol=PERP, mark="150")
            await hold(rig, trader, "0")

            await listener.until(e="positionClosed")

    adjusted = [
        frame
        for frame in listener.frames
        if frame.get("data", {}).get("e") == "positionAdjusted"
    ]
    assert [frame["data"]["P"] for frame in adjusted] == ["10"] * frames


@pytest.mark.parametrize("key", ["R", "er"])
@pytest.mark.parametrize(
    ("case", "reason"),
    [("pascal", "ImmediateOrCancel"), ("upper_snake", "IMMEDIATE_OR_CANCEL")],
)
async def test_given_expiry_when_told_then_letter_and_case_of_the_quirks(
    key: str, case: str, reason: str
):
    quirks = {"expiry_reason_key": key, "expiry_reason_case": case}
    async with running(quirks=quirks) as rig:
        trader = rig.trader()
        async with rig.listen() as listener:
            await listener.subscribe("account.orderUpdate", by=trader)
            await trader.placed(
                *(),
                side="Bid",
                quantity="1",
                price="139",
                orderType="Limit",
                timeInForce="IOC",
            )

            expired = await listener.until(e="orderExpired")

    assert expired[key] == reason


@pytest.mark.parametrize(("mode", "kind"), [("string", str), ("integer", int)])
async def test_given_related_order_when_told_then_type_of_the_quirk(
    mode: str, kind: type
):
    async with running(quirks={"related_order_type": mode}) as rig:
        trader = rig.trader()
        await hold(rig, trader, "1")
        async with rig.listen() as listener:
            await listener.subscribe("account.orderUpdate", by=trader)
            await trader.placed(
                side="Ask", triggerPrice="130", triggerQuantity="1", reduceOnly=True
            )
            await rig.sim("prices", symbol=PERP, last="129")

            accepted = await listener.until(e="orderAccepted")

    assert isinstance(accepted["I"], kind)


@pytest.mark.parametrize(
    ("mode", "linked"), [("related_order_id", True), ("none", False)]
)
async def test_given_attached_exit_when_it_appears_then_linked_by_the_quirk(
    mode: str, linked: bool
):
    async with running(quirks={"attached_link": mode}) as rig:
        trader = rig.trader()
        entry = await trader.placed(
            side="Bid", quantity="1", stopLossTriggerPrice="130"
        )

        (stop,) = await trader.get("/api/v1/orders")

    assert (stop["relatedOrderId"] == entry["id"]) is linked


async def test_given_quirks_when_set_through_control_then_the_others_stay(rig: Rig):
    changed = await rig.sim("quirks", oversize_reduce_only="rejected")

    assert changed["oversize_reduce_only"] == "rejected"
    expected = msgspec.structs.asdict(Quirks(oversize_reduce_only="rejected"))
    assert await rig.sim("quirks") == expected


@pytest.mark.parametrize(
    "change", [{"no_such_switch": 1}, {"mark_drift": "loud"}], ids=str
)
def test_given_unknown_switch_or_value_when_set_then_error_names_it(
    change: dict[str, Any],
):
    with pytest.raises(ConfigurationError, match=r"docs/simulator\.md"):
        Quirks().changed(change)
