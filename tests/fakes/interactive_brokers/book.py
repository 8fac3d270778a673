"""What the gateway's account holds: contracts, orders, executions, positions."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

#: What the broker asks before it takes an order, by message id.
QUESTIONS = {
    "o163": "The following order exceeds the price percentage limit.",
    "o354": "You are submitting an order without market data. We strongly recommend"
    " against this as it may result in erroneous and unexpected trades."
    " Are you sure you want to submit this order?",
    "o383": "The following order size exceeds the Size Limit of 500.",
    "o403": "This order will most likely trigger and fill immediately.\n"
    "Are you sure you want to submit this order?",
    "o10331": "You are about to submit a stop order. Please be aware of the various"
    " stop order types available and the risks associated with each one.\n"
    "Are you sure you want to submit this order?",
}
ORDER_TYPES = {
    "MKT": "Market",
    "LMT": "Limit",
    "STP": "Stop",
    "STOP_LIMIT": "Stop Limit",
    "TRAIL": "TRAILING_STOP",
}
WORKING = ("PreSubmitted", "Submitted")


class Refused(Exception):
    """The gateway says no: `status` is HTTP's, the text is `error`."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


@dataclass
class Contract:
    conid: int
    symbol: str
    name: str
    exchange: str = "NASDAQ"
    is_us: bool = True
    last: Decimal = Decimal(140)
    bid: Decimal = Decimal("139.99")
    ask: Decimal = Decimal("140.01")
    mark: Decimal = Decimal(140)
    availability: str = "RpB"


@dataclass
class Order:
    id: int
    conid: int
    ref: str
    side: str
    kind: str
    quantity: Decimal
    price: Decimal | None
    aux: Decimal | None
    tif: str
    parent: int = 0
    oca: str = ""
    status: str = "Submitted"
    filled: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    ts_ms: int = 0

    @property
    def is_working(self) -> bool:
        return self.status in WORKING


