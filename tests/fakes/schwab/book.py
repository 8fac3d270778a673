"""What the account holds: quotes, orders, transactions, positions."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

ACCOUNT, HASH = "12345678", "A1B2C3HASH"
TYPES = (
    "MARKET",
    "LIMIT",
    "STOP",
    "STOP_LIMIT",
    "TRAILING_STOP",
    "MARKET_ON_CLOSE",
    "LIMIT_ON_CLOSE",
)
DURATIONS = ("DAY", "GOOD_TILL_CANCEL", "IMMEDIATE_OR_CANCEL", "FILL_OR_KILL")
BUYS = ("BUY", "BUY_TO_COVER")
OPEN = ("WORKING", "AWAITING_STOP_CONDITION", "AWAITING_PARENT_ORDER", "QUEUED")


class Refused(Exception):
    """The API says no: `status` is HTTP's, `body` what it answers."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__("; ".join(errors))
        self.status = status
        self.body: Json = {"message": errors[0], "errors": list(errors)}


@dataclass
class Stock:
    symbol: str
    last: Decimal = Decimal(140)
    bid: Decimal = Decimal("139.99")
    ask: Decimal = Decimal("140.01")
    mark: Decimal = Decimal(140)
    trade_ms: int = 0
    realtime: bool = True
    status: str = "Normal"


@dataclass
class Order:
    id: int
    body: Json
    entered: datetime
    status: str = "WORKING"
    said: str = ""
    filled: Decimal = Decimal(0)
    executions: list[Json] = field(default_factory=list)
    closed: datetime | None = None
    children: list[Order] = field(default_factory=list)
    siblings: list[Order] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def leg(self) -> Json:
        leg: Json = self.body["orderLegCollection"][0]
        return leg

    @property
    def is_wrapper(self) -> bool:
        return "orderLegCollection" not in self.body


