"""Transforming: the order of each platform for one alert, in the format's shapes."""

from collections.abc import Callable

from exitd.core.ticket import AssetClass, Ticket
from exitd.signals.model import Json, Signal, Validation
from exitd.signals.platforms.alpaca import ALPACA, alpaca_order
from exitd.signals.platforms.interactive_brokers import (
    INTERACTIVE_BROKERS,
    tws_order,
    web_order,
)
from exitd.signals.platforms.order import (
    AFTER,
    FILLED,
    Deferred,
    PlatformOrder,
    Refused,
    exits_json,
)
from exitd.signals.platforms.schwab import (
    SCHWAB,
    TD_AMERITRADE,
    schwab_order,
    td_ameritrade_order,
)
from exitd.signals.tickets import NoTicket, Size, ticket_of

WEB_API = "interactive_brokers_web"
TAG_NOTE = "custom positionIntent kept as a tag, not sent"
Transform = Callable[[Ticket], PlatformOrder | Refused]
TRANSFORMS: dict[str, Transform] = {
    ALPACA.platform: alpaca_order,
    INTERACTIVE_BROKERS.platform: tws_order,
    WEB_API: web_order,
    SCHWAB.platform: schwab_order,
    TD_AMERITRADE.platform: td_ameritrade_order,
}


def documented_alpaca_order(ticket: Ticket) -> PlatformOrder | Refused:
    """Make an order as the format's own page shows it; Alpaca refuses some of these."""
    return alpaca_order(ticket, documented=True)


def transformed(
    signal: Signal,
    validation: Validation,
    platform: str,
    *,
    transform: Transform | None = None,
    asset_class: AssetClass | None = None,
    size: Size | None = None,
) -> Json:
    """
    Give what a platform would be sent for an alert, or why it would not.

    Returns:
        `order`, with `children`, `deferred` and `notes` where there are any; or
        `error`, one sentence. A missing `auth_key` alone is no obstacle: whoever
        receives alerts asks for it.
    """
    errors = [error.message for error in validation.errors if error.rule != "E3"]
    if errors:
        return {"error": "; ".join(errors)}
    ticket = ticket_of(signal, asset_class=asset_class, size=size)
    if isinstance(ticket, NoTicket):
        return {"error": "; ".join(ticket.problems)}
    made = (transform or TRANSFORMS[platform])(ticket)
    if isinstance(made, Refused):
        return {"error": made.sentence}
    written: Json = {"order": made.order}
    if made.children:
        written["children"] = list(made.children)
    if made.deferred is not None:
        written["deferred"] = _deferred_json(platform, made.deferred)
    notes = list(made.notes)
    if signal.tag is not None and platform == ALPACA.platform:
        notes.append(TAG_NOTE)
    if notes:
        written["notes"] = notes
    return written


def _deferred_json(platform: str, deferred: Deferred) -> Json:
    if platform == INTERACTIVE_BROKERS.platform:
        # Its shape says when and why; the exits are those of the alert.
        return {"after": AFTER, "why": list(deferred.why)}
    return {
        "after": AFTER,
        "side": str(deferred.side),
        "qty": FILLED,
        "exits": exits_json(deferred.exits),
        "why": list(deferred.why),
    }
