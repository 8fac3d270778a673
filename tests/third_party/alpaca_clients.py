"""
Alpaca's own Python client against the simulated Alpaca, unmodified but for URLs.

Run by CI with the interpreter of an environment that holds alpaca-py:

    python tests/third_party/alpaca_clients.py [--simulator PYTHON]

`--simulator` names the interpreter that can run `-m fakes.alpaca`. One line per call;
the first call that fails ends the program with status 1.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import queue
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alpaca.common.exceptions import APIError
from alpaca.data.live import CryptoDataStream, StockDataStream
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import (
    OrderClass,
    OrderSide,
    OrderStatus,
    PositionIntent,
    QueryOrderStatus,
    TimeInForce,
)
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)
from alpaca.trading.stream import TradingStream

KEY, SECRET = "PKCLIENT", "secret-of-the-client"
DEADLINE_S = 20.0
BUY, SELL = OrderSide.BUY, OrderSide.SELL
DAY, GTC = TimeInForce.DAY, TimeInForce.GTC


class Failed(Exception):
    """A call did not do what its client promises."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def judge(call: str, answer: Any, good: Callable[[Any], object]) -> Any:
    """Print one line for a call whose answer is good; end the run otherwise."""
    if not good(answer):
        raise Failed(f"alpaca-py {call}: unexpected answer {str(answer)[:600]}")
    say(f"ok   alpaca-py {call}")
    return answer


def refused(call: str, work: Callable[[], Any], status: int, part: str) -> None:
    try:
        answer = work()
    except APIError as exc:
        judge(call, exc, lambda e: e.status_code == status and part in str(e))
        return
    raise Failed(f"alpaca-py {call}: was taken: {str(answer)[:300]}")


@contextmanager
def simulated(python: str) -> Iterator[str]:
    """A simulated Alpaca of its own process; yields its URL."""
    tests = Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        [python, "-m", "fakes.alpaca", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tests)},
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise Failed(f"{python} -m fakes.alpaca did not start")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def control(url: str, what: str, **document: Any) -> None:
    request = urllib.request.Request(
        f"{url}/sim/{what}",
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


def look(client: TradingClient, url: str) -> None:
    judge("get_account", client.get_account(), lambda a: float(a.buying_power) > 0)
    judge("get_clock", client.get_clock(), lambda c: c.is_open)
    judge("get_calendar", client.get_calendar(), lambda c: len(c) == 2)
    stocks = client.get_all_assets(GetAssetsRequest(asset_class="us_equity"))
    judge("get_all_assets", stocks, lambda a: len(a) > 5)
    judge("get_asset", client.get_asset("AAPL"), lambda a: a.fractionable)
    judge("get_all_positions", client.get_all_positions(), lambda p: p == [])
    wrong = TradingClient(KEY, "wrong", paper=True, url_override=url)
    refused("a wrong secret", wrong.get_account, 401, "not authorized")


def plain_orders(client: TradingClient, url: str) -> None:
    """Order by order: each type, what is refused, replacing and cancelling."""

    def market(**more: Any) -> MarketOrderRequest:
        terms = {"symbol": "AAPL", "side": BUY, "time_in_force": DAY, "qty": 10, **more}
        return MarketOrderRequest(**terms)

    bought = client.submit_order(market(client_order_id="first"))
    judge("submit_order market", bought, lambda o: o.status is OrderStatus.NEW)
    filled = client.get_order_by_client_id("first")
    judge("get_order_by_client_id", filled, lambda o: o.filled_avg_price == "140")
    refused(
        "a client id twice",
        lambda: client.submit_order(market(client_order_id="first")),
        422,
        "client_order_id must be unique",
    )
    part = client.submit_order(market(qty=None, notional=70))
    judge("submit_order notional", part, lambda o: o.notional == "70")
    held = client.get_open_position("AAPL")
    judge("get_open_position", held, lambda p: p.qty == "10.5" and p.side == "long")
    resting = client.submit_order(
        LimitOrderRequest(
            symbol="AAPL", side=SELL, time_in_force=GTC, qty=4, limit_price=150
        )
    )
    judge("submit_order limit", resting, lambda o: o.limit_price == "150")
    refused(
        "more than is free",
        lambda: client.submit_order(market(side=SELL, qty=7)),
        403,
        "insufficient qty available for order (requested: 7, available: 6.5)",
    )
    refused(
        "an intent that does not fit",
        lambda: client.submit_order(
            market(
                symbol="MSFT", side=SELL, position_intent=PositionIntent.SELL_TO_CLOSE
            )
        ),
        422,
        "position intent mismatch",
    )
    fresh = client.replace_order_by_id(resting.id, ReplaceOrderRequest(limit_price=151))
    judge("replace_order_by_id", fresh, lambda o: o.id != resting.id)
    old = client.get_order_by_id(resting.id)
    judge("get_order_by_id", old, lambda o: o.replaced_by == fresh.id)
    judge(
        "cancel_order_by_id", client.cancel_order_by_id(fresh.id), lambda a: a is None
    )
    refused("a cancel twice", lambda: client.cancel_order_by_id(fresh.id), 422, "state")
    missing = "00000000-0000-0000-0000-000000000001"
    refused(
        "no such order", lambda: client.cancel_order_by_id(missing), 404, "not found"
    )
    stop = client.submit_order(
        StopOrderRequest(
            symbol="AAPL", side=SELL, time_in_force=GTC, qty=2, stop_price=130
        )
    )
    judge("submit_order stop", stop, lambda o: o.stop_price == "130")
    both = client.submit_order(
        StopLimitOrderRequest(
            symbol="AAPL",
            side=SELL,
            time_in_force=GTC,
            qty=2,
            stop_price=129,
            limit_price=128,
        )
    )
    judge("submit_order stop_limit", both, lambda o: o.type == "stop_limit")
    trail = client.submit_order(
        TrailingStopOrderRequest(
            symbol="AAPL", side=SELL, time_in_force=GTC, qty=2, trail_percent=5
        )
    )
    judge("submit_order trailing_stop", trail, lambda o: o.hwm == "140")
    control(url, "price", symbol="AAPL", price="160")
    control(url, "price", symbol="AAPL", price="151.9")
    gone = client.get_order_by_id(trail.id)
    judge("a trailing stop that was hit", gone, lambda o: o.filled_avg_price == "151.9")
    control(url, "price", symbol="AAPL", price="140")
    judge("cancel_orders", client.cancel_orders(), lambda rows: len(rows) == 2)
    open_now = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN))
    judge("get_orders open", open_now, lambda orders: orders == [])


