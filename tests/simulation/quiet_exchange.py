"""The simulated exchange with one market, and without what nobody listens to."""

from __future__ import annotations

from typing import Any

from exitd.simulator.clock import VenueClock
from exitd.simulator.exchange import Exchange, Settings
from exitd.simulator.values import HOUSE

#: Its best level alone takes any order of a seed.
LEVELS = 1
#: Marks that have not changed are told less often than each second.
CADENCE_MS = 2_500


class QuietExchange(Exchange):
    """Does no work that cannot be seen from outside; everything else is as it is."""

    def __init__(
        self, seed: int, symbol: str, quirks: dict[str, Any], clock: VenueClock
    ) -> None:
        settings = Settings(
            seed=seed,
            cadence_ms=CADENCE_MS,
            paused=True,
            history_minutes=0,
            quirks=quirks,
            levels=LEVELS,
        )
        super().__init__(settings, clock=clock)
        self._symbol = symbol
        for other in [name for name in self.state.markets if name != symbol]:
            del self.state.markets[other]

    async def run(self) -> None:
        """Keep the beats until cancelled; nobody listens to depths and candles."""
        await self._beats()

    def beat(self) -> None:
        if self._is_disturbed():
            self.maker.quote(self._symbol, self.clock.stamp_us())
        self.publish()
        self.publisher.beat()

    def _is_disturbed(self) -> bool:
        """Whether a ladder that is put up anew could be another, or take something."""
        book = self.state.books[self._symbol]
        orders = [*book.bids.in_priority(), *book.asks.in_priority()]
        return len(orders) < 2 * LEVELS or any(
            order.account != HOUSE or order.executed for order in orders
        )
