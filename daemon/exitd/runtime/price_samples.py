"""What prices of one feed cost, measured on few of them: each would cost too much."""

from exitd.core.market import Tick
from exitd.runtime.durations import EVALUATION_NS, Durations
from exitd.runtime.loop import EngineLoop


class PriceSamples:
    """Counts every price of a feed; the first after `is_due` was set is measured.

    `transport` is from the venue's instant to ours, where the venue says its own;
    `evaluation` from a price to the decision about it. `ts_alive_ns` is when the
    connection last proved to be alive, in UTC; 0 before it has.
    """

    __slots__ = ("evaluation", "is_due", "taken", "transport", "ts_alive_ns")

    def __init__(self) -> None:
        self.taken = 0
        self.is_due = True
        self.ts_alive_ns = 0
        self.transport = Durations()
        self.evaluation = Durations(EVALUATION_NS)

    def measure(self, tick: Tick, loop: EngineLoop) -> None:
        """Let the loop have a price, and note what that took."""
        self.is_due = False
        began_ns = loop.clock.monotonic_ns()
        loop.handle(tick)
        self.evaluation.note(loop.clock.monotonic_ns() - began_ns)
        if tick.ts_venue_ns > 0:
            self.transport.note(tick.ts_recv_ns - tick.ts_venue_ns)
