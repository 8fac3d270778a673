"""The Alpaca adapter at a simulated Alpaca, with a hand on both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from exitd.adapters.alpaca.ids import close_id
from exitd.adapters.alpaca.venue import AlpacaVenue
from exitd.adapters.system.clock import SystemClock
from exitd.core.units import NS_PER_S
from exitd.secret import Secret
from fakes.alpaca.serving import Alpaca, alpaca


class LateClock:
    """The system's clock, which a test can put forward."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.late_ns = 0

    def now_ns(self) -> int:
        return self._clock.now_ns() + self.late_ns

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns() + self.late_ns


class AlpacaDesk:
    """A `FaultyRig` of the venue contract."""

    def __init__(self, there: Alpaca, symbol: str) -> None:
        self.there = there
        self.symbol = symbol
        self.clock = LateClock()
        there.exchange.prices[symbol] = Decimal(140)
        there.exchange.keys = ("PKTEST", "secret-of-the-tests")
        self.venue = AlpacaVenue(
            "alpaca",
            key=Secret("PKTEST"),
            secret=Secret("secret-of-the-tests"),
            clock=self.clock,
            url=there.url,
            ws_url=there.ws_url,
            data_url=there.url,
        )

    async def hold(self, net: str) -> None:
        exchange = self.there.exchange
        if exchange.listeners:
            exchange.trade_by_hand(self.symbol, Decimal(net))
        else:
            # It was bought long ago.
            exchange.book.apply(self.symbol, Decimal(net), Decimal(140))

    async def count(self, client_order_id: int) -> int:
        ids = [order.client_order_id for order in self.there.exchange.orders]
        return ids.count(close_id(client_order_id))

    async def lose_reply(self) -> None:
        self.there.faults.add("lost_reply", "/v2/orders", "POST")

    async def lose_request(self) -> None:
        self.there.faults.add("lost_request", "/v2/orders", "POST")

    async def pass_window(self) -> None:
        self.clock.late_ns += 30 * NS_PER_S

    async def take_down(self) -> None:
        self.there.faults.add("unavailable", count=10)


@asynccontextmanager
async def desk(
    symbol: str = "AAPL", *, is_prompt: bool = True
) -> AsyncIterator[AlpacaDesk]:
    async with alpaca(is_prompt=is_prompt) as there:
        at_it = AlpacaDesk(there, symbol)
        await at_it.venue.sync_clock()
        try:
            yield at_it
        finally:
            await at_it.venue.close()
