"""A tap on the wire: passes bytes on and notes when prices and orders go by."""

import asyncio
import re
import time
from decimal import Decimal
from urllib.parse import urlsplit

_EXTENSIONS = re.compile(rb"Sec-WebSocket-Extensions:[^\r]*\r\n", re.IGNORECASE)
_TRADE = re.compile(rb'"p":"([0-9.]+)"')


class Tap:
    """Stands between one client and the exchange, on a port of its own.

    `frames` has the instant at which each traded price was written to the client
    first, `orders` the instant at which each order's first bytes came from it; both
    in nanoseconds of one clock.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self.frames: dict[Decimal, int] = {}
        self.orders: list[int] = []
        self.url = ""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        upstream = await asyncio.open_connection(
            self._target.hostname, self._target.port
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pipe(reader, upstream[1], self._from_client))
            group.create_task(self._pipe(upstream[0], writer, self._to_client))

    def _from_client(self, chunk: bytes) -> bytes:
        if chunk.startswith(b"POST /api/v1/order"):
            self.orders.append(time.monotonic_ns())
        # Compressed frames could not be read here; the venue sends none either.
        return _EXTENSIONS.sub(b"", chunk, 1) if chunk.startswith(b"GET / ") else chunk

    def _to_client(self, chunk: bytes) -> bytes:
        if b'"e":"trade"' in chunk:
            for price in _TRADE.findall(chunk):
                self.frames.setdefault(Decimal(price.decode()), time.monotonic_ns())
        return chunk

    async def _pipe(self, reader, writer, note) -> None:  # type: ignore[no-untyped-def]
        try:
            while chunk := await reader.read(65_536):
                writer.write(note(chunk))
        except ConnectionError:
            pass
        writer.close()
