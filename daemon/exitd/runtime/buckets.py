"""So many a minute for each of many who ask, in a memory that is bounded."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from exitd.core.intents import Priority
from exitd.core.units import NS_PER_S
from exitd.runtime.budget import RateBudget

KEYS_MAX = 4_096

Key = TypeVar("Key", bound=Hashable)


class Buckets(Generic[Key]):
    """A bucket for each key, which a minute refills.

    Whoever has not asked for longest is forgotten where there are many: that one has
    waited, so that its bucket is the fullest of all.

    Args:
        per_minute: How many for each key.
        burst: How many of them at once; all of them if not said.
    """

    def __init__(
        self, per_minute: int, monotonic_ns: Callable[[], int], *, burst: int = 0
    ) -> None:
        self.per_minute = per_minute
        self._burst = burst or per_minute
        self._monotonic_ns = monotonic_ns
        # Whoever asked last is the last.
        self._budgets: dict[Key, RateBudget] = {}

    def take(self, key: Key) -> int:
        """Take one; else say in how many seconds there is room again, and take none."""
        budget = self._budgets.pop(key, None)
        if budget is None:
            if len(self._budgets) >= KEYS_MAX:
                del self._budgets[next(iter(self._budgets))]
            budget = RateBudget(self.per_minute, self._burst, 0)
        self._budgets[key] = budget
        now_ns = self._monotonic_ns()
        if budget.take(Priority.CANCEL, now_ns):
            return 0
        return _seconds(budget.wait_ns(Priority.CANCEL, now_ns))

    def wait_s(self, key: Key) -> int:
        """Say in how many seconds there is room for one more; zero is now."""
        budget = self._budgets.get(key)
        if budget is None:
            return 0
        return _seconds(budget.wait_ns(Priority.CANCEL, self._monotonic_ns()))


def _seconds(wait_ns: int) -> int:
    return -(-wait_ns // NS_PER_S)