class Book:
    """The account's world; prices move by `move`, which also matches what rests."""

    def __init__(self) -> None:
        self.stocks = {s: Stock(s) for s in ("AAPL", "MSFT", "BRK/B", "SIRI")}
        self.positions: dict[str, tuple[Decimal, Decimal]] = {}
        self.orders: dict[int, Order] = {}
        self.roots: list[Order] = []
        self.transactions: list[Json] = []
        self.cuts_seconds = True
        self._ids = itertools.count(1_000_653_211_001)

    def hold(self, symbol: str, net: str, cost: str = "140") -> None:
        self.positions[symbol] = (Decimal(net), Decimal(cost))

    def place(self, body: Json) -> Order:
        """Take an order, or refuse it as the API does.

        Raises:
            Refused: Its body is wrong.
        """
        order = self._made(body, child=False)
        self.roots.append(order)
        self._settle(order)
        return order

    def _made(self, body: Json, *, child: bool) -> Order:
        kind = body.get("orderStrategyType")
        if kind not in ("SINGLE", "TRIGGER", "OCO"):
            raise Refused(400, "orderStrategyType must be valid")
        order = Order(next(self._ids), body, datetime.now(UTC))
        if kind == "OCO":
            if "session" in body or "duration" in body:
                raise Refused(400, "OCO orders have no session and no duration")
        else:
            self._check(body)
            order.status = "AWAITING_PARENT_ORDER" if child else "WORKING"
        if kind == "SINGLE" and "childOrderStrategies" in body:
            raise Refused(400, "SINGLE orders have no children")
        for inner in body.get("childOrderStrategies", []):
            order.children.append(self._made(inner, child=True))
        if kind == "OCO":
            for one in order.children:
                one.siblings = [other for other in order.children if other is not one]
        self.orders[order.id] = order
        return order

    def _check(self, body: Json) -> None:
        """Refuse a body that the schema does not allow.

        Raises:
            Refused: With what is wrong.
        """
        wrong: list[str] = []
        if body.get("orderType") not in TYPES:
            wrong.append("orderType must be valid")
        if body.get("duration") not in DURATIONS:
            wrong.append("duration must be valid")
        if body.get("session") not in ("NORMAL", "AM", "PM", "SEAMLESS"):
            wrong.append("session must be valid")
        legs = body.get("orderLegCollection", [])
        if len(legs) != 1:
            raise Refused(400, "orderLegCollection must hold one leg")
        leg = legs[0]
        if leg.get("instruction") not in ("BUY", "SELL", "SELL_SHORT", "BUY_TO_COVER"):
            wrong.append("instruction is invalid for an equity")
        if leg["instrument"].get("symbol") not in self.stocks:
            wrong.append("symbol is not valid")
        if leg["instrument"].get("assetType") != "EQUITY":
            wrong.append("assetType is not valid")
        quantity = leg.get("quantity")
        if not isinstance(quantity, int) or quantity <= 0:
            wrong.append("quantity must be a whole number")
        if body.get("session") != "NORMAL" and body.get("orderType") != "LIMIT":
            wrong.append("extended hours orders must be limit orders")
        wrong += _wrong_prices(body)
        if wrong:
            raise Refused(400, *wrong)

    def _settle(self, order: Order) -> None:
        """Reject what the position does not allow, else match."""
        if order.is_wrapper:
            return
        instruction = order.leg["instruction"]
        net, _ = self.positions.get(self._symbol(order), (Decimal(0), Decimal(0)))
        quantity = Decimal(order.leg["quantity"])
        too_much = (instruction == "SELL" and quantity > net) or (
            instruction == "BUY_TO_COVER" and quantity > -net
        )
        if too_much:
            order.status = "REJECTED"
            order.said = "This order may result in an oversold/overbought position"
            order.closed = datetime.now(UTC)
            return
        self._match(order)

    def _symbol(self, order: Order) -> str:
        symbol: str = order.leg["instrument"]["symbol"]
        return symbol

    def move(self, symbol: str, **prices: str) -> None:
        """Set `last`, `bid`, `ask` or `mark` of a symbol."""
        stock = self.stocks[symbol]
        for kind, price in prices.items():
            setattr(stock, kind, Decimal(price))
        if "last" in prices:
            stock.trade_ms = time.time_ns() // 1_000_000
        for order in list(self.orders.values()):
            if not order.is_wrapper and self._symbol(order) == symbol:
                self._match(order)

    def cancel(self, number: int) -> None:
        order = self.orders.get(number)
        if order is None:
            raise Refused(404, "Order not found")
        if not order.is_open:
            raise Refused(400, "Order cannot be canceled")
        self._end(order, "CANCELED")

    def _end(self, order: Order, status: str) -> None:
        order.status, order.closed = status, datetime.now(UTC)
        for child in order.children:
            if child.is_wrapper:
                for inner in child.children:
                    self._end(inner, status)
            else:
                self._end(child, status)

    def _match(self, order: Order) -> None:
        if order.status not in ("WORKING", "AWAITING_STOP_CONDITION"):
            return
        stock = self.stocks[self._symbol(order)]
        is_buy = order.leg["instruction"] in BUYS
        price, kind, met = stock.last, order.body["orderType"], True
        if kind == "LIMIT":
            limit = Decimal(order.body["price"])
            met = price <= limit if is_buy else price >= limit
        elif kind in ("STOP", "STOP_LIMIT"):
            stop = Decimal(order.body["stopPrice"])
            met = price >= stop if is_buy else price <= stop
        elif kind != "MARKET":
            met = False
        if met:
            self._fill(order, price)
        elif order.body["duration"] in ("IMMEDIATE_OR_CANCEL", "FILL_OR_KILL"):
            self._end(order, "CANCELED")

    def _fill(self, order: Order, price: Decimal) -> None:
        quantity = Decimal(order.leg["quantity"])
        signed = quantity if order.leg["instruction"] in BUYS else -quantity
        symbol, now = self._symbol(order), datetime.now(UTC)
        net, cost = self.positions.get(symbol, (Decimal(0), Decimal(0)))
        if net * signed >= 0:
            cost = (abs(net) * cost + quantity * price) / abs(net + signed)
        self.positions[symbol] = (net + signed, cost)
        order.status, order.filled, order.closed = "FILLED", quantity, now
        order.executions.append(
            {"price": price, "quantity": quantity, "time": self._at(now)}
        )
        self.transactions.append(
            {
                "activityId": 80_000_000_000 + len(self.transactions),
                "time": self._at(now),
                "accountNumber": ACCOUNT,
                "type": "TRADE",
                "status": "VALID",
                "orderId": order.id,
                "transferItems": [
                    {
                        "instrument": {"assetType": "CURRENCY", "symbol": "USD"},
                        "amount": 0,
                        "cost": Decimal("-0.02"),
                        "feeType": "SEC_FEE",
                    },
                    {
                        "instrument": {"assetType": "EQUITY", "symbol": symbol},
                        "amount": signed,
                        "cost": -signed * price,
                        "price": price,
                    },
                ],
            }
        )
        for other in order.siblings:
            if other.is_open:
                self._end(other, "CANCELED")
        for child in order.children:
            for inner in child.children if child.is_wrapper else [child]:
                inner.status = "WORKING"
                self._settle(inner)

    def _at(self, moment: datetime) -> str:
        """Write an instant, cut to its second, as the broker does."""
        second = "%S" if self.cuts_seconds else "%S.%f"
        return moment.strftime(f"%Y-%m-%dT%H:%M:{second}+0000")

    def row(self, order: Order) -> Json:
        row: Json = {
            "orderStrategyType": order.body["orderStrategyType"],
            "orderId": order.id,
            "cancelable": order.is_open,
            "status": order.status,
            "enteredTime": self._at(order.entered),
            "accountNumber": int(ACCOUNT),
        }
        if order.closed is not None:
            row["closeTime"] = self._at(order.closed)
        if order.said:
            row["statusDescription"] = order.said
        if not order.is_wrapper:
            row |= self._row_of_leg(order)
        if order.children:
            row["childOrderStrategies"] = [self.row(child) for child in order.children]
        return row

    def _row_of_leg(self, order: Order) -> Json:
        body, quantity = order.body, Decimal(order.leg["quantity"])
        row: Json = {
            "session": body["session"],
            "duration": body["duration"],
            "orderType": body["orderType"],
            "quantity": quantity,
            "filledQuantity": order.filled,
            "remainingQuantity": quantity - order.filled,
            "orderLegCollection": [{"legId": 1, **order.leg}],
        }
        for name in ("price", "stopPrice"):
            if name in body:
                row[name] = Decimal(body[name])
        if order.executions:
            row["orderActivityCollection"] = [
                {
                    "activityType": "EXECUTION",
                    "executionType": "FILL",
                    "quantity": order.filled,
                    "executionLegs": order.executions,
                }
            ]
        return row

    def account(self) -> Json:
        return {
            "securitiesAccount": {
                "type": "MARGIN",
                "accountNumber": ACCOUNT,
                "positions": [
                    {
                        "longQuantity": max(net, Decimal(0)),
                        "shortQuantity": max(-net, Decimal(0)),
                        "averagePrice": cost,
                        "instrument": {"assetType": "EQUITY", "symbol": symbol},
                    }
                    for symbol, (net, cost) in self.positions.items()
                    if net
                ],
            }
        }

    def quotes(self, symbols: list[str]) -> Json:
        found: Json = {}
        unknown = [s for s in symbols if s not in self.stocks]
        for symbol in symbols:
            stock = self.stocks.get(symbol)
            if stock is not None:
                found[symbol] = {
                    "assetMainType": "EQUITY",
                    "symbol": symbol,
                    "realtime": stock.realtime,
                    "quote": {
                        "bidPrice": stock.bid,
                        "askPrice": stock.ask,
                        "lastPrice": stock.last,
                        "mark": stock.mark,
                        "tradeTime": stock.trade_ms,
                        "securityStatus": stock.status,
                    },
                }
        if unknown:
            found["errors"] = {"invalidSymbols": unknown}
        return found


def _wrong_prices(body: Json) -> list[str]:
    needed = {
        "LIMIT": ("price",),
        "STOP": ("stopPrice",),
        "STOP_LIMIT": ("price", "stopPrice"),
        "TRAILING_STOP": ("stopPriceLinkBasis", "stopPriceLinkType", "stopPriceOffset"),
    }.get(body.get("orderType", ""), ())
    wrong = [f"{name} is required" for name in needed if name not in body]
    for name in ("price", "stopPrice"):
        written = body.get(name)
        if written is None:
            continue
        decimals = len(str(written).partition(".")[2])
        if decimals > (2 if Decimal(str(written)) >= 1 else 4):
            wrong.append(f"{name} has too many decimals")
    return wrong
