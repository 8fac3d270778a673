"""
Other people's clients of brokers, unmodified: ibind against the fake gateway, and the
order bodies of schwab-py's builders against ours.

Run by CI with the interpreter of an environment that holds ibind and schwab-py:

    python tests/third_party/broker_clients.py --exitd PYTHON

`--exitd` names the interpreter that can run `-m fakes.interactive_brokers` (with tests/
on its path) and import exitd. One line per call; the first that fails ends the program
with status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ibind import IbkrClient
from ibind.client.ibkr_utils import OrderRequest, QuestionType
from ibind.support.errors import ExternalBrokerError
from schwab.orders import common, equities
from schwab.orders.generic import OrderBuilder

TESTS = Path(__file__).parent.parent
ACCOUNT, AAPL = "DU1234567", 265598


class Failed(Exception):
    """A call did not do what its client promises."""


def say(line: str) -> None:
    print(line, flush=True)


def judge(client: str, call: str, answer: Any, good: Callable[[Any], object]) -> Any:
    """Print one line for a call whose answer is good; end the run otherwise."""
    if not good(answer):
        raise Failed(f"{client} {call}: unexpected answer {str(answer)[:600]}")
    say(f"ok   {client:9} {call}")
    return answer


@contextmanager
def gateway(python: str) -> Iterator[str]:
    """A fake gateway of its own process; yields its URL."""
    process = subprocess.Popen(
        [python, "-m", "fakes.interactive_brokers", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise Failed(f"{python} -m fakes.interactive_brokers did not start")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def control(url: str, what: str, **document: Any) -> Any:
    request = urllib.request.Request(
        f"{url.removesuffix('/v1/api')}/fake/{what}",
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def ibind_reading(client: IbkrClient, url: str) -> None:
    def check(call: str, answer: Any, good: Callable[[Any], object]) -> Any:
        return judge("ibind", call, answer.data, good)

    check("tickle", client.tickle(), lambda d: d["session"])
    status = client.authentication_status()
    check("authentication_status", status, lambda d: d["authenticated"])
    conids = client.stock_conid_by_symbol("AAPL")
    check("stock_conid_by_symbol", conids, lambda d: d == {"AAPL": AAPL})
    accounts = client.receive_brokerage_accounts()
    check("receive_brokerage_accounts", accounts, lambda d: ACCOUNT in d["accounts"])
    check("portfolio_accounts", client.portfolio_accounts(), lambda d: d[0]["id"])
    control(url, "hold", conid=AAPL, net="10")
    client.invalidate_backend_portfolio_cache(ACCOUNT)
    held = client.positions(ACCOUNT, page=0)
    check("positions", held, lambda d: d[0]["position"] == 10 and d[0]["avgPrice"])
    client.live_marketdata_snapshot(str(AAPL), ["31", "84", "86"])
    prices = client.live_marketdata_snapshot(str(AAPL), ["31", "84", "86"])
    check("live_marketdata_snapshot", prices, lambda d: float(d[0]["31"]) == 140)


def asked(**fields: Any) -> OrderRequest:
    return OrderRequest(
        **{
            "conid": AAPL,
            "side": "BUY",
            "quantity": 5,
            "order_type": "MKT",
            "acct_id": ACCOUNT,
            "outside_rth": False,
            **fields,
        }
    )


def ibind_trading(client: IbkrClient, url: str) -> None:
    def check(call: str, answer: Any, good: Callable[[Any], object]) -> Any:
        return judge("ibind", call, answer.data, good)

    control(url, "questions", ids=["o354", "o403"])
    yes = {
        QuestionType.MISSING_MARKET_DATA: True,
        QuestionType.TRIGGER_AND_FILL: True,
    }
    first = client.place_order(asked(coid="ib-1"), yes, ACCOUNT)
    check("place_order with two questions", first, lambda d: int(d["order_id"]) > 0)
    confirmed = control(url, "questions", ids=[])["confirmed"]
    judge("ibind", "confirmed both", confirmed, lambda c: c == ["o354", "o403"])
    try:
        client.place_order(asked(coid="ib-1"), {}, ACCOUNT)
    except ExternalBrokerError as exc:
        judge("ibind", "a cOID twice", str(exc), lambda m: "ib-1" in m)
    else:
        raise Failed("ibind: a second order of the same cOID was taken")
    client.live_orders()
    live = client.live_orders()
    check("live_orders", live, lambda d: d["orders"][0]["order_ref"] == "ib-1")
    trades = client.trades("7", ACCOUNT)
    check("trades", trades, lambda d: d[0]["order_ref"] == "ib-1")
    bracket = [
        asked(coid="ib-2", order_type="LMT", price=100.0),
        asked(parent_id="ib-2", side="SELL", order_type="LMT", price=160.0),
        asked(parent_id="ib-2", side="SELL", order_type="STP", price=90.0),
    ]
    placed = client.place_order(bracket, {}, ACCOUNT)
    ids = [row["order_id"] for row in placed.data]
    judge("ibind", "place_order bracket", ids, lambda i: len(i) == 3)
    live = client.live_orders()
    parents = [o["parentId"] for o in live.data["orders"] if "parentId" in o]
    judge("ibind", "children", parents, lambda p: [str(x) for x in p] == [ids[0]] * 2)
    gone = client.cancel_order(ids[0], ACCOUNT)
    check("cancel_order", gone, lambda d: str(d["order_id"]) == ids[0])
    states = {
        str(o["orderId"]): o["status"] for o in client.live_orders().data["orders"]
    }
    judge(
        "ibind",
        "bracket gone",
        [states[i] for i in ids],
        lambda s: set(s) == {"Cancelled"},
    )


def ibind_bodies(python: str) -> None:
    """The very order dictionaries of ibind and of exitd, for each kind of ticket."""
    from ibind.client.ibkr_utils import parse_order_request

    written = ours(python, "interactive_brokers")
    theirs = {
        "market": [asked(coid="sig-1", tif="DAY")],
        "limit": [asked(coid="sig-1", order_type="LMT", price=151.0, tif="GTC")],
        "stop": [asked(coid="sig-1", order_type="STP", price=150.5, tif="DAY")],
        "stop_limit": [
            asked(
                coid="sig-1",
                order_type="STOP_LIMIT",
                price=151.0,
                aux_price=150.5,
                tif="DAY",
            )
        ],
        "trailing": [
            asked(
                coid="sig-1",
                order_type="TRAIL",
                trailing_amt=2.5,
                trailing_type="%",
                tif="DAY",
            )
        ],
        "bracket": [
            asked(coid="sig-1", tif="DAY"),
            asked(parent_id="sig-1", side="SELL", order_type="LMT", price=160.0),
            asked(parent_id="sig-1", side="SELL", order_type="STP", price=145.0),
        ],
    }
    for name, requests in theirs.items():
        bodies = [parse_order_request(request) for request in requests]
        judge("ibind", f"body of {name}", written[name], lambda b, t=bodies: b == t)


def schwab_bodies(python: str) -> None:
    """The very order bodies of schwab-py's builders and of exitd."""
    written = ours(python, "schwab")
    day, gtc = common.Duration.DAY, common.Duration.GOOD_TILL_CANCEL
    ioc = common.Duration.IMMEDIATE_OR_CANCEL
    buy, sell = common.EquityInstruction.BUY, common.EquityInstruction.SELL

    def made(kind: str, instruction: Any, duration: Any = day) -> OrderBuilder:
        return (
            OrderBuilder()
            .set_order_type(common.OrderType[kind])
            .set_session(common.Session.NORMAL)
            .set_duration(duration)
            .set_order_strategy_type(common.OrderStrategyType.SINGLE)
            .add_equity_leg(instruction, "AAPL", 5)
        )

    target = made("LIMIT", sell, gtc).set_price("160.00")
    stop = made("STOP", sell, gtc).set_stop_price("145.00")
    trail = made("TRAILING_STOP", buy)
    trail.set_stop_price_link_basis(common.StopPriceLinkBasis.LAST)
    trail.set_stop_price_link_type(common.StopPriceLinkType.PERCENT)
    trail.set_stop_price_offset(2.5)
    seamless = made("LIMIT", buy).set_price("151.00")
    seamless.set_session(common.Session.SEAMLESS)
    theirs = {
        "market": equities.equity_buy_market("AAPL", 5),
        "limit": equities.equity_buy_limit("AAPL", 5, "151.00").set_duration(gtc),
        "stop": made("STOP", buy).set_stop_price("150.50"),
        "stop_limit": made("STOP_LIMIT", buy)
        .set_stop_price("150.50")
        .set_price("151.00"),
        "trailing": trail,
        "extended": seamless,
        "below a dollar": equities.equity_buy_limit("AAPL", 5, "0.1235"),
        "sell short": equities.equity_sell_short_market("AAPL", 5),
        "sell to close": equities.equity_sell_market("AAPL", 5),
        "buy to cover": equities.equity_buy_to_cover_market("AAPL", 5),
        "close of a long": equities.equity_sell_market("AAPL", 5),
        "close of a short": equities.equity_buy_to_cover_market("AAPL", 5),
        "limit close": equities.equity_sell_limit("AAPL", 5, "150.25").set_duration(
            ioc
        ),
        "one exit": common.first_triggers_second(
            equities.equity_buy_market("AAPL", 5), stop
        ),
        "bracket": common.first_triggers_second(
            equities.equity_buy_market("AAPL", 5),
            common.one_cancels_other(target, stop),
        ),
    }
    for name, builder in theirs.items():
        body = json.loads(json.dumps(builder.build(), default=str))
        judge("schwab-py", f"body of {name}", written[name], lambda b, t=body: b == t)


def ours(python: str, venue: str) -> dict[str, Any]:
    """What exitd writes for each kind of order, from an interpreter that has it."""
    told = subprocess.run(
        [python, str(Path(__file__).with_name("broker_bodies.py")), venue],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    written: dict[str, Any] = json.loads(told.stdout)
    return written


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exitd", default=sys.executable, metavar="PYTHON")
    python = parser.parse_args().exitd
    try:
        with gateway(python) as url:
            client = IbkrClient(url=f"{url}/", cacert=False, account_id=ACCOUNT)
            ibind_reading(client, url)
            ibind_trading(client, url)
        ibind_bodies(python)
        schwab_bodies(python)
    except Failed as failure:
        say(f"FAIL {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
