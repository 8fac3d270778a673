"""Closes that come late: still wanted for a while, and only of what was meant.

A close that waited, for a venue or for the daemon itself, gets somebody out of a
position all the same, so it may be older than an entry. But by then the position that
is held can be another one than the alert was about.
"""

from collections.abc import Iterable

from exitd.configuration.webhook import Route
from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.position import PositionRecord
from exitd.core.units import NS_PER_S, ZERO

#: A position is seen this much later than it was opened at the most, as a rule: one
#: that nobody streams is found when an alert asks for it.
SEEN_LATE_NS = 10 * NS_PER_S


def late_close(
    name: str,
    route: Route,
    record: SignalRecord,
    position: PositionRecord,
    entries: Iterable[EntryRecord],
    now_ns: int,
) -> str:
    """Say why a close must not be done any more; empty when it may.

    Args:
        name: That of the route.
        position: What would be closed, open.
        entries: Those into this position that are known.
        now_ns: The instant of carrying it out, on the clock of the receipt.
    """
    age_ns = now_ns - record.ts_received_ns
    if age_ns > route.close_age:
        return (
            f"it came in {age_ns // NS_PER_S} s ago, and "
            f"webhook.routes.{name}.close_age lets a close wait "
            f"{route.close_age // NS_PER_S} s; close the position by hand if it is "
            "still to be closed"
        )
    if position.ts_opened_ns <= record.ts_received_ns + SEEN_LATE_NS:
        return ""
    # One of which nothing is left brought a position that has been closed since.
    if any(entry.left > ZERO and _came_before(entry, record) for entry in entries):
        return ""
    after_s = (position.ts_opened_ns - record.ts_received_ns) // NS_PER_S
    key = position.key
    return (
        f"the {key.side} position in {key.symbol} was opened, or first seen, {after_s} "
        "s after it came in, so it is about another one; close it by hand if it is not"
    )


def _came_before(entry: EntryRecord, record: SignalRecord) -> bool:
    """Whether the alert of an entry came in before; their numbers only rise."""
    _, _, number = entry.id.rpartition("-")
    _, _, mine = record.id.rpartition("-")
    return number.isdecimal() and int(number) < int(mine)
