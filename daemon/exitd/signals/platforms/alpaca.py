"""
Orders of Alpaca: `POST /v2/orders` (Trading API 2.0.1).

Numbers are texts without trailing zeros. Exits are attached as a bracket, or one
alone as one-triggers-other, where Alpaca documents that they may be.
"""

from decimal import Decimal

from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketTime, TicketType
from exitd.core.units import text
from exitd.signals.model import Json
from exitd.signals.platforms.capabilities import (
    ALL_TIMES,
    DAY,
    DAY_GTC,
    GTC_IOC,
    Capabilities,
    is_fractional,
    terms_of,
    unsupported,
)
from exitd.signals.platforms.order import PlatformOrder, Refused, deferred, refused
from exitd.signals.platforms.rounding import CENT, floored, rounded

ALPACA = Capabilities(
    platform="alpaca",
    times={
        AssetClass.EQUITY: {
            TicketType.MARKET: ALL_TIMES,
            TicketType.LIMIT: ALL_TIMES,
            TicketType.STOP: DAY_GTC,
            TicketType.STOP_LIMIT: DAY_GTC,
            TicketType.TRAILING_STOP: DAY_GTC,
        },
        AssetClass.OPTION: {TicketType.MARKET: DAY, TicketType.LIMIT: DAY},
        AssetClass.CRYPTO: {
            TicketType.MARKET: GTC_IOC,
            TicketType.LIMIT: GTC_IOC,
            TicketType.STOP_LIMIT: GTC_IOC,
        },
    },
    notional=frozenset({TicketType.MARKET}),
    fractional_times=DAY,
    fractional_types=frozenset(TicketType) - {TicketType.TRAILING_STOP},
)
# `trail_percent must be greater than or equal to 0.1`
TRAIL_PERCENT_MIN = Decimal("0.1")
QUANTITY_STEP = Decimal("0.000000001")


def alpaca_order(
    ticket: Ticket, *, price_step: Decimal | None = None, documented: bool = False
) -> PlatformOrder | Refused:
    """
    Make the body of an order of Alpaca.

    Args:
        price_step: The asset's own, above zero; else a cent, or 0.0001 below one
            dollar, or nine decimals for crypto.
        documented: Write a stop-limit order with `type: "limit"`, as the format's page
            shows it. Alpaca refuses that; it is for looking at only.

    Returns:
        The order, with its exits attached where `why_deferred` says nothing; else
        they are in `deferred`.
    """
    lacking = [*unsupported(ALPACA, terms_of(ticket))]
    if lacking:
        return refused(lacking)
    if ticket.trail_percent is not None and ticket.trail_percent < TRAIL_PERCENT_MIN:
        least = f"trailPercent must be at least {TRAIL_PERCENT_MIN} on alpaca"
        return Refused(why=(least,))
    found = rounded(ticket, price_step)
    if isinstance(found, Refused):
        return found
    for name, size, step in (
        ("qty", found.quantity, QUANTITY_STEP),
        ("notional", found.notional, CENT),
    ):
        if size is not None and size < step:
            return Refused(why=(f"{name} must be at least {text(step)} on alpaca",))
    order: Json = {"symbol": found.symbol, "side": str(found.side)}
    order["type"] = str(found.order)
    if documented and found.order is TicketType.STOP_LIMIT:
        order["type"] = str(TicketType.LIMIT)
    numbers = {
        "qty": floored(found.quantity, QUANTITY_STEP),
        "notional": floored(found.notional, CENT),
        "stop_price": found.stop_price,
        "limit_price": found.limit_price,
        "trail_price": found.trail_price,
        "trail_percent": found.trail_percent,
    }
    order |= _texts(numbers)
    order["time_in_force"] = str(time_in_force(found))
    if found.extended_hours:
        order["extended_hours"] = True
    if found.client_order_id:
        order["client_order_id"] = found.client_order_id
    if found.intent is not None:
        order["position_intent"] = str(found.intent)
    reasons = why_deferred(found)
    if found.attached is not None and not reasons:
        order |= _attached(found.attached)
    return PlatformOrder(order=order, deferred=deferred(found, reasons))


def time_in_force(ticket: Ticket) -> TicketTime:
    """Alpaca asks for one: the ticket's, else day, and gtc for crypto."""
    if ticket.time_in_force is not None:
        return ticket.time_in_force
    is_crypto = ticket.asset_class is AssetClass.CRYPTO
    return TicketTime.GTC if is_crypto else TicketTime.DAY


def why_deferred(ticket: Ticket) -> tuple[str, ...]:
    """Say why Alpaca cannot hold the exits of this entry; empty when it can."""
    exits = ticket.attached
    if exits is None:
        return ()
    why: list[str] = []
    if ticket.order not in (TicketType.MARKET, TicketType.LIMIT):
        why.append(
            f"attached exits on a {ticket.order} entry are not documented by Alpaca"
        )
    if ticket.asset_class is not AssetClass.EQUITY:
        why.append(f"{ticket.asset_class} orders must be simple orders")
    if ticket.notional is not None or is_fractional(ticket):
        why.append("fractional/notional orders must be simple orders")
    if time_in_force(ticket) not in DAY_GTC:
        why.append("attached exits need time in force day or gtc")
    if ticket.extended_hours:
        why.append("attached exits are not taken in extended hours")
    if ticket.intent is not None and not ticket.intent.opens:
        why.append("attached exits need an order that opens")
    if exits.touch_price is not None:
        why.append(
            "take_profit has only limit_price; touch-triggered profit exits are local"
        )
    return tuple(why)


def _attached(exits: AttachedExits) -> Json:
    take_profit = _texts({"limit_price": exits.take_profit_price})
    stop_loss = _texts(
        {"stop_price": exits.stop_price, "limit_price": exits.stop_limit_price}
    )
    both = bool(take_profit and stop_loss)
    written: Json = {"order_class": "bracket" if both else "oto"}
    if take_profit:
        written["take_profit"] = take_profit
    if stop_loss:
        written["stop_loss"] = stop_loss
    return written


def _texts(numbers: dict[str, Decimal | None]) -> Json:
    return {name: text(value) for name, value in numbers.items() if value is not None}
