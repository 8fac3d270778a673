"""Transactions under way: sent, sent again, outbid, and followed to their end.

The bytes of one transaction may be sent any number of times: a nonce is used once. So
what waits is sent again, after some blocks with higher fees on the same nonce, and
what has become useless is replaced by one that does nothing, or those behind it would
wait for ever.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exitd.adapters.symmio.contracts import Contracts, Receipt
from exitd.adapters.symmio.fees import Fees, bumped
from exitd.adapters.symmio.key import Key
from exitd.adapters.symmio.node import Head, NodeDown, NodeSaidNo
from exitd.adapters.symmio.settings import ChainSettings
from exitd.adapters.symmio.wallet import Transaction, hash_of
from exitd.core.attempt import CloseOrder
from exitd.errors import OutcomeUnknown, VenueUnavailable

_TRANSFER_GAS = 21_000
#: By what is wrong with the question or the transaction (EIP-1474); 3 is a revert.
_REFUSING_CODES = frozenset({"-32700", "-32600", "-32601", "-32602", "-32003", "3"})
#: What geth, its kin, Erigon, Nethermind, Besu and Reth say of what they do not take.
_REFUSALS = (
    "insufficient funds",
    "insufficient sender balance",
    "upfront cost exceeds",
    "fee cap",
    "feecap",
    "max fee per gas less than",
    "max priority fee",
    "maxpriorityfeepergas",
    "intrinsic gas",
    "gas limit",
    "gas uint64 overflow",
    "tx fee",
    "transaction type not supported",
    "tx type not supported",
    "invalid sender",
    "invalid signature",
    "invalid chain",
    "chain id",
    "chainid",
    "oversized data",
    "negative value",
    "nonce too high",
    "nonce gap",
    "txpool is full",
    "transaction pool is full",
    "txpool full",
    "account limit exceeded",
    "execution reverted",
    "the method",
    "method not found",
    "not whitelisted",
)
#: So many blocks a node's receipts may be behind its counts, and more.
RECEIPTS_LAG = 8
#: So deep a block is not expected to be undone.
_SETTLED_BLOCKS = 64


class Flight(Struct, kw_only=True):
    """One nonce and all that was ever signed for it, the newest last.

    `order` is the close that it asks for, None for housekeeping; `deadline_s` is when
    it becomes useless, on the chain's clock, 0 for never. `is_out` says that it has
    left, or may have before this start; `sent_at` is the block at which it was last
    signed anew and sent by this run. `is_at_most` says that it should offer more, and
    may not. `is_lost` says that its nonce went to bytes that are not known here, and
    `told` is the receipt whose meaning has been told.
    """

    nonce: int
    transaction: Transaction
    raws: list[bytes]
    order: CloseOrder | None = None
    deadline_s: int = 0
    is_out: bool = False
    sent_at: int | None = None
    is_void: bool = False
    is_at_most: bool = False
    voids: set[str] = msgspec.field(default_factory=set)
    receipt: Receipt | None = None
    is_lost: bool = False
    told: Receipt | None = None

    @property
    def is_untold(self) -> bool:
        """Whether it has come to an end that nobody knows of yet."""
        return self.is_lost or self.receipt not in (None, self.told)

    @property
    def hashes(self) -> list[str]:
        return [hash_of(raw) for raw in self.raws]

    @property
    def is_stuck(self) -> bool:
        """Whether it waits in no block, and offers all that it may."""
        return self.is_at_most and self.receipt is None

    def is_own(self, receipt: Receipt) -> bool:
        """Whether what is in the block is what was asked for."""
        return receipt.transaction_hash.lower() not in self.voids


class _Fresh(Struct, frozen=True):
    """What was signed and has not left, with the close that it asks for."""

    nonce: int
    deadline_s: int
    order: CloseOrder | None


class Rejected(Exception):
    """Every node answered and refused the bytes: nothing is under way."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Outbox:
    """What one key has under way, by nonce."""

    def __init__(self, key: Key, contracts: Contracts, settings: ChainSettings) -> None:
        self.flights: dict[int, Flight] = {}
        self._fresh: dict[bytes, _Fresh] = {}
        self._undone_at: dict[int, int] = {}
        self._key = key
        self._contracts = contracts
        self._settings = settings

    def sign(
        self, to: str, data: bytes, deadline_s: int, order: CloseOrder | None = None
    ) -> bytes:
        """Sign on the next nonce; nothing is followed until it is `opened`."""
        nonce = self._key.take()
        transaction = self._key.transaction(nonce, to, data, self._key.fees())
        raw = self._key.wallet.sign(transaction).raw
        self._fresh[raw] = _Fresh(nonce, deadline_s, order)
        return raw

    def may_close(self, symbol: str, *, besides: int | None, after: int) -> bool:
        """Whether a close of a quote, besides one, may be in a block after one."""
        orders = [fresh.order for fresh in self._fresh.values()]
        for flight in self.flights.values():
            if flight.receipt is None or flight.receipt.block > after:
                orders.append(flight.order)
        return any(
            order is not None
            and order.symbol == symbol
            and order.client_order_id != besides
            for order in orders
        )

    def is_fresh(self, raw: bytes) -> bool:
        """Whether these bytes were signed in this run and have never left."""
        return raw in self._fresh

    def opened(
        self,
        transaction: Transaction,
        raw: bytes,
        order: CloseOrder | None,
        deadline_s: int,
    ) -> Flight:
        """Follow signed bytes from now on, whoever signed them and when."""
        known = self.flights.get(transaction.nonce)
        if known is not None and raw in known.raws:
            return known
        self._key.claim(transaction.nonce)
        flight = Flight(
            nonce=transaction.nonce,
            transaction=transaction,
            raws=[raw],
            order=order,
            deadline_s=deadline_s,
            is_out=not self.is_fresh(raw),
        )
        if known is None:
            self.flights[flight.nonce] = flight
        return flight

    def drop(self, flight: Flight) -> None:
        """Forget what was never sent, and use its nonce for something else."""
        if self.flights.get(flight.nonce) is flight:
            del self.flights[flight.nonce]
        self._fresh.pop(flight.raws[0], None)
        self._key.release(flight.nonce)

    async def launch(self, flight: Flight, head: Head) -> None:
        """Send the newest bytes of a flight to every node.

        Raises:
            Rejected: Every node said that it does not take them.
            OutcomeUnknown: None has taken them as far as is known, and one did not
                say that it has not.
            VenueUnavailable: No node could be reached: they have not left.
        """
        said = await self._contracts.nodes.broadcast(flight.raws[-1])
        if all(isinstance(answer, NodeDown) and not answer.left for answer in said):
            raise VenueUnavailable("; ".join(str(answer) for answer in said))
        self._fresh.pop(flight.raws[0], None)
        flight.is_out = True
        if flight.sent_at is None:
            flight.sent_at = head.number
        if "" in said:
            return
        for answer in said:
            if isinstance(answer, NodeSaidNo) and is_used_up(answer):
                # Mined already, or outbid: the receipts will tell.
                return
        if not all(isinstance(no, NodeSaidNo) and is_refusal(no) for no in said):
            raise OutcomeUnknown(
                "no node has taken the transaction: "
                + "; ".join(str(answer) for answer in said)
            )
        raise Rejected("; ".join(str(answer) for answer in said))

    async def look(self, flight: Flight) -> Receipt | None:
        """Ask for the receipt of anything ever signed for this nonce."""
        flight.receipt = None
        for hash_ in reversed(flight.hashes):
            receipt = await self._contracts.receipt(hash_)
            if receipt is not None:
                flight.receipt = receipt
                break
        return flight.receipt

    async def is_lost(self, flight: Flight, head: Head) -> bool:
        """Whether its nonce went to a transaction that we do not know.

        Settled only: a reorganisation can still give the nonce back. And for long: a
        node counts what is in a block before it has the receipt, or shows the effect.
        """
        depth = max(head.number - self._settings.confirmations - RECEIPTS_LAG, 0)
        settled = await self._contracts.count(self._key.wallet.address, hex(depth))
        return settled > flight.nonce

    async def watch(self, head: Head) -> list[Flight]:
        """Move on with all that is under way; give what has come to an end untold.

        Those are in a block, or can never be in one. What is in a block is watched
        further until it is settled: after a reorganisation it may fail in another.

        Raises:
            VenueUnavailable: A question had no answer; the rest is done next time.
        """
        for nonce in sorted(self.flights):
            # A send that is refused meanwhile drops its own.
            flight = self.flights.get(nonce)
            if flight is None or not flight.is_out:
                continue
            receipt = await self.look(flight)
            flight.is_lost = False
            if receipt is not None:
                is_settled = head.number - receipt.block > _SETTLED_BLOCKS
                if is_settled and not flight.is_untold:
                    del self.flights[nonce]
            elif nonce < self._key.mined:
                flight.is_lost = await self.is_lost(flight, head)
            else:
                await self._push(flight, head)
        self._drop_unsent(head)
        await self._fill_gaps(head)
        return [flight for flight in self.flights.values() if flight.is_untold]

    def note_told(self, flight: Flight) -> None:
        """Take in that the end of a flight is known where it matters."""
        flight.told = flight.receipt
        is_over = flight.is_lost and flight.receipt is None
        if is_over and self.flights.get(flight.nonce) is flight:
            del self.flights[flight.nonce]

    def _drop_unsent(self, head: Head) -> None:
        """Use the nonce of what was signed and never sent before its time was up."""
        for raw, fresh in list(self._fresh.items()):
            if head.ts_s > fresh.deadline_s:
                del self._fresh[raw]
                self.flights.pop(fresh.nonce, None)
                self._key.release(fresh.nonce)

    async def _push(self, flight: Flight, head: Head) -> None:
        """Send again what waits; offer more after some blocks."""
        is_late = bool(flight.deadline_s) and head.ts_s > flight.deadline_s
        if is_late and not flight.is_void:
            flight.is_void = True
            self._sign_again(flight, head, is_void=True)
        elif (
            flight.sent_at is not None
            and head.number - flight.sent_at >= self._settings.bump_after
        ):
            self._sign_again(flight, head, is_void=flight.is_void)
        try:
            await self.launch(flight, head)
        except (Rejected, OutcomeUnknown, VenueUnavailable):
            return

    def _sign_again(self, flight: Flight, head: Head, *, is_void: bool) -> None:
        before = flight.transaction
        fees = bumped(
            Fees(before.max_fee, before.priority_fee),
            self._key.market,
            self._settings.fees,
        )
        flight.is_at_most = fees is None
        if fees is None:
            return
        offered = replace(before, max_fee=fees.max_fee, priority_fee=fees.priority_fee)
        flight.transaction = self._voided(offered) if is_void else offered
        signed = self._key.wallet.sign(flight.transaction)
        flight.raws.append(signed.raw)
        if is_void:
            flight.voids.add(signed.hash)
        flight.sent_at = head.number

    def _voided(self, transaction: Transaction) -> Transaction:
        """Make it one that only uses its nonce up."""
        address = self._key.wallet.address
        return replace(transaction, to=address, data=b"", gas=_TRANSFER_GAS)

    async def _fill_gaps(self, head: Head) -> None:
        """Use up a nonce that others wait behind and nothing is sent with."""
        waiting = [n for n, f in self.flights.items() if f.is_out]
        for nonce in sorted(self._key.free | self._undone(head)):
            if not waiting or nonce > max(waiting):
                continue
            self._key.free.discard(nonce)
            address, fees = self._key.wallet.address, self._key.fees()
            transaction = self._voided(self._key.transaction(nonce, address, b"", fees))
            signed = self._key.wallet.sign(transaction)
            flight = Flight(
                nonce=nonce,
                transaction=transaction,
                raws=[signed.raw],
                is_void=True,
                voids={signed.hash},
            )
            self.flights[nonce] = flight
            try:
                await self.launch(flight, head)
            except (Rejected, OutcomeUnknown, VenueUnavailable):
                continue

    def _undone(self, head: Head) -> set[int]:
        """Give the nonces that a reorganisation gave back, for some blocks by now.

        What had them before this start is not followed, unless its close is still open:
        then it is sent again.
        """
        fresh = {one.nonce for one in self._fresh.values()}
        given_back = self._key.given_back() - self.flights.keys() - fresh
        since = {n: self._undone_at.get(n, head.number) for n in given_back}
        self._undone_at = since
        after = self._settings.bump_after
        return {n for n, block in since.items() if head.number - block >= after}


def is_used_up(said: NodeSaidNo) -> bool:
    """Whether a node says that the nonce is taken, by whatever transaction."""
    text = said.message.lower()
    return (
        "nonce too low" in text or "underpriced" in text or "nonce is too low" in text
    )


def is_refusal(said: NodeSaidNo) -> bool:
    """Whether a node says that it has not taken a transaction, and why not.

    What tells of the node's own trouble, as a time that ran out or a limit of calls,
    may be said after it has passed the bytes on; so is what nobody here knows.
    """
    text = said.message.lower()
    return said.code in _REFUSING_CODES or any(no in text for no in _REFUSALS)


def is_unfunded(said: str) -> bool:
    return "insufficient funds" in said.lower()
