"""What the Rasa-compatible API reads on the chain, and the quotes that it follows."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from exitd.adapters.symmio import access, belonging
from exitd.adapters.symmio.quotes import QuoteState
from exitd.adapters.symmio.session import Session
from exitd.core.market import Instrument
from exitd.errors import VenueUnavailable
from exitd.ports.chain import Quote, SubAccount

#: Described and not followed yet; the oldest goes first.
_DESCRIBED_MAX = 1_000


class _Described(Struct, frozen=True):
    state: QuoteState
    instrument: Instrument
    block: int


class SymmioChain:
    """Implements the `Chain` port beside its `SymmioVenue`."""

    def __init__(self, session: Session) -> None:
        self.account = session.account
        self.chain_id = session.settings.chain_id
        self.closer = session.key.wallet.address
        self._session = session
        self._described: dict[int, _Described] = {}

    async def quote(self, quote_id: int) -> Quote | None:
        depth = await self._session.look()
        state = await self._session.contracts.quote(quote_id, depth.number)
        named = {a.lower() for a, _ in self._session.settings.sub_accounts}
        if state is None or (named and state.quote.sub_account.lower() not in named):
            # Quotes of others are not there for this account.
            return None
        return state.quote

    async def owner_of(self, sub: SubAccount) -> str | None:
        self._check_known(sub)
        if not self._acts_for(sub):
            return None
        await self._session.look()
        return await self._session.contracts.owner(sub.multi_account, sub.address)

    async def missing_access(self, sub: SubAccount) -> tuple[str, ...]:
        self._check_ours(sub)
        await self._session.look()
        return await access.missing(self._session, sub)

    def _acts_for(self, sub: SubAccount) -> bool:
        named = self._session.settings.sub_accounts
        asked = (sub.address.lower(), sub.multi_account.lower())
        return not named or asked in {(a.lower(), m.lower()) for a, m in named}

    def _check_ours(self, sub: SubAccount) -> None:
        self._check_known(sub)
        if not self._acts_for(sub):
            raise VenueUnavailable(
                f"{sub.address} is not among the `sub_accounts` of {self.account}"
            )

    def _check_known(self, sub: SubAccount) -> None:
        """Believe no contract but those that the operator named."""
        configured = {a.lower() for a in self._session.settings.multi_accounts}
        if sub.multi_account.lower() not in configured:
            raise VenueUnavailable(
                f"{sub.multi_account} is not among the `multi_accounts` of"
                f" {self.account}"
            )

    async def strays(self) -> tuple[str, ...]:
        """Say which of the MultiAccounts are none of the configured contract."""
        await self._session.look()
        return await belonging.strays(self._session.contracts, self._session.settings)

    async def is_contract(self, address: str) -> bool:
        await self._session.look()
        return await self._session.contracts.is_contract(address)

    async def accepts_signature(
        self, wallet: str, message_hash: bytes, signature: bytes
    ) -> bool:
        await self._session.look()
        return await self._session.contracts.accepts(wallet, message_hash, signature)

    async def instrument(self, quote: Quote) -> Instrument | None:
        depth = await self._session.look()
        state = await self._session.contracts.quote(quote.quote_id, depth.number)
        if state is None:
            return None
        instrument = await self._session.markets.instrument(state)
        if instrument is not None:
            self._described[quote.quote_id] = _Described(
                state, instrument, depth.number
            )
            if len(self._described) > _DESCRIBED_MAX:
                del self._described[next(iter(self._described))]
        return instrument

    def follow(self, sub: SubAccount, quote: Quote) -> None:
        self._check_ours(sub)
        if quote.quote_id in self._session.book.by_id:
            return
        known = self._described.pop(quote.quote_id, None)
        assert known is not None, "a quote is followed once `instrument` described it"
        self._session.book.add(sub, known.state, known.instrument, known.block)

    async def recall(self, symbols: Iterable[str]) -> None:
        depth = await self._session.look()
        try:
            await self._session.book.recall(symbols, depth.number)
        except ValueError as exc:
            raise VenueUnavailable(str(exc)) from exc
