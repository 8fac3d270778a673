"""What the orders of this API protect: quotes of a chain, or positions of a venue.

Both are found by `quote_id`. What an order was accepted for is kept in the store, so
that it can be shown and taken away while no node answers.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import msgspec
from msgspec import Struct

from exitd.core.inputs import InstrumentReport
from exitd.core.market import Instrument
from exitd.core.position import PositionKey
from exitd.errors import VenueError
from exitd.ports.chain import Chain, Quote, QuoteStatus, SubAccount
from exitd.ports.store import Store
from exitd.runtime.control.running import until
from exitd.runtime.daemon import Daemon
from exitd.runtime.newest import Newest
from exitd.runtime.problems import Unusable, VenueFailed

#: How long an order waits for the position that it is for to be seen.
_SEEN_WITHIN_S = 2.0
#: What is kept at hand of the store; a quote of long ago is read from it again.
KNOWN_MAX = 10_000


class Holding(Struct, frozen=True, kw_only=True):
    """One quote or position as this API shows it.

    `quantity` is what is open of it, in base units. `status` is the word of the
    contract where it is not open. `solver` is empty where there is none.
    """

    quote_id: int
    symbol_id: int
    party_a: str
    solver: str
    key: PositionKey
    quantity: Decimal
    status: str = QuoteStatus.OPENED.value

    @property
    def is_open(self) -> bool:
        return self.status == QuoteStatus.OPENED


class Holdings(Protocol):
    """Finds what orders are for, and sees to it that its position is watched."""

    async def find(self, quote_id: int) -> Holding | None:
        """Find what has this number now; None where nothing has.

        Raises:
            VenueFailed: Nobody could say.
        """
        ...

    async def prepare(self, holding: Holding, multi_account: str) -> Instrument:
        """See to it that closes of it can be sent, and give its market.

        Raises:
            ControlError: They cannot, and why.
        """
        ...


class PositionHoldings:
    """The positions of an account whose venue numbers them."""

    def __init__(
        self, daemon: Daemon, account: str, symbols: Mapping[str, int], party_a: str
    ) -> None:
        self._daemon = daemon
        self._account = account
        self._symbols = symbols
        self._party_a = party_a

    async def find(self, quote_id: int) -> Holding | None:
        state = self._daemon.loop.engine.state
        for key, position in state.positions.items():
            if key.account != self._account or not position.is_open:
                continue
            if position.position_id != str(quote_id) or key.symbol not in self._symbols:
                continue
            return Holding(
                quote_id=quote_id,
                symbol_id=self._symbols[key.symbol],
                party_a=self._party_a,
                solver="",
                key=key,
                quantity=position.live,
            )
        return None

    async def prepare(self, holding: Holding, multi_account: str) -> Instrument:
        return _instrument(self._daemon, holding.key)


class ChainHoldings:
    """The quotes of the sub-accounts that a chain has."""

    def __init__(self, daemon: Daemon, chain: Chain) -> None:
        self._daemon = daemon
        self._chain = chain

    async def find(self, quote_id: int) -> Holding | None:
        try:
            quote = await self._chain.quote(quote_id)
            instrument = None
            if quote is not None:
                instrument = await self._chain.instrument(quote)
        except VenueError as error:
            raise chain_unavailable() from error
        if quote is None or instrument is None:
            return None
        return _holding_of(quote, instrument)

    async def prepare(self, holding: Holding, multi_account: str) -> Instrument:
        sub = SubAccount(holding.party_a, multi_account)
        try:
            why = await self._chain.why_undelegable(sub)
            missing = await self._chain.missing_access(sub)
            quote = await self._chain.quote(holding.quote_id)
            instrument = await self._chain.instrument(quote) if quote else None
        except VenueError as error:
            raise chain_unavailable() from error
        if why:
            raise undelegable(why)
        if missing:
            raise MissingDelegation(
                "missing_delegation",
                f"{self._chain.closer} may not call {' and '.join(missing)} for "
                f"{holding.party_a}",
                f"have its owner call delegateAccesses({holding.party_a}, "
                f"{self._chain.closer}, [{', '.join(missing)}]) on {multi_account}",
            )
        if quote is None or instrument is None:
            raise chain_unavailable()
        self._daemon.loop.handle(
            InstrumentReport(instrument, self._daemon.loop.clock.now_ns())
        )
        self._chain.follow(sub, quote)
        state = self._daemon.loop.engine.state
        await until(
            lambda: state.position(holding.key).is_open, within_s=_SEEN_WITHIN_S
        )
        return instrument


class MissingDelegation(Unusable):
    status = 403


def undelegable(why: str) -> MissingDelegation:
    """Refuse an account that is out of reach: no delegation would help."""
    return MissingDelegation(
        "not_executable", why, "trade from a sub-account of a MultiAccount instead"
    )


def chain_unavailable() -> VenueFailed:
    return VenueFailed(
        "chain_unavailable", "no node of the chain answered", "try again in a moment"
    )


def _holding_of(quote: Quote, instrument: Instrument) -> Holding:
    return Holding(
        quote_id=quote.quote_id,
        symbol_id=quote.symbol_id,
        party_a=quote.sub_account,
        solver=quote.solver,
        key=PositionKey(instrument.account, instrument.symbol, quote.side),
        quantity=quote.open_quantity,
        status=quote.status.value,
    )


def _instrument(daemon: Daemon, key: PositionKey) -> Instrument:
    found = daemon.loop.engine.state.instruments.get((key.account, key.symbol))
    if found is None:
        raise Unusable("unknown_symbol", f"{key.account} has no market {key.symbol}")
    return found


class Remembered:
    """The holdings that orders were accepted for, over restarts."""

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._account = account
        self._known: Newest[int, Holding] = Newest(KNOWN_MAX)

    async def put(self, holding: Holding) -> None:
        if self._known.get(holding.quote_id) != holding:
            await self._store.put_note(
                self._name(holding.quote_id), msgspec.json.encode(holding)
            )
            self._known[holding.quote_id] = holding

    async def get(self, quote_id: int) -> Holding | None:
        """Give what an order was accepted for; None where there was none."""
        if quote_id not in self._known:
            stored = await self._store.note(self._name(quote_id))
            if stored is None:
                return None
            self._known[quote_id] = msgspec.json.decode(stored, type=Holding)
        return self._known[quote_id]

    def _name(self, quote_id: int) -> str:
        return f"rasa/{self._account}/{quote_id}"