@dataclass
class Book:
    """The account's world; prices move by `move`, which also matches what rests."""

    account: str = "DU1234567"
    contracts: dict[int, Contract] = field(default_factory=dict)
    positions: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    executions: list[Json] = field(default_factory=list)
    seen_refs: list[str] = field(default_factory=list)
    cuts_seconds: bool = True

    def __post_init__(self) -> None:
        self._ids = itertools.count(1_370_093_239)
        for conid, symbol, name in (
            (265598, "AAPL", "APPLE INC"),
            (272093, "MSFT", "MICROSOFT CORP"),
            (8314, "IBM", "INTL BUSINESS MACHINES CORP"),
        ):
            self.contracts[conid] = Contract(conid, symbol, name)
        # One name, two American companies: nobody may guess which is meant.
        self.contracts[11] = Contract(11, "TWIN", "TWIN RIVERS INC", "NYSE")
        self.contracts[12] = Contract(12, "TWIN", "TWIN DISC CORP", "NASDAQ")

    def hold(self, conid: int, net: Decimal, cost: Decimal) -> None:
        self.positions[conid] = (net, cost)

    def contract(self, conid: object) -> Contract:
        known = self.contracts.get(conid) if isinstance(conid, int) else None
        if known is None:
            raise Refused(400, "Bad Request: invalid conid")
        return known

    def check(self, written: Json) -> None:
        """Refuse what the broker refuses at once.

        Raises:
            Refused: With the broker's words.
        """
        self.contract(written.get("conid"))
        ref = written.get("cOID")
        if ref is not None and ref in self.seen_refs:
            raise Refused(
                400,
                f"Order couldn't be submitted: Local order ID={ref} is already"
                " registered.",
            )
        if written.get("side") not in ("BUY", "SELL"):
            raise Refused(400, "Invalid side")
        if written.get("orderType") not in ORDER_TYPES:
            raise Refused(400, "Invalid order type")
        if written.get("tif") not in ("DAY", "GTC", "IOC", "OPG"):
            raise Refused(400, "Invalid time in force")
        size = written.get("quantity", written.get("cashQty"))
        if not isinstance(size, int | Decimal) or size <= 0:
            raise Refused(400, "Order size is invalid")
        self._check_prices(written)

    def _check_prices(self, written: Json) -> None:
        needed = {
            "LMT": ("price",),
            "STP": ("price",),
            "STOP_LIMIT": ("price", "auxPrice"),
            "TRAIL": ("trailingAmt", "trailingType"),
        }.get(written["orderType"], ())
        for name in needed:
            value = written.get(name)
            if value is None:
                raise Refused(400, f"{name} is required for {written['orderType']}")
            if name in ("price", "auxPrice") and Decimal(value) % Decimal("0.01"):
                raise Refused(
                    400,
                    "The price does not conform to the minimum price variation for"
                    " this contract.",
                )

    def take(self, written: Json, parents: dict[str, int]) -> Order:
        """Take an order that was checked and, where asked for, confirmed."""
        contract = self.contract(written["conid"])
        size = written.get("quantity")
        if size is None:
            size = Decimal(written["cashQty"]) / contract.last
        parent_ref = written.get("parentId", "")
        if parent_ref and parent_ref not in parents:
            raise Refused(400, "Invalid parentId")
        parent = parents.get(parent_ref, 0)
        ref = written.get("cOID", "")
        if ref:
            self.seen_refs.append(ref)
        order = Order(
            id=next(self._ids),
            conid=contract.conid,
            ref=ref,
            side=written["side"],
            kind=written["orderType"],
            quantity=Decimal(size),
            price=_decimal(written.get("price")),
            aux=_decimal(written.get("auxPrice")),
            tif=written["tif"],
            parent=parent,
            oca=str(parent) if parent else "",
            status="PreSubmitted" if parent else "Submitted",
            ts_ms=now_ms(),
        )
        self.orders[order.id] = order
        if ref:
            parents[ref] = order.id
        self._match(order)
        return order

    def move(self, symbol: str, **prices: str) -> Contract:
        """Set `last`, `bid`, `ask` or `mark` of a symbol."""
        contract = next(c for c in self.contracts.values() if c.symbol == symbol)
        for kind, price in prices.items():
            setattr(contract, kind, Decimal(price))
        for order in list(self.orders.values()):
            if order.conid == contract.conid:
                self._match(order)
        return contract

    def cancel(self, order_id: int) -> Order:
        order = self.orders.get(order_id)
        if order is None:
            raise Refused(400, f"OrderID {order_id} doesn't exist")
        if not order.is_working:
            raise Refused(400, "Order is inactive")
        order.status, order.ts_ms = "Cancelled", now_ms()
        for child in self.orders.values():
            if child.parent == order_id and child.is_working:
                child.status = "Cancelled"
        return order

    def _match(self, order: Order) -> None:
        parent = self.orders.get(order.parent)
        if not order.is_working or (parent is not None and parent.status != "Filled"):
            return
        contract = self.contracts[order.conid]
        is_buy = order.side == "BUY"
        price = contract.last
        met = True
        if order.kind == "LMT":
            assert order.price is not None
            met = price <= order.price if is_buy else price >= order.price
        elif order.kind in ("STP", "STOP_LIMIT"):
            trigger = order.price if order.kind == "STP" else order.aux
            assert trigger is not None
            met = price >= trigger if is_buy else price <= trigger
        elif order.kind == "TRAIL":
            met = False
        if met:
            self._fill(order, price)
        elif order.tif == "IOC":
            order.status, order.ts_ms = "Cancelled", now_ms()

    def _fill(self, order: Order, price: Decimal) -> None:
        order.filled, order.spent = order.quantity, order.quantity * price
        order.status, order.ts_ms = "Filled", now_ms()
        signed = order.quantity if order.side == "BUY" else -order.quantity
        net, cost = self.positions.get(order.conid, (Decimal(0), Decimal(0)))
        if net * signed >= 0:
            cost = (abs(net) * cost + abs(signed) * price) / abs(net + signed)
        elif abs(signed) > abs(net):
            cost = price
        self.positions[order.conid] = (net + signed, cost)
        contract = self.contracts[order.conid]
        number = len(self.executions) + 1
        self.executions.append(
            {
                "execution_id": f"0000e0d5.6576fd38.{number:02d}.01",
                "symbol": contract.symbol,
                "side": order.side[0],
                "order_description": f"{order.side} {order.quantity} @ {price}",
                "trade_time_r": self._shown(order.ts_ms),
                "size": order.quantity,
                "price": str(price),
                "order_ref": order.ref,
                "commission": "1.01",
                "account": self.account,
                "sec_type": "STK",
                "conid": order.conid,
            }
        )
        for other in self.orders.values():
            if order.oca and other.oca == order.oca and other.is_working:
                other.status, other.ts_ms = "Cancelled", now_ms()
        for child in list(self.orders.values()):
            if child.parent == order.id:
                child.status = "Submitted" if child.kind == "LMT" else "PreSubmitted"
                self._match(child)

    def _shown(self, ts_ms: int) -> int:
        """Cut an instant to its second, as the broker does."""
        return ts_ms // 1000 * 1000 if self.cuts_seconds else ts_ms

    def order_row(self, order: Order) -> Json:
        contract = self.contracts[order.conid]
        row: Json = {
            "acct": self.account,
            "account": self.account,
            "conid": order.conid,
            "conidex": str(order.conid),
            "orderId": order.id,
            "cashCcy": "USD",
            "orderDesc": f"{order.side} {order.quantity}",
            "ticker": contract.symbol,
            "secType": "STK",
            "listingExchange": contract.exchange,
            "remainingQuantity": order.quantity - order.filled,
            "filledQuantity": order.filled,
            "totalSize": order.quantity,
            "companyName": contract.name,
            "status": order.status,
            "origOrderType": order.kind,
            "orderType": ORDER_TYPES[order.kind],
            "timeInForce": order.tif,
            "lastExecutionTime_r": self._shown(order.ts_ms),
            "side": order.side,
            "bgColor": "#000000",
        }
        if order.ref:
            row["order_ref"] = order.ref
        if order.price is not None:
            row["price"] = str(order.price)
        if order.aux is not None:
            row["auxPrice"] = str(order.aux)
        if order.kind == "STP":
            row["stop_price"] = str(order.price)
        if order.filled:
            row["avgPrice"] = str(order.spent / order.filled)
        if order.parent:
            row["parentId"] = order.parent
        return row

    def position_row(self, conid: int) -> Json:
        net, cost = self.positions[conid]
        contract = self.contracts[conid]
        return {
            "acctId": self.account,
            "conid": conid,
            "contractDesc": contract.symbol,
            "ticker": contract.symbol,
            "position": net,
            "mktPrice": contract.mark,
            "avgCost": cost,
            "avgPrice": cost,
            "currency": "USD",
            "assetClass": "STK",
        }


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def now_ms() -> int:
    return time.time_ns() // 1_000_000