def grouped_orders(client: TradingClient, url: str) -> None:
    """Brackets, one-cancels-other, one-triggers-other, and closing positions."""
    bracket = client.submit_order(
        MarketOrderRequest(
            symbol="SPY",
            side=BUY,
            time_in_force=GTC,
            qty=5,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=460),
            stop_loss=StopLossRequest(stop_price=440, limit_price=439),
        )
    )
    judge("submit_order bracket", bracket, lambda o: len(o.legs) == 2)
    control(url, "price", symbol="SPY", price="461")
    nested = client.get_orders(
        GetOrdersRequest(status=QueryOrderStatus.ALL, nested=True, symbols=["SPY"])
    )
    legs = judge("get_orders nested", nested, lambda orders: len(orders) == 1)[0].legs
    states = {str(leg.type.value): leg.status.value for leg in legs}
    hit = {"limit": "filled", "stop_limit": "canceled"}
    judge("a take-profit that was hit", states, lambda s: s == hit)
    client.submit_order(
        MarketOrderRequest(symbol="QQQ", side=BUY, time_in_force=DAY, qty=5)
    )
    oco = client.submit_order(
        LimitOrderRequest(
            symbol="QQQ",
            side=SELL,
            time_in_force=GTC,
            qty=5,
            limit_price=400,
            order_class=OrderClass.OCO,
            take_profit=TakeProfitRequest(limit_price=400),
            stop_loss=StopLossRequest(stop_price=370),
        )
    )
    judge("submit_order oco", oco, lambda o: o.legs[0].status is OrderStatus.HELD)
    control(url, "price", symbol="QQQ", price="369")
    other = client.get_order_by_id(oco.id)
    judge("an oco that was stopped", other, lambda o: o.status is OrderStatus.CANCELED)
    oto = client.submit_order(
        LimitOrderRequest(
            symbol="TSLA",
            side=BUY,
            time_in_force=DAY,
            qty=1,
            limit_price=190,
            order_class=OrderClass.OTO,
            stop_loss=StopLossRequest(stop_price=180),
        )
    )
    judge("submit_order oto", oto, lambda o: len(o.legs) == 1)
    client.cancel_order_by_id(oto.id)
    coin = client.submit_order(
        MarketOrderRequest(symbol="BTC/USD", side=BUY, time_in_force=GTC, qty=0.5)
    )
    judge("submit_order crypto", coin, lambda o: o.symbol == "BTC/USD")
    judge(
        "positions of crypto",
        client.get_open_position("BTCUSD"),
        lambda p: p.qty == "0.5",
    )
    half = client.close_position("BTCUSD", ClosePositionRequest(percentage="50"))
    judge("close_position", half, lambda o: o.qty == "0.25")
    closed = client.close_all_positions(cancel_orders=True)
    judge("close_all_positions", closed, lambda rows: {r.status for r in rows} == {200})
    judge("get_all_positions", client.get_all_positions(), lambda p: p == [])


