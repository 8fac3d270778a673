"""
Orders of Schwab (Trader API), and of TD Ameritrade, whose form they have kept.

Exits are a strategy: the entry triggers one order, or two that cancel one another.
TD Ameritrade's own API ended on 10 May 2024; its form is here for the format only.
"""

from decimal import Decimal

from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketTime, TicketType
from exitd.core.units import ONE
from exitd.signals.model import Json
from exitd.signals.platforms.capabilities import (
    ALL_TIMES,
    DAY,
    DAY_GTC,
    Capabilities,
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

SCHWAB = Capabilities(
    platform="schwab",
    times={
        AssetClass.EQUITY: {
            TicketType.MARKET: ALL_TIMES - {TicketTime.OPG},
            TicketType.LIMIT: ALL_TIMES - {TicketTime.OPG},
            TicketType.STOP: DAY_GTC,
            TicketType.STOP_LIMIT: DAY_GTC,
            TicketType.TRAILING_STOP: DAY_GTC,
        },
        AssetClass.OPTION: dict.fromkeys(TicketType, DAY),
    },
)
TD_AMERITRADE = Capabilities(
    platform="td_ameritrade",
    times={
        asset_class: {
            order: times
            for order, times in orders.items()
            if order is not TicketType.TRAILING_STOP
        }
        for asset_class, orders in SCHWAB.times.items()
    },
)
TD_AMERITRADE_NOTE = "TD Ameritrade's API ended on 10 May 2024; send orders to schwab"
_DURATIONS = {
    TicketTime.DAY: "DAY",
    TicketTime.GTC: "GOOD_TILL_CANCEL",
    TicketTime.IOC: "IMMEDIATE_OR_CANCEL",
    TicketTime.FOK: "FILL_OR_KILL",
    TicketTime.CLS: "DAY",
}
_AT_CLOSE = {
    TicketType.MARKET: "MARKET_ON_CLOSE",
    TicketType.LIMIT: "LIMIT_ON_CLOSE",
}


def schwab_order(
    ticket: Ticket, *, price_step: Decimal | None = None
) -> PlatformOrder | Refused:
    """
    Make an order of Schwab.

    Args:
        price_step: The instrument's own, above zero; else a cent, or 0.0001 below one
            dollar.

    Returns:
        The order; with exits it is a `TRIGGER` strategy. It has no client order id.
    """
    return _order(SCHWAB, ticket, price_step)


def td_ameritrade_order(
    ticket: Ticket, *, price_step: Decimal | None = None
) -> PlatformOrder | Refused:
    """Make an order in the form of TD Ameritrade, which nobody takes any more."""
    return _order(TD_AMERITRADE, ticket, price_step)


def why_deferred(ticket: Ticket) -> tuple[str, ...]:
    """Say why Schwab cannot hold the exits of this entry; empty when it can."""
    if ticket.attached is None or ticket.attached.touch_price is None:
        return ()
    return ("there is no order that waits to be touched; touch exits are local",)


def _order(
    able: Capabilities, ticket: Ticket, price_step: Decimal | None
) -> PlatformOrder | Refused:
    lacking = [*unsupported(able, terms_of(ticket))]
    if lacking:
        return refused(lacking)
    found = rounded(ticket, price_step)
    if isinstance(found, Refused):
        return found
    time = found.time_in_force or TicketTime.DAY
    kind = _AT_CLOSE[found.order] if time is TicketTime.CLS else found.order.upper()
    order: Json = {
        "session": "SEAMLESS" if found.extended_hours else "NORMAL",
        "duration": _DURATIONS[time],
        "orderType": kind,
        **_prices(found.stop_price, found.limit_price),
        **_trail(found),
        "orderStrategyType": "SINGLE",
        "orderLegCollection": [_leg(found, _instruction(found))],
    }
    reasons = why_deferred(found)
    if found.attached is not None and not reasons:
        order["orderStrategyType"] = "TRIGGER"
        order["childOrderStrategies"] = _strategy(found, found.attached)
    notes: list[str] = []
    if found.client_order_id:
        notes.append(f"{able.platform} takes no client order id; it stays here")
    if able is TD_AMERITRADE:
        notes.append(TD_AMERITRADE_NOTE)
    return PlatformOrder(
        order=order, deferred=deferred(found, reasons), notes=tuple(notes)
    )


def _strategy(ticket: Ticket, exits: AttachedExits) -> list[Json]:
    """Write what the entry triggers: one order, or two that cancel one another."""
    orders: list[Json] = []
    if exits.take_profit_price is not None:
        orders.append(_exit(ticket, "LIMIT", None, exits.take_profit_price))
    if exits.stop_price is not None:
        kind = "STOP" if exits.stop_limit_price is None else "STOP_LIMIT"
        orders.append(_exit(ticket, kind, exits.stop_price, exits.stop_limit_price))
    if len(orders) == 1:
        return orders
    return [{"orderStrategyType": "OCO", "childOrderStrategies": orders}]


def _exit(
    ticket: Ticket, kind: str, stop: Decimal | None, limit: Decimal | None
) -> Json:
    is_option = ticket.asset_class is AssetClass.OPTION
    if opposite(ticket.side) is OrderSide.SELL:
        instruction = "SELL_TO_CLOSE" if is_option else "SELL"
    else:
        instruction = "BUY_TO_CLOSE" if is_option else "BUY_TO_COVER"
    return {
        "session": "NORMAL",
        "duration": "GOOD_TILL_CANCEL",
        "orderType": kind,
        **_prices(stop, limit),
        "orderStrategyType": "SINGLE",
        "orderLegCollection": [_leg(ticket, instruction)],
    }


def _leg(ticket: Ticket, instruction: str) -> Json:
    kind = "OPTION" if ticket.asset_class is AssetClass.OPTION else "EQUITY"
    return {
        "instruction": instruction,
        "quantity": ticket.quantity,
        "instrument": {"symbol": _symbol(ticket), "assetType": kind},
    }


def _instruction(ticket: Ticket) -> str:
    """A side and what it does to the position; without an intent, it opens."""
    is_buy = ticket.side is OrderSide.BUY
    opens = ticket.intent is None or ticket.intent.opens
    if ticket.asset_class is AssetClass.OPTION:
        side = "BUY" if is_buy else "SELL"
        return f"{side}_TO_{'OPEN' if opens else 'CLOSE'}"
    if is_buy:
        return "BUY" if opens else "BUY_TO_COVER"
    return "SELL_SHORT" if opens else "SELL"


_ROOT_LENGTH = 6
_CONTRACT_LENGTH = 15


def _symbol(ticket: Ticket) -> str:
    """Schwab writes options in the 21 characters of the OCC."""
    if ticket.asset_class is AssetClass.OPTION:
        root = ticket.symbol[:-_CONTRACT_LENGTH]
        return root.ljust(_ROOT_LENGTH) + ticket.symbol[-_CONTRACT_LENGTH:]
    return ticket.symbol


def _prices(stop: Decimal | None, limit: Decimal | None) -> Json:
    written: Json = {}
    if stop is not None:
        written["stopPrice"] = price_text(stop)
    if limit is not None:
        written["price"] = price_text(limit)
    return written


def _trail(ticket: Ticket) -> Json:
    if ticket.order is not TicketType.TRAILING_STOP:
        return {}
    by_amount = ticket.trail_price is not None
    return {
        "stopPriceLinkBasis": "LAST",
        "stopPriceLinkType": "VALUE" if by_amount else "PERCENT",
        "stopPriceOffset": ticket.trail_price if by_amount else ticket.trail_percent,
    }


def price_text(price: Decimal) -> str:
    """Write a rounded price as Schwab does: two decimals, four below one dollar."""
    return format(price, ".2f" if price >= ONE else ".4f")
