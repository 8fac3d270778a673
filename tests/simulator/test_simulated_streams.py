"""The WebSocket: subscriptions, public and private frames, errors."""

import asyncio
import json
from typing import Any

import pytest
import websockets

from simulator.rig import DEADLINE_S, Rig, running

PERP = "SOL_USDC_PERP"


async def test_given_success_when_subscribing_then_no_reply_but_data(rig: Rig):
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}", f"trade.{PERP}")

        await rig.sim("prices", symbol=PERP, mark="141.5", index="141", last="142")

        first, second = await listener.next(), await listener.next()

    # The error of the barrier came first; after it, only data.
    assert [sorted(frame) for frame in (first, second)] == [["data", "stream"]] * 2
    assert {first["stream"], second["stream"]} == {f"markPrice.{PERP}", f"trade.{PERP}"}


async def test_given_mark_stream_when_mark_moves_then_every_field(rig: Rig):
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")
        await rig.sim("prices", symbol=PERP, mark="98.94", index="98.94998504")

        data = await listener.until(p="98.94")

    assert set(data) == {"E", "T", "e", "f", "i", "n", "p", "s"}
    assert data["i"] == "98.94998504"
    assert len(str(data["E"])) == 16
    assert len(str(data["n"])) == 13


async def test_given_last_price_when_set_then_trade_book_and_depth(rig: Rig):
    async with rig.listen() as listener:
        streams = [f"trade.{PERP}", f"bookTicker.{PERP}", f"depth.{PERP}"]
        await listener.subscribe(*streams)

        await rig.sim("prices", symbol=PERP, last="142")

        trade = await listener.until(e="trade", p="142")
        top = await listener.until(e="bookTicker")
        depth = await listener.until(e="depth")
        await rig.sim("prices", symbol=PERP, last="143")
        following = await listener.until(e="depth")

    assert (top["b"], top["a"]) == ("141.99", "142.01")
    assert {"E", "T", "e", "s", "p", "q", "b", "a", "t", "m"} == set(trade)
    assert isinstance(trade["t"], int)
    assert following["U"] == depth["u"] + 1


async def test_given_market_order_when_filled_then_trade_names_both_orders(rig: Rig):
    trader = rig.trader()
    async with rig.listen() as listener:
        await listener.subscribe(f"trade.{PERP}")
        order = await trader.placed(side="Bid", quantity="1")

        trade = await listener.until(b=order["id"])

    assert trade["m"] is False
    assert trade["a"] != order["id"]


async def test_given_kline_stream_when_a_second_ends_then_closed_bar():
    async with running() as rig, rig.listen() as listener:
        await listener.subscribe(f"kline.1s.{PERP}")
        await rig.sim("prices", symbol=PERP, last="142")

        bar = await listener.until(e="kline", X=True)
        empty = await listener.until(e="kline", X=True, n=0)

    assert set(bar) == {*"EtTochlvnsXe"}
    assert bar["t"][10] == "T"
    assert bar["t"] < bar["T"]
    assert [empty[name] for name in "ohlc"] == [None] * 4


async def test_given_flat_quirk_when_bar_is_empty_then_previous_close():
    quirks = {"empty_kline": "flat"}
    async with running(quirks=quirks) as rig, rig.listen() as listener:
        await listener.subscribe(f"kline.1s.{PERP}")
        await rig.sim("prices", symbol=PERP, last="142")

        empty = await listener.until(e="kline", X=True, n=0, c="142")

    assert [empty[name] for name in "ohl"] == ["142"] * 3


async def test_given_ticker_stream_when_beating_then_last_and_volume():
    async with running(cadence_ms=20) as rig, rig.listen() as listener:
        await listener.subscribe(f"ticker.{PERP}")

        data = await listener.until(e="ticker")

    assert set(data) == {*"EVcehlnosv"}
    assert data["c"] == "140"


async def test_given_cadence_when_prices_stand_still_then_marks_keep_coming():
    async with running(cadence_ms=20) as rig, rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")

        marks = [await listener.until(e="markPrice") for _ in range(3)]

    assert marks[0]["E"] < marks[1]["E"] < marks[2]["E"]


async def test_given_private_streams_when_trigger_fires_then_whole_story(rig: Rig):
    trader = rig.trader()
    await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity="2")
    async with rig.listen() as listener:
        await listener.subscribe(f"account.orderUpdate.{PERP}", by=trader)
        placed = await trader.placed(
            side="Ask",
            triggerPrice="130",
            triggerQuantity="50%",
            triggerBy="MarkPrice",
            reduceOnly=True,
            clientId=77,
        )
        await rig.sim("prices", symbol=PERP, mark="129")

        pending = await listener.until(e="triggerPlaced")
        accepted = await listener.until(e="orderAccepted")
        filled = await listener.until(e="orderFill")

    assert (pending["i"], pending["X"]) == (placed["id"], "TriggerPending")
    assert (pending["P"], pending["B"], pending["Y"]) == ("130", "MarkPrice", "50%")
    assert (pending["q"], pending["t"], pending["c"]) == ("0", None, 77)
    assert accepted["I"] == placed["id"] != accepted["i"]
    assert (filled["l"], filled["m"], filled["N"]) == ("1", False, "USDC")
    assert (filled["r"], filled["V"]) == (True, "RejectTaker")


