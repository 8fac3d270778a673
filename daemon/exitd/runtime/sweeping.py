"""Looks for what only refers to itself in quiet moments, and costs next to nothing.

Python's collector looks when so much has been made that it must, as likely as not while
something fires, and for hours not at what has lived for a while. What is left lying
until then takes room, which the process never gives back.
"""

from collections.abc import Callable, Mapping

from exitd.core.units import NS_PER_S
from exitd.ports.clock import Clock
from exitd.runtime.accounts import Account

EVERY_NS = 30 * NS_PER_S
#: Between two looks, in times of what one took: of the loop's time, so small a part.
TIMES = 2_000


def is_quiet(accounts: Mapping[str, Account]) -> bool:
    """Whether no close is on its way or waits for room."""
    dispatchers = [account.dispatcher for account in accounts.values()]
    return not any(each.depth or each.in_flight for each in dispatchers)


class Sweeper:
    """Looks no more often than it may.

    Args:
        may_look: Whether it does not disturb now.
    """

    def __init__(
        self,
        clock: Clock,
        may_look: Callable[[], bool],
        collect: Callable[[], object],
    ) -> None:
        self._clock = clock
        self._may_look = may_look
        self._collect = collect
        self._due_ns = clock.monotonic_ns() + EVERY_NS

    def sweep_if_due(self) -> None:
        began_ns = self._clock.monotonic_ns()
        if began_ns < self._due_ns or not self._may_look():
            return
        self._collect()
        now_ns = self._clock.monotonic_ns()
        self._due_ns = now_ns + max(EVERY_NS, (now_ns - began_ns) * TIMES)
