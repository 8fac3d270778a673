"""Tickets of signals: what a broker would be asked for, without asking it."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketType
from exitd.signals.assets import asset_class_of, symbol_of
from exitd.signals.model import Signal

NO_SIZE = "qty or notional is required"


class Size(Struct, frozen=True, kw_only=True, gc=False):
    """What an alert without a size trades: one of the two, above zero."""

    quantity: Decimal | None = None
    notional: Decimal | None = None


class NoTicket(Struct, frozen=True, kw_only=True):
    """Why no order can be made of a signal: sentences, at least one."""

    problems: tuple[str, ...]


def ticket_of(
    signal: Signal,
    *,
    asset_class: AssetClass | None = None,
    size: Size | None = None,
    client_order_id: str | None = None,
) -> Ticket | NoTicket:
    """
    Make the order that a valid signal asks for.

    Args:
        signal: One whose validation has no error but a missing `auth_key`.
        asset_class: What the ticker is; else it is read from the ticker.
        size: For a signal that names no size.
        client_order_id: What the broker is to know it by; else the signal's own.

    Returns:
        The ticket, its exits in `attached`, its prices as asked (platforms round
        them); or the problems, `qty or notional is required` for one.
    """
    order, direction, ticker = signal.order_type, signal.direction, signal.ticker
    quantity, notional = signal.qty, signal.notional
    if quantity is None and notional is None and size is not None:
        quantity, notional = size.quantity, size.notional
    if direction is None or ticker is None:
        return NoTicket(problems=_unusable(signal))
    if quantity is None and notional is None:
        return NoTicket(problems=(NO_SIZE,))
    kind = asset_class or asset_class_of(ticker)
    has_stop = order in (TicketType.STOP, TicketType.STOP_LIMIT)
    has_limit = order in (TicketType.LIMIT, TicketType.STOP_LIMIT)
    is_trailing = order is TicketType.TRAILING_STOP
    return Ticket(
        symbol=symbol_of(ticker, kind),
        asset_class=kind,
        side=direction.side,
        quantity=quantity,
        notional=notional,
        order=order,
        # Prices that the type has no use for are never sent.
        stop_price=signal.stop_price if has_stop else None,
        limit_price=signal.limit_price if has_limit else None,
        trail_price=signal.trail_price if is_trailing else None,
        trail_percent=signal.trail_percent if is_trailing else None,
        time_in_force=signal.time_in_force,
        extended_hours=signal.extended_hours,
        client_order_id=(
            client_order_id
            if client_order_id is not None
            else signal.client_order_id or ""
        ),
        intent=signal.intent,
        attached=attached_of(signal),
    )


def attached_of(signal: Signal) -> AttachedExits | None:
    """Give the exits that a signal names, as a broker could hold them."""
    profit, loss = signal.take_profit, signal.stop_loss
    if profit is None and loss is None:
        return None
    return AttachedExits(
        take_profit_price=profit.limit_price if profit else None,
        touch_price=profit.stop_price if profit and profit.is_touch else None,
        stop_price=loss.stop_price if loss else None,
        stop_limit_price=loss.limit_price if loss and loss.has_limit else None,
    )


def _unusable(signal: Signal) -> tuple[str, ...]:
    named = {"ticker": signal.ticker, "direction": signal.direction}
    return tuple(f"{name} is required" for name, said in named.items() if said is None)
