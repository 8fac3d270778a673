"""Questions to the contracts, at a block of the asker's choice."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.events import CLOSE_TOPICS, HexBytes, HexNumber, Log
from exitd.adapters.symmio.node import Head, Reverted, as_bytes, as_int, read_head
from exitd.adapters.symmio.nodes import Nodes
from exitd.adapters.symmio.quotes import (
    QuoteState,
    SymbolState,
    read_quote,
    read_symbol,
)
from exitd.adapters.symmio.settings import ChainSettings
from exitd.errors import VenueUnavailable

_VALID_SIGNATURE = bytes.fromhex("1626ba7e")

T = TypeVar("T")


class Receipt(msgspec.Struct, frozen=True, rename="camel"):
    """What became of a transaction."""

    transaction_hash: HexBytes
    block_number: HexNumber
    status: HexNumber

    @property
    def block(self) -> int:
        return int(self.block_number, 16)

    @property
    def succeeded(self) -> bool:
        return int(self.status, 16) == 1


class Sent(msgspec.Struct, frozen=True, rename="camel"):
    """A transaction as a node tells it."""

    sender: HexBytes = msgspec.field(name="from")
    nonce: HexNumber
    input: HexBytes


class Contracts:
    """Reads through the nodes that are believed; everything may raise
    `VenueUnavailable`, and never guesses.
    """

    def __init__(self, nodes: Nodes, settings: ChainSettings) -> None:
        self.nodes = nodes
        self._settings = settings

    async def call(
        self, to: str, data: bytes, block: int | None = None, sender: str | None = None
    ) -> bytes:
        """Call without a transaction.

        Raises:
            Reverted: The contract said no.
        """
        return as_bytes(
            await self.nodes.read("eth_call", [_request(to, data, sender), _tag(block)])
        )

    async def quote(self, quote_id: int, block: int | None = None) -> QuoteState | None:
        data = calls.GET_QUOTE + calls.word(quote_id)
        return read_quote(await self.asked(self._settings.symmio, data, block))

    async def quote_by_two(self, quote_id: int, block: int) -> list[QuoteState | None]:
        """Read a quote from two nodes where there are two: it decides something."""
        data = calls.GET_QUOTE + calls.word(quote_id)
        request = _request(self._settings.symmio, data, None)
        try:
            answers = await self.nodes.opinions("eth_call", [request, _tag(block)], 2)
        except Reverted as exc:
            raise VenueUnavailable(f"getQuote reverted: {exc}") from exc
        return [read_quote(as_bytes(answer)) for answer in answers]

    async def symbol(self, symbol_id: int) -> SymbolState | None:
        data = calls.GET_SYMBOL + calls.word(symbol_id)
        return read_symbol(await self.asked(self._settings.symmio, data, None))

    async def balance(self, address: str) -> int:
        """How much an address can pay with, in wei."""
        return as_int(await self.nodes.read("eth_getBalance", [address, "latest"]))

    async def is_contract(self, address: str) -> bool:
        code = await self.nodes.read("eth_getCode", [address, "latest"])
        return bool(as_bytes(code))

    async def accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        try:
            answer = await self.call(wallet, calls.signature_call(digest, signature))
        except Reverted:
            return False
        return answer[:4] == _VALID_SIGNATURE

    async def count(self, address: str, block: str) -> int:
        """How many transactions an address has sent: its next nonce."""
        return as_int(
            await self.nodes.read("eth_getTransactionCount", [address, block])
        )

    async def tip(self) -> int:
        return as_int(await self.nodes.read("eth_maxPriorityFeePerGas", []))

    async def receipt(self, hash_: str) -> Receipt | None:
        answer = await self.nodes.read("eth_getTransactionReceipt", [hash_])
        return None if answer is None else _converted(answer, Receipt)

    async def transaction(self, hash_: str) -> Sent:
        answer = await self.nodes.read("eth_getTransactionByHash", [hash_])
        if answer is None:
            raise VenueUnavailable(f"transaction {hash_} is gone")
        return _converted(answer, Sent)

    async def block(self, number: int) -> Head:
        head = await self._block(number)
        if head is None:
            raise VenueUnavailable(f"block {number} is not there yet, or any more")
        return head

    async def block_time_s(self, number: int) -> int:
        return (await self.block(number)).ts_s

    async def block_hash(self, number: int) -> str | None:
        head = await self._block(number)
        return None if head is None else head.hash

    async def _block(self, number: int) -> Head | None:
        return read_head(
            await self.nodes.read("eth_getBlockByNumber", [hex(number), False])
        )

    async def close_logs(self, first: int, last: int) -> list[Log]:
        """Read the logs about closes of a range of blocks, both ends included."""
        return await self.logs([self._settings.symmio], [*CLOSE_TOPICS], first, last)

    async def logs(
        self, addresses: list[str], topics: list[str], first: int, last: int
    ) -> list[Log]:
        """Read the logs of some contracts that begin with one of some topics."""
        wanted = {
            "address": addresses,
            "topics": [topics],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        return _converted(await self.nodes.read("eth_getLogs", [wanted]), list[Log])

    async def asked(self, to: str, data: bytes, block: int | None = None) -> bytes:
        """Call what never says no at the right address."""
        try:
            return await self.call(to, data, block)
        except Reverted as exc:
            raise VenueUnavailable(
                f"{to} does not answer as it should: {exc}; is the address right?"
            ) from exc


def _request(to: str, data: bytes, sender: str | None) -> dict[str, str]:
    request = {"to": to, "data": "0x" + data.hex()}
    return request if sender is None else {"from": sender, **request}


def _tag(block: int | None) -> str:
    return "latest" if block is None else hex(block)


def _converted(answer: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as exc:
        raise VenueUnavailable(f"a node's answer cannot be read: {exc}") from exc
