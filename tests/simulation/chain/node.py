"""A node: what it has seen of the chain, and how it answers; it lags, and it lies.

An address may have several machines behind it, so that each question can meet another
one: `behind` are the blocks that such a machine may be behind the chain.
"""

from __future__ import annotations

from random import Random
from typing import Any

from eth_utils.crypto import keccak
from msgspec import Struct

from simulation.chain.answers import (
    GET_QUOTE,
    GET_SYMBOL,
    account_answer,
    logs_of,
    quote_answer,
    symbol_answer,
)
from simulation.chain.blocks import Block, Chain, Sent, ancient, outbids, read_sent
from simulation.chain.contract import MULTI, SYMMIO, Forms, Revert, execute

CHAIN_ID = 8453
_ERROR = keccak(text="Error(string)")[:4]
ETHER = 10**18


class Refused(Exception):
    """The node's own no."""

    def __init__(self, message: str, code: int = -32000, data: str = "") -> None:
        super().__init__(message)
        self.message, self.code, self.data = message, code, data


class Moods(Struct, frozen=True):
    """How a node is now; `receipt_lag` is in blocks.

    `forgets`: it takes transactions and passes none on. `cuts_logs`: asked for logs of
    blocks that it has not, it gives those that it has.
    """

    behind: tuple[int, ...] = (0,)
    receipt_lag: int = 0
    forgets: bool = False
    cuts_logs: bool = False
    is_pending_blind: bool = False


SOUND = Moods()


