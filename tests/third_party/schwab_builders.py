"""
Orders of Schwab as exitd makes them, against those that schwab-py's builders make.

Run by CI with the interpreter of an environment that holds schwab-py:

    python tests/third_party/schwab_builders.py --exitd PYTHON

`--exitd` names the interpreter that can run `-m exitd`. One line per order; the first
that differs ends the program with status 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from schwab.orders import equities, options
from schwab.orders.common import (
    Duration,
    EquityInstruction,
    OrderStrategyType,
    OrderType,
    Session,
    StopPriceLinkBasis,
    StopPriceLinkType,
    first_triggers_second,
    one_cancels_other,
)
from schwab.orders.generic import OrderBuilder

OPTION = "AAPL  240119C00150000"


def alert(direction: str, **fields: object) -> dict[str, object]:
    return {"ticker": "AAPL", "auth_key": "k", "direction": direction, "qty": 10} | {
        **fields
    }


def built(
    kind: OrderType,
    instruction: EquityInstruction = EquityInstruction.BUY,
    duration: Duration = Duration.DAY,
    *,
    stop: str | None = None,
    price: str | None = None,
) -> OrderBuilder:
    order = (
        OrderBuilder()
        .set_order_type(kind)
        .set_session(Session.NORMAL)
        .set_duration(duration)
        .set_order_strategy_type(OrderStrategyType.SINGLE)
        .add_equity_leg(instruction, "AAPL", 10)
    )
    if stop is not None:
        order = order.copy_stop_price(stop)
    return order if price is None else order.copy_price(price)


def trailing(link: StopPriceLinkType, offset: float) -> OrderBuilder:
    return (
        built(OrderType.TRAILING_STOP, EquityInstruction.SELL)
        .set_stop_price_link_basis(StopPriceLinkBasis.LAST)
        .set_stop_price_link_type(link)
        .set_stop_price_offset(offset)
    )


def exits(
    instruction: EquityInstruction, limit: str, stop: str, stop_limit: str | None
) -> OrderBuilder:
    gtc = Duration.GOOD_TILL_CANCEL
    kind = OrderType.STOP if stop_limit is None else OrderType.STOP_LIMIT
    return one_cancels_other(
        built(OrderType.LIMIT, instruction, gtc, price=limit),
        built(kind, instruction, gtc, stop=stop, price=stop_limit),
    )


BUY, SELL = EquityInstruction.BUY, EquityInstruction.SELL
SHORT, COVER = EquityInstruction.SELL_SHORT, EquityInstruction.BUY_TO_COVER
CLOSE = {"positionIntent": "sell_to_close"}
PAIRS: list[tuple[str, dict[str, object], OrderBuilder]] = [
    ("market buy", alert("long"), equities.equity_buy_market("AAPL", 10)),
    ("market short", alert("short"), equities.equity_sell_short_market("AAPL", 10)),
    ("close long", alert("short", **CLOSE), equities.equity_sell_market("AAPL", 10)),
    (
        "cover short",
        alert("long", positionIntent="buy_to_close", limitPrice=150.5),
        equities.equity_buy_to_cover_limit("AAPL", 10, "150.50"),
    ),
    (
        "limit buy",
        alert("long", limitPrice=150.509),
        equities.equity_buy_limit("AAPL", 10, "150.50"),
    ),
    (
        "limit below a dollar",
        alert("long", limitPrice=0.12345),
        equities.equity_buy_limit("AAPL", 10, "0.1234"),
    ),
    ("stop", alert("long", stopPrice=151), built(OrderType.STOP, stop="151.00")),
    (
        "stop-limit, gtc",
        alert("short", stopPrice=150, limitPrice=149.5, timeInForce="gtc"),
        built(
            OrderType.STOP_LIMIT,
            SHORT,
            Duration.GOOD_TILL_CANCEL,
            stop="150.00",
            price="149.50",
        ),
    ),
    (
        "trailing by percent",
        alert("short", trailPercent=2.5, **CLOSE),
        trailing(StopPriceLinkType.PERCENT, 2.5),
    ),
    (
        "trailing by an amount",
        alert("short", trailPrice=2, **CLOSE),
        trailing(StopPriceLinkType.VALUE, 2),
    ),
    (
        "immediate or cancel",
        alert("long", limitPrice=150, timeInForce="ioc"),
        built(OrderType.LIMIT, BUY, Duration.IMMEDIATE_OR_CANCEL, price="150.00"),
    ),
    (
        "fill or kill",
        alert("long", limitPrice=150, timeInForce="fok"),
        built(OrderType.LIMIT, BUY, Duration.FILL_OR_KILL, price="150.00"),
    ),
    (
        "market on close",
        alert("long", timeInForce="cls"),
        built(OrderType.MARKET_ON_CLOSE),
    ),
    (
        "limit on close",
        alert("long", timeInForce="cls", limitPrice=150),
        built(OrderType.LIMIT_ON_CLOSE, price="150.00"),
    ),
    (
        "extended hours",
        alert("long", limitPrice=150, extendedHours=True),
        built(OrderType.LIMIT, price="150.00").set_session(Session.SEAMLESS),
    ),
    (
        "bracket",
        alert("long", profitTarget=160, stopLossTarget=145, stopLossLimit=144.5),
        first_triggers_second(
            built(OrderType.MARKET), exits(SELL, "160.00", "145.00", "144.50")
        ),
    ),
    (
        "bracket of a short",
        alert("short", limitPrice=150, profitTarget=140, stopLossTarget=155),
        first_triggers_second(
            built(OrderType.LIMIT, SHORT, price="150.00"),
            exits(COVER, "140.00", "155.00", None),
        ),
    ),
    (
        "one exit",
        alert("long", stopLossTarget=145),
        first_triggers_second(
            built(OrderType.MARKET),
            built(OrderType.STOP, SELL, Duration.GOOD_TILL_CANCEL, stop="145.00"),
        ),
    ),
    (
        "option",
        alert("long", ticker=OPTION, limitPrice=5.25),
        options.option_buy_to_open_limit(OPTION, 10, "5.25"),
    ),
    (
        "option closed",
        alert("short", ticker=OPTION, **CLOSE),
        options.option_sell_to_close_market(OPTION, 10),
    ),
]


def previewed(python: str, body: dict[str, object]) -> Any:
    done = subprocess.run(
        [python, "-P", "-m", "exitd", "webhook", "preview", "-", "--json"],
        input=json.dumps(body),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)["schwab"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exitd", metavar="PYTHON", default=sys.executable)
    python = parser.parse_args().exitd
    for name, body, builder in PAIRS:
        ours, theirs = previewed(python, body).get("order"), builder.build()
        if ours != theirs:
            print(f"{name}: differs\n  ours   {ours}\n  theirs {theirs}")
            return 1
        print(f"{name}: the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
