"""Every fault: what the client sees, and what the engine knows."""

import asyncio
import time
from typing import Any

import httpx
import pytest
import websockets

from simulator.rig import DEADLINE_S, Rig, running

PERP = "SOL_USDC_PERP"
ORDER = {"method": "POST", "path": "/api/v1/order"}


async def accepted(rig: Rig) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = (await rig.sim("ledger"))["orders"]
    return orders


async def test_given_lost_request_when_sent_then_cut_and_never_executed(rig: Rig):
    await rig.sim("faults", kind="lost_request", **ORDER)
    trader = rig.trader()

    with pytest.raises(httpx.RemoteProtocolError):
        await trader.place(side="Bid", quantity="1")

    assert await accepted(rig) == []
    assert (await trader.place(side="Bid", quantity="1")).status_code == 200


async def test_given_lost_reply_when_sent_then_cut_but_executed(rig: Rig):
    await rig.sim("faults", kind="lost_reply", **ORDER)
    trader = rig.trader()

    with pytest.raises(httpx.RemoteProtocolError):
        await trader.place(side="Bid", quantity="1", clientId=4242)

    (order,) = await accepted(rig)
    assert (order["clientId"], order["status"]) == (4242, "Filled")
    assert [fill["quantity"] for fill in order["fills"]] == ["1"]


async def test_given_delay_when_client_gives_up_then_executed_later(rig: Rig):
    await rig.sim("faults", kind="delay", delay_ms=80, **ORDER)
    trader = rig.trader()
    body = {"symbol": PERP, "orderType": "Market", "side": "Bid", "quantity": "1"}
    headers = trader.headers("POST", "/api/v1/order", body)

    with pytest.raises(httpx.ReadTimeout):
        await rig.http.post("/api/v1/order", json=body, headers=headers, timeout=0.02)

    assert await accepted(rig) == []
    await rig.until(lambda: rig.exchange.state.open_account(trader.key).orders)
    assert len(await accepted(rig)) == 1


@pytest.mark.parametrize(("check", "status"), [("arrival", 200), ("execution", 400)])
async def test_given_queue_longer_than_window_when_executed_then_quirk_decides(
    check: str, status: int
):
    async with running(quirks={"window_check": check}) as rig:
        await rig.sim("faults", kind="delay", delay_ms=60, **ORDER)
        trader = rig.trader()
        trader.window_ms = 50

        response = await trader.place(side="Bid", quantity="1")

        assert response.status_code == status
        assert len(await accepted(rig)) == (status == 200)
        if status == 400:
            assert response.json()["message"] == "Request has expired"


@pytest.mark.parametrize("retry_after", [None, 3])
async def test_given_429_when_sent_then_body_and_header(
    rig: Rig, retry_after: int | None
):
    await rig.sim("faults", kind="too_many_requests", retry_after_s=retry_after)

    response = await rig.trader().place(side="Bid", quantity="1")

    assert response.status_code == 429
    assert response.json()["code"] == "TOO_MANY_REQUESTS"
    wanted = None if retry_after is None else str(retry_after)
    assert response.headers.get("Retry-After") == wanted
    assert await accepted(rig) == []


@pytest.mark.parametrize(
    ("kind", "executed"), [("error_before", 0), ("error_after", 1)]
)
async def test_given_500_when_sent_then_executed_only_after(
    rig: Rig, kind: str, executed: int
):
    await rig.sim("faults", kind=kind, **ORDER)

    response = await rig.trader().place(side="Bid", quantity="1")

    assert response.status_code == 500
    assert response.json()["code"] == "SERVER_ERROR"
    assert len(await accepted(rig)) == executed


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ("service_unavailable", "SERVICE_UNAVAILABLE"),
        ("maintenance", "MAINTENANCE"),
        ("text", None),
        ("empty", None),
    ],
)
async def test_given_503_when_sent_then_body_of_the_quirk(shape: str, code: str | None):
    async with running(quirks={"unavailable_body": shape}) as rig:
        await rig.sim("faults", kind="unavailable", **ORDER)

        response = await rig.trader().place(side="Bid", quantity="1")

    assert response.status_code == 503
    if code is not None:
        assert response.json()["code"] == code
    else:
        assert response.text == ("Service Unavailable" if shape == "text" else "")


