"""The limits of a route: what an alert may not do, each with the key that says so."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.configuration.webhook import Hours, Route
from exitd.core.ticket import Ticket
from exitd.core.units import NS_PER_DAY, NS_PER_S, text

_MINUTE_NS = 60 * NS_PER_S


class Counted(Struct, frozen=True, kw_only=True):
    """What a route has done, and when it is.

    `orders` are those of the last 24 hours. `sessions` are the sessions around now of
    the calendar that the route goes by, each open and close in UTC; None where they are
    not known, and `unknown` says why.
    """

    now_ns: int
    orders: int = 0
    sessions: Sequence[tuple[int, int]] | None = None
    unknown: str = ""


def wrong_hours(name: str, hours: Hours | None, counted: Counted) -> str:
    """Say why a route does not act now; empty when it does."""
    if hours is None:
        return ""
    place = f"webhook.routes.{name}.hours"
    if hours.between is not None and not is_between(hours.between, counted.now_ns):
        return f"it is not between {hours.between} UTC, which {place}.between asks for"
    if hours.calendar is None:
        return ""
    if counted.sessions is None:
        return (
            f"the sessions of {hours.calendar} are not known, which {place}.calendar "
            f"asks for: {counted.unknown}"
        )
    is_open = any(opens <= counted.now_ns < ends for opens, ends in counted.sessions)
    if is_open:
        return ""
    return f"{hours.calendar} has no session now, which {place}.calendar asks for"


def is_between(between: str, now_ns: int) -> bool:
    """Whether a time of the day, UTC, lies in `13:30-20:00`; its end does not."""
    begin, _, end = between.partition("-")
    first, last = _minutes(begin), _minutes(end)
    minute = now_ns % NS_PER_DAY // _MINUTE_NS
    if first <= last:
        return first <= minute < last
    return minute >= first or minute < last


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def wrong_symbol(name: str, route: Route, ticker: str, symbol: str) -> str:
    if not route.symbols or ticker in route.symbols or symbol in route.symbols:
        return ""
    return f"{ticker} is not among webhook.routes.{name}.symbols; add it there"


def too_much(name: str, route: Route, quantity: Decimal | None) -> str:
    """Say that an alert asks for more units than one may trade."""
    most = route.max_qty
    if most is None or quantity is None or quantity <= most:
        return ""
    return (
        f"{text(quantity)} is more than {text(most)}, the most that one alert may "
        f"trade by webhook.routes.{name}.max_qty"
    )


def opens_too_much(
    name: str, route: Route, ticket: Ticket, price: Decimal | None, counted: Counted
) -> str:
    """Say why an alert may not open what it asks for, by sizes and by how often.

    Args:
        price: What a unit costs at most, as far as is known.
    """
    place = f"webhook.routes.{name}"
    if route.orders_per_day is not None and counted.orders >= route.orders_per_day:
        return (
            f"{counted.orders} orders went out by this route in 24 hours, which is the "
            f"limit {place}.orders_per_day"
        )
    quantity, worth = ticket.quantity, ticket.notional
    if quantity is None and worth is not None and route.max_qty is not None:
        if not price:
            return f"no price is known that {place}.max_qty could be compared at"
        quantity = worth / price
    wrong = too_much(name, route, quantity)
    if wrong or route.max_notional is None:
        return wrong
    if worth is None:
        if not price or quantity is None:
            return f"no price is known that {place}.max_notional could be compared at"
        worth = quantity * price
    if worth <= route.max_notional:
        return ""
    return (
        f"it would open {text(worth)}, and {place}.max_notional allows "
        f"{text(route.max_notional)}"
    )
