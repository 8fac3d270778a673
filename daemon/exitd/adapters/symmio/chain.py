"""What the Rasa-compatible API reads on the chain, and the quotes that it follows."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from exitd.adapters.symmio import access, addresses
from exitd.adapters.symmio.quotes import QuoteState
from exitd.adapters.symmio.session import Session
from exitd.core.market import Instrument
from exitd.errors import ConfigurationError, VenueUnavailable
from exitd.ports.chain import Quote, SubAccount
from exitd.ports.notices import NoticeKind
from exitd.runtime.newest import Newest

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
        self._described: Newest[int, _Described] = Newest(_DESCRIBED_MAX)
        self._is_checked = False

    async def quote(self, quote_id: int) -> Quote | None:
        depth = await self._session.look()
        state = await self._session.contracts.quote(quote_id, depth.number)
        named = {a.lower() for a, _ in self._session.settings.sub_accounts}
        if state is None or (named and state.quote.sub_account.lower() not in named):
            # Quotes of others are not there for this account.
            return None
        return state.quote

    async def owner_of(self, sub: SubAccount) -> str | None:
        await self._check_known(sub)
        if not self._acts_for(sub):
            return None
        return await self._session.multi_accounts.owner(sub.multi_account, sub.address)

    async def missing_access(self, sub: SubAccount) -> tuple[str, ...]:
        await self._check_ours(sub)
        return await access.missing(self._session, sub)

    async def _check_ours(self, sub: SubAccount) -> None:
        await self._check_known(sub)
        self._check_acted_for(sub)

    async def _check_known(self, sub: SubAccount) -> None:
        """Believe no contract but those that the operator named, and that fit.

        Raises:
            VenueUnavailable: It is none of them, or it could not be read.
        """
        await self._session.look()
        self._check_named(sub)
        await self.check_configured()

    def _check_named(self, sub: SubAccount) -> None:
        named = {a.lower() for a in self._session.settings.multi_accounts}
        if sub.multi_account.lower() not in named:
            raise VenueUnavailable(
                f"{sub.multi_account} is not among the `multi_accounts` of"
                f" {self.account}"
            )

    def _acts_for(self, sub: SubAccount) -> bool:
        named = self._session.settings.sub_accounts
        asked = (sub.address.lower(), sub.multi_account.lower())
        return not named or asked in {(a.lower(), m.lower()) for a, m in named}

    def _check_acted_for(self, sub: SubAccount) -> None:
        if not self._acts_for(sub):
            raise VenueUnavailable(self._not_acted_for(sub))

    def _not_acted_for(self, sub: SubAccount) -> str:
        return f"{sub.address} is not among the `sub_accounts` of {self.account}"

    async def why_undelegable(self, sub: SubAccount) -> str:
        await self._check_known(sub)
        if not self._acts_for(sub):
            return self._not_acted_for(sub)
        return await access.why_undelegable(self._session, sub)

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
        return instrument

    def follow(self, sub: SubAccount, quote: Quote) -> None:
        self._check_named(sub)
        self._check_acted_for(sub)
        if quote.quote_id in self._session.book.by_id:
            return
        known = self._described.pop(quote.quote_id, None)
        assert known is not None, "a quote is followed once `instrument` described it"
        self._session.book.add(sub, known.state, known.instrument, known.block)

    async def check_configured(self) -> None:
        """Refuse what is not as configured, for this account alone.

        What else runs must not stop for it, nor must the exits of a Monday morning
        because one address has a typing error: `exitd check` says it before.

        Raises:
            VenueUnavailable: It is not, which is told once; or it could not be read.
        """
        if self._is_checked:
            return
        kind = NoticeKind.ADDRESS_WRONG
        try:
            await addresses.check(self._session)
        except ConfigurationError as exc:
            self._session.notices.begin(kind, "", f"nothing is closed: {exc}")
            raise VenueUnavailable(str(exc)) from exc
        self._is_checked = True
        self._session.notices.end(kind, "", "chain and contracts are as configured")

    async def recall(self, symbols: Iterable[str]) -> None:
        await self.check_configured()
        depth = await self._session.look()
        try:
            await self._session.book.recall(symbols, depth.number)
        except ValueError as exc:
            raise VenueUnavailable(str(exc)) from exc
