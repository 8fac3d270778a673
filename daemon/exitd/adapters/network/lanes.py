"""What every carrier of requests takes and gives, and when its connections end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

BODY_BYTES_MAX = 4 * 1024 * 1024


class Reply(Struct, frozen=True):
    """A whole answer; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Call(Struct, frozen=True):
    """One request, as it goes out; `what` names it for people."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    what: str


class Carrier(Protocol):
    async def carry(self, call: Call) -> Reply: ...

    async def close(self) -> None: ...


class Lane:
    """A carrier with its connections, closed once nobody uses it any more."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._calls = 0
        self._is_retired = False

    async def exchange(self, call: Call) -> Reply:
        self._calls += 1
        try:
            return await self._carrier.carry(call)
        finally:
            self._calls -= 1
            if self._is_retired and not self._calls:
                await self._carrier.close()

    async def retire(self) -> None:
        self._is_retired = True
        if not self._calls:
            await self._carrier.close()

    async def close(self) -> None:
        await self._carrier.close()
