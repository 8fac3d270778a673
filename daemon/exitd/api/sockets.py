"""WebSockets below the application interface: a peer that reads nothing is let go.

uvicorn closes a connection once everything has been read at its other end, which a
peer that reads nothing puts off for ever, and with it the room that it takes.
"""

import asyncio

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import (
    WebSocketsSansIOProtocol,
)

FRAME_BYTES_MAX = 64 * 1024
#: How long a peer may take to read why it is let go.
_LAST_WORD_S = 5.0


class GuardedSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with an end to peers that do not read."""

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            # Said behind all that is on its way, instead of once that has been read.
            self.writable.set()
        await super().send(message)

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            loop = asyncio.get_running_loop()
            loop.call_later(_LAST_WORD_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.get_write_buffer_size():
            self.transport.abort()
