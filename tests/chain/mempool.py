"""What waits to be mined, with the rules that nodes have for it."""

from __future__ import annotations

from collections.abc import Callable

import rlp
from eth_account import Account
from eth_utils import keccak
from msgspec import Struct

from chain.deployed import Deployed


class Refused(Exception):
    """A node's own no, as JSON-RPC tells it."""

    def __init__(self, message: str, code: int = -32000) -> None:
        super().__init__(message)
        self.message, self.code = message, code


class Waiting(Struct):
    raw: str
    hash: str
    sender: str
    nonce: int
    tip: int
    most: int
    gas: int


class Mempool:
    """Shared by all nodes. `is_mining` False: nothing leaves it until `mine`.

    `least_tip` is what a block wants: what offers less waits. `on_change` is called
    after each transaction that has come in, or is in a block.
    """

    def __init__(self, chain: Deployed) -> None:
        self.chain = chain
        self.is_mining = True
        self.least_tip = 0
        self.waiting: dict[tuple[str, int], Waiting] = {}
        self.seen: list[str] = []
        self.on_change: Callable[[], None] = lambda: None

    def add(self, raw: str) -> str:
        """Take in a transaction, and mine it if it can be.

        Raises:
            Refused: As a node would.
        """
        sent = _read(raw)
        self.seen.append(sent.hash)
        count = self.chain.tester.get_nonce(sent.sender)
        if sent.nonce < count:
            raise Refused(f"nonce too low: next nonce {count}, tx nonce {sent.nonce}")
        known = self.waiting.get((sent.sender, sent.nonce))
        if known is not None and known.hash == sent.hash:
            raise Refused("already known")
        if known is not None and not _outbids(sent, known):
            raise Refused("replacement transaction underpriced")
        if self.chain.tester.get_balance(sent.sender) < sent.gas * sent.most:
            raise Refused("insufficient funds for gas * price + value")
        self.waiting[sent.sender, sent.nonce] = sent
        self.on_change()
        if self.is_mining:
            self.mine()
        return sent.hash

    def mine(self) -> None:
        """Mine all that has its turn, each in a block of its own."""
        progress = True
        while progress:
            progress = False
            for key, sent in sorted(self.waiting.items()):
                is_next = sent.nonce == self.chain.tester.get_nonce(sent.sender)
                if is_next and sent.tip >= self.least_tip:
                    del self.waiting[key]
                    self.chain.tester.send_raw_transaction(sent.raw)
                    progress = True
                    self.on_change()

    def pending_count(self, sender: str) -> int:
        count: int = self.chain.tester.get_nonce(sender)
        while (sender, count) in self.waiting:
            count += 1
        return count


def _outbids(sent: Waiting, known: Waiting) -> bool:
    return sent.tip * 10 >= known.tip * 11 and sent.most * 10 >= known.most * 11


def _read(raw: str) -> Waiting:
    body = bytes.fromhex(raw[2:])
    fields = rlp.decode(body[1:])
    number = [int.from_bytes(field, "big") for field in fields[1:5]]
    return Waiting(
        raw=raw,
        hash="0x" + keccak(body).hex(),
        sender=Account.recover_transaction(raw),
        nonce=number[0],
        tip=number[1],
        most=number[2],
        gas=number[3],
    )
