"""Quotes as markets: names, steps and floors of what they are of.

The contract knows a symbol's name and its floor; the decimals of prices and
quantities are the solver's alone, so they come from its listing or the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping

from exitd.adapters.symmio.amounts import step_of
from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.listing import Listing
from exitd.adapters.symmio.quotes import QuoteState, SymbolState, symbol_of
from exitd.adapters.symmio.settings import Precision
from exitd.core.market import Instrument, InstrumentKind
from exitd.core.units import ZERO, ceil_to_step

_QUOTES = ("USDT", "USDC", "USD")


class Markets:
    """What is known of symbols, read once each.

    Args:
        listing: The solver's; none where the configuration has all that is needed.
        configured: Precisions by symbol name; they win over the listing.
    """

    def __init__(
        self,
        account: str,
        contracts: Contracts,
        *,
        listing: Listing | None = None,
        configured: Mapping[str, Precision] | None = None,
    ) -> None:
        self._account = account
        self._contracts = contracts
        self._configured = dict(configured or {})
        self._listing = listing
        self._symbols: dict[int, SymbolState] = {}

    async def instrument(self, state: QuoteState) -> Instrument | None:
        """Describe a quote as a market; None for a symbol without its decimals.

        Raises:
            VenueUnavailable: Contract or solver did not answer.
        """
        symbol_id = state.quote.symbol_id
        symbol = self._symbols.get(symbol_id)
        if symbol is None:
            symbol = await self._contracts.symbol(symbol_id)
            if symbol is None:
                return None
            self._symbols[symbol_id] = symbol
        precision = self._configured.get(symbol.name)
        if precision is None and self._listing is not None:
            precision = await self._listing.find(symbol_id)
        if precision is None:
            return None
        return self._described(state, symbol, precision)

    def _described(
        self, state: QuoteState, symbol: SymbolState, precision: Precision
    ) -> Instrument:
        base, quote = _split(symbol.name)
        step = step_of(precision.quantity)
        least_left = state.least_left(symbol.min_value)
        return Instrument(
            account=self._account,
            symbol=symbol_of(symbol.name, state.quote.quote_id),
            kind=InstrumentKind.PERPETUAL,
            base=base,
            quote=quote,
            price_step=step_of(precision.price),
            quantity_step=step,
            min_quantity=precision.min_quantity or step,
            max_quantity=precision.max_quantity,
            min_left=ceil_to_step(least_left, step) if least_left > ZERO else ZERO,
        )

    async def close(self) -> None:
        if self._listing is not None:
            await self._listing.close()


def _split(name: str) -> tuple[str, str]:
    for quote in _QUOTES:
        if name.endswith(quote) and name != quote:
            return name.removesuffix(quote), quote
    return name, "USD"
