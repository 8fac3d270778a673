"""A chain in memory: quotes, who owns which sub-account, and who may close for it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from exitd.core.market import Instrument, InstrumentKind
from exitd.core.position import Side
from exitd.core.units import ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.chain import Quote, QuoteStatus, SubAccount

CLOSER = "0x1De09355907249e18eeD89557a2c7fBd58bdCC63"
MULTI_ACCOUNT = "0x95605c64356572eb5C076Cb9c027c88b527A2059"
SOLVER = "0x9206D9d8F7F1B212A4183827D20De32AF3A23c59"


class FakeChain:
    """Implements the `Chain` port; `quotes`, `owners` and `missing` are for tests.

    `names` maps symbol ids to what is watched for them, `wallets` smart wallets to the
    hashes that they accept. While `is_down` no node answers; `followed` notes calls.
    """

    def __init__(self, account: str, chain_id: int = 8453) -> None:
        self.account = account
        self.chain_id = chain_id
        self.closer = CLOSER
        self.quotes: dict[int, Quote] = {}
        self.owners: dict[str, str] = {}
        self.multi_account = MULTI_ACCOUNT
        self.missing: tuple[str, ...] = ()
        self.undelegable = ""
        self.names: dict[int, str] = {4: "XRPUSDT"}
        self.wallets: dict[str, set[bytes]] = {}
        self.followed: list[tuple[SubAccount, int]] = []
        self.on_follow: Callable[[SubAccount, Quote], None] | None = None
        self.is_down = False

    def open_quote(
        self,
        quote_id: int,
        sub_account: str,
        *,
        quantity: str = "7.2",
        side: Side = Side.LONG,
        symbol_id: int = 4,
        status: QuoteStatus = QuoteStatus.OPENED,
        closed: str = "0",
    ) -> Quote:
        """Let the contract have a quote."""
        quote = self.quotes[quote_id] = Quote(
            quote_id=quote_id,
            symbol_id=symbol_id,
            side=side,
            status=status,
            quantity=Decimal(quantity),
            closed=Decimal(closed),
            opened_price=Decimal("2.1"),
            average_closed_price=ZERO,
            requested_price=ZERO,
            requested_quantity=ZERO,
            deadline_s=0,
            sub_account=sub_account,
            solver=SOLVER,
        )
        return quote

    def _answer(self) -> None:
        if self.is_down:
            raise VenueUnavailable("no node answered")

    async def quote(self, quote_id: int) -> Quote | None:
        self._answer()
        return self.quotes.get(quote_id)

    async def owner_of(self, sub: SubAccount) -> str | None:
        self._answer()
        if sub.multi_account.lower() != self.multi_account.lower():
            return None
        return self.owners.get(sub.address.lower())

    async def missing_access(self, sub: SubAccount) -> tuple[str, ...]:
        self._answer()
        return self.missing

    async def why_undelegable(self, sub: SubAccount) -> str:
        self._answer()
        return self.undelegable

    async def is_contract(self, address: str) -> bool:
        self._answer()
        return address.lower() in self.wallets

    async def accepts_signature(
        self, wallet: str, message_hash: bytes, signature: bytes
    ) -> bool:
        self._answer()
        return message_hash in self.wallets.get(wallet.lower(), set())

    async def instrument(self, quote: Quote) -> Instrument | None:
        self._answer()
        name = self.names.get(quote.symbol_id)
        if name is None:
            return None
        return Instrument(
            account=self.account,
            symbol=f"{name}#{quote.quote_id}",
            kind=InstrumentKind.PERPETUAL,
            base=name.removesuffix("USDT"),
            quote="USDT",
            price_step=Decimal("0.0001"),
            quantity_step=Decimal("0.1"),
            min_quantity=Decimal("0.1"),
            min_notional=Decimal(1),
        )

    def follow(self, sub: SubAccount, quote: Quote) -> None:
        self.followed.append((sub, quote.quote_id))
        if self.on_follow is not None:
            self.on_follow(sub, quote)
