"""Which symbols one price stream carries, and keeping Alpaca's idea of it equal.

Requests are answered in order: with the list of all that is subscribed then, or with an
error, which changes nothing. A plan allows so many symbols (the free one thirty), and a
request with one too many is refused whole: then each symbol is asked for alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from exitd.adapters.network.connection import Connection

CHANNELS = ("trades", "quotes", "bars")
ANSWER_S = 10.0


class Subscriptions:
    """One connection's subscriptions; a stream is called `trades.AAPL`.

    Args:
        on_refused: Told the name of a stream that is refused, and the error.
    """

    def __init__(
        self, connection: Connection, on_refused: Callable[[str, str], None]
    ) -> None:
        self._connection = connection
        self._on_refused = on_refused
        self._wanted: frozenset[str] = frozenset()
        self._refused: set[str] = set()
        self._asked: set[str] = set()
        self._woken = asyncio.Event()
        self._answered = asyncio.Event()
        self._error = ""

    @property
    def taken(self) -> frozenset[str]:
        """What is subscribed now."""
        return frozenset(self._asked)

    def want(self, streams: Iterable[str]) -> None:
        self._wanted = frozenset(streams)
        # Room may have been made for what was refused before.
        self._refused.clear()
        self._woken.set()

    def took(self, error: str = "") -> None:
        """Take note of an answer; *error* is empty when it is a yes."""
        self._error = error
        self._answered.set()

    async def run(self) -> None:
        """Subscribe to what is wanted, on a new connection; never returns."""
        self._asked.clear()
        self._refused.clear()
        while True:
            self._woken.clear()
            gone = self._asked - self._wanted
            if gone and not await self._request("unsubscribe", gone):
                self._asked -= gone
            new = self._wanted - self._asked - self._refused
            if new:
                await self._subscribe(sorted(new))
            if not self._woken.is_set():
                await self._woken.wait()

    async def _subscribe(self, streams: list[str]) -> None:
        error = await self._request("subscribe", streams)
        if not error:
            self._asked |= set(streams)
        elif len(streams) == 1:
            self._refused |= set(streams)
            self._on_refused(streams[0], error)
        else:
            for stream in streams:
                await self._subscribe([stream])

    async def _request(self, action: str, streams: Iterable[str]) -> str:
        """Ask for a change; gives the error, empty without one."""
        lists: dict[str, list[str]] = {}
        for stream in sorted(streams):
            channel, _, symbol = stream.partition(".")
            lists.setdefault(channel, []).append(symbol)
        self._answered.clear()
        request = msgspec.json.encode({"action": action, **lists})
        await self._connection.send(request.decode())
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._answered.wait()
        except TimeoutError:
            self._connection.fail(f"{action} was not answered")
            return "it was not answered"
        return self._error
