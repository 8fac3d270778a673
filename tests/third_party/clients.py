"""
Third-party Backpack clients against the simulated exchange, unmodified but for URLs.

Run by CI with the interpreter of an environment that holds ccxt and bpx-py:

    python tests/third_party/clients.py [--simulator PYTHON]

`--simulator` names the interpreter that can run `-m exitd.simulator`. One line per
call; the first call that fails ends the program with status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import importlib.metadata
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ccxt.async_support
import ccxt.pro
from bpx.account import Account
from bpx.async_.public import Public as AsyncPublic
from bpx.base.base_account import BaseAccount
from bpx.base.base_public import BasePublic
from bpx.public import Public
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PERP = "SOL/USDC:USDC"
SPOT = "SOL/USDC"
MARKET = "SOL_USDC_PERP"
DEADLINE_S = 20.0


class Failed(Exception):
    """A call did not do what its client promises."""


def keys(number: int) -> tuple[str, str]:
    """(API key, secret) of test account *number*, both base64."""
    seed = number.to_bytes(32, "big")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    raw = public.public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    return base64.b64encode(raw).decode(), base64.b64encode(seed).decode()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def judge(client: str, call: str, answer: Any, good: Callable[[Any], object]) -> Any:
    """Print one line for a call whose answer is good; end the run otherwise."""
    if not good(answer):
        raise Failed(f"{client} {call}: unexpected answer {str(answer)[:600]}")
    size = f" ({len(answer)})" if isinstance(answer, list | dict) else ""
    say(f"ok   {client:8} {call}{size}")
    return answer


async def expect(
    client: str, call: str, work: Awaitable[Any], good: Callable[[Any], object]
) -> Any:
    try:
        async with asyncio.timeout(DEADLINE_S):
            answer = await work
    except (ccxt.BaseError, TimeoutError) as exc:
        raise Failed(f"{client} {call}: {type(exc).__name__} {exc}") from exc
    return judge(client, call, answer, good)


@contextmanager
def simulator(python: str) -> Iterator[str]:
    """A simulator of its own process; yields its URL."""
    process = subprocess.Popen(
        [python, "-m", "exitd.simulator", "--port", "0", "--seed", "7"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise Failed(f"{python} -m exitd.simulator did not start")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def control(url: str, path: str, **document: Any) -> Any:
    request = urllib.request.Request(
        f"{url}/sim/{path}",
        data=json.dumps(document).encode() if document else None,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def ccxt_options(url: str, number: int) -> dict[str, Any]:
    key, secret = keys(number)
    api = {"public": url, "private": url}
    stream = url.replace("http", "ws")
    api_ws = {"ws": {"public": stream, "private": stream}}
    return {"apiKey": key, "secret": secret, "urls": {"api": {**api, **api_ws}}}


async def ccxt_market_data(client: Any) -> None:
    async def check(call: str, good: Callable[[Any], object], *args: Any) -> Any:
        return await expect("ccxt", call, getattr(client, call)(*args), good)

    await check("load_markets", lambda m: {PERP, SPOT} <= set(m))
    await check("fetch_currencies", lambda c: {"SOL", "USDC"} <= set(c))
    await check("fetch_markets", lambda m: len(m) >= 4)
    # ccxt takes the first character of the text/plain body for the time.
    await check("fetch_time", lambda t: isinstance(t, int))
    await check("fetch_status", lambda s: s["status"] == "ok")
    await check("fetch_ticker", lambda t: t["last"] > 0 and t["open"] > 0, PERP)
    await check("fetch_tickers", lambda t: PERP in t)
    await check("fetch_order_book", lambda b: b["bids"][0] < b["asks"][0], PERP)
    await check("fetch_trades", lambda t: t and t[0]["price"] > 0, PERP)
    await check("fetch_ohlcv", lambda b: len(b) > 10 and b[-1][4] > 0, PERP, "1m")
    await check("fetch_funding_rate", lambda f: f["markPrice"] > 0, PERP)
    await check("fetch_open_interest", lambda o: o["symbol"] == PERP, PERP)
    await check("fetch_funding_rate_history", lambda f: isinstance(f, list), PERP)


async def ccxt_trading(client: Any) -> None:
    async def check(
        call: str, good: Callable[[Any], object], *args: Any, name: str = ""
    ) -> Any:
        work = getattr(client, call)(*args)
        return await expect("ccxt", name or call, work, good)

    await check("fetch_balance", lambda b: b["USDC"]["free"] > 0)
    bought = await check(
        "create_order",
        lambda o: o["status"] == "closed" and o["filled"] == 1,
        *(PERP, "market", "buy", 1),
        name="create_order market",
    )
    await check(
        "fetch_positions",
        lambda p: p[0]["side"] == "long" and float(p[0]["info"]["netQuantity"]) == 1,
    )
    mark = (await client.fetch_funding_rate(PERP))["markPrice"]
    low, high = round(mark * 0.95, 2), round(mark * 1.05, 2)
    resting = await check(
        "create_order",
        lambda o: o["status"] == "open",
        *(PERP, "limit", "buy", 1, low),
        name="create_order limit",
    )
    await check(
        "create_order",
        lambda o: o["status"] == "open" and o["reduceOnly"],
        *(PERP, "limit", "sell", 1, high, {"reduceOnly": True}),
        name="create_order reduce-only limit",
    )
    stop = await check(
        "create_order",
        lambda o: o["info"]["status"] == "TriggerPending",
        *(PERP, "market", "sell", 1, None, {"triggerPrice": low, "reduceOnly": True}),
        name="create_order trigger",
    )
    await check("fetch_open_orders", lambda o: len(o) == 3, PERP)
    await check("fetch_open_order", lambda o: o["id"], resting["id"], PERP)
    await check("cancel_order", lambda o: o["status"] == "canceled", stop["id"], PERP)
    await check("cancel_all_orders", lambda o: len(o) == 2, PERP)
    await check("fetch_open_orders", lambda o: o == [], PERP, name="none are open")
    every = await check("fetch_orders", lambda o: len(o) >= 4, PERP)
    closed = [order for order in every if order["status"] == "closed"]
    judge("ccxt", "closed orders", closed, lambda o: o[0]["id"] == bought["id"])
    mine = await check("fetch_my_trades", lambda t: t and t[0]["price"] > 0, PERP)
    assert mine[0]["order"] == bought["id"]
    await check(
        "create_orders",
        lambda o: len(o) == 2,
        [
            {"symbol": PERP, "type": "limit", "side": "buy", "amount": 1, "price": low},
            {"symbol": PERP, "type": "limit", "side": "buy", "amount": 2, "price": low},
        ],
    )
    await check("cancel_all_orders", lambda o: len(o) == 2, PERP, name="cancel batch")
    await check(
        "create_order",
        lambda o: o["status"] == "closed" and o["filled"] == 1,
        *(PERP, "market", "sell", 1, None, {"reduceOnly": True}),
        name="create_order close",
    )
    await check("fetch_positions", lambda p: p == [], name="flat")
    await check("fetch_funding_history", lambda f: isinstance(f, list), PERP)


async def ccxt_errors(client: Any) -> None:
    """A refusal arrives as the exception that ccxt has for it."""
    try:
        await client.create_order(PERP, "market", "sell", 1, None, {"reduceOnly": True})
    except ccxt.BaseError as exc:
        judge("ccxt", "refused reduce-only", str(exc), lambda m: "not reduced" in m)
    else:
        raise Failed("ccxt: a reduce-only order without a position was taken")


async def ccxt_streams(client: Any, url: str) -> None:
    async def check(call: str, good: Callable[[Any], object], *args: Any) -> Any:
        return await expect("ccxt.pro", call, getattr(client, call)(*args), good)

    await check("watch_ticker", lambda t: t["last"] > 0, PERP)
    await check("watch_bids_asks", lambda t: t[PERP]["bid"] < t[PERP]["ask"], [PERP])
    await check("watch_order_book", lambda b: b["bids"][0] < b["asks"][0], PERP)
    await check("watch_trades", lambda t: t and t[0]["price"] > 0, PERP)
    await check("watch_ohlcv", lambda b: b and b[-1][4] > 0, PERP, "1m")
    orders = asyncio.ensure_future(client.watch_orders(PERP))
    positions = asyncio.ensure_future(client.watch_positions([PERP]))
    wanted = "account.positionUpdate.SOL_USDC_PERP"
    while wanted not in (await asyncio.to_thread(control, url, "state"))["streams"]:
        pass
    await client.create_order(PERP, "market", "buy", 1)
    await expect("ccxt.pro", "watch_orders", orders, lambda o: o[0]["symbol"] == PERP)
    await expect(
        "ccxt.pro", "watch_positions", positions, lambda p: p[0]["symbol"] == PERP
    )


def bpx_calls(url: str) -> None:
    BasePublic.BASE_URL = f"{url}/"
    BaseAccount.BPX_API_URL = f"{url}/"
    public, account = Public(), Account(*keys(3))

    def check(call: str, answer: Any, good: Callable[[Any], object]) -> Any:
        return judge("bpx-py", call, answer, good)

    marks = asyncio.run(AsyncPublic().get_all_mark_prices(MARKET))
    check("get_all_mark_prices", marks, lambda m: float(m[0]["markPrice"]) > 0)
    start = int(time.time()) - 3_600
    check("get_time", int(public.get_time()), lambda t: t > 1_700_000_000_000)
    check("get_ping", public.get_ping(), lambda p: p == "pong")
    check("get_status", public.get_status(), lambda s: s["status"] == "Ok")
    check("get_assets", public.get_assets(), lambda a: a[0]["symbol"])
    check("get_markets", public.get_markets(), lambda m: len(m) >= 4)
    check("get_ticker", public.get_ticker(MARKET), lambda t: t["lastPrice"])
    check("get_tickers", public.get_tickers(), lambda t: len(t) >= 4)
    check("get_depth", public.get_depth(MARKET), lambda d: d["asks"] and d["bids"])
    check("get_klines", public.get_klines(MARKET, "1m", start), lambda k: k[0]["close"])
    check("get_open_interest", public.get_open_interest(MARKET), lambda o: len(o) == 1)
    check("get_recent_trades", public.get_recent_trades(MARKET), lambda t: t[0]["id"])
    check("get_account", account.get_account(), lambda a: a["futuresTakerFee"])
    check("get_balances", account.get_balances(), lambda b: b["USDC"]["available"])
    check("get_collateral", account.get_collateral(), lambda c: c["netEquity"])
    check("get_open_positions", account.get_open_positions(), lambda p: p == [])

    def order(side: str, kind: str, **more: Any) -> Any:
        return account.execute_order(MARKET, side, kind, **more)

    bought = order("Bid", "Market", quantity="2", client_id=11)
    check("execute_order market", bought, lambda o: o["status"] == "Filled")
    held = account.get_open_positions()
    check("get_open_positions", held, lambda p: p[0]["netQuantity"] == "2")
    low = f"{float(held[0]['markPrice']) * 0.95:.2f}"
    limit = order("Bid", "Limit", quantity="1", price=low, time_in_force="GTC")
    check("execute_order limit", limit, lambda o: o["status"] == "New")
    stop = order(
        "Ask",
        "Market",
        quantity="2",
        reduce_only=True,
        trigger_price=low,
        trigger_quantity="2",
    )
    check("execute_order trigger", stop, lambda o: o["status"] == "TriggerPending")
    found = account.get_open_order(MARKET, order_id=limit["id"])
    check("get_open_order", found, lambda o: o["id"] == limit["id"])
    resting = account.get_open_orders(symbol=MARKET)
    check("get_open_orders", resting, lambda o: len(o) == 2)
    gone = account.cancel_order(MARKET, order_id=limit["id"])
    check("cancel_order", gone, lambda o: o["status"] == "Cancelled")
    check("cancel_all_orders", account.cancel_all_orders(MARKET), lambda o: len(o) == 1)
    closed = order("Ask", "Market", quantity="2", reduce_only=True)
    check("execute_order reduce-only", closed, lambda o: o["status"] == "Filled")
    check("get_order_history", account.get_order_history(), lambda o: len(o) == 4)
    check("get_fill_history", account.get_fill_history(), lambda f: len(f) >= 2)
    funding = account.get_funding_payments()
    check("get_funding_payments", funding, lambda f: isinstance(f, list))


async def run_ccxt(url: str) -> None:
    client = ccxt.async_support.backpack(ccxt_options(url, 1))
    stream = ccxt.pro.backpack(ccxt_options(url, 2))
    try:
        await ccxt_market_data(client)
        await ccxt_trading(client)
        await ccxt_errors(client)
        await ccxt_streams(stream, url)
    finally:
        await client.close()
        await stream.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulator", default=sys.executable, metavar="PYTHON")
    chosen = parser.parse_args()
    say(f"ccxt {ccxt.__version__}, bpx-py {importlib.metadata.version('bpx-py')}")
    try:
        with simulator(chosen.simulator) as url:
            asyncio.run(run_ccxt(url))
            bpx_calls(url)
    except Failed as failure:
        say(f"FAIL {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
