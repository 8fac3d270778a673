"""Which prices are fresh enough to judge by, and saying so when that changes."""

from collections.abc import Callable

from msgspec import Struct

from exitd.core.market import PriceKind, PriceSource
from exitd.core.state import State
from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel

#: Kinds that a venue pushes at a steady pace: silence means a fault. The others
#: speak only when somebody trades or quotes, so a live connection is proof enough.
PACED = frozenset({PriceKind.MARK, PriceKind.INDEX})
_SILENT = "no price arrives although the feed is up"
#: Whether REST gives a price is known after so long, or said to be unknown.
_REST_KNOWN_NS = 3 * NS_PER_S


class Staleness(Struct, frozen=True):
    """Why a source is stale; `age_ns` is None when no price was ever seen.

    `is_asked`: REST gives its price meanwhile, so it is judged all the same; `no_rest`
    says why it does not, and is empty while that is not known.
    """

    source: PriceSource
    age_ns: int | None
    reason: str
    is_asked: bool = False
    no_rest: str = ""


def judge(
    source: PriceSource,
    state: State,
    *,
    now_ns: int,
    max_age_ns: int,
    connected_since_ns: int | None,
    streamed_ns: int | None = None,
) -> Staleness | None:
    """Say whether a source is stale, and why.

    Args:
        source: What a trigger watches.
        state: The engine's memory, for the last price of the source.
        now_ns: The steady clock, which also stamps prices on arrival.
        max_age_ns: The oldest price to judge by.
        connected_since_ns: Since when the feed is up; None while it is down.
        streamed_ns: When the stream last told it, where REST has told it since.
    """
    book = state.books.get(source)
    seen_ns = book.ts_recv_ns if book is not None and book.price is not None else None
    if streamed_ns is not None:
        seen_ns = streamed_ns or None
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

    Before its first price a source is given as long as a price may be old. With
    `asks_rest` it is told once it is known whether REST stands in for the stream.
    """

    def __init__(self, venue: str) -> None:
        self.stale: dict[PriceSource, Staleness] = {}
        self.asks_rest = False
        self._venue = venue
        self._since_ns: dict[PriceSource, int] = {}
        self._told: dict[PriceSource, bool] = {}

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
            if self._told.pop(source, None) is not None:
                self._recovered(source, (now_ns - since_ns) // 1_000_000, tell)
            return
        self.stale[source] = found
        since_ns = self._since_ns.setdefault(source, now_ns)
        if self.is_young(source, now_ns, max_age_ns):
            return
        is_known = not self.asks_rest or found.is_asked or bool(found.no_rest)
        if not is_known and now_ns - since_ns <= _REST_KNOWN_NS:
            return
        told = self._told.get(source)
        if told is None or (told and not found.is_asked):
            self._told[source] = found.is_asked
            self._went_stale(found, tell)

    def is_young(self, source: PriceSource, now_ns: int, max_age_ns: int) -> bool:
        """Whether a stale source may still get its first price in good time."""
        since_ns = self._since_ns.get(source, now_ns)
        return self.stale[source].age_ns is None and now_ns - since_ns <= max_age_ns

    def forget(self, source: PriceSource, tell: Callable[[Alert], None]) -> None:
        """Let go of a source that nothing watches any more, fresh or not."""
        self.stale.pop(source, None)
        self._since_ns.pop(source, None)
        if self._told.pop(source, None) is not None:
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
        what = "stale" if found.is_asked else "not judged"
        rest = f"; REST does not say it: {found.no_rest}" if found.no_rest else ""
        if found.is_asked:
            rest = "; REST is asked for it meanwhile"
        tell(
            Alert(
                level=AlertLevel.CRITICAL,
                topic=Event.FEED_STALE.value,
                about=str(found.source),
                text=f"{found.source} is {what}: {found.reason}{rest}",
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
