"""What a broker takes: order types, times in force and sizes, for each asset class."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from exitd.core.ticket import AssetClass, Ticket, TicketTime, TicketType
from exitd.core.units import ONE, is_on_step
from exitd.signals.model import Finding

_ASSET_WORDS = {
    AssetClass.EQUITY: "equities",
    AssetClass.OPTION: "options",
    AssetClass.CRYPTO: "crypto",
}
Times = frozenset[TicketTime]
DAY = frozenset({TicketTime.DAY})
DAY_GTC = frozenset({TicketTime.DAY, TicketTime.GTC})
GTC_IOC = frozenset({TicketTime.GTC, TicketTime.IOC})
ALL_TIMES = frozenset(TicketTime)


class Capabilities(Struct, frozen=True, kw_only=True):
    """
    One broker, or one way to it.

    `times` holds what an order type may have as its time in force; a type or an asset
    class that is missing is not taken. `notional` are the types that can be sized by
    an amount of money. Fractional quantities of equities are `fractional_times` only,
    and none at all when that is empty. `extended` are the types that may work outside
    the regular hours, with these times in force. `has_touch_exits` says that a profit
    exit may wait for its price to be touched.
    """

    platform: str
    times: Mapping[AssetClass, Mapping[TicketType, Times]]
    notional: frozenset[TicketType] = frozenset()
    notional_times: Times = DAY
    fractional_times: Times = frozenset()
    fractional_types: frozenset[TicketType] = frozenset()
    extended: frozenset[TicketType] = frozenset({TicketType.LIMIT})
    extended_times: Times = DAY_GTC
    has_touch_exits: bool = False


class Terms(Struct, frozen=True, kw_only=True, gc=False):
    """What of an order decides whether a broker takes it; None: its default."""

    asset_class: AssetClass
    order: TicketType
    time: TicketTime | None = None
    is_fractional: bool = False
    is_notional: bool = False
    is_extended: bool = False


def terms_of(ticket: Ticket) -> Terms:
    return Terms(
        asset_class=ticket.asset_class,
        order=ticket.order,
        time=ticket.time_in_force,
        is_fractional=is_fractional(ticket),
        is_notional=ticket.notional is not None,
        is_extended=ticket.extended_hours is True,
    )


def is_fractional(ticket: Ticket) -> bool:
    quantity = ticket.quantity
    return quantity is not None and not is_on_step(quantity, ONE)


def unsupported(able: Capabilities, terms: Terms) -> Iterator[Finding]:
    """Say what of an order the broker does not take: W1 and W9 of the format."""
    orders = able.times.get(terms.asset_class, {})
    assets = _ASSET_WORDS[terms.asset_class]
    on = f"not supported on {able.platform}"
    if not orders:
        yield _feature(f"{assets.capitalize()} {on}", "Choose another broker")
        return
    if terms.order not in orders:
        yield _feature(f"Order type '{terms.order}' {on}", "Use supported order type")
        return
    times = orders[terms.order]
    if terms.time is not None and terms.time not in times:
        of_any = any(terms.time in others for others in orders.values())
        noun = f"{terms.order} orders" if of_any else assets
        yield _time(able, terms.time, noun, times)
        return
    if terms.is_notional:
        if terms.order not in able.notional:
            what = f"Notional {terms.order} orders" if able.notional else "Notional"
            yield _feature(f"{what} {on}", 'Write "qty" instead of "notional"')
        elif terms.asset_class is AssetClass.EQUITY:
            yield from _only(able, terms, "notional orders", able.notional_times)
    if terms.is_fractional and terms.asset_class is AssetClass.OPTION:
        yield _feature(f"Fractional contracts {on}", 'Write a whole "qty"')
    if terms.is_fractional and terms.asset_class is AssetClass.EQUITY:
        if terms.order not in able.fractional_types:
            yield _fractional(able, terms.order, f"Fractional quantity {on}")
        else:
            yield from _only(able, terms, "fractional orders", able.fractional_times)
    if terms.is_extended and terms.order not in able.extended:
        yield _feature(
            f"Extended hours for {terms.order} orders {on}", "Use a limit order"
        )
    elif terms.is_extended:
        yield from _only(able, terms, "extended hours", able.extended_times)


def _only(
    able: Capabilities, terms: Terms, noun: str, times: Times
) -> Iterator[Finding]:
    if terms.time is not None and terms.time not in times:
        yield _time(able, terms.time, noun, times)


def _fractional(able: Capabilities, order: TicketType, message: str) -> Finding:
    """Say whether it is the broker that takes no fractions, or this type of order."""
    if not able.fractional_types:
        return _feature(message, 'Write a whole "qty"')
    types = ", ".join(word for word in TicketType if word in able.fractional_types)
    times = " or ".join(word for word in TicketTime if word in able.fractional_times)
    return Finding(
        rule="W1",
        message=message,
        cause=f"It is the order type: {able.platform} takes fractions in {types} orders"
        f" ({times}), and not in {order} orders",
        remedy=f'Write a whole "qty", or an "orderType" of {types}',
        field="qty",
    )


def _feature(message: str, action: str) -> Finding:
    return Finding(
        rule="W1",
        message=message,
        cause="Feature not available",
        remedy=action,
        field="orderType",
    )


def _time(able: Capabilities, time: TicketTime, noun: str, times: Times) -> Finding:
    known = ", ".join(word for word in TicketTime if word in times)
    return Finding(
        rule="W9",
        message=f"Time in force '{time}' not supported for {noun} on {able.platform}",
        cause="Feature not available",
        remedy=f"Use one of {known}",
        field="timeInForce",
    )
