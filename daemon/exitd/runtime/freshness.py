"""Which prices are fresh enough to judge by, and saying so when that changes."""

from collections.abc import Callable

from msgspec import Struct

from exitd.core.market import PriceKind, PriceSource
from exitd.core.state import State
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel

#: Kinds that a venue pushes at a steady pace: silence means a fault. The others
#: speak only when somebody trades or quotes, so a live connection is proof enough.
PACED = frozenset({PriceKind.MARK, PriceKind.INDEX})
_SILENT = "no price arrives although the feed is up"


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
    if source.kind not in PACED:
        return None
    quiet_ns = now_ns - max(seen_ns or 0, connected_since_ns)
    if quiet_ns > max_age_ns:
        return Staleness(source, age_ns, _SILENT)
    if seen_ns is None:
        return Staleness(source, None, "no price has been seen yet")
    if age_ns is not None and age_ns > max_age_ns:
        return Staleness(source, age_ns, "no price since the feed came back")
    return None


class FreshnessWatch:
    """Keeps what is stale on one feed, and tells once of each that triggers need.

    Before its first price a source is given as long as a price may be old.
    """

    def __init__(self, venue: str) -> None:
        self.stale: dict[PriceSource, Staleness] = {}
        self._venue = venue
        self._since_ns: dict[PriceSource, int] = {}
        self._told: set[PriceSource] = set()

    def note(
        self,
        source: PriceSource,
        found: Staleness | None,
        *,
        now_ns: int,
        max_age_ns: int,
        tell: Callable[[Alert], None],
    ) -> None:
        if found is None:
            self.stale.pop(source, None)
            since_ns = self._since_ns.pop(source, now_ns)
            if source in self._told:
                self._told.discard(source)
                self._recovered(source, (now_ns - since_ns) // 1_000_000, tell)
            return
        self.stale[source] = found
        since_ns = self._since_ns.setdefault(source, now_ns)
        is_young = found.age_ns is None and now_ns - since_ns <= max_age_ns
        if not is_young and source not in self._told:
            self._told.add(source)
            self._went_stale(found, tell)

    def forget(self, source: PriceSource, tell: Callable[[Alert], None]) -> None:
        """Let go of a source that nothing watches any more, fresh or not."""
        self.stale.pop(source, None)
        self._since_ns.pop(source, None)
        if source in self._told:
            self._told.discard(source)
            tell(_cleared(source, "is not watched any more"))

    def is_told(self, source: PriceSource) -> bool:
        """Whether a source counts as stale, and is not only waiting for a price."""
        return source in self._told

    def is_mute(self, now_ns: int, max_age_ns: int) -> bool:
        """Whether a live connection keeps a price from us: a subscription is lost."""
        return any(
            found.reason == _SILENT and now_ns - self._since_ns[source] > max_age_ns
            for source, found in self.stale.items()
        )

    def _where(self, source: PriceSource) -> dict[str, str]:
        return {
            "venue": self._venue,
            "symbol": source.symbol,
            "price_kind": source.kind.value,
        }

    def _went_stale(self, found: Staleness, tell: Callable[[Alert], None]) -> None:
        age_ms = None if found.age_ns is None else found.age_ns // 1_000_000
        where = self._where(found.source)
        log(Event.FEED_STALE, **where, age_ms=age_ms, reason=found.reason)
        tell(
            Alert(
                level=AlertLevel.CRITICAL,
                topic=Event.FEED_STALE.value,
                about=str(found.source),
                text=f"{found.source} is not judged: {found.reason}",
            )
        )

    def _recovered(
        self, source: PriceSource, lasted_ms: int, tell: Callable[[Alert], None]
    ) -> None:
        log(Event.FEED_RECOVERED, **self._where(source), lasted_ms=lasted_ms)
        tell(_cleared(source, "is fresh again"))


def _cleared(source: PriceSource, why: str) -> Alert:
    return Alert(
        level=AlertLevel.INFO,
        topic=Event.FEED_STALE.value,
        about=str(source),
        text=f"{source} {why}",
        cleared=True,
    )
