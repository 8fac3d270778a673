"""One node: a question over JSON-RPC and its answer, no second try."""

from __future__ import annotations

import itertools
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from exitd.adapters.network.rest import Carrying, RestClient
from exitd.adapters.symmio.reverts import is_revert, reason_of
from exitd.errors import OutcomeUnknown, VenueRejected, VenueUnavailable

#: `0x` and what 256 bits need.
_NUMBER_MAX = 2 + 64
_HEADERS = {"Content-Type": "application/json"}


class NodeDown(VenueUnavailable):
    """No whole answer came; the next node is asked.

    `left` says whether the question may have reached it.
    """

    def __init__(self, message: str, *, left: bool = True) -> None:
        super().__init__(message)
        self.left = left


class NodeSaidNo(VenueUnavailable):
    """The node answered that it cannot or will not; the next one may."""

    def __init__(self, node: str, code: int, message: str) -> None:
        super().__init__(f"{node}: {message}", code=str(code))
        self.message = message


class Reverted(VenueRejected):
    """The contract's own no; every node would say the same of that block."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason or "reverted without a reason", code=reason)
        self.reason = reason


class Head(Struct, frozen=True):
    """A block; its time is UTC in whole seconds, its fee wei for a unit of gas."""

    number: int
    hash: str
    parent: str
    ts_s: int
    base_fee: int


class Node:
    """Speaks to one address, which may hold a secret and is never told.

    Args:
        url: Such as `https://mainnet.base.org`.
        deadline_s: Total time of one question.
        carrier: What carries the questions; by default connections of our own.
    """

    def __init__(
        self, url: str, deadline_s: float, carrier: Carrying | None = None
    ) -> None:
        self.name = urlsplit(url).netloc.rpartition("@")[2]
        self._rest = RestClient(
            url, venue=self.name, deadline_s=deadline_s, transport=carrier
        )
        self._ids = itertools.count(1)

    async def ask(self, method: str, params: list[object]) -> object:
        """Ask one question.

        Raises:
            NodeDown: No whole answer came in time.
            NodeSaidNo: It answered with an error of its own.
            Reverted: A contract said no.
        """
        asked = {
            "jsonrpc": "2.0",
            "id": next(self._ids),
            "method": method,
            "params": params,
        }
        # The causes name the address, and so are neither told nor kept.
        try:
            reply = await self._rest.call(
                "POST", "", _HEADERS, msgspec.json.encode(asked)
            )
        except VenueUnavailable:
            raise NodeDown(f"{self.name} cannot be reached", left=False) from None
        except OutcomeUnknown:
            raise NodeDown(f"{self.name} did not answer {method}") from None
        try:
            answer = msgspec.json.decode(reply.body)
        except msgspec.DecodeError as exc:
            raise NodeDown(
                f"{self.name} answered {reply.status} to {method}, and not in JSON"
            ) from exc
        if not isinstance(answer, dict):
            raise NodeDown(f"{self.name}'s answer to {method} is no answer")
        if answer.get("error") is not None:
            self._refuse(answer["error"])
        # Connections are used again: what came may belong to another question.
        if answer.get("id") != asked["id"] or "result" not in answer:
            raise NodeDown(f"{self.name}'s answer to {method} is no answer")
        return answer["result"]

    def _refuse(self, error: object) -> None:
        if not isinstance(error, dict):
            raise NodeSaidNo(self.name, 0, str(error)[:200])
        code, message = error.get("code", 0), str(error.get("message", ""))
        code = code if isinstance(code, int) else 0
        data = error.get("data")
        if is_revert(code, message, data):
            raise Reverted(reason_of(message, data))
        raise NodeSaidNo(self.name, code, message[:200])

    async def head(self, block: str = "latest") -> Head | None:
        """Read a block; None where it has none of that number."""
        return read_head(await self.ask("eth_getBlockByNumber", [block, False]))

    async def chain_id(self) -> int:
        return as_int(await self.ask("eth_chainId", []))

    async def close(self) -> None:
        await self._rest.close()


def read_head(answer: object) -> Head | None:
    if answer is None:
        return None
    if not isinstance(answer, dict):
        raise NodeDown("a block is not what one looks like")
    return Head(
        as_int(answer.get("number")),
        str(answer.get("hash")).lower(),
        str(answer.get("parentHash")).lower(),
        as_int(answer.get("timestamp")),
        as_int(answer.get("baseFeePerGas", "0x0")),
    )


def as_int(answer: object) -> int:
    """Read a quantity.

    Raises:
        NodeDown: It is none.
    """
    if isinstance(answer, str) and len(answer) <= _NUMBER_MAX:
        try:
            return int(answer, 16)
        except ValueError:
            pass
    raise NodeDown(f"{str(answer)[:40]!r} is no number of a node")


def as_bytes(answer: object) -> bytes:
    """Read data.

    Raises:
        NodeDown: It is none.
    """
    if isinstance(answer, str) and answer.startswith("0x"):
        try:
            return bytes.fromhex(answer[2:])
        except ValueError:
            pass
    raise NodeDown(f"{str(answer)[:40]!r} is no data of a node")
