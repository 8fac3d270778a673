"""Quotes as markets: names, steps and floors of what they are of.

The contract knows a symbol's name and its floor; the decimals of prices and
quantities are the solver's alone, so they come from its listing or the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import httpx
import msgspec
from msgspec import Struct

from exitd.adapters.network.rest import RestClient
from exitd.adapters.symmio.amounts import step_of
from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.quotes import QuoteState, SymbolState, symbol_of
from exitd.adapters.symmio.settings import Precision
from exitd.core.market import Instrument, InstrumentKind
from exitd.core.units import ZERO, ceil_to_step
from exitd.errors import VenueUnavailable

_QUOTES = ("USDT", "USDC", "USD")


class _Listed(Struct, frozen=True):
    """A row of `contract-symbols`; numbers come as numbers or as text."""

    symbol_id: int
    price_precision: int
    quantity_precision: int
    name: str = ""
    max_quantity: Decimal | None = None
    lot_size: Decimal | None = None


class _Listing(Struct, frozen=True):
    symbols: list[_Listed]


_LISTING = msgspec.json.Decoder(_Listing | list[_Listed], strict=False)


class Markets:
    """What is known of symbols, read once each.

    Args:
        solver: The base address of the solver's listing; none where the
            configuration has all the precisions that are needed.
        configured: Precisions by symbol name; they win over the listing.
    """

    def __init__(
        self,
        account: str,
        contracts: Contracts,
        *,
        solver: str = "",
        configured: Mapping[str, Precision] | None = None,
        deadline_s: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._account = account
        self._contracts = contracts
        self._configured = dict(configured or {})
        self._listed: dict[int, Precision] = {}
        self._symbols: dict[int, SymbolState] = {}
        self._rest = (
            RestClient(
                solver, venue="the solver", deadline_s=deadline_s, transport=transport
            )
            if solver
            else None
        )

    def known(self, symbol_id: int) -> SymbolState | None:
        return self._symbols.get(symbol_id)

    def precision(self, symbol_id: int) -> Precision | None:
        """The solver's decimals of a symbol that has been read; None for others."""
        symbol = self._symbols.get(symbol_id)
        if symbol is None:
            return None
        return self._configured.get(symbol.name) or self._listed.get(symbol_id)

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
        if self.precision(symbol_id) is None:
            await self._list()
        precision = self.precision(symbol_id)
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

    async def _list(self) -> None:
        if self._rest is None:
            return
        reply = await self._rest.read(
            "/contract-symbols", headers={"App-Name": "exitd"}
        )
        if reply.status != 200:
            raise VenueUnavailable(
                f"the solver answered {reply.status} about its symbols",
                status=reply.status,
            )
        try:
            listing = _LISTING.decode(reply.body)
        except (msgspec.DecodeError, ValueError) as exc:
            raise VenueUnavailable(
                f"the solver's symbols cannot be read: {exc}"
            ) from exc
        rows = listing.symbols if isinstance(listing, _Listing) else listing
        self._listed = {
            row.symbol_id: Precision(
                price=row.price_precision,
                quantity=row.quantity_precision,
                min_quantity=row.lot_size or None,
                max_quantity=row.max_quantity or None,
            )
            for row in rows
        }

    async def close(self) -> None:
        if self._rest is not None:
            await self._rest.close()


def _split(name: str) -> tuple[str, str]:
    for quote in _QUOTES:
        if name.endswith(quote) and name != quote:
            return name.removesuffix(quote), quote
    return name, "USD"
