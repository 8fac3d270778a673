"""From a price on the wire to a tick: what is plausible and timely is told.

Nothing is queued, folded or evaluated here, and nothing that a venue sends can raise
into the loop: what cannot be used is counted and, once a second, said.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from decimal import Decimal

from msgspec import Struct

from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.prices.plausible import is_price
from exitd.core.market import PriceSource, Tick
from exitd.core.units import NS_PER_S
from exitd.ports.clock import Clock
from exitd.ports.feed import FeedNotice, FeedSignal, TickSink

MAX_AGE_NS = 10 * NS_PER_S
# An instant this far ahead is in the wrong unit; taken, it would make every later
# price look old.
AHEAD_NS_MAX = 86_400 * NS_PER_S
GARBAGE_PER_S_MAX = 200


class FeedCounters(Struct):
    """What became of frames since the start.

    `garbage` could not be read or held no price; `stale` were older than the allowed
    age; `unasked` belong to no watched stream.
    """

    frames: int = 0
    garbage: int = 0
    stale: int = 0
    unasked: int = 0


class PriceTeller:
    """Tells the prices of one feed, and what is wrong with its frames.

    Args:
        name: The feed's name.
        max_age_ns: Older prices, by the venue's clock, are counted and not told.
        fail: Drops the connection, for the reason given.

    `ts_arrived_ns` is monotonic: when the frame that is being read arrived.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        venue_clock: VenueClock,
        max_age_ns: int,
        fail: Callable[[str], None],
    ) -> None:
        self.counters = FeedCounters()
        self.ts_arrived_ns = 0
        self._name = name
        self._clock = clock
        self._venue_clock = venue_clock
        self._max_age_ns = max_age_ns
        self._fail = fail
        self._garbage_second = (0, 0)
        self.on_tick: TickSink | None = None
        self.on_notice: Callable[[FeedNotice], None] | None = None

    def tell(self, source: PriceSource, price: Decimal, at_ns: int, seq: int) -> None:
        """Tell a price, if it is one, of a recent instant of the venue's clock."""
        if not is_price(price):
            self.garbage(f"{source} is no price: {str(price)[:40]}")
        elif self.is_timely(at_ns):
            self.push(source, price, at_ns, seq)

    def push(self, source: PriceSource, price: Decimal, at_ns: int, seq: int) -> None:
        """Tell a price as it is."""
        assert self.on_tick is not None
        self.on_tick(Tick(source, price, at_ns, self._clock.now_ns(), seq))

    def is_timely(self, at_ns: int) -> bool:
        """Whether the venue's instant is believable and recent; counts what is not."""
        if at_ns <= 0:
            self.garbage("a price without an instant")
            return False
        venue_ns = self._venue_clock.at_ns(self.ts_arrived_ns)
        if venue_ns is None:
            # Until the venue's clock is known, an age cannot be judged.
            venue_ns = min(self._clock.now_ns(), at_ns)
        if at_ns - venue_ns <= AHEAD_NS_MAX:
            self._venue_clock.seen(at_ns, self.ts_arrived_ns)
        if -AHEAD_NS_MAX <= venue_ns - at_ns <= self._max_age_ns:
            return True
        if at_ns > venue_ns:
            self.garbage("a price from another day")
        else:
            self.counters.stale += 1
        return False

    def garbage(self, detail: str) -> None:
        """Count something that cannot be used; a flood of it ends the connection."""
        self.counters.garbage += 1
        second = self._clock.monotonic_ns() // NS_PER_S
        since, count = self._garbage_second
        count = count + 1 if second == since else 1
        self._garbage_second = (second, count)
        # One notice a second: what is sent in floods must not flood the log as well.
        if count == 1:
            self.notice(FeedSignal.GARBAGE, detail)
        elif count > GARBAGE_PER_S_MAX:
            self._fail(f"more than {GARBAGE_PER_S_MAX} bad frames a second")

    def stray(self, stream: str, routes: Container[str], detail: str) -> None:
        """Count a frame that holds no price.

        Of a stream they still arrive for a moment after it is unsubscribed; anything
        else is garbage, with *detail*.
        """
        if stream and stream not in routes:
            self.counters.unasked += 1
        else:
            self.garbage(detail)

    def refused(self, stream: str, error: str) -> None:
        self.notice(FeedSignal.REFUSED, f"the venue refused {stream}: {error}")

    def notice(self, signal: FeedSignal, detail: str) -> None:
        if self.on_notice is not None:
            self.on_notice(FeedNotice(self._name, signal, detail))
