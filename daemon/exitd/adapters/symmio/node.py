"""One node: a question over JSON-RPC and its answer, no second try."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp
from msgspec import Struct
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from exitd.adapters.symmio.reverts import is_revert, reason_of
from exitd.errors import VenueRejected, VenueUnavailable


class NodeDown(VenueUnavailable):
    """No whole answer came; the next node is asked."""


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
    """

    def __init__(self, url: str, deadline_s: float) -> None:
        self.name = urlsplit(url).netloc.rpartition("@")[2]
        self._deadline_s = deadline_s
        timeout = aiohttp.ClientTimeout(total=deadline_s)
        self._web3 = AsyncWeb3(
            # It would repeat by itself what fails, and so hide which node is down.
            AsyncHTTPProvider(
                url,
                request_kwargs={"timeout": timeout},
                exception_retry_configuration=None,
            )
        )

    async def ask(self, method: str, params: list[object]) -> object:
        """Ask one question.

        Raises:
            NodeDown: No whole answer came in time.
            NodeSaidNo: It answered with an error of its own.
            Reverted: A contract said no.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._web3.provider.make_request(
                    RPCEndpoint(method), params
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            said = str(exc) or type(exc).__name__
            raise NodeDown(f"{self.name} did not answer {method}: {said}") from exc
        except (Web3Exception, ValueError) as exc:
            raise NodeDown(f"{self.name}'s answer to {method} is unreadable") from exc
        if not isinstance(answer, dict):
            raise NodeDown(f"{self.name}'s answer to {method} is no answer")
        error = answer.get("error")
        if error is not None:
            self._refuse(error)
        if "result" not in answer:
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
        await self._web3.provider.disconnect()


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
    if isinstance(answer, str):
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