async def test_given_open_position_when_subscribing_then_snapshot_without_e(rig: Rig):
    trader = rig.trader()
    await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity="-2")
    async with rig.listen() as listener:
        await listener.subscribe("account.positionUpdate", by=trader)

        frame = await listener.next()

    assert frame["stream"] == "account.positionUpdate"
    assert set(frame["data"]) == {*"BEMPQTbfilmnpqs"}
    assert frame["data"]["q"] == "-2"
    assert isinstance(frame["data"]["i"], int)


async def test_given_flat_account_when_subscribing_then_nothing_is_sent(rig: Rig):
    trader = rig.trader()
    async with rig.listen() as listener:
        await listener.subscribe("account.positionUpdate", by=trader)

        await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity="1")
        frame = await listener.next()

    assert frame["data"]["e"] == "positionOpened"


async def test_given_two_accounts_when_one_trades_then_other_hears_nothing(rig: Rig):
    one, other = rig.trader(), rig.trader()
    async with rig.listen() as listener:
        await listener.subscribe("account.orderUpdate", by=other)

        await one.placed(side="Bid", quantity="1")
        await other.placed(side="Bid", quantity="2")
        accepted = await listener.next()

    assert accepted["data"]["q"] == "2"


async def test_given_liquidation_when_position_closes_then_origin_and_fill(rig: Rig):
    trader = rig.trader()
    await rig.sim("positions", api_key=trader.key, symbol=PERP, net_quantity="2")
    async with rig.listen() as listener:
        await listener.subscribe("account.orderUpdate", "liquidation", by=trader)

        await rig.sim("liquidation", api_key=trader.key, symbol=PERP, kind="adl")
        fill = await listener.until(e="orderFill")
        public = await listener.until(e="liquidation")

    assert (fill["O"], fill["z"]) == ("ADL_AUTOCLOSE", "2")
    assert public["q"] == "2"
    fills = await trader.get("/wapi/v1/history/fills", fillType="Adl")
    assert [row["systemOrderType"] for row in fills] == ["LiquidatePositionOnAdl"]


ERRORS: list[tuple[Any, int]] = [
    ({"method": "SUBSCRIBE", "params": ["nothing.SOL_USDC_PERP"]}, 4006),
    ({"method": "SUBSCRIBE", "params": ["markPrice.NOPE"]}, 4006),
    ({"method": "SUBSCRIBE", "params": ["kline.7m.SOL_USDC_PERP"]}, 4006),
    ({"method": "SUBSCRIBE", "params": ["account.orderUpdate"]}, 4003),
    (
        {
            "method": "SUBSCRIBE",
            "params": ["account.orderUpdate"],
            "signature": ["a", "b", "c", "d"],
        },
        4003,
    ),
    ({"method": "NONSENSE", "params": []}, 4000),
    ("no json", 4000),
]


@pytest.mark.parametrize(("message", "code"), ERRORS, ids=str)
async def test_given_bad_request_when_sent_then_error_frame(
    rig: Rig, message: Any, code: int
):
    text = message if isinstance(message, str) else json.dumps(message)
    async with rig.listen() as listener:
        await listener.send(text)

        frame = await listener.next()

    assert frame["id"] is None
    assert frame["error"]["code"] == code


async def test_given_signature_of_numbers_when_subscribing_then_refused(rig: Rig):
    message = json.loads(rig.trader().subscription("account.orderUpdate"))
    message["signature"][2] = int(message["signature"][2])
    async with rig.listen() as listener:
        await listener.send(json.dumps(message))

        frame = await listener.next()

    assert frame == {
        "id": None,
        "error": {"code": 4003, "message": "Invalid signature"},
    }


async def test_given_unsubscribe_when_prices_move_then_nothing_more(rig: Rig):
    async with rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}", f"bookTicker.{PERP}")
        leave = {"method": "UNSUBSCRIBE", "params": [f"markPrice.{PERP}"]}
        await listener.send(json.dumps(leave))
        await listener.subscribe()

        await rig.sim("prices", symbol=PERP, mark="150", last="151")
        frame = await listener.next()

    assert frame["stream"] == f"bookTicker.{PERP}"


async def test_given_path_when_connecting_then_refused(rig: Rig):
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"{rig.stream_url}/elsewhere")

    assert refused.value.response.status_code == 403


async def test_given_client_that_never_answers_when_pinged_then_closed():
    async with running(ping_interval_s=0.02, ping_timeout_s=0.02) as rig:
        host, port = rig.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )

        async with asyncio.timeout(DEADLINE_S):
            received = await reader.read()
        writer.close()
        await writer.wait_closed()

    _, frames = received.split(b"\r\n\r\n", 1)
    # A ping with four bytes, then a close.
    assert frames[:2] == b"\x89\x04"
    assert frames[6:7] == b"\x88"


async def test_given_server_that_stops_when_connected_then_close_frame():
    async with running() as rig:
        socket = await websockets.connect(rig.stream_url)

    with pytest.raises(websockets.ConnectionClosed) as closed:
        await socket.recv()

    assert closed.value.rcvd is not None
