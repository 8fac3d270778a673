"""The Bot API on a socket; for tests also faults, and waiting for texts."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fakes.telegram.refused import Refused
from fakes.telegram.world import TOKEN, Document, World, as_argument

_DEADLINE_S = 30.0
#: What stands for a connection that breaks, and for a proxy in front that fails.
DROPPED, BAD_GATEWAY = "dropped", "bad gateway"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, world: Telegram) -> None:
        self.world = world
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *where: Any) -> None:
        """Nobody is told of a client that is gone."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*where)


class Telegram(World):
    """A world with a server in front; `url` is where."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.requests: list[tuple[str, Document]] = []
        self._faults: list[tuple[str, Refused | str]] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fail(self, method: str, fault: Refused | str, *, times: int = 1) -> None:
        """Let the next calls of a method go wrong."""
        with self.changed:
            self._faults += [(method.lower(), fault)] * times

    def fault_for(self, method: str) -> Refused | str | None:
        with self.changed:
            for number, (named, fault) in enumerate(self._faults):
                if named == method.lower():
                    del self._faults[number]
                    return fault
        return None

    def note(self, method: str, asked: Document) -> None:
        with self.changed:
            self.requests.append((method, asked))
            self.changed.notify_all()

    def asked(self, method: str) -> list[Document]:
        """What a method was called with so far."""
        with self.changed:
            return [asked for name, asked in self.requests if name == method]

    def until(self, is_so: Callable[[], Any], what: str) -> Any:
        """Wait until something is so; gives what it is."""
        with self.changed:
            found = self.changed.wait_for(is_so, _DEADLINE_S)
        texts = [message["text"] for message in self.sent]
        assert found, f"not within {_DEADLINE_S} s: {what}, in {texts}"
        return found

    def wait(self, chat_id: int, words: str, *, after: int = 0) -> Document:
        """Wait for a message in a chat that has these words, newer than *after*."""

        def found() -> Document | None:
            return next(
                (
                    message
                    for message in self.sent
                    if message["chat"]["id"] == chat_id
                    and message["message_id"] > after
                    and words in message["text"]
                ),
                None,
            )

        message: Document = self.until(found, f"{words!r} in {chat_id}")
        return message

    def texts(self, chat_id: int) -> list[str]:
        """What the bot has said in a chat."""
        with self.changed:
            return [m["text"] for m in self.sent if m["chat"]["id"] == chat_id]

    def close(self) -> None:
        with self.changed:
            self.updates.is_closing = True
            self.changed.notify_all()
        self._server.shutdown()
        self._thread.join(_DEADLINE_S)
        self._server.server_close()


@contextmanager
def telegram() -> Iterator[Telegram]:
    found = Telegram()
    try:
        yield found
    finally:
        found.close()


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: Any) -> None:
        """Standard error is the tests'."""

    def _serve(self) -> None:
        world, asked = self.server.world, self._arguments()
        token, _, method = self._target().partition("/")
        if not token.startswith("bot"):
            self._say(Refused(404, "Not Found").document, 404)
            return
        if token != f"bot{world.token}":
            self._say(Refused(401, "Unauthorized").document, 401)
            return
        world.note(method, asked)
        fault = world.fault_for(method)
        if fault == DROPPED:
            self.close_connection = True
            return
        if fault == BAD_GATEWAY:
            self._send(502, b"<html>bad gateway</html>", "text/html")
            return
        try:
            if isinstance(fault, Refused):
                raise fault
            self._say({"ok": True, "result": world.call(method, asked)}, 200)
        except Refused as refused:
            self._say(refused.document, refused.code)

    def _target(self) -> str:
        return urlsplit(self.path).path.removeprefix("/")

    def _arguments(self) -> Document:
        pairs = parse_qsl(urlsplit(self.path).query)
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            found: Document = json.loads(body or b"{}")
            return {**{k: as_argument(v) for k, v in pairs}, **found}
        pairs += parse_qsl(body.decode())
        return {name: as_argument(text) for name, text in pairs}

    def _say(self, document: Document, status: int) -> None:
        self._send(status, json.dumps(document).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
