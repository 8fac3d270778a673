"""How many orders went out by each route in the last 24 hours.

Kept in memory: what was carried out a moment ago is not on disk yet, and alerts about
many tickers come at once when a bar closes.
"""

from collections.abc import Mapping

from exitd.configuration.webhook import Route
from exitd.core.entry import SignalRecord, SignalState
from exitd.core.units import NS_PER_DAY
from exitd.ports.store import Store


class OrdersOfDay:
    """Of the routes that have a limit, those of a day, by the ids of their alerts."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self._went_out: dict[str, dict[str, int]] = {
            name: {}
            for name, route in routes.items()
            if route.orders_per_day is not None
        }

    async def load(self, store: Store, now_ns: int) -> None:
        """Read those of before the start."""
        if self._went_out:
            # Also from ahead: the clock may have been set back.
            day = await store.signals(now_ns - NS_PER_DAY, now_ns + NS_PER_DAY)
            for record in day:
                if record.state is SignalState.CARRIED_OUT:
                    self.add(record)

    def add(self, record: SignalRecord) -> None:
        """Count an order, before it is sent: the next alert is decided by it."""
        went_out = self._went_out.get(record.route)
        if went_out is not None:
            went_out[record.id] = record.ts_received_ns

    def take_back(self, record: SignalRecord) -> None:
        """It was refused, or has to wait."""
        if record.route in self._went_out:
            self._went_out[record.route].pop(record.id, None)

    def count(self, route: str, now_ns: int) -> int:
        went_out = self._went_out.get(route)
        if went_out is None:
            return 0
        # In the order in which they came: those of yesterday stand at the front.
        while (
            went_out and went_out[first := next(iter(went_out))] <= now_ns - NS_PER_DAY
        ):
            del went_out[first]
        return len(went_out)
