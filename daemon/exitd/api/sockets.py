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


_NOT_TEXT = 1007
_NO_HANDSHAKE = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


class GuardedSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with an end to peers that do not read or make no sense."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:
            # The whole head is there: what is none by now would be waited for for ever.
            self.transport.write(_NO_HANDSHAKE)
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        is_text = self.curr_msg_data_type == "text"
        if is_text and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            # Their mistake, which uvicorn would log as one of ours.
            self.conn.fail(_NOT_TEXT, "text must be UTF-8")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            # Said behind all that is on its way, instead of once that has been read.
            self.writable.set()
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # A handshake that was refused is over too, and no mistake of ours.
            self.handshake_complete = True

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


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
