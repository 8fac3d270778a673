"""What a paper account can be asked; public data comes from the real venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

import msgspec

from exitd.adapters.paper.account import PaperAccount
from exitd.adapters.paper.entries import PaperEntries
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import Instrument, PriceKind
from exitd.core.units import ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.venue import FundingReport, Refusal


class PublicReads(Protocol):
    """What is read from the real venue: nothing of it belongs to an account."""

    async def instruments(self) -> tuple[Instrument, ...]: ...

    async def mark_price(self, symbol: str) -> Decimal | None: ...


class PaperQueries:
    """The half of the `Venue` port that only reads."""

    def __init__(
        self,
        account: str,
        clock: Clock,
        market: PublicReads,
        book: PaperAccount,
        entries: PaperEntries,
    ) -> None:
        self.account = account
        self._clock = clock
        self._market = market
        self._book = book
        self._entries = entries

    def venue_now_ns(self) -> int:
        return self._clock.now_ns()

    async def sync_clock(self) -> int:
        return 0

    async def instruments(self) -> tuple[Instrument, ...]:
        instruments = await self._market.instruments()
        self._entries.steps = {i.symbol: i.quantity_step for i in instruments}
        return tuple(
            msgspec.structs.replace(instrument, account=self.account)
            for instrument in instruments
        )

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        now_ns = self._clock.now_ns()
        if symbol is not None:
            return tuple(self._book.position_reports(symbol, now_ns))
        return tuple(
            report
            for name in self._book.state.positions
            for report in self._book.position_reports(name, now_ns)
            if report.quantity > ZERO
        )

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        self._entries.end_days(self._clock.now_ns())
        return tuple(
            self._book.report(order)
            for order in self._book.state.orders
            if order.is_resting and symbol in (None, order.symbol)
        )

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        self._entries.end_days(self._clock.now_ns())
        return tuple(
            self._book.report(order)
            for order in reversed(self._book.state.orders)
            if order.ts_created_ns >= ts_venue_ns and symbol in (None, order.symbol)
        )

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        return tuple(
            fill
            for fill in self._book.state.fills
            if fill.ts_venue_ns >= ts_venue_ns and symbol in (None, fill.symbol)
        )

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        """Paper pays no funding."""
        return ()

    async def mark_price(self, symbol: str) -> Decimal | None:
        seen = self._book.prices.of_kind(symbol, PriceKind.MARK)
        return await self._market.mark_price(symbol) if seen is None else seen

    async def _missing_price(self, symbol: str) -> Refusal | None:
        """Ask the real venue for a price where none was told yet; say if it has none.

        Nobody may have watched this market before an alert named it.
        """
        if self._book.prices.newest(symbol) is not None:
            return None
        try:
            price = await self._market.mark_price(symbol)
        except VenueUnavailable as error:
            why = f"no price of {symbol} can be had: {error}"
            return Refusal(RefusalKind.LIQUIDITY, "PAPER", why)
        if price is None:
            why = f"no price of {symbol} was seen, and its venue has none"
            return Refusal(RefusalKind.LIQUIDITY, "PAPER", why)
        if self._book.prices.newest(symbol) is None:
            self._book.prices.note(symbol, price, self._clock.now_ns())
        return None
