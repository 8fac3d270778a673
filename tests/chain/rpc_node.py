"""A node: JSON-RPC over real HTTP in front of the chain in this process.

It can lag, lie, be down, and drop what it was sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from eth.exceptions import TransactionNotFound as NotIndexed
from eth_tester.exceptions import (
    BlockNotFound,
    TransactionFailed,
    TransactionNotFound,
    ValidationError,
)
from eth_utils import keccak

from chain.block_logs import logs_of
from chain.mempool import Mempool, Refused

CHAIN_ID = 131277322940537


class RpcNode:
    """`lag` is how many blocks it is behind; `lies` replace what it would answer.

    `asked` are the methods that it was asked, in order; `drops` takes transactions
    and forgets them. `loses_reply` does what it is asked once and then says nothing.
    """

    def __init__(self, pool: Mempool) -> None:
        self.url = ""
        self.pool = pool
        self.chain = pool.chain
        self.chain_id = CHAIN_ID
        self.lag = 0
        self.is_down = False
        self.drops = False
        self.loses_reply = False
        self.style = "geth"
        self.lies: dict[str, Callable[[Any], Any]] = {}
        self.asked: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if self.is_down:
            return web.Response(status=503, text="down")
        method = asked["method"]
        self.asked.append(method)
        answer = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            result = self._answer(method, asked["params"])
            if method in self.lies:
                result = self.lies[method](result)
            answer["result"] = result
        except Refused as exc:
            answer["error"] = {"code": exc.code, "message": exc.message}
        except TransactionFailed as exc:
            answer["error"] = self._revert(exc)
        if self.loses_reply and method == "eth_sendRawTransaction":
            self.loses_reply = False
            self.is_down = True
            return web.Response(status=503, text="lost")
        return web.json_response(answer)

    def _revert(self, exc: TransactionFailed) -> dict[str, Any]:
        reason = exc.args[0] if exc.args and isinstance(exc.args[0], str) else ""
        reason = "" if reason.startswith("0x") or reason == "b''" else reason
        data = "0x" + (_error_data(reason).hex() if reason else "")
        if self.style == "geth":
            suffix = f": {reason}" if reason else ""
            message = f"execution reverted{suffix}"
            return {"code": 3, "message": message, "data": data}
        said = f"reverted with reason string '{reason}'"
        message = f"VM Exception while processing transaction: {said}"
        return {"code": -32603, "message": message, "data": {"message": message}}

    def _answer(self, method: str, params: list[Any]) -> Any:
        tester, height = self.chain.tester, self.chain.height - self.lag
        match method:
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_getBlockByNumber":
                return self._block(params[0], height)
            case "eth_call":
                return self._call(params, height)
            case "eth_getTransactionCount":
                return self._count(params, height)
            case "eth_getBalance":
                return hex(tester.get_balance(params[0]))
            case "eth_maxPriorityFeePerGas":
                return hex(10**9)
            case "eth_getCode":
                return tester.get_code(params[0])
            case "eth_sendRawTransaction":
                return self._take(params[0])
            case "eth_getTransactionReceipt":
                return self._receipt(params[0], height)
            case "eth_getTransactionByHash":
                return self._transaction(params[0], height)
            case "eth_getLogs":
                return self._logs(params[0], height)
        raise Refused(f"the method {method} does not exist", -32601)

    def _number(self, tag: str, height: int) -> int:
        number = height if tag in ("latest", "pending") else int(tag, 16)
        if number > height:
            raise Refused("header not found")
        return number

    def _block(self, tag: str, height: int) -> Any:
        number = height if tag == "latest" else int(tag, 16)
        if number > height:
            return None
        try:
            block = self.chain.tester.get_block_by_number(number)
        except BlockNotFound:
            return None
        return {
            "number": hex(number),
            "hash": block["hash"],
            "parentHash": block["parent_hash"],
            "timestamp": hex(block["timestamp"]),
            "baseFeePerGas": hex(block["base_fee_per_gas"]),
        }

    def _call(self, params: list[Any], height: int) -> str:
        asked, tag = params
        number = self._number(tag, height)
        call = {
            "from": asked.get("from", self.chain.operator),
            "to": asked["to"],
            "data": asked["data"],
            "gas": 3_000_000,
        }
        try:
            return self.chain.tester.call(call, block_number=number)
        except ValidationError as exc:
            raise Refused(str(exc)) from exc

    def _count(self, params: list[Any], height: int) -> str:
        address, tag = params
        if tag == "pending":
            return hex(self.pool.pending_count(address))
        number = self._number(tag, height)
        return hex(self.chain.tester.get_nonce(address, block_number=number))

    def _take(self, raw: str) -> str:
        if self.drops:
            return "0x" + keccak(bytes.fromhex(raw[2:])).hex()
        return self.pool.add(raw)

    def _is_mined(self, hash_: str) -> bool:
        """Whether a block has it; to ask for its receipt walks over all of them."""
        index = self.chain.tester.backend.chain.chaindb.get_transaction_index
        try:
            index(bytes.fromhex(hash_.removeprefix("0x")))
        except NotIndexed:
            return False
        return True

    def _receipt(self, hash_: str, height: int) -> Any:
        if not self._is_mined(hash_):
            return None
        try:
            receipt = self.chain.tester.get_transaction_receipt(hash_)
        except TransactionNotFound:
            return None
        number = receipt["block_number"]
        if number is None or number > height:
            return None
        return {
            "transactionHash": receipt["transaction_hash"],
            "blockNumber": hex(number),
            "status": hex(receipt["status"]),
        }

    def _transaction(self, hash_: str, height: int) -> Any:
        if not self._is_mined(hash_):
            return None
        try:
            sent = self.chain.tester.get_transaction_by_hash(hash_)
        except TransactionNotFound:
            return None
        if sent["block_number"] is None or sent["block_number"] > height:
            return None
        return {
            "hash": sent["hash"],
            "from": sent["from"],
            "nonce": hex(sent["nonce"]),
            "input": sent["data"],
        }

    def _logs(self, asked: dict[str, Any], height: int) -> Any:
        first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        if last > height:
            raise Refused("block range extends beyond current head block")
        wanted = asked["address"]
        addresses = wanted if isinstance(wanted, list) else [wanted]
        topics = asked["topics"][0]
        named = topics if isinstance(topics, list) else [topics]
        return [
            {
                "address": log["address"],
                "topics": log["topics"],
                "data": log["data"],
                "blockNumber": hex(log["block_number"]),
                "transactionHash": log["transaction_hash"],
                "logIndex": hex(log["log_index"]),
            }
            for address in addresses
            for number in range(first, last + 1)
            for log in logs_of(self.chain, number)
            if log["address"].lower() == address.lower() and log["topics"][0] in named
        ]


def _error_data(reason: str) -> bytes:
    said = reason.encode()
    padded = said + bytes(-len(said) % 32)
    head = (32).to_bytes(32, "big") + len(said).to_bytes(32, "big")
    return keccak(text="Error(string)")[:4] + head + padded


@asynccontextmanager
async def serving(*nodes: RpcNode) -> AsyncIterator[None]:
    """Serve each node on a socket of its own."""
    runners = []
    try:
        for node in nodes:
            app = web.Application()
            app.router.add_post("/", node.handle)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            runners.append(runner)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            node.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield
    finally:
        for runner in runners:
            await runner.cleanup()
