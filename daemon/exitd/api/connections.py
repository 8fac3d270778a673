"""A connection below the application: what it may send, how fast, and how much ahead.

uvicorn has no limit on how slowly or how long the head of a request may come, takes any
number of requests ahead of their answers, waits for ever for a peer that does not read,
and says nothing of a unix peer. All that is added here.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from exitd.api.listening import Listener, peer_of

CONNECTIONS_MAX = 256
"""Of each door; one that is flooded does not lock the others."""

HEAD_BYTES_MAX = 32 * 1024
HEADERS_MAX = 100
AHEAD_MAX = 8
"""Requests that may come before those before them are answered (pipelining)."""

_HEAD_S = 10.0
#: How long a peer may leave what was sent unread before it is let go.
_UNREAD_S = 30.0


class HeadTooLarge(ValueError):
    """The head of a request is beyond its limits; the parser stops at it."""


class TooFarAhead(ValueError):
    """More requests came than anybody needs before the first was answered."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the peer in the scope and an end to what is too much."""

    def connection_made(self, transport: Any) -> None:
        listener: Listener = self.app_state["listener"]
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        #: Of no body, and no head that was whole.
        self._stray_bytes = 0
        self._head_bytes = 0
        self._is_head_too_large = False
        if listener.is_unix:
            peer = peer_of(transport.get_extra_info("socket"), listener.group)
            self.app_state = {**self.app_state, "peer": peer}
        super().connection_made(transport)
        if self._is_crowded(listener):
            self.transport.abort()
        self._expect_head()

    def _is_crowded(self, listener: Listener) -> bool:
        here = sum(c.app_state["listener"] is listener for c in self.connections)
        return here > CONNECTIONS_MAX

    def data_received(self, data: bytes) -> None:
        before, is_body = self.cycle, self._is_serving() and self.cycle.more_body
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            # It has become a WebSocket, which knows its own limits.
            self._stop_waiting()
            return
        is_due = is_body or self.cycle is not before
        self._stray_bytes = 0 if is_due else self._stray_bytes + len(data)
        if self._stray_bytes > HEAD_BYTES_MAX:
            self.transport.abort()
        elif self._is_serving():
            self._stop_waiting()
        else:
            self._expect_head()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= AHEAD_MAX:
            raise TooFarAhead
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        if len(self.headers) >= HEADERS_MAX:
            self._is_head_too_large = True
            raise HeadTooLarge
        super().on_header(name, value)

    def _count_head(self, size: int) -> None:
        """Count within one piece too: a whole head may come at once."""
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES_MAX:
            self._is_head_too_large = True
            raise HeadTooLarge

    def send_400_response(self, msg: str) -> None:
        if not self._is_head_too_large:
            super().send_400_response(msg)
            return
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        self.transport.write(head.encode() + _NO_BODY)
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._mind_reads()

    def resume_writing(self) -> None:
        if self._is_serving():
            self._stop_minding_reads()
        super().resume_writing()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Whatever closes it later waits until that has been read.
        if self.transport.get_write_buffer_size():
            self._mind_reads()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_minding_reads()
        super().connection_lost(exc)

    def _mind_reads(self) -> None:
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(_UNREAD_S, self._on_unread)

    def _on_unread(self) -> None:
        self._unread_timer = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _stop_minding_reads(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _is_serving(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_S, self._on_slow)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_slow(self) -> None:
        self._head_timer = None
        if not self._is_serving() and not self.transport.is_closing():
            self.transport.abort()


_NO_BODY = b"connection: close\r\ncontent-length: 0\r\n\r\n"
