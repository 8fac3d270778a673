"""People are told by the running daemon, and a dead channel changes nothing."""

import json
import re
import socket
import threading
from datetime import datetime
from pathlib import Path

import pytest

from e2e.house import DEADLINE_S, House

pytestmark = pytest.mark.e2e

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Phone:
    """A server that alerts are posted to; `answers` says whether it ever replies."""

    def __init__(self, *, answers: bool) -> None:
        self._answers = answers
        self._server = socket.create_server(("127.0.0.1", 0))
        self._changed = threading.Condition()
        self._open: list[socket.socket] = []
        self.messages: list[dict[str, str]] = []
        self.url = f"json://127.0.0.1:{self._server.getsockname()[1]}/alerts"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            if not self._answers:
                self._open.append(connection)
                continue
            with connection, connection.makefile("rb") as lines:
                head = b"".join(iter(lines.readline, b"\r\n"))
                found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                body = lines.read(int(found[1])) if found else b"{}"
                connection.sendall(OK)
            with self._changed:
                self.messages.append(json.loads(body))
                self._changed.notify_all()

    def wait(self, words: str) -> dict[str, str]:
        def found() -> list[dict[str, str]]:
            return [m for m in self.messages if words in m["message"]]

        with self._changed:
            assert self._changed.wait_for(lambda: bool(found()), DEADLINE_S), (
                self.messages
            )
        return found()[0]

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE_S)
        self._server.close()
        for connection in self._open:
            connection.close()


def add_target(home: House, phone: Phone) -> None:
    (home.folder / "phone").touch(mode=0o600)
    (home.folder / "phone").write_text(phone.url)
    with home.config.open("a") as file:
        place = f"{{file: {home.folder}/phone}}"
        file.write(f"notify:\n  targets:\n    phone: {{url: {place}}}\n")


def test_given_target_when_stop_fires_then_the_phone_rings(home: House, tmp_path: Path):
    phone = Phone(answers=True)
    try:
        add_target(home, phone)
        daemon = home.start_armed()

        home.price("131.20")

        phone.wait("sol-core/sl was hit: SOL_USDC_PERP at 131.2, level 131.25")
        phone.wait("10 SOL_USDC_PERP filled at 131.19")
        assert home.command("notify", "test").returncode == 0
        phone.wait("exitd can reach you here")
        assert daemon.stop() == 0
        assert phone.url not in daemon.log.text()
    finally:
        phone.close()


def test_b145_given_target_that_never_answers_when_stop_fires_then_it_is_not_delayed(
    home: House,
):
    phone = Phone(answers=False)
    try:
        add_target(home, phone)
        daemon = home.start_armed()

        home.price("131.20")
        done = daemon.log.wait("trigger.done", trigger_id="sol-core/sl")

        hit = daemon.log.wait("trigger.hit", trigger_id="sol-core/sl")
        sent = daemon.log.wait("order.sent", trigger_id="sol-core/sl")
        took = datetime.fromisoformat(sent["ts"]) - datetime.fromisoformat(hit["ts"])
        assert done["reason"] == "filled"
        assert took.total_seconds() < 1
        failed = daemon.log.wait("notify.failed")
        assert failed["target"] == "phone"
        assert "alerts" not in failed["reason"]
        assert daemon.stop() == 0
    finally:
        phone.close()
