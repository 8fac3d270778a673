"""How often: each route by itself, and wrong keys by where they come from."""

from collections.abc import Callable

from exitd.api.webhook.senders import Address
from exitd.configuration.webhook import TRADINGVIEW
from exitd.core.intents import Priority
from exitd.core.units import NS_PER_S
from exitd.runtime.budget import RateBudget

WRONG_KEYS_PER_MINUTE = 10
"""From one address; more are not even compared."""

_ADDRESSES_MAX = 4_096


class RouteLimit:
    """At most so many requests a minute, all of them at once if need be."""

    def __init__(self, per_minute: int, monotonic_ns: Callable[[], int]) -> None:
        # A bucket of one has no room for a burst, and needs none.
        self._budget = RateBudget(per_minute, per_minute, 0)
        self._monotonic_ns = monotonic_ns

    def wait_s(self) -> int:
        """Take one request; else say in how many seconds there is room again."""
        now_ns = self._monotonic_ns()
        if self._budget.take(Priority.CANCEL, now_ns):
            return 0
        return _seconds(self._budget.wait_ns(Priority.CANCEL, now_ns))


class WrongKeys:
    """Slows down whoever guesses.

    Addresses that many senders share are not counted: those of TradingView, and of a
    proxy on this machine that is not trusted to say whom it speaks for. A stranger
    there could lock the owner out.
    """

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._monotonic_ns = monotonic_ns
        # In the order of their first wrong key; the oldest goes when there are many.
        self._budgets: dict[Address, RateBudget] = {}

    def wait_s(self, address: Address | None) -> int:
        """Say in how many seconds this address may try again; zero is now."""
        budget = self._budgets.get(address) if address is not None else None
        if budget is None:
            return 0
        return _seconds(budget.wait_ns(Priority.CANCEL, self._monotonic_ns()))

    def note(self, address: Address | None) -> None:
        if address is None or address.is_loopback or str(address) in TRADINGVIEW:
            return
        budget = self._budgets.get(address)
        if budget is None:
            if len(self._budgets) >= _ADDRESSES_MAX:
                del self._budgets[next(iter(self._budgets))]
            budget = RateBudget(WRONG_KEYS_PER_MINUTE, WRONG_KEYS_PER_MINUTE, 0)
            self._budgets[address] = budget
        budget.take(Priority.CANCEL, self._monotonic_ns())


def _seconds(wait_ns: int) -> int:
    return -(-wait_ns // NS_PER_S)
