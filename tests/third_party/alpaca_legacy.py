"""
Alpaca's former Python client against the simulated Alpaca, unmodified but for URLs.

It checks less before it sends than the client of today, so it shows what the exchange
itself refuses: a limit order with a stop price above all, which a page of the webhook
format calls Alpaca's stop-limit order.

    python tests/third_party/alpaca_legacy.py [--simulator PYTHON]

Run by CI with the interpreter of an environment that holds alpaca-trade-api.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alpaca_trade_api as legacy
from alpaca_trade_api.rest import APIError

KEY, SECRET = "PKLEGACY", "secret-of-the-client"


class Failed(Exception):
    """A call did not do what its client promises."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def judge(call: str, answer: Any, good: Callable[[Any], object]) -> Any:
    if not good(answer):
        raise Failed(f"alpaca-trade-api {call}: unexpected answer {str(answer)[:600]}")
    say(f"ok   alpaca-trade-api {call}")
    return answer


def refused(call: str, work: Callable[[], Any], message: str) -> None:
    try:
        answer = work()
    except APIError as exc:
        judge(call, str(exc), lambda said: message in said)
        return
    raise Failed(f"alpaca-trade-api {call}: was taken: {str(answer)[:300]}")


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


def trade(rest: Any, url: str) -> None:
    def order(**more: Any) -> Any:
        terms = {"symbol": "AAPL", "qty": 10, "side": "buy", "time_in_force": "gtc"}
        return rest.submit_order(**{**terms, **more})

    refused(
        "a limit with a stop price",
        lambda: order(type="limit", stop_price="105", limit_price="106"),
        "limit orders require no stop price",
    )
    taken = order(type="stop_limit", stop_price="150", limit_price="151")
    judge("submit_order stop_limit", taken, lambda o: o.type == "stop_limit")
    fresh = rest.replace_order(taken.id, limit_price="152")
    judge("replace_order", fresh, lambda o: o.replaces == taken.id)
    rest.cancel_order(fresh.id)
    gone = rest.get_order(fresh.id)
    judge("cancel_order", gone, lambda o: o.status == "canceled")
    refused(
        "a sub-penny price",
        lambda: order(type="limit", limit_price="150.801"),
        "sub-penny increment does not fulfill minimum pricing criteria",
    )
    refused(
        "a part of a share that rests",
        lambda: order(type="limit", limit_price="150", qty="0.5"),
        "fractional orders must be DAY orders",
    )
    refused(
        "a stop loss above the price",
        lambda: order(
            type="market",
            order_class="bracket",
            take_profit={"limit_price": "150"},
            stop_loss={"stop_price": "141"},
        ),
        "stop_loss.stop_price must be <= base_price - 0.01",
    )
    bracket = order(
        type="market",
        order_class="bracket",
        take_profit={"limit_price": "150"},
        stop_loss={"stop_price": "130"},
    )
    judge("submit_order bracket", bracket, lambda o: len(o.legs) == 2)
    held = rest.get_position("AAPL")
    judge("get_position", held, lambda p: p.qty == "10")
    control(url, "price", symbol="AAPL", price="129")
    judge("list_positions", rest.list_positions(), lambda rows: rows == [])
    fills = rest.get_activities("FILL")
    judge(
        "get_activities", fills, lambda rows: [r.side for r in rows] == ["sell", "buy"]
    )
    all_orders = rest.list_orders(status="all", nested=True)
    judge("list_orders nested", all_orders, lambda rows: len(rows) == 3)
    again = {"type": "market", "client_order_id": "one"}
    order(**again)
    refused("a client id twice", lambda: order(**again), "must be unique")
    found = rest.get_order_by_client_order_id("one")
    judge("get_order_by_client_order_id", found, lambda o: o.status == "filled")
    judge("close_position", rest.close_position("AAPL"), lambda o: o.side == "sell")
    judge("get_clock", rest.get_clock(), lambda c: c.is_open)
    judge("get_account", rest.get_account(), lambda a: a.status == "ACTIVE")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulator", default=sys.executable, metavar="PYTHON")
    chosen = parser.parse_args()
    say(f"alpaca-trade-api {importlib.metadata.version('alpaca-trade-api')}")
    try:
        with simulated(chosen.simulator) as url:
            control(url, "keys", key=KEY, secret=SECRET)
            trade(legacy.REST(KEY, SECRET, base_url=url), url)
    except Failed as failure:
        say(f"FAIL {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