async def test_given_refusals_by_symbol_when_ordering_then_only_that_symbol(rig: Rig):
    await rig.sim(
        "faults",
        kind="refuse",
        symbol=PERP,
        count=2,
        status=400,
        code="INSUFFICIENT_MARGIN",
        message="Insufficient margin",
        **ORDER,
    )
    trader = rig.trader()

    other = await trader.place(symbol="ETH_USDC_PERP", side="Bid", quantity="1")
    refused = [await trader.place(side="Bid", quantity="1") for _ in range(2)]
    taken = await trader.place(side="Bid", quantity="1")

    assert (other.status_code, taken.status_code) == (200, 200)
    assert [response.json()["code"] for response in refused] == (
        ["INSUFFICIENT_MARGIN"] * 2
    )
    assert (await rig.sim("faults"))["faults"] == []


async def test_given_slow_reply_when_executed_then_known_before_the_answer(rig: Rig):
    await rig.sim("faults", kind="slow_reply", delay_ms=5_000, **ORDER)
    trader = rig.trader()

    slow = asyncio.create_task(trader.place(side="Bid", quantity="1"))
    await rig.until(lambda: rig.exchange.state.open_account(trader.key).orders)

    assert not slow.done()
    slow.cancel()
    await asyncio.wait({slow})


async def test_given_202_when_cancelling_then_empty_and_done_later(rig: Rig):
    trader = rig.trader()
    order = await trader.placed(
        side="Bid", quantity="1", price="139", orderType="Limit"
    )
    await rig.sim("faults", kind="accepted_202", delay_ms=30)

    response = await trader.cancel(orderId=order["id"])

    assert (response.status_code, response.content) == (202, b"")
    assert len(await trader.get("/api/v1/orders")) == 1
    account = rig.exchange.state.open_account(trader.key)
    await rig.until(lambda: not account.open_orders)


async def test_given_history_lag_when_asked_then_newest_rows_are_missing(rig: Rig):
    trader = rig.trader()
    await rig.sim("faults", kind="history_lag", delay_ms=60_000)
    await trader.placed(side="Bid", quantity="1")

    hidden = await trader.get("/wapi/v1/history/fills")
    hidden_orders = await trader.get("/wapi/v1/history/orders")
    await rig.http.delete("/sim/faults")
    shown = await trader.get("/wapi/v1/history/fills")

    assert (hidden, hidden_orders) == ([], [])
    assert len(shown) == 1


async def test_given_position_lag_when_asked_then_position_of_before(rig: Rig):
    trader = rig.trader()
    await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity="3")
    rig.exchange.clock.set_skew(40_000)
    await rig.sim("faults", kind="position_lag", delay_ms=20_000)
    trader.window_ms = 60_000
    await trader.placed(side="Ask", quantity="3", reduceOnly=True)

    late = await trader.get("/api/v1/position")
    await rig.http.delete("/sim/faults")
    now = await trader.get("/api/v1/position")

    assert [row["netQuantity"] for row in late] == ["3"]
    assert now == []


async def test_given_late_stream_when_moving_then_other_streams_overtake(rig: Rig):
    await rig.sim("faults", kind="late", stream="markPrice", delay_ms=50)
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}", f"trade.{PERP}")

        await rig.sim("prices", symbol=PERP, mark="150")
        await rig.sim("prices", symbol=PERP, last="150")

        kinds = [(await listener.next())["data"]["e"] for _ in range(2)]

    assert kinds == ["trade", "markPrice"]


async def test_given_silence_on_one_stream_when_moving_then_others_speak(rig: Rig):
    await rig.sim("faults", kind="silence", stream="markPrice", symbol=PERP)
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}", f"trade.{PERP}")

        await rig.sim("prices", symbol=PERP, mark="150", last="150")
        heard = await listener.next()
        await rig.http.delete("/sim/faults")
        await rig.sim("prices", symbol=PERP, mark="151")
        after = await listener.until(e="markPrice")

    assert heard["stream"] == f"trade.{PERP}"
    assert after["p"] == "151"


