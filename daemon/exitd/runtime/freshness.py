"""Which prices are fresh enough to judge by, and which connections are dead."""

from msgspec import Struct

from exitd.core.market import PriceKind, PriceSource
from exitd.core.state import State

#: Kinds that a venue pushes at a steady pace: silence means a fault. The others
#: speak only when somebody trades or quotes, so a live connection is proof enough.
_PACED = frozenset({PriceKind.MARK, PriceKind.INDEX})


class Staleness(Struct, frozen=True):
    """Why a source is stale; `age_ns` is None when no price was ever seen."""

    source: PriceSource
    age_ns: int | None
    reason: str


def judge(
    source: PriceSource,
    state: State,
    *,
    now_ns: int,
    max_age_ns: int,
    connected_since_ns: int | None,
) -> Staleness | None:
    """Say whether a source is stale, and why.

    Args:
        source: What a trigger watches.
        state: The engine's memory, for the last price of the source.
        now_ns: The steady clock, which also stamps prices on arrival.
        max_age_ns: The oldest price to judge by.
        connected_since_ns: Since when the feed is up; None while it is down.
    """
    book = state.books.get(source)
    seen_ns = book.ts_recv_ns if book is not None and book.price is not None else None
    age_ns = None if seen_ns is None else now_ns - seen_ns
    if connected_since_ns is None:
        is_recent = age_ns is not None and age_ns <= max_age_ns
        return None if is_recent else Staleness(source, age_ns, "the feed is down")
    if source.kind not in _PACED:
        return None
    quiet_ns = now_ns - max(seen_ns or 0, connected_since_ns)
    if quiet_ns > max_age_ns:
        return Staleness(source, age_ns, "no price arrives although the feed is up")
    if seen_ns is None:
        return Staleness(source, None, "no price has been seen yet")
    if age_ns is not None and age_ns > max_age_ns:
        return Staleness(source, age_ns, "no price since the feed came back")
    return None
