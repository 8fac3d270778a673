"""Which public streams are wanted, and keeping the venue's idea of it equal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from exitd.adapters.backpack.connection import Connection
from exitd.core.market import PriceKind, PriceSource

CHUNK_STREAMS = 50


def stream_of(source: PriceSource) -> str:
    """Name the stream that carries a source."""
    match source.kind:
        case PriceKind.MARK | PriceKind.INDEX:
            return f"markPrice.{source.symbol}"
        case PriceKind.LAST:
            return f"trade.{source.symbol}"
        case PriceKind.LAST_CLOSE:
            return f"kline.{source.candle or '1m'}.{source.symbol}"
        case PriceKind.BID | PriceKind.ASK:
            return f"bookTicker.{source.symbol}"


class Subscriptions:
    """One connection's subscriptions, changed in chunks.

    An error names no stream, and a success says nothing at all. So a ping follows
    each chunk: an error that comes before its pong belongs to the chunk, whose
    streams are then asked for one by one to find the one that was refused.
    """

    def __init__(
        self, connection: Connection, on_refused: Callable[[str, str], None]
    ) -> None:
        self._connection = connection
        self._on_refused = on_refused
        self._wanted: frozenset[str] = frozenset()
        self._changed = asyncio.Event()
        self._errors: list[str] = []

    def want(self, streams: Iterable[str]) -> None:
        wanted = frozenset(streams)
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    def refused(self, error: str) -> None:
        """Take note of an error frame."""
        self._errors.append(error)

    async def run(self) -> None:
        """Subscribe to what is wanted, on a new connection; never returns."""
        asked: frozenset[str] = frozenset()
        self._errors.clear()
        while True:
            self._changed.clear()
            wanted = self._wanted
            for chunk in _chunks(asked - wanted):
                await self._ask("UNSUBSCRIBE", chunk)
            for chunk in _chunks(wanted - asked):
                await self._subscribe(chunk)
            asked = wanted
            await self._changed.wait()

    async def _subscribe(self, chunk: list[str]) -> None:
        error = await self._ask("SUBSCRIBE", chunk)
        if error is None:
            return
        if len(chunk) == 1:
            self._on_refused(chunk[0], error)
            return
        # Whether the others of a refused chunk count is not documented: start over.
        await self._ask("UNSUBSCRIBE", chunk)
        for stream in chunk:
            await self._subscribe([stream])

    async def _ask(self, method: str, streams: list[str]) -> str | None:
        """Send one frame and wait for its pong; gives the error it met, if any."""
        self._errors.clear()
        frame = msgspec.json.encode({"method": method, "params": streams})
        await self._connection.send(frame.decode())
        await self._connection.answered()
        return self._errors[0] if self._errors else None


def _chunks(streams: frozenset[str]) -> list[list[str]]:
    names = sorted(streams)
    return [names[i : i + CHUNK_STREAMS] for i in range(0, len(names), CHUNK_STREAMS)]
