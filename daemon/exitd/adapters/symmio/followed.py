"""The quotes that are followed, and what was last read of each.

Nothing is reported of others. What was followed before a restart must be recalled
before positions are listed: a list that leaves one out would say that it is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.markets import Markets
from exitd.adapters.symmio.multi_accounts import MultiAccounts
from exitd.adapters.symmio.notices import Notices
from exitd.adapters.symmio.quotes import QuoteState, quote_id_of
from exitd.core.market import Instrument
from exitd.core.units import ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.chain import SubAccount
from exitd.ports.notices import NoticeKind

#: How many quotes are recalled at once: some hundreds must not take a minute.
_AT_ONCE = 20


class Followed(Struct, frozen=True):
    """A quote as of a block, whose it is, and the market that it is for us."""

    sub: SubAccount
    state: QuoteState
    instrument: Instrument
    block: int

    @property
    def symbol(self) -> str:
        return self.instrument.symbol


class Book:
    """`by_id` is what is followed; `is_recalled` whether that is all of it."""

    def __init__(
        self,
        contracts: Contracts,
        multi_accounts: MultiAccounts,
        markets: Markets,
        notices: Notices,
    ) -> None:
        self.by_id: dict[int, Followed] = {}
        self.is_recalled = False
        self._contracts = contracts
        self._markets = markets
        self._multi_accounts = multi_accounts
        self._notices = notices

    def by_symbol(self, symbol: str) -> Followed | None:
        try:
            return self.by_id.get(quote_id_of(symbol))
        except ValueError:
            return None

    async def follow(self, sub: SubAccount, state: QuoteState, block: int) -> Followed:
        """Follow a quote from now on.

        Raises:
            VenueUnavailable: Its market cannot be described now, or never.
        """
        instrument = await self._markets.instrument(state)
        if instrument is None:
            raise VenueUnavailable(
                f"symbol {state.quote.symbol_id} has no known precision: list it"
                " under `symbols:` of the chain, or name the solver's address"
            )
        return self.add(sub, state, instrument, block)

    def add(
        self, sub: SubAccount, state: QuoteState, instrument: Instrument, block: int
    ) -> Followed:
        followed = Followed(sub, state, instrument, block)
        self.by_id[state.quote.quote_id] = followed
        return followed

    async def recall(self, symbols: Iterable[str], block: int) -> None:
        """Follow again what was followed before a restart.

        Raises:
            VenueUnavailable: One of them could not be read; none may be left out.
            ValueError: One of them is no quote.
        """
        wanted = list(symbols)
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            adopting = (self.adopted(symbol, block) for symbol in some)
            # Those that could be read are kept, so that the next try has less to do.
            for result in await asyncio.gather(*adopting, return_exceptions=True):
                if isinstance(result, BaseException):
                    raise result
        self.is_recalled = True

    async def adopted(self, symbol: str, block: int) -> Followed:
        """Give a quote by its market's name, and follow it from now on.

        Raises:
            VenueUnavailable: It could not be read, or nobody's MultiAccount has it.
            ValueError: It is no quote's name.
        """
        quote_id = quote_id_of(symbol)
        known = self.by_id.get(quote_id)
        if known is not None:
            return known
        state = await self._contracts.quote(quote_id, block)
        if state is None:
            raise VenueUnavailable(f"the contract knows no quote {quote_id}")
        address = state.quote.sub_account
        for multi_account in self._multi_accounts.addresses:
            if await self._multi_accounts.owner(multi_account, address) is not None:
                sub = SubAccount(address, multi_account)
                return await self.follow(sub, state, block)
        raise VenueUnavailable(
            f"quote {quote_id} belongs to {address}, which no configured MultiAccount"
            " made: add the one of the front-end to `multi_accounts`"
        )

    async def read(self, followed: Followed, block: int) -> Followed:
        """Read a followed quote at a block.

        That it has ended, two nodes must say where there are two.

        Raises:
            VenueUnavailable: It could not be read, or the nodes do not agree.
        """
        quote_id = followed.state.quote.quote_id
        state = await self._contracts.quote(quote_id, block)
        is_gone = state is None or state.held == ZERO
        if is_gone and followed.state.held > ZERO:
            await self._check_gone(followed, state, block)
        self._notices.end(
            NoticeKind.QUOTE_DISPUTED,
            followed.symbol,
            f"the nodes agree about {followed.symbol} again",
        )
        if state is None:
            raise VenueUnavailable(f"quote {quote_id} is gone: is it the same chain?")
        instrument = followed.instrument
        if state.locked != followed.state.locked or state.held != followed.state.held:
            instrument = await self._markets.instrument(state) or instrument
        after = Followed(followed.sub, state, instrument, block)
        if quote_id in self.by_id:
            self.by_id[quote_id] = after
        return after

    async def _check_gone(
        self, followed: Followed, state: QuoteState | None, block: int
    ) -> None:
        """Have two nodes say that a quote has ended.

        Raises:
            VenueUnavailable: They do not agree, or could not be asked.
        """
        symbol, quote_id = followed.symbol, followed.state.quote.quote_id
        opinions = await self._contracts.quote_by_two(quote_id, block)
        if all(opinion == state for opinion in opinions):
            return
        self._notices.begin(
            NoticeKind.QUOTE_DISPUTED,
            symbol,
            f"the nodes do not agree whether {symbol} has ended: nothing is decided"
            " until they do. Look at each, and take the wrong one out of `nodes`",
        )
        raise VenueUnavailable(f"the nodes do not agree about quote {quote_id}")
