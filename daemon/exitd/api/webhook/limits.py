"""How often: each route by itself, and wrong keys by where they come from."""

from collections.abc import Callable

from exitd.api.senders import Address, Place, own_place
from exitd.configuration.webhook import TRADINGVIEW
from exitd.runtime.buckets import Buckets

WRONG_KEYS_PER_MINUTE = 10
"""From one address; more are not even compared."""


class RouteLimit:
    """At most so many requests a minute, all of them at once if need be."""

    def __init__(self, per_minute: int, monotonic_ns: Callable[[], int]) -> None:
        self._bucket = Buckets[None](per_minute, monotonic_ns)

    def wait_s(self) -> int:
        """Take one request; else say in how many seconds there is room again."""
        return self._bucket.take(None)


class WrongKeys:
    """Slows down whoever guesses.

    Addresses that many senders share are not counted: those of TradingView, and of a
    proxy on this machine that is not trusted to say whom it speaks for. A stranger
    there could lock the owner out.
    """

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._buckets = Buckets[Place](WRONG_KEYS_PER_MINUTE, monotonic_ns)

    def wait_s(self, address: Address | None) -> int:
        """Say in how many seconds this address may try again; zero is now."""
        return 0 if address is None else self._buckets.wait_s(own_place(address))

    def note(self, address: Address | None) -> None:
        if address is None or address.is_loopback or str(address) in TRADINGVIEW:
            return
        self._buckets.take(own_place(address))
