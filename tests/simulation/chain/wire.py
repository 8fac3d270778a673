"""The network to the nodes, which speak JSON-RPC: late, lossy, and it remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from exitd.adapters.network.lanes import Call, Reply
from simulation.chain.blocks import Sent, read_sent
from simulation.chain.node import Refused, SimNode
from simulation.wire import Network
from simulation.wire import Rates as _NoRates

URL = "http://127.0.0.1:1/"
SEND = "eth_sendRawTransaction"
_SEND = SEND.encode()
#: What a node says when it is troubled itself, whatever it has done before.
_TROUBLED = (
    (-32603, "internal error"),
    (-32000, "request timed out"),
    (-32005, "daily request count exceeded, request rate limited"),
)
_CALM = _NoRates()
#: So many of the questions take a moment, in which other things happen.
_LATE = 0.3


class CallRates(Struct, frozen=True, kw_only=True):
    """How often a question to a node goes wrong, each as a probability.

    `lost` before the node has heard it, `unanswered` after; `troubled` and `broken`
    are answers that say nothing about what was done, in JSON and by status, half of
    them given before it is done.
    """

    lost: float = 0.0
    unanswered: float = 0.0
    delayed: float = 0.0
    troubled: float = 0.0
    broken: float = 0.0


CALM = CallRates()


class ChainNetwork(Network):
    """`reads` and `sends` are how often each kind of question goes wrong.

    `sent` is all that has left as a transaction, by nonce, in order.
    """

    def __init__(self, nodes: list[SimNode], rng: Random) -> None:
        super().__init__(rng, _CALM)
        self.nodes = nodes
        self.reads = self.sends = CALM
        self.down: set[int] = set()
        self.sent: dict[int, dict[str, Sent]] = {}
        self.on_sent: Callable[[Sent], None] = lambda sent: None

    def set_rates(self, reads: CallRates, sends: CallRates) -> None:
        self.reads, self.sends = reads, sends

    def note_sent(self, raw: bytes) -> None:
        sent = read_sent(raw)
        known = self.sent.setdefault(sent.nonce, {})
        if sent.hash not in known:
            known[sent.hash] = sent
            self.on_sent(sent)

    async def asked(self, number: int, body: bytes) -> Reply | None:
        """Take one question to a node and its answer back; None when lost."""
        question = msgspec.json.decode(body)
        is_send = question["method"] == SEND
        rates = self.sends if is_send else self.reads
        # In virtual time an answer at once differs in nothing but its cost.
        if is_send or self.chance(_LATE):
            await asyncio.sleep(self.latency_s())
        if number in self.down or self.chance(rates.lost):
            return None
        if self.chance(rates.delayed):
            await asyncio.sleep(self.rng.uniform(0.2, 3.0))
        is_broken, is_troubled = self.chance(rates.broken), self.chance(rates.troubled)
        is_before = self.chance(0.5)
        if is_before and (is_broken or is_troubled):
            return self._wrong(question, is_broken=is_broken)
        answer = self._answer(self.nodes[number], question)
        if is_broken or is_troubled:
            return self._wrong(question, is_broken=is_broken)
        return None if self.chance(rates.unanswered) else answer

    def _answer(self, node: SimNode, question: dict[str, Any]) -> Reply:
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": question["id"]}
        try:
            answer["result"] = node.ask(question["method"], question["params"])
        except Refused as exc:
            answer["error"] = {"code": exc.code, "message": exc.message}
            if exc.data:
                answer["error"]["data"] = exc.data
        return Reply(200, {}, msgspec.json.encode(answer))

    def _wrong(self, question: dict[str, Any], *, is_broken: bool) -> Reply:
        if is_broken:
            return Reply(502, {}, b"<html>bad gateway</html>")
        code, message = self.rng.choice(_TROUBLED)
        error = {"code": code, "message": message}
        said = {"jsonrpc": "2.0", "id": question["id"], "error": error}
        return Reply(200, {}, msgspec.json.encode(said))


class NodeCarrier:
    """What the adapter asks with; a transaction that has left arrives."""

    def __init__(self, network: ChainNetwork) -> None:
        self._network = network

    async def carry(self, call: Call) -> Reply:
        number, body = int(call.url.rpartition("/")[2]), call.body
        assert body is not None
        if _SEND in body:
            raw = msgspec.json.decode(body)["params"][0]
            self._network.note_sent(bytes.fromhex(raw[2:]))
            going = self._network.spawn(self._network.asked(number, body))
            reply = await asyncio.shield(going)
        else:
            reply = await self._network.asked(number, body)
        if reply is None:
            await asyncio.sleep(60)
            raise ConnectionResetError("the connection was cut")
        return reply

    async def close(self) -> None:
        """Nothing to close."""
