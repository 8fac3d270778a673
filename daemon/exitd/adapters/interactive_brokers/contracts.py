"""Which contract (conid) a symbol means: asked once, and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from exitd.adapters.interactive_brokers.defaults import VENUE
from exitd.adapters.interactive_brokers.session import Session, decoded
from exitd.adapters.interactive_brokers.wire import FOUND, STOCKS, WireStock, number
from exitd.core.market import Instrument, InstrumentKind
from exitd.errors import NoSuchMarket, VenueUnavailable

PRICE_STEP = Decimal("0.01")
QUANTITY_STEP = Decimal(1)


class Listed(Struct, frozen=True, kw_only=True):
    """What the configuration says of a symbol; without a conid it is looked up."""

    conid: int | None = None
    price_step: Decimal = PRICE_STEP
    quantity_step: Decimal = QUANTITY_STEP


class AmbiguousSymbol(VenueUnavailable):
    """Several stocks have this name, and nobody said which is meant."""


class Contracts:
    """The stocks of one account by symbol and by conid.

    Args:
        listed: The symbols that the configuration names.
    """

    def __init__(self, session: Session, listed: Mapping[str, Listed]) -> None:
        self._session = session
        self._listed = dict(listed)
        self._conids = {
            symbol: one.conid for symbol, one in listed.items() if one.conid is not None
        }
        self._symbols = {conid: symbol for symbol, conid in self._conids.items()}

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols that are listed or were met."""
        return tuple({**self._listed, **self._conids})

    def known(self, symbol: str) -> int | None:
        """Give a conid without asking for it."""
        return self._conids.get(symbol)

    def symbol_of(self, conid: int, ticker: str) -> str:
        """Name a contract that the broker spoke of."""
        if conid not in self._symbols and ticker:
            symbol = ticker.replace(" ", ".")
            # A name that another contract has already cannot mean this one as well.
            self._learn(symbol if symbol not in self._conids else str(conid), conid)
        return self._symbols.get(conid, str(conid))

    async def conid(self, symbol: str) -> int:
        """Give the contract of a symbol, asking for it once.

        Raises:
            NoSuchMarket: There is none.
            AmbiguousSymbol: There are several.
            VenueUnavailable: No answer came.
        """
        known = self._conids.get(symbol)
        if known is not None:
            return known
        name = symbol.replace(".", " ")
        reply = await self._session.read("trsrv/stocks", {"symbols": name})
        stocks = decoded(reply, STOCKS, f"the contracts of {symbol}").get(name, [])
        found = _american(stocks) or await self._searched(name)
        if not found:
            raise NoSuchMarket(f"{VENUE} has no American stock {symbol}")
        if len(found) > 1:
            choices = ", ".join(f"{words} ({conid})" for conid, words in found.items())
            why = (
                f"{symbol} is several stocks: {choices}; write"
                f" {symbol}: {{conid: …}} under symbols of {self._session.account}"
            )
            self._session.ambiguous(why)
            raise AmbiguousSymbol(why)
        (conid,) = found
        self._learn(symbol, conid)
        return conid

    async def instrument(self, symbol: str) -> Instrument:
        """Describe a stock, once its contract is known.

        Raises:
            VenueUnavailable: There is none, or several, or no answer.
        """
        await self.conid(symbol)
        listed = self._listed.get(symbol, Listed())
        return Instrument(
            account=self._session.account,
            symbol=symbol,
            kind=InstrumentKind.ASSET,
            base=symbol,
            quote="USD",
            price_step=listed.price_step,
            quantity_step=listed.quantity_step,
            min_quantity=listed.quantity_step,
        )

    async def _searched(self, name: str) -> dict[int, str]:
        query = {"symbol": name, "secType": "STK"}
        reply = await self._session.read("iserver/secdef/search", query)
        rows = decoded(reply, FOUND, f"the contracts of {name}")
        found = (
            (number(row.conid), row.company_name or "")
            for row in rows
            if row.symbol == name
        )
        return {int(conid): words for conid, words in found if conid is not None}

    def _learn(self, symbol: str, conid: int) -> None:
        self._conids[symbol] = conid
        self._symbols[conid] = symbol


def _american(stocks: list[WireStock]) -> dict[int, str]:
    return {
        contract.conid: f"{stock.name}, {contract.exchange}"
        for stock in stocks
        if stock.asset_class == "STK"
        for contract in stock.contracts
        if contract.is_us
    }
