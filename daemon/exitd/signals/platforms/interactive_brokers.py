"""
Orders of Interactive Brokers, in the field names of TWS and of its Web API.

Numbers stay numbers. Both hold exits as child orders, which live until they are
cancelled. TWS has a limit-if-touched for touch exits; the Web API does not list one.
"""

from decimal import Decimal

from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketTime, TicketType
from exitd.signals.model import Json
from exitd.signals.platforms.capabilities import (
    ALL_TIMES,
    DAY,
    DAY_GTC,
    GTC_IOC,
    Capabilities,
    Times,
    terms_of,
    unsupported,
)
from exitd.signals.platforms.order import (
    PlatformOrder,
    Refused,
    deferred,
    opposite,
    refused,
)
from exitd.signals.platforms.rounding import rounded

PARENT = "<parent orderId>"
PARENT_COID = "<parent cOID>"


def _capabilities(times: Times, *, has_touch_exits: bool) -> Capabilities:
    return Capabilities(
        platform="interactive_brokers",
        times={
            AssetClass.EQUITY: {
                TicketType.MARKET: times,
                TicketType.LIMIT: times,
                TicketType.STOP: DAY_GTC,
                TicketType.STOP_LIMIT: DAY_GTC,
                TicketType.TRAILING_STOP: DAY_GTC,
            },
            AssetClass.OPTION: dict.fromkeys(TicketType, DAY),
            AssetClass.CRYPTO: {
                TicketType.MARKET: GTC_IOC & times,
                TicketType.LIMIT: GTC_IOC & times,
            },
        },
        notional=frozenset({TicketType.MARKET}),
        notional_times=times,
        fractional_times=times,
        fractional_types=frozenset(TicketType),
        extended=frozenset(TicketType) - {TicketType.MARKET},
        extended_times=DAY_GTC,
        has_touch_exits=has_touch_exits,
    )


INTERACTIVE_BROKERS = _capabilities(ALL_TIMES, has_touch_exits=True)
# Fill or kill is not among the times in force that the Web API lists.
WEB_API = _capabilities(ALL_TIMES - {TicketTime.FOK}, has_touch_exits=False)
_TWS_TYPES = {
    TicketType.MARKET: "MKT",
    TicketType.LIMIT: "LMT",
    TicketType.STOP: "STP",
    TicketType.STOP_LIMIT: "STP LMT",
    TicketType.TRAILING_STOP: "TRAIL",
}
_AT_CLOSE = {TicketType.MARKET: "MOC", TicketType.LIMIT: "LOC"}


def tws_order(
    ticket: Ticket, *, price_step: Decimal | None = None
) -> PlatformOrder | Refused:
    """
    Make an order in the field names of TWS (as in `ib_async`).

    Args:
        price_step: The contract's own, above zero; else a cent, or 0.0001 below one
            dollar.

    Returns:
        The order with its exits as `children`: only the last of them transmits, which
        sends them all. An order of an amount of money (`cashQty`) has none: how much
        they would close is not known before it has filled.
    """
    found = _taken(INTERACTIVE_BROKERS, ticket, price_step)
    if isinstance(found, Refused):
        return found
    order: Json = {"symbol": symbol(found), "action": _action(found.side)}
    order["orderType"] = _TWS_TYPES[found.order]
    if found.time_in_force is TicketTime.CLS:
        order["orderType"] = _AT_CLOSE[found.order]
    order |= _present(
        totalQuantity=found.quantity,
        cashQty=found.notional,
        auxPrice=found.stop_price if found.trail_price is None else found.trail_price,
        lmtPrice=found.limit_price,
        trailingPercent=found.trail_percent,
    )
    if found.time_in_force is not None:
        order["tif"] = _tif(found.time_in_force)
    if found.extended_hours:
        order["outsideRth"] = True
    if found.client_order_id:
        order["orderRef"] = found.client_order_id
    reasons = why_deferred(found)
    children: list[Json] = []
    if found.attached is not None and not reasons:
        order["transmit"] = False
        children = [
            {
                "action": _action(opposite(found.side)),
                "totalQuantity": found.quantity,
                **child,
                "tif": "GTC",
                "parentId": PARENT,
                "transmit": False,
            }
            for child in _tws_exits(found.attached)
        ]
        children[-1]["transmit"] = True
    return PlatformOrder(
        order=order, children=tuple(children), deferred=deferred(found, reasons)
    )