async def test_given_duplicate_when_moving_then_the_same_frame_twice(rig: Rig):
    await rig.sim("faults", kind="duplicate", stream="markPrice")
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")

        await rig.sim("prices", symbol=PERP, mark="150")

        assert await listener.next() == await listener.next()


async def test_given_out_of_order_when_moving_then_later_frame_first(rig: Rig):
    await rig.sim("faults", kind="out_of_order", stream="markPrice")
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")
        for mark in ("150", "151"):
            await rig.sim("prices", symbol=PERP, mark=mark)

        marks = [(await listener.next())["data"]["p"] for _ in range(2)]

    assert marks == ["151", "150"]


async def test_given_garbage_when_moving_then_half_a_frame_first(rig: Rig):
    await rig.sim("faults", kind="garbage", stream="markPrice")
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")
        await rig.sim("prices", symbol=PERP, mark="150")

        async with asyncio.timeout(DEADLINE_S):
            half = await listener.socket.recv()
        whole = await listener.next()

    assert not str(half).endswith("}}")
    assert whole["data"]["p"] == "150"


@pytest.mark.parametrize(("action", "has_frame"), [("drop", False), ("close", True)])
async def test_given_sockets_when_cut_then_clients_learn_it(
    rig: Rig, action: str, has_frame: bool
):
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")

        assert await rig.sim("sockets", action=action) == {"sockets": 1}
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await listener.next()

    assert (closed.value.rcvd is not None) is has_frame
    await rig.until(lambda: not rig.exchange.hub.sessions)


async def test_given_two_sockets_when_private_one_is_dropped_then_other_lives(rig: Rig):
    trader = rig.trader()
    async with rig.listen() as private, rig.listen() as public:
        await private.subscribe("account.orderUpdate", by=trader)
        await public.subscribe(f"markPrice.{PERP}")

        await rig.sim("sockets", action="drop", stream="account.")
        with pytest.raises(websockets.ConnectionClosed):
            await private.next()
        await rig.sim("prices", symbol=PERP, mark="150")

        assert (await public.next())["data"]["p"] == "150"


async def test_given_frozen_peer_when_pinged_then_no_answer_until_thawed(rig: Rig):
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")
        await rig.sim("sockets", action="freeze")
        await rig.sim("prices", symbol=PERP, mark="150")

        pong = await listener.socket.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(pong), 0.05)
        await rig.sim("sockets", action="thaw")

        async with asyncio.timeout(DEADLINE_S):
            await pong
        assert (await listener.next())["data"]["p"] == "150"


async def test_given_garbage_action_when_sent_then_text_as_given(rig: Rig):
    async with rig.listen() as listener:
        await listener.subscribe()
        await rig.sim("sockets", action="garbage", text="<html>")

        async with asyncio.timeout(DEADLINE_S):
            assert await listener.socket.recv() == "<html>"


async def test_given_flood_when_subscribed_then_all_frames_arrive(rig: Rig):
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")

        flooding = asyncio.create_task(
            rig.sim("flood", symbol=PERP, frames=3_000, low="139", high="141")
        )
        marks = [(await listener.next())["data"]["p"] for _ in range(3_000)]
        answer = await flooding

    assert answer["frames"] == 3_000
    assert set(marks) == {"139", "141"}


async def test_given_fault_for_one_key_when_others_trade_then_untouched(rig: Rig):
    unlucky, lucky = rig.trader(), rig.trader()
    await rig.sim("faults", kind="error_before", api_key=unlucky.key)

    statuses = [
        (await who.place(side="Bid", quantity="1")).status_code
        for who in (lucky, unlucky)
    ]

    assert statuses == [200, 500]


async def test_given_unknown_fault_when_put_up_then_message_names_the_remedy(rig: Rig):
    response = await rig.http.post("/sim/faults", json={"kind": "earthquake"})

    assert response.status_code == 400
    assert "docs/simulator.md" in response.json()["message"]


async def test_given_clock_when_skewed_then_time_and_frames_follow(rig: Rig):
    await rig.sim("clock", skew_ms=-3_600_000)

    server_ms = int((await rig.http.get("/api/v1/time")).text)

    assert abs(server_ms + 3_600_000 - time.time_ns() // 1_000_000) < 5_000
