"""The chain itself: blocks every two seconds, what waits for one, and what undoes one.

A block keeps the whole state that it leaves, so that anything can be asked of any
block, and a reorganisation is a shorter list.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random

import rlp
from coincurve import PrivateKey, PublicKey
from eth_utils.crypto import keccak
from msgspec import Struct
from msgspec.structs import replace

from simulation.chain.contract import Done, Emitted, Revert, State, execute

BLOCK_S = 2
#: What is before the first block of a world has this many blocks, and no events.
FIRST = 1_000
GWEI = 10**9


class Sent(Struct, frozen=True):
    """A transaction of our key, as it was signed; `raw` is empty for that of others."""

    hash: str
    sender: str
    nonce: int
    tip: int
    most: int
    to: str
    data: bytes
    raw: bytes = b""


class Deed(Struct, frozen=True):
    """What somebody else does on the chain: a name, and what it does to a state."""

    name: str
    act: Callable[[State, int], Done]


class Mined(Struct, frozen=True):
    """A transaction in its block; `sent` is None for what others did."""

    hash: str
    sent: Sent | None
    succeeded: bool
    events: tuple[Emitted, ...]
    deed: Deed | None = None


class Block(Struct, frozen=True):
    number: int
    hash: str
    parent: str
    ts_s: int
    base_fee: int
    state: State
    mined: tuple[Mined, ...] = ()


def _address(key: PublicKey) -> str:
    return "0x" + keccak(key.format(compressed=False)[1:])[-20:].hex()


def address_of(key: str) -> str:
    return _address(PrivateKey(bytes.fromhex(key)).public_key)


@lru_cache(256)
def read_sent(raw: bytes) -> Sent:
    """Read signed bytes, and who signed them, as each node does."""
    fields = rlp.decode(raw[1:])
    unsigned = keccak(raw[:1] + rlp.encode(fields[:9]))
    recovery = fields[9] or b"\0"
    signature = fields[10].rjust(32, b"\0") + fields[11].rjust(32, b"\0") + recovery
    signer = PublicKey.from_signature_and_message(signature, unsigned, hasher=None)
    _, nonce, tip, most = (int.from_bytes(field, "big") for field in fields[:4])
    hash_ = "0x" + keccak(raw).hex()
    return Sent(
        hash_,
        _address(signer),
        nonce,
        tip,
        most,
        "0x" + fields[5].hex(),
        fields[7],
        raw,
    )


class Chain:
    """`pool` is what waits, by nonce, and whoever makes blocks sees it.

    `base_fee` and `least_tip` are what the next block wants; `is_halted` says that
    none is made. `ours_first` is how often a block has ours before what others do, and
    `comes_later` how often what was undone is not at once in the blocks instead.
    """

    def __init__(self, closer: str, state: State, start_s: int, rng: Random) -> None:
        self.closer = closer.lower()
        self.blocks = [_first(state, start_s)]
        self.pool: dict[int, Sent] = {}
        self.deeds: list[Deed] = []
        self.base_fee = GWEI // 100
        self.least_tip = 0
        self.is_halted = False
        self.ours_first = self.comes_later = 0.5
        self._rng = rng
        self._made = 0

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    @property
    def state(self) -> State:
        return self.head.state

    def add(self, sent: Sent) -> bool:
        """Take in what a node passes on; False where it has lost against another."""
        known = self.pool.get(sent.nonce)
        if sent.nonce < self.state.nonce or (known and not outbids(sent, known)):
            return False
        self.pool[sent.nonce] = sent
        return True

    def do(self, name: str, act: Callable[[State, int], Done]) -> None:
        """Let somebody else do something in one of the next blocks."""
        self.deeds.append(Deed(name, act))

    def mine(self, ts_s: int) -> None:
        """Make the next block of what waits and pays."""
        state, mined = self.state, []
        is_ours_first = self._rng.random() < self.ours_first
        if is_ours_first:
            state = self._mine_ours(state, ts_s, mined)
        state = self._mine_deeds(state, ts_s, mined)
        if not is_ours_first:
            state = self._mine_ours(state, ts_s, mined)
        self._append(ts_s, state, mined)

    def _mine_ours(self, state: State, ts_s: int, mined: list[Mined]) -> State:
        while (sent := self.pool.get(state.nonce)) is not None:
            if sent.most < self.base_fee or sent.tip < self.least_tip:
                break
            del self.pool[sent.nonce]
            before = replace(state, nonce=state.nonce + 1)
            try:
                state, events = execute(before, sent.sender, sent.to, sent.data, ts_s)
            except Revert:
                state = before
                mined.append(Mined(sent.hash, sent, False, ()))
            else:
                mined.append(Mined(sent.hash, sent, True, events))
        return state

    def _mine_deeds(self, state: State, ts_s: int, mined: list[Mined]) -> State:
        deeds, self.deeds = self.deeds, []
        for deed in deeds:
            try:
                state, events = deed.act(state, ts_s)
            except Revert:
                continue
            self._made += 1
            hash_ = "0x" + keccak(text=f"{deed.name} {self._made}").hex()
            mined.append(Mined(hash_, None, True, events, deed))
        return state

    def _append(self, ts_s: int, state: State, mined: list[Mined]) -> None:
        self._made += 1
        parent = self.head
        hash_ = "0x" + keccak(text=f"{parent.hash} {self._made}").hex()
        number = parent.number + 1
        self.blocks.append(
            Block(number, hash_, parent.hash, ts_s, self.base_fee, state, tuple(mined))
        )

    def undo(self, depth: int) -> list[Block]:
        """Take the newest blocks back, and make as many others in their place.

        What was in them waits again, and is in the new ones or in those that follow.
        """
        undone = self.blocks[-depth:]
        del self.blocks[-depth:]
        for block in undone:
            for one in block.mined:
                if one.deed is not None:
                    self.deeds.append(one.deed)
                elif one.sent is not None:
                    self.pool.setdefault(one.sent.nonce, one.sent)
        kept = self.deeds, self.pool
        comes_later = self._rng.random() < self.comes_later
        if comes_later:
            self.deeds, self.pool = [], {}
        for block in undone:
            self.mine(block.ts_s)
        if comes_later:
            self.deeds, self.pool = kept
        return undone


def outbids(sent: Sent, known: Sent) -> bool:
    """Whether nodes let one take the place of the other on its nonce."""
    return sent.tip * 10 >= known.tip * 11 and sent.most * 10 >= known.most * 11


def _first(state: State, start_s: int) -> Block:
    return Block(FIRST, _ancient(FIRST), _ancient(FIRST - 1), start_s, GWEI, state)


@lru_cache(2_048)
def _ancient(number: int) -> str:
    return "0x" + keccak(text=f"ancient {number}").hex()


def ancient(number: int, first: Block) -> Block:
    """Make up a block of before the world: nothing happened in it."""
    ts_s = first.ts_s - (first.number - number) * BLOCK_S
    hashes = _ancient(number), _ancient(number - 1)
    return Block(number, *hashes, ts_s, GWEI, first.state)
