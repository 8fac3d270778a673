"""Backpack as a venue that can be asked what its documents leave open."""

from exitd.adapters.backpack.closes import asked_body
from exitd.adapters.backpack.venue import ORDER_PATH, BackpackVenue
from exitd.core.attempt import CloseOrder
from exitd.ports.venue import Prepared


class AskedBackpack(BackpackVenue):
    """Implements `AskedVenue`."""

    def prepare_asked(self, order: CloseOrder, *, age_ns: int = 0) -> Prepared:
        """Sign a reduce-only limit that only rests; see the port."""
        session = self._session
        if order.window_ns is not None:
            session = session.with_window(order.window_ns)
        body = asked_body(order)
        return session.prepare("POST", "orderExecute", ORDER_PATH, body, age_ns)
