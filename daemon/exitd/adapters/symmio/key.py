"""The one owner of a key's nonces, and what its transactions offer.

Nonces and fees are read in the background and kept, so that signing asks nobody. Two
transactions of one nonce are one: at most one of them is ever in the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.fees import Fees, Market, fees_now
from exitd.adapters.symmio.node import Head
from exitd.adapters.symmio.settings import ChainSettings
from exitd.adapters.symmio.wallet import Transaction, Wallet, read_transaction

#: Gives the bytes that were signed before this start and may still be on their way.
SignedBefore = Callable[[], Iterable[bytes]]


class Key:
    """`mined` is the least nonce that no block has; `free` are taken nonces that
    nothing will be sent with, to be used before new ones.

    Args:
        signed_before: Asked when the first nonce is read, and when one seems to be
            given back. What was signed before a start has its nonce, whatever nodes
            know of it: they may have forgotten it, and it will be sent again.
    """

    def __init__(
        self,
        wallet: Wallet,
        settings: ChainSettings,
        signed_before: SignedBefore = tuple,
    ) -> None:
        self.wallet = wallet
        self.mined = 0
        self.free: set[int] = set()
        self._settings = settings
        self._signed_before = signed_before
        self._next: int | None = None
        self._market: Market | None = None

    @property
    def is_known(self) -> bool:
        """Whether it can sign: its nonce and the fees have been read."""
        return self._next is not None and self._market is not None

    @property
    def market(self) -> Market:
        assert self._market is not None
        return self._market

    async def refresh(self, contracts: Contracts, head: Head) -> None:
        """Read nonce and fees.

        Raises:
            VenueUnavailable: No node answered; what was known is kept.
        """
        address = self.wallet.address
        mined = await contracts.count(address, "latest")
        if self._next is None:
            # What waited in the nodes before this start is counted as well.
            self._begin(max(mined, await contracts.count(address, "pending")))
        tip = await contracts.tip()
        self.mined = mined
        assert self._next is not None
        self._next = max(self._next, mined)
        self.free = {nonce for nonce in self.free if nonce >= mined}
        self._market = Market(head.base_fee, tip)

    def _begin(self, count: int) -> None:
        """Begin after all that nodes have counted, and all that we have signed."""
        signed = self._signed()
        self._next = max(count, *(nonce + 1 for nonce in signed), 0)
        self.free.update(set(range(count, self._next)) - signed)

    def _signed(self) -> set[int]:
        return {read_transaction(raw).nonce for raw in self._signed_before()}

    def given_back(self) -> set[int]:
        """Give nonces that were used and are in no block: what had them is undone.

        Without those whose bytes will be sent again.
        """
        if self._next is None or self.mined >= self._next:
            return set()
        unused = set(range(self.mined, self._next)) - self.free
        return unused - self._signed() if unused else unused

    def take(self) -> int:
        """Give the least nonce that nothing is sent with."""
        assert self._next is not None
        if self.free:
            nonce = min(self.free)
            self.free.discard(nonce)
            return nonce
        self._next += 1
        return self._next - 1

    def release(self, nonce: int) -> None:
        """Take back a nonce whose transaction was never sent, nor ever will be."""
        if self._next is not None and nonce == self._next - 1:
            self._next -= 1
        else:
            self.free.add(nonce)

    def claim(self, nonce: int) -> None:
        """Keep a nonce that was signed for before this start."""
        if self._next is None:
            return
        self.free.discard(nonce)
        if nonce >= self._next:
            self.free.update(range(self._next, nonce))
            self._next = nonce + 1

    def transaction(self, nonce: int, to: str, data: bytes, fees: Fees) -> Transaction:
        return Transaction(
            chain_id=self._settings.chain_id,
            nonce=nonce,
            priority_fee=fees.priority_fee,
            max_fee=fees.max_fee,
            gas=self._settings.gas,
            to=to,
            data=data,
        )

    def fees(self) -> Fees:
        return fees_now(self.market, self._settings.fees)
