"""Which public streams are wanted, and keeping the venue's idea of it equal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from exitd.adapters.network.connection import Connection
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

    A success says nothing, and an error names no stream: it says only that something
    was refused, some time ago. So after an error, the streams that carried data in the
    meantime are taken for good, and the others asked for again, one by one.

    Args:
        is_live: Whether a stream has carried data on this connection.
        on_refused: Told the name of a stream that is refused, and the error.
        settle_s: How long streams have to show that they carry data.
        grace_s: How long after a pong an error may still come.
    """

    def __init__(
        self,
        connection: Connection,
        is_live: Callable[[str], bool],
        on_refused: Callable[[str, str], None],
        *,
        settle_s: float,
        grace_s: float,
    ) -> None:
        self._connection = connection
        self._is_live = is_live
        self._on_refused = on_refused
        self._settle_s = settle_s
        self._grace_s = grace_s
        self._wanted: frozenset[str] = frozenset()
        self._asked: frozenset[str] = frozenset()
        self._suspects: set[str] = set()
        self._woken = asyncio.Event()
        self._error = ""

    def want(self, streams: Iterable[str]) -> None:
        self._wanted = frozenset(streams)
        self._woken.set()

    def refused(self, error: str) -> None:
        """Take note of an error frame."""
        self._error = error
        self._woken.set()

    async def run(self) -> None:
        """Subscribe to what is wanted, on a new connection; never returns."""
        self._asked, self._error = frozenset(), ""
        self._suspects.clear()
        while True:
            self._woken.clear()
            await self._change()
            if self._error:
                await asyncio.sleep(self._settle_s)
                self._suspects |= self._asked
                self._error = ""
            self._suspects = {
                stream
                for stream in self._suspects & self._asked
                if not self._is_live(stream)
            }
            if self._suspects:
                await self._probe(self._suspects.pop())
            else:
                await self._woken.wait()

    async def _change(self) -> None:
        wanted = self._wanted
        for chunk in _chunks(self._asked - wanted):
            await self._send("UNSUBSCRIBE", chunk)
        for chunk in _chunks(wanted - self._asked):
            await self._send("SUBSCRIBE", chunk)
        self._asked = wanted

    async def _probe(self, stream: str) -> None:
        """Ask for one stream again, alone, to see whether it is the refused one."""
        # Whether subscribing twice is an error is not documented: start over.
        await self._send("UNSUBSCRIBE", [stream])
        await self._met_error()
        await self._send("SUBSCRIBE", [stream])
        error = await self._met_error()
        if error:
            self._on_refused(stream, error)

    async def _met_error(self) -> str:
        """Give the error to what was just sent, waiting a little for it.

        A pong comes after everything that was sent before its ping has been received,
        but not always after everything has been answered.
        """
        await self._connection.answered()
        await asyncio.sleep(self._grace_s)
        error, self._error = self._error, ""
        return error

    async def _send(self, method: str, streams: list[str]) -> None:
        frame = msgspec.json.encode({"method": method, "params": streams})
        await self._connection.send(frame.decode())


def _chunks(streams: frozenset[str]) -> list[list[str]]:
    names = sorted(streams)
    return [names[i : i + CHUNK_STREAMS] for i in range(0, len(names), CHUNK_STREAMS)]