class SimNode:
    """One address. `held` are the blocks of another fork that it believes in.

    `others` are machines behind this address that answer one kind of question: the
    moods of such a one, or the blocks that it believes in, by method, or `latest` for
    that block alone. `hidden` is the name of an event that nobody here knows.
    """

    def __init__(self, chain: Chain, forms: Forms, rng: Random) -> None:
        self.chain = chain
        self.moods = SOUND
        self.others: dict[str, Moods | list[Block]] = {}
        self.hidden = ""
        self.held: list[Block] | None = None
        self.known: dict[int, Sent] = {}
        self._forms = forms
        self._rng = rng

    def ask(self, method: str, params: list[Any]) -> Any:
        """Answer a question.

        Raises:
            Refused: It cannot or will not.
        """
        is_newest = method == "eth_getBlockByNumber" and params[0] == "latest"
        machine = self.others.get("latest" if is_newest else method, self.moods)
        moods = machine if isinstance(machine, Moods) else self.moods
        blocks = self._seen(moods) if isinstance(machine, Moods) else machine
        match method:
            case "eth_chainId":
                return hex(CHAIN_ID)
            case "eth_getBlockByNumber":
                return self._block(params[0], blocks)
            case "eth_call":
                return self._call(params, blocks)
            case "eth_getTransactionCount":
                return self._count(params[1], blocks)
            case "eth_getBalance":
                return hex(10 * ETHER)
            case "eth_maxPriorityFeePerGas":
                return hex(max(self.chain.least_tip, 10**6))
            case "eth_sendRawTransaction":
                return self._take(bytes.fromhex(params[0][2:]))
            case "eth_getTransactionReceipt":
                return self._receipt(params[0], blocks)
            case "eth_getTransactionByHash":
                return self._transaction(params[0], blocks)
            case "eth_getLogs":
                return self._logs(params[0], blocks, moods)
        raise AssertionError(f"nobody asks for {method}")

    def _seen(self, moods: Moods) -> list[Block]:
        """Give the blocks that the machine which answers has."""
        if self.held is not None:
            return self.held
        behind = self._rng.choice(moods.behind)
        blocks = self.chain.blocks
        return blocks[: len(blocks) - behind] if behind < len(blocks) else blocks[:1]

    def _at(self, tag: str, blocks: list[Block]) -> Block | None:
        if tag in ("latest", "pending"):
            return blocks[-1]
        number = int(tag, 16)
        first = blocks[0]
        if number < first.number:
            return ancient(number, first)
        at = number - first.number
        return blocks[at] if at < len(blocks) else None

    def _known_at(self, tag: str, blocks: list[Block]) -> Block:
        block = self._at(tag, blocks)
        if block is None:
            raise Refused("header not found")
        return block

    def _block(self, tag: str, blocks: list[Block]) -> Any:
        block = self._at(tag, blocks)
        if block is None:
            return None
        return {
            "number": hex(block.number),
            "hash": block.hash,
            "parentHash": block.parent,
            "timestamp": hex(block.ts_s),
            "baseFeePerGas": hex(block.base_fee),
        }

    def _call(self, params: list[Any], blocks: list[Block]) -> str:
        asked, tag = params
        block = self._known_at(tag, blocks)
        to, data = asked["to"].lower(), bytes.fromhex(asked["data"][2:])
        if to == SYMMIO and data[:4] == GET_QUOTE:
            quote_id = int.from_bytes(data[4:], "big")
            return quote_answer(block.state.quotes.get(quote_id))
        if to == SYMMIO and data[:4] == GET_SYMBOL:
            return symbol_answer()
        answer = account_answer(data) if to == MULTI else None
        if answer is not None:
            return answer
        try:
            execute(block.state, asked["from"], to, data, block.ts_s)
        except Revert as exc:
            said = _error_data(str(exc))
            raise Refused(f"execution reverted: {exc}", 3, said) from exc
        return "0x"

    def _count(self, tag: str, blocks: list[Block]) -> str:
        if tag != "pending":
            return hex(self._known_at(tag, blocks).state.nonce)
        count = blocks[-1].state.nonce
        while not self.moods.is_pending_blind and count in self.known:
            count += 1
        return hex(count)

    def _take(self, raw: bytes) -> str:
        sent = read_sent(raw)
        assert sent.sender == self.chain.closer, "signed by another key"
        if self.moods.forgets:
            return sent.hash
        count = self._seen(self.moods)[-1].state.nonce
        if sent.nonce < count:
            raise Refused(f"nonce too low: next nonce {count}, tx nonce {sent.nonce}")
        known = self.known.get(sent.nonce)
        if known is not None and known.hash == sent.hash:
            self.chain.add(sent)
            raise Refused("already known")
        if known is not None and not outbids(sent, known):
            raise Refused("replacement transaction underpriced")
        self.known[sent.nonce] = sent
        self.chain.add(sent)
        return sent.hash

    def _found(self, hash_: str, blocks: list[Block]) -> Any:
        for block in reversed(blocks):
            for mined in block.mined:
                if mined.hash == hash_:
                    return block, mined
        return None, None

    def _receipt(self, hash_: str, blocks: list[Block]) -> Any:
        lag = self.moods.receipt_lag
        block, mined = self._found(hash_, blocks[: len(blocks) - lag] or blocks[:1])
        if mined is None:
            return None
        return {
            "transactionHash": mined.hash,
            "blockNumber": hex(block.number),
            "status": hex(mined.succeeded),
        }

    def _transaction(self, hash_: str, blocks: list[Block]) -> Any:
        _, mined = self._found(hash_, blocks)
        if mined is None:
            return None
        sent = mined.sent
        return {
            "hash": hash_,
            "from": sent.sender if sent else "0x" + "77" * 20,
            "nonce": hex(sent.nonce if sent else 1),
            "input": "0x" + (sent.data.hex() if sent else ""),
        }

    def _logs(self, asked: dict[str, Any], blocks: list[Block], moods: Moods) -> Any:
        first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        if last > blocks[-1].number and not moods.cuts_logs:
            raise Refused("block range extends beyond current head block")
        wanted, topics = asked["address"], asked["topics"][0]
        addresses = wanted if isinstance(wanted, list) else [wanted]
        if SYMMIO not in [a.lower() for a in addresses]:
            return []
        begin = max(first - blocks[0].number, 0)
        logs: list[Any] = []
        for block in blocks[begin : max(last - blocks[0].number + 1, 0)]:
            logs += _logs_in(block, topics, self._forms, self.hidden)
        return logs


def _logs_in(block: Block, topics: list[str], forms: Forms, hidden: str) -> list[Any]:
    logs: list[Any] = []
    index = 0
    for mined in block.mined:
        for event in mined.events:
            for topic, data in logs_of(event, forms):
                index += 1
                if topic in topics and event.name != hidden:
                    logs.append(
                        {
                            "address": SYMMIO,
                            "topics": [topic],
                            "data": data,
                            "blockNumber": hex(block.number),
                            "transactionHash": mined.hash,
                            "logIndex": hex(index),
                        }
                    )
    return logs


def _error_data(reason: str) -> str:
    said = reason.encode()
    padded = said + bytes(-len(said) % 32)
    head = (32).to_bytes(32, "big") + len(said).to_bytes(32, "big")
    return "0x" + (_ERROR + head + padded).hex()