@contextmanager
def listening(stream: Any) -> Iterator[None]:
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stream.stop()
        thread.join(DEADLINE_S)


def state(url: str) -> Any:
    with urllib.request.urlopen(f"{url}/sim/state", timeout=10) as response:
        return json.load(response)


def until(what: str, is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
    raise Failed(f"alpaca-py: {what} did not come about")


def order_stream(client: TradingClient, url: str) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    async def on_update(update: Any) -> None:
        seen.put(update)

    ws_url = url.replace("http", "ws") + "/stream"
    stream = TradingStream(KEY, SECRET, paper=True, url_override=ws_url)
    stream.subscribe_trade_updates(on_update)
    with listening(stream):
        until("the stream of order updates", lambda: state(url)["listening"] == 1)
        client.submit_order(
            MarketOrderRequest(symbol="NVDA", side=BUY, time_in_force=DAY, qty=3)
        )
        events = [seen.get(timeout=DEADLINE_S) for _ in range(2)]
    judge("TradingStream new", events[0], lambda u: u.event == "new")
    judge("TradingStream fill", events[1], lambda u: float(u.position_qty) == 3)


def price_streams(url: str) -> None:
    base = url.replace("http", "ws")
    for name, kind, path, symbol in (
        ("StockDataStream", StockDataStream, "/v2/iex", "AAPL"),
        ("CryptoDataStream", CryptoDataStream, "/v1beta3/crypto/us", "BTC/USD"),
    ):
        seen: queue.Queue[Any] = queue.Queue()

        async def on_message(message: Any, seen: queue.Queue[Any] = seen) -> None:
            seen.put(message)

        stream = kind(KEY, SECRET, url_override=base + path)
        stream.subscribe_trades(on_message, symbol)
        stream.subscribe_quotes(on_message, symbol)
        stream.subscribe_bars(on_message, symbol)
        with listening(stream):
            until(name, lambda: any(row["bars"] for row in state(url)["subscribed"]))
            control(url, "trade", symbol=symbol, price="141.23")
            control(url, "quote", symbol=symbol, bid="141.2", ask="141.3")
            control(url, "bar", symbol=symbol, price="141.5", start_s=1_800_000_000)
            trade, quote, bar = (seen.get(timeout=DEADLINE_S) for _ in range(3))
        judge(f"{name} trade", trade, lambda t: t.price == 141.23)
        judge(f"{name} quote", quote, lambda q: q.bid_price == 141.2)
        judge(f"{name} bar", bar, lambda b: b.close == 141.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulator", default=sys.executable, metavar="PYTHON")
    chosen = parser.parse_args()
    say(f"alpaca-py {importlib.metadata.version('alpaca-py')}")
    try:
        with simulated(chosen.simulator) as url:
            control(url, "keys", key=KEY, secret=SECRET)
            client = TradingClient(KEY, SECRET, paper=True, url_override=url)
            look(client, url)
            plain_orders(client, url)
            grouped_orders(client, url)
            order_stream(client, url)
            price_streams(url)
    except Failed as failure:
        say(f"FAIL {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
