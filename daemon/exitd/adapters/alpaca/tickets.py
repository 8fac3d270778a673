"""The body of an entry, in Alpaca's words."""

from __future__ import annotations

from exitd.core.ticket import AttachedExits, Ticket, TicketTime
from exitd.core.units import text

Body = dict[str, object]


def entry_body(ticket: Ticket) -> Body:
    """Write a ticket as Alpaca takes it; prices and sizes are texts.

    Raises:
        AssertionError: Exits that Alpaca cannot hold are attached (a bug of whoever
            attached them).
    """
    body: Body = {
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "type": ticket.order.value,
        "time_in_force": (ticket.time_in_force or TicketTime.DAY).value,
    }
    amounts = {
        "qty": ticket.quantity,
        "notional": ticket.notional,
        "limit_price": ticket.limit_price,
        "stop_price": ticket.stop_price,
        "trail_price": ticket.trail_price,
        "trail_percent": ticket.trail_percent,
    }
    body |= {name: text(n) for name, n in amounts.items() if n is not None}
    if ticket.extended_hours:
        body["extended_hours"] = True
    if ticket.intent is not None:
        body["position_intent"] = ticket.intent.value
    if ticket.client_order_id:
        body["client_order_id"] = ticket.client_order_id
    return body if ticket.attached is None else body | _attached(ticket.attached)


def _attached(exits: AttachedExits) -> Body:
    # A take-profit at Alpaca has a limit and nothing to be touched first.
    assert exits.touch_price is None
    body: Body = {}
    if exits.take_profit_price is not None:
        body["take_profit"] = {"limit_price": text(exits.take_profit_price)}
    if exits.stop_price is not None:
        stop = {"stop_price": text(exits.stop_price)}
        if exits.stop_limit_price is not None:
            stop["limit_price"] = text(exits.stop_limit_price)
        body["stop_loss"] = stop
    assert body
    return {"order_class": "bracket" if len(body) == 2 else "oto", **body}
