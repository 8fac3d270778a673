"""How long a close by alert may work, by its timeInForce and extendedHours.

A limit close has what was asked for, as far as its broker can. A stop has not: it does
not give up while its position lives. What is not done as asked is said in the outcome.
"""

from msgspec import Struct

from exitd.core.asked_time import AskedTime
from exitd.core.ticket import AssetClass, Ticket, TicketTime, TicketType
from exitd.core.units import NS_PER_S
from exitd.signals.days import day_end_ns

#: How long one that is to fill at once may take, where a broker has no such orders.
AT_ONCE_NS = 2 * NS_PER_S
#: Accounts whose markets close, and that take limit orders outside of their hours.
_WITH_HOURS = frozenset({"alpaca", "interactive_brokers", "schwab"})
_ALL_OR_NOTHING = frozenset({"backpack", "schwab"})
_AT_ONCE = frozenset({TicketTime.IOC, TicketTime.FOK})
_AUCTIONS = frozenset({TicketTime.OPG, TicketTime.CLS})
_LIMITS = frozenset({TicketType.LIMIT, TicketType.STOP_LIMIT})


class CloseTime(Struct, frozen=True, kw_only=True):
    """What an alert's times come to for its close.

    `wrong` is why it cannot be carried out, empty if it can. From `expires_ns` on
    (UTC) what was not hit is over. `notes` say what is not done as asked.
    """

    asked: AskedTime | None = None
    expires_ns: int | None = None
    notes: tuple[str, ...] = ()
    wrong: str = ""


def close_time(ticket: Ticket, kind: str, now_ns: int, *, is_paper: bool) -> CloseTime:
    """Work out the time of a close.

    Args:
        ticket: The order that the alert asks for.
        kind: The type of its account.
        is_paper: Whether that is simulated: then nothing is closed at any hour, and
            what fills does so at once and whole.
    """
    time, wants_extended = ticket.time_in_force, ticket.extended_hours is True
    if time in _AUCTIONS:
        return CloseTime(
            wrong=f"timeInForce '{time}' is for an auction, in which no close of exitd "
            "takes part; write day or gtc, or leave it out to close as soon as it can"
        )
    has_hours = kind in _WITH_HOURS and ticket.asset_class is not AssetClass.CRYPTO
    extends = wants_extended and has_hours and not is_paper
    is_limit = ticket.order in _LIMITS
    notes: list[str] = []
    if extends and not is_limit:
        notes.append("in the session only, as extendedHours is for limit orders")
    if ticket.order is not TicketType.LIMIT:
        notes += _unlike_asked(ticket)
        asked = AskedTime(None, is_extended=True) if extends and is_limit else None
        return CloseTime(asked=asked, notes=tuple(notes))
    if time in _AT_ONCE:
        time, said = _at_once(time, kind, has_hours=has_hours, is_paper=is_paper)
        notes += said
        if extends and kind == "schwab":
            extends = False
            notes.append("in the session only, as schwab takes extendedHours with day")
    if time is None and not extends:
        return CloseTime(notes=tuple(notes))
    until_ns, expires_ns = 0, None
    if time is TicketTime.DAY:
        until_ns = expires_ns = day_end_ns(ticket.asset_class, now_ns)
    elif time in _AT_ONCE:
        expires_ns = now_ns + AT_ONCE_NS
    asked = AskedTime(time, extends, until_ns)
    return CloseTime(asked=asked, expires_ns=expires_ns, notes=tuple(notes))


def _unlike_asked(ticket: Ticket) -> list[str]:
    """Say what time in force a close at market, or on a stop, does not keep to."""
    time = ticket.time_in_force
    if ticket.order is TicketType.MARKET:
        is_whole = time is TicketTime.FOK
        return ["in parts if it has to be, not timeInForce 'fok'"] if is_whole else []
    if time in (None, TicketTime.GTC):
        return []
    return [
        f"held until the position ends, not timeInForce '{time}', as a stop does not "
        "give up"
    ]


def _at_once(
    time: TicketTime | None, kind: str, *, has_hours: bool, is_paper: bool
) -> tuple[TicketTime, list[str]]:
    """Give what a broker has for an order that is to fill at once."""
    if time is TicketTime.FOK and (is_paper or kind in _ALL_OR_NOTHING):
        return TicketTime.FOK, []
    notes = []
    if time is TicketTime.FOK:
        notes.append(f"as ioc, which may fill a part: {kind} takes no fok here")
    if kind == "alpaca" and has_hours and not is_paper:
        notes.append("taken back after 2 s, as Alpaca has no ioc for us")
    return TicketTime.IOC, notes
