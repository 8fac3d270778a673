"""Order bodies and the meaning of their answers.

Every order that exitd sends to Backpack is written in this file, and each of them is
reduce-only: nothing here can say anything else.
"""

from __future__ import annotations

import msgspec

from exitd.adapters.backpack.refusals import FOR_ALL, IN_DOUBT, judge, retry_after_ns
from exitd.adapters.backpack.reports import order_report
from exitd.adapters.backpack.rest import told
from exitd.adapters.backpack.signing import Parameter
from exitd.adapters.backpack.wire import ORDER
from exitd.adapters.network.lanes import Reply
from exitd.core.attempt import CloseOrder, RefusalKind, TimeInForce
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.ticket import TicketTime
from exitd.core.trigger import OrderType
from exitd.core.units import text
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import NativeStop, Refusal

_SIDES = {OrderSide.BUY: "Bid", OrderSide.SELL: "Ask"}
_TIMES = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC"}
_TRIGGER_KINDS = {"mark": "MarkPrice", "last": "LastPrice", "index": "IndexPrice"}


def close_body(order: CloseOrder) -> dict[str, Parameter]:
    """Write a close.

    Raises:
        AssertionError: A limit close without a price (a bug in the caller).
    """
    body: dict[str, Parameter] = {
        "clientId": order.client_order_id,
        "orderType": "Market",
        "quantity": text(order.quantity),
        "reduceOnly": True,
        "side": _SIDES[order.side],
        "symbol": order.symbol,
    }
    if order.order is OrderType.LIMIT:
        assert order.price is not None
        body["orderType"] = "Limit"
        body["price"] = text(order.price)
        body["timeInForce"] = _TIMES[order.time_in_force]
        if order.asked is not None and order.asked.time is TicketTime.FOK:
            body["timeInForce"] = "FOK"
    return body


def asked_body(order: CloseOrder) -> dict[str, Parameter]:
    """Write a close that only rests: limit, post-only, until it is cancelled.

    Raises:
        AssertionError: It is no limit close.
    """
    assert order.order is OrderType.LIMIT
    return {**close_body(order), "postOnly": True, "timeInForce": "GTC"}


def native_stop_body(stop: NativeStop) -> dict[str, Parameter]:
    """Write a trigger order; without a quantity it follows the whole position.

    Raises:
        AssertionError: `trigger_kind` is none of mark, last and index.
    """
    assert stop.trigger_kind in _TRIGGER_KINDS
    body: dict[str, Parameter] = {
        "clientId": stop.client_order_id,
        "orderType": "Market",
        "reduceOnly": True,
        "side": _SIDES[stop.side],
        "symbol": stop.symbol,
        "triggerBy": _TRIGGER_KINDS[stop.trigger_kind],
        "triggerPrice": text(stop.trigger_price),
        "triggerQuantity": "100%" if stop.quantity is None else text(stop.quantity),
    }
    if stop.limit_price is not None:
        body["orderType"] = "Limit"
        body["price"] = text(stop.limit_price)
        body["timeInForce"] = "GTC"
    return body


def read_order(
    account: str, reply: Reply, symbol: str, client_order_id: int | None, now_ns: int
) -> OrderReport:
    """Read the order in a successful answer.

    Raises:
        OutcomeUnknown: It cannot be read, or it is not the order asked for: the
            answer to another request on the same connection, for one.
    """
    try:
        report = order_report(account, ORDER.decode(reply.body), now_ns)
    except (msgspec.DecodeError, ValueError) as exc:
        raise OutcomeUnknown(
            f"Backpack's answer about an order of {symbol} cannot be read: {exc}",
            status=reply.status,
        ) from exc
    is_ours = client_order_id in (None, report.client_order_id)
    if report.symbol != symbol or not is_ours:
        raise OutcomeUnknown(
            f"Backpack answered about order {report.client_order_id} of"
            f" {report.symbol} when asked about {client_order_id} of {symbol}",
            status=reply.status,
        )
    return report


def refusal_of(reply: Reply, now_ns: int) -> Refusal:
    """Read a definite no.

    Raises:
        OutcomeUnknown: The answer does not say that nothing was done.
    """
    code, message = told(reply)
    if reply.status < 400:
        raise OutcomeUnknown(
            f"Backpack answered {reply.status} to an order; its outcome is looked up",
            status=reply.status,
        )
    verdict = judge(reply.status, code, message)
    if verdict == IN_DOUBT:
        raise OutcomeUnknown(
            f"Backpack answered {code or reply.status}: {message[:200]}",
            code=code or None,
            status=reply.status,
        )
    assert isinstance(verdict, RefusalKind)
    wait_ns = retry_after_ns(reply.headers.get("retry-after"), now_ns)
    said = code or str(reply.status)
    return Refusal(verdict, said, message[:200], wait_ns, code in FOR_ALL)
