"""A venue that can be asked what its documents leave open."""

from typing import Protocol

from exitd.core.attempt import CloseOrder
from exitd.ports.venue import Prepared, Venue


class AskedVenue(Venue, Protocol):
    """A venue where a close can rest far from the price without ever taking."""

    def prepare_asked(self, order: CloseOrder, *, age_ns: int = 0) -> Prepared:
        """Sign a reduce-only limit that only rests: it never fills at once.

        With *age_ns* it is signed for that long ago, so that it may have expired.
        """
        ...