def web_order(
    ticket: Ticket, *, price_step: Decimal | None = None
) -> PlatformOrder | Refused:
    """
    Make an order for the Client Portal Web API; `POST …/orders` takes a list.

    Args:
        price_step: The contract's own, above zero; else as for TWS.

    Returns:
        The order without `conid` and `acctId`, which its adapter knows, and its exits
        as `children`. They name the parent by its `cOID`, so that a ticket with
        exits needs a client order id; without one a stand-in is written.
    """
    found = _taken(WEB_API, ticket, price_step)
    if isinstance(found, Refused):
        return found
    order: Json = {"ticker": symbol(found), "side": _action(found.side)}
    order["orderType"] = _TWS_TYPES[found.order].replace("STP LMT", "STOP_LIMIT")
    if found.time_in_force is TicketTime.CLS:
        order["orderType"] = _AT_CLOSE[found.order]
    order |= _present(quantity=found.quantity, cashQty=found.notional)
    if found.order is TicketType.STOP:
        # Of a stop alone, `price` is the stop; of a stop-limit it is the limit.
        order |= _present(price=found.stop_price)
    else:
        order |= _present(price=found.limit_price, auxPrice=found.stop_price)
    if found.order is TicketType.TRAILING_STOP:
        by_amount = found.trail_price is not None
        order["trailingType"] = "amt" if by_amount else "%"
        order["trailingAmt"] = found.trail_price if by_amount else found.trail_percent
    order["tif"] = _tif(found.time_in_force or _web_default(found))
    if found.extended_hours:
        order["outsideRTH"] = True
    if found.client_order_id:
        order["cOID"] = found.client_order_id
    reasons = why_deferred(found, WEB_API)
    children: list[Json] = []
    if found.attached is not None and not reasons:
        children = [
            {
                "ticker": symbol(found),
                "parentId": found.client_order_id or PARENT_COID,
                "side": _action(opposite(found.side)),
                "quantity": found.quantity,
                **child,
                "tif": "GTC",
            }
            for child in _web_exits(found.attached)
        ]
    return PlatformOrder(
        order=order, children=tuple(children), deferred=deferred(found, reasons)
    )


def why_deferred(
    ticket: Ticket, able: Capabilities = INTERACTIVE_BROKERS
) -> tuple[str, ...]:
    """Say why the exits of this entry cannot be its children; empty when they can."""
    if ticket.attached is None:
        return ()
    why: list[str] = []
    if ticket.notional is not None:
        why.append("cashQty entries have no fixed child quantity")
    if ticket.attached.touch_price is not None and not able.has_touch_exits:
        why.append("the Web API has no order that waits to be touched")
    return tuple(why)


def symbol(ticket: Ticket) -> str:
    """Write a symbol as Interactive Brokers does: `BRK B`, `BTC`."""
    match ticket.asset_class:
        case AssetClass.CRYPTO:
            return ticket.symbol.partition("/")[0]
        case AssetClass.EQUITY:
            return ticket.symbol.replace(".", " ")
        case AssetClass.OPTION:
            return ticket.symbol


def _taken(
    able: Capabilities, ticket: Ticket, price_step: Decimal | None
) -> Ticket | Refused:
    lacking = [*unsupported(able, terms_of(ticket))]
    return refused(lacking) if lacking else rounded(ticket, price_step)


def _tws_exits(exits: AttachedExits) -> list[Json]:
    """Write the exits: a touch exit is a limit-if-touched, its touch in auxPrice."""
    written: list[Json] = []
    if exits.take_profit_price is not None:
        kind = "LMT" if exits.touch_price is None else "LIT"
        prices = _present(lmtPrice=exits.take_profit_price, auxPrice=exits.touch_price)
        written.append({"orderType": kind, **prices})
    if exits.stop_price is not None:
        kind = "STP" if exits.stop_limit_price is None else "STP LMT"
        prices = _present(auxPrice=exits.stop_price, lmtPrice=exits.stop_limit_price)
        written.append({"orderType": kind, **prices})
    return written


def _web_exits(exits: AttachedExits) -> list[Json]:
    written: list[Json] = []
    if exits.take_profit_price is not None:
        written.append({"orderType": "LMT", "price": exits.take_profit_price})
    if exits.stop_price is not None and exits.stop_limit_price is None:
        written.append({"orderType": "STP", "price": exits.stop_price})
    elif exits.stop_price is not None:
        prices = _present(price=exits.stop_limit_price, auxPrice=exits.stop_price)
        written.append({"orderType": "STOP_LIMIT", **prices})
    return written


def _web_default(ticket: Ticket) -> TicketTime:
    is_crypto = ticket.asset_class is AssetClass.CRYPTO
    return TicketTime.IOC if is_crypto else TicketTime.DAY


def _tif(time: TicketTime) -> str:
    """At the close is a type of order here, and its time in force the day."""
    return "DAY" if time is TicketTime.CLS else time.upper()


def _action(side: OrderSide) -> str:
    return side.upper()


def _present(**numbers: Decimal | None) -> Json:
    return {name: value for name, value in numbers.items() if value is not None}
