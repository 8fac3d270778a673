"""A clock that no setting of the machine's clock can move within one run."""

from exitd.ports.clock import Clock


class SteadyClock:
    """UTC as it was at the start, carried on by the monotonic clock.

    A wall clock that steps back by an hour would otherwise hold every deadline
    for an hour (behaviour 123). `drift_ns` tells how far the machine's clock has
    moved away since; venues are signed for on their own clocks, so it only shows.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._base_ns = clock.now_ns() - clock.monotonic_ns()

    def now_ns(self) -> int:
        return self._base_ns + self._clock.monotonic_ns()

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns()

    def drift_ns(self) -> int:
        return self._clock.now_ns() - self.now_ns()
