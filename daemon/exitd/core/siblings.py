"""Orders of another daemon with our tag, told by their ids and by when they were made.

Whoever takes over from another goes on with far higher ids. So an order with our tag
and an id of before this run, made since it began, is of an older daemon that is alive.
"""

from msgspec import Struct

from exitd.core.inputs import OrderReport
from exitd.core.state import Began, State
from exitd.core.units import NS_PER_S

#: An order may look this much younger than it is: clocks are not equal, and what was
#: sent at the end of the run before may arrive in this one.
_LATE_NS = 60 * NS_PER_S


class Sibling(Struct, frozen=True):
    """An order with our tag that we do not know, by its id without the tag."""

    number: int
    ts_created_venue_ns: int | None


def begin(state: State, account: str, now_ns: int) -> None:
    """Note which id was the last before this run, and the venue's time, if known."""
    ahead_ns = state.ahead_ns.get(account)
    ts_venue_ns = None if ahead_ns is None else now_ns + ahead_ns
    state.began[account] = Began(state.counters[account].counter, ts_venue_ns)


def on_venue_time(state: State, account: str, now_ns: int) -> None:
    """The venue's clock is known; where it was not at the beginning, that is now."""
    began = state.began.get(account)
    if began is not None and began.ts_venue_ns is None:
        ts_venue_ns = now_ns + state.ahead_ns[account]
        state.began[account] = Began(began.counter, ts_venue_ns)


def note_used(state: State, account: str, client_id: int) -> None:
    """Remember an id that was reserved before this run and is used in it.

    Any other that is used is above the one that was the last before it.
    """
    began = state.began.get(account)
    if began is None or client_id & 0xFFFFFF <= began.counter:
        state.first_ids_used.add((account, client_id))


def sibling_of(state: State, report: OrderReport) -> Sibling | None:
    """Read an order as one of another daemon with our tag; None if it is not."""
    counter = state.counters.get(report.account)
    client_id = report.client_order_id
    if counter is None or client_id is None or client_id >> 24 != counter.tag:
        return None
    id = (report.account, client_id)
    if id in state.attempt_of_client_id or id in state.backstop_of_client_id:
        return None
    if id in state.first_ids_used:
        # Reserved before this run, and used in it.
        return None
    return Sibling(client_id & 0xFFFFFF, report.ts_created_venue_ns)


def is_of_older(sibling: Sibling, counter: int, ts_began_venue_ns: int) -> bool:
    """Whether an order was made with an id of before a run, since that run began."""
    created_ns = sibling.ts_created_venue_ns
    return (
        sibling.number <= counter
        and created_ns is not None
        and created_ns > ts_began_venue_ns + _LATE_NS
    )


def shows_older(state: State, report: OrderReport) -> bool:
    """Whether an order shows that an older daemon is alive beside this run."""
    account = report.account
    began, sibling = state.began.get(account), sibling_of(state, report)
    if began is None or began.ts_venue_ns is None or sibling is None:
        return False
    if state.counters[account].counter < began.counter:
        # The ids have come round: a low one may be ours.
        return False
    return is_of_older(sibling, began.counter, began.ts_venue_ns)
