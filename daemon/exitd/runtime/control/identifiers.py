"""Ids for what has no name of its own: sortable by time, never twice the same."""

from collections.abc import Callable

from exitd.core.units import NS_PER_MS
from exitd.ports.clock import Clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80


class Identifiers:
    """Makes ids of 26 Crockford digits: 48 bits of milliseconds, 80 at random.

    Within one millisecond they count up, so that the order of making is kept.
    """

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._last = 0

    def next(self, prefix: str) -> str:
        """Give `<prefix>_<26 digits>`."""
        milliseconds = self._clock.now_ns() // NS_PER_MS
        random = int.from_bytes(self._random_bytes(_RANDOM_BITS // 8), "big")
        # One bit is left free above, so that counting up stays in its millisecond.
        number = (milliseconds << _RANDOM_BITS) | (random >> 1)
        self._last = max(number, self._last + 1)
        return f"{prefix}_{crockford(self._last)}"


def crockford(number: int) -> str:
    """Write up to 130 bits as 26 digits."""
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
