"""A venue's rate budget, with a share that only closes may use."""

from exitd.core.intents import Priority

_NS_PER_S = 1_000_000_000


class RateBudget:
    """A bucket of requests that refills with time.

    Args:
        per_minute: Requests the venue allows in a minute.
        burst: Requests that may leave at once.
        reserve: Of these, how many are kept for closes and cancels.

    Time is monotonic nanoseconds, given by the caller.
    """

    def __init__(self, per_minute: int, burst: int, reserve: int) -> None:
        assert 0 <= reserve < burst
        self._ns_per_request = 60 * _NS_PER_S // per_minute
        self._full_ns = burst * self._ns_per_request
        self._reserve_ns = reserve * self._ns_per_request
        self._spent_ns = 0
        self._ts_ns = 0
        self._paused_until_ns = 0
        self._unasked_until_ns = 0

    def take(self, priority: Priority, now_ns: int) -> bool:
        """Take room for one request if there is some."""
        if self.wait_ns(priority, now_ns):
            return False
        self._spent_ns += self._ns_per_request
        return True

    def wait_ns(self, priority: Priority, now_ns: int) -> int:
        """How long until there is room for a request of this priority; zero if now."""
        self._spent_ns = max(0, self._spent_ns - (now_ns - self._ts_ns))
        self._ts_ns = now_ns
        room_ns, from_ns = self._full_ns, self._paused_until_ns
        if priority > Priority.CANCEL:
            room_ns -= self._reserve_ns
            from_ns = max(from_ns, self._unasked_until_ns)
        short_ns = self._spent_ns + self._ns_per_request - room_ns
        return max(short_ns, from_ns - now_ns, 0)

    def pause(self, until_ns: int) -> None:
        """Send nothing before an instant: the venue asked for it, or refused us."""
        self._paused_until_ns = max(self._paused_until_ns, until_ns)

    def pause_queries(self, until_ns: int) -> None:
        """Ask nothing before an instant; closes and cancels go on meanwhile.

        A query that was limited does not prove that a close would be.
        """
        self._unasked_until_ns = max(self._unasked_until_ns, until_ns)
