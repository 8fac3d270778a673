"""The simulator as a process, and its control API's manners."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

from exitd.errors import ConfigurationError
from exitd.simulator.control import CONTROLS
from exitd.simulator.faults import REQUEST_FAULTS, STREAM_FAULTS
from exitd.simulator.gateway import Gateway
from exitd.simulator.quirks import Quirks
from exitd.simulator.serve import serve
from simulator.rig import DEADLINE_S, Rig

PERP = "SOL_USDC_PERP"


DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


def test_given_switches_faults_and_controls_when_documented_then_none_is_missing():
    switches = [field.name for field in msgspec.structs.fields(Quirks)]
    names = [*switches, *REQUEST_FAULTS, *STREAM_FAULTS]
    paths = {path for _, path in CONTROLS}

    # Names that share their beginning are listed once, with the endings after it.
    shared = {"cancel_unknown_code", "cancel_unknown_message"}
    missing = [name for name in names if f"`{name}`" not in DOCUMENT]
    assert set(missing) == shared
    assert [path for path in paths if path not in DOCUMENT] == []


async def started(*options: str) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "exitd.simulator", "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(4 * DEADLINE_S):
        url = (await process.stdout.readline()).decode().strip()
    return process, url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_given_process_when_signalled_then_ends_cleanly(number: signal.Signals):
    process, url = await started("--seed", "7", "--quirk", "batch_max=3")
    async with httpx.AsyncClient(base_url=url) as http:
        state = (await http.get("/sim/state")).json()
        quirks = (await http.get("/sim/quirks")).json()

        process.send_signal(number)
        async with asyncio.timeout(DEADLINE_S):
            status = await process.wait()

    assert (state["seed"], quirks["batch_max"]) == (7, 3)
    assert status == 0


async def test_given_bad_script_when_started_then_one_sentence_and_status_2():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "exitd.simulator", "--script", "none.yaml"),
        stderr=asyncio.subprocess.PIPE,
    )

    async with asyncio.timeout(4 * DEADLINE_S):
        _, said = await process.communicate()

    assert process.returncode == 2
    assert said.decode().startswith("none.yaml: cannot be read")


async def test_given_port_in_use_when_started_then_error_names_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(ConfigurationError, match="--port"):
            await serve(port=taken.getsockname()[1])


async def test_given_book_by_hand_when_taken_then_it_stays_taken(rig: Rig):
    trader = rig.trader()
    await rig.sim("book", symbol=PERP, bids=[["139", "1"]], asks=[["141", "2"]])

    order = await trader.placed(side="Bid", quantity="3")
    rig.exchange.beat()
    depth = (await rig.http.get(f"/api/v1/depth?symbol={PERP}")).json()

    assert (order["status"], order["executedQuantity"]) == ("Expired", "2")
    assert depth["asks"] == []
    await rig.sim("prices", symbol=PERP, last="140")
    depth = (await rig.http.get(f"/api/v1/depth?symbol={PERP}")).json()
    assert len(depth["asks"]) == 10


async def test_given_book_by_hand_when_it_crosses_a_user_then_they_trade(rig: Rig):
    trader = rig.trader()
    order = await trader.placed(
        side="Ask", quantity="2", price="142", orderType="Limit"
    )

    await rig.sim("book", symbol=PERP, bids=[["143", "1"]], asks=[["144", "1"]])

    history = await trader.get("/wapi/v1/history/orders", orderId=order["id"])
    assert history[0]["executedQuantity"] == "1"


async def test_given_resting_order_when_passed_by_then_part_of_it_fills(rig: Rig):
    trader = rig.trader()
    order = await trader.placed(
        side="Ask", quantity="2", price="142", orderType="Limit", clientId=3
    )

    filled = await rig.sim("fill", api_key=trader.key, client_id=3, quantity="0.5")
    rest = await rig.sim("fill", api_key=trader.key, order_id=order["id"])

    assert (filled["status"], filled["executedQuantity"]) == ("PartiallyFilled", "0.5")
    assert (rest["status"], rest["executedQuantity"]) == ("Filled", "2")
    fills = await trader.get("/wapi/v1/history/fills")
    assert [fill["isMaker"] for fill in fills] == [True, True]


@pytest.mark.parametrize(
    ("peer", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403), (None, 403)],
)
async def test_given_peer_when_control_is_asked_then_only_this_host(
    rig: Rig, peer: str | None, status: int
):
    gateway = Gateway(rig.exchange, lambda address: None)
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/sim/state",
        "headers": [],
        "query_string": b"",
        "client": peer and (peer, 1),
    }
    await gateway(scope, receive, send)

    assert sent[0]["status"] == status


async def test_given_market_state_when_set_then_listed_and_obeyed(rig: Rig):
    await rig.sim("market-state", symbol=PERP, state="LimitOnly")

    market = (await rig.http.get(f"/api/v1/market?symbol={PERP}")).json()
    response = await rig.trader().place(side="Bid", quantity="1")

    assert market["orderBookState"] == "LimitOnly"
    assert response.status_code == 400


async def test_given_deposit_when_made_then_in_the_balance(rig: Rig):
    trader = rig.trader()

    balances = await rig.sim("deposit", api_key=trader.key, asset="USDC", amount="-1")

    assert balances["USDC"] == "999999"


async def test_given_paused_path_when_beating_then_prices_stand(rig: Rig):
    rig.exchange.beat()

    assert (await rig.sim("path", paused=False)) == {"paused": False, "elapsed_ms": 0}
    rig.exchange.beat()
    assert (await rig.sim("path", paused=True))["elapsed_ms"] >= 1_000


async def test_given_orders_when_listed_then_of_all_accounts_or_one(rig: Rig):
    one, two = rig.trader(), rig.trader()
    for trader in (one, two):
        await trader.placed(side="Bid", quantity="1", price="139", orderType="Limit")
        await trader.placed(side="Bid", quantity="1")

    everybody = await rig.sim("orders")
    mine = await rig.http.get("/sim/fills", params={"api_key": one.key})

    assert {order["apiKey"] for order in everybody} == {one.key, two.key}
    assert [fill["apiKey"] for fill in mine.json()] == [one.key]


@pytest.mark.parametrize(
    ("path", "document", "named"),
    [
        ("prices", {"symbol": "NOPE", "mark": "1"}, "NOPE"),
        ("prices", {"symbol": PERP, "mark": "high"}, "mark"),
        ("positions", {"symbol": PERP, "net_quantity": "1"}, "api_key"),
        ("book", {"symbol": PERP, "bids": [["139"]]}, "bids"),
        ("market-state", {"symbol": PERP, "state": "Ajar"}, "state"),
        ("sockets", {"action": "stroke"}, "action"),
        ("liquidation", {"api_key": "k", "symbol": PERP, "kind": "x"}, "kind"),
    ],
)
async def test_given_bad_control_request_when_sent_then_400_names_the_field(
    rig: Rig, path: str, document: dict[str, object], named: str
):
    async with rig.listen():
        await rig.until(lambda: rig.exchange.hub.sessions)
        response = await rig.http.post(f"/sim/{path}", json=document)

    assert response.status_code == 400
    assert named in response.json()["message"]
