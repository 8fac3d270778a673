"""A circuit breaker: what a venue that fails is sent, and when it is tried again.

Only sending pauses. Prices are judged, hits are kept, and what is in doubt is asked for
all the while; so a stop waits at most as long as the longest pause once the venue is
back.
"""

from collections.abc import Callable

from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel
from exitd.ports.clock import Clock

_FAILURES = 3
_FIRST_NS, _MOST_NS = NS_PER_S, 10 * NS_PER_S


class Breaker:
    """Opens after three sends in a row that the venue did not see through.

    While it is open one send at a time is let through, after a pause that doubles from
    one to ten seconds; the first that the venue answers closes it.
    """

    def __init__(self, venue: str, clock: Clock, tell: Callable[[Alert], None]) -> None:
        self.why = ""
        self._venue = venue
        self._clock = clock
        self._tell = tell
        self._failures = 0
        self._opened_ns = 0
        self._pause_ns = 0
        self._due_ns = 0
        self._is_trying = False
        self._is_told = self._is_disproved = False

    @property
    def is_open(self) -> bool:
        return bool(self.why)

    def wait_ns(self, now_ns: int) -> int:
        """How long until the next send may leave (monotonic); zero if now."""
        if not self.is_open:
            return 0
        # The answer to the one under way decides.
        due_ns = now_ns + _MOST_NS if self._is_trying else self._due_ns
        return max(due_ns - now_ns, 0)

    def sends(self) -> None:
        """One is sent now; while the venue fails nothing else is until it is over."""
        self._is_trying = self.is_open

    def failed(self, why: str) -> None:
        """Take note of a send that the venue did not answer, or answered for all."""
        self._failures += 1
        was_tried, self._is_trying = self._is_trying, False
        if not self.is_open:
            if self._failures < _FAILURES:
                return
            self._open(why)
        elif was_tried:
            self._pause_ns = min(2 * self._pause_ns, _MOST_NS)
        else:
            # One that was under way when it opened says nothing new.
            return
        self._due_ns = self._clock.monotonic_ns() + self._pause_ns

    def given_up(self) -> None:
        """Take note of a send that ended without a word of the venue: try another.

        Nobody waits for its answer any more, and it says nothing of the venue.
        """
        self._is_trying = False

    def _open(self, why: str) -> None:
        self._opened_ns, self._pause_ns = self._clock.monotonic_ns(), _FIRST_NS
        self.why = why
        self._told(f"sending pauses, prices are judged all the same: {why}")
        log(Event.VENUE_PAUSED, venue=self._venue, reason=why)

    def is_told(self, why: str) -> None:
        """Take note of what the venue says of itself: why it takes nothing, or nothing.

        It may be wrong: one that takes an order all the same is believed by that.
        """
        now_ns = self._clock.monotonic_ns()
        if not why:
            if self.is_open and self._is_told:
                self.worked()
            elif self.is_open and not self._is_trying:
                self._due_ns = now_ns
            self._is_disproved = False
            return
        if self.is_open or self._is_disproved:
            return
        self._is_told = True
        self._open(why)
        self._due_ns = now_ns + self._pause_ns

    def worked(self) -> None:
        """Take note of an answer: the venue is there."""
        self._failures, self._is_trying = 0, False
        if not self.is_open:
            return
        self._is_disproved, self._is_told = self._is_told, False
        self.why = ""
        lasted_s = (self._clock.monotonic_ns() - self._opened_ns) // NS_PER_S
        log(Event.VENUE_RESUMED, venue=self._venue, lasted_s=lasted_s)
        self._told("answers again, what was hit is sent", is_over=True)

    def _told(self, text: str, *, is_over: bool = False) -> None:
        self._tell(
            Alert(
                level=AlertLevel.INFO if is_over else AlertLevel.CRITICAL,
                topic=Event.VENUE_PAUSED.value,
                about=self._venue,
                text=f"{self._venue}: {text}",
                cleared=is_over,
            )
        )
