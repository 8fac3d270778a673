"""What is read on a chain for accounts whose positions are SYMMIO quotes.

Addresses are hex with `0x`, compared without regard to case. Prices are quote currency
per base unit, quantities base units; the contract's 18 decimals end at the adapter.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from exitd.core.market import Instrument
from exitd.core.position import Side


class QuoteStatus(StrEnum):
    """The contract's own states of a quote, in its order."""

    PENDING = "pending"
    LOCKED = "locked"
    CANCEL_PENDING = "cancel_pending"
    CANCELED = "canceled"
    OPENED = "opened"
    CLOSE_PENDING = "close_pending"
    CANCEL_CLOSE_PENDING = "cancel_close_pending"
    CLOSED = "closed"
    LIQUIDATED = "liquidated"
    EXPIRED = "expired"
    LIQUIDATED_PENDING = "liquidated_pending"


class Quote(Struct, frozen=True, kw_only=True):
    """A quote as the contract has it at one block.

    `requested_price` and `requested_quantity` are those of the pending close request,
    which ends at `deadline_s` (UTC); zero where there is none.
    """

    quote_id: int
    symbol_id: int
    side: Side
    status: QuoteStatus
    quantity: Decimal
    closed: Decimal
    opened_price: Decimal
    average_closed_price: Decimal
    requested_price: Decimal
    requested_quantity: Decimal
    deadline_s: int
    sub_account: str
    solver: str

    @property
    def open_quantity(self) -> Decimal:
        return self.quantity - self.closed


class SubAccount(Struct, frozen=True):
    """A sub-account (the contract's party A) and the MultiAccount that made it."""

    address: str
    multi_account: str


class Chain(Protocol):
    """One chain, the SYMMIO contracts on it, and the key that closes there.

    Every method raises `VenueUnavailable` when no node answered; a failed read is an
    error and never 'none'.
    """

    account: str
    chain_id: int
    #: The address that sub-accounts delegate their closes to.
    closer: str

    async def quote(self, quote_id: int) -> Quote | None:
        """Read a quote; None where the contract knows none of this number."""
        ...

    async def owner_of(self, sub: SubAccount) -> str | None:
        """Read the wallet that owns a sub-account; None for one that is not there."""
        ...

    async def missing_access(self, sub: SubAccount) -> tuple[str, ...]:
        """Name the contract's functions that `closer` may not call for a sub-account.

        Of the two that closing needs; empty when it may close and cancel closes.
        """
        ...

    async def why_undelegable(self, sub: SubAccount) -> str:
        """Say why no delegation lets `closer` close for a sub-account.

        In a sentence that names it, as of an account that only the InstantLayer moves;
        empty where a delegation is all that it takes.
        """
        ...

    async def is_contract(self, address: str) -> bool: ...

    async def accepts_signature(
        self, wallet: str, message_hash: bytes, signature: bytes
    ) -> bool:
        """Ask a smart wallet whether it signed a hash of 32 bytes (EIP-1271)."""
        ...

    async def instrument(self, quote: Quote) -> Instrument | None:
        """Describe a quote as a market of its own; None for a symbol nobody knows.

        Its symbol is the watched contract's name and the number: `XRPUSDT#179921`.
        """
        ...

    def follow(self, sub: SubAccount, quote: Quote) -> None:
        """From now on report this quote as a position of the account.

        After `instrument` has described it.

        Raises:
            VenueUnavailable: The MultiAccount is none of the configured ones.
        """
        ...

    async def recall(self, symbols: Iterable[str]) -> None:
        """Follow again all that was followed before a start, by its markets' names.

        Called once before anything is recovered, with every symbol of this account
        that the state knows, be there none: until then positions cannot be listed,
        because a list without a quote says that it is closed.

        Raises:
            VenueUnavailable: One could not be read; none may be left out. Or the chain
                is another, or a contract at a configured address is not what it should
                be: that makes this account unavailable and nothing else.
        """
        ...
