"""Tickets of signals: what a broker would be asked for, without asking it."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.ticket import AssetClass, Ticket
from exitd.signals.model import Signal


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
    raise NotImplementedError
