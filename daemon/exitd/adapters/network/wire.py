"""One HTTP/1.1 connection: a request in one piece, and one whole answer to it.

httptools reads what comes; all that is left is to know whose answer it is.
"""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

from exitd.adapters.network.lanes import BODY_BYTES_MAX, Reply
from exitd.errors import OutcomeUnknown

HEAD_BYTES_MAX = 64 * 1024


class Wire(asyncio.Protocol):
    """Carries one exchange at a time.

    What comes when nobody has asked ends it: whatever it answers, it is not the next
    question. So does an answer that is cut short, or too long.
    """

    def __init__(self) -> None:
        self.is_usable = False
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Reply] | None = None
        self._what = ""
        self._forget()

    def _forget(self) -> None:
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._ends_with_connection = False

    async def exchange(self, request: bytes, what: str) -> Reply:
        """Send *request* and give its answer; *what* names it for people.

        Raises:
            OSError: The connection ended before the answer did.
            OutcomeUnknown: What came is no answer that can be used.
        """
        assert self._waiting is None, "one exchange at a time"
        assert self._transport is not None, "connected"
        self._what = what
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._transport.write(request)
        try:
            return await waiting
        finally:
            if self._waiting is waiting:
                # Nobody waits for its answer any more, so it must not come either.
                self.abort()
            self._waiting = None

    def abort(self) -> None:
        self.is_usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self.is_usable = True

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(
                OutcomeUnknown(f"the answer to {self._what} is no HTTP: {error}")
            )

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_usable = False
        if exc is None and self._ends_with_connection:
            self._complete()
            return
        self._fail(exc or ConnectionResetError("closed before the answer was whole"))

    def _fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, None
        self.abort()
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)

    def _complete(self) -> None:
        waiting, self._waiting = self._waiting, None
        reply = Reply(
            self._parser.get_status_code(), self._headers, b"".join(self._body)
        )
        self._forget()
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    # What httptools calls as it reads.

    def on_message_begin(self) -> None:
        if self._waiting is None:
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)
        if self._size > HEAD_BYTES_MAX:
            self._fail(
                OutcomeUnknown(
                    f"the head of the answer to {self._what} is larger than "
                    f"{HEAD_BYTES_MAX} bytes"
                )
            )
            return
        word, text = name.decode("latin-1").lower(), value.decode("latin-1")
        known = self._headers.get(word)
        self._headers[word] = text if known is None else f"{known}, {text}"

    def on_headers_complete(self) -> None:
        status, headers = self._parser.get_status_code(), self._headers
        self._size = 0
        self._ends_with_connection = status not in (204, 304) and not (
            "content-length" in headers or "transfer-encoding" in headers
        )

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > BODY_BYTES_MAX:
            self._fail(
                OutcomeUnknown(
                    f"the answer to {self._what} is larger than {BODY_BYTES_MAX} bytes"
                )
            )
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        if 100 <= self._parser.get_status_code() < 200:
            self._forget()
            return
        if not self._parser.should_keep_alive():
            self.is_usable = False
        self._complete()
