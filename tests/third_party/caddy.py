"""
The shipped Caddyfile in a real Caddy, in front of a real daemon.

Run by CI with a Caddy of its own:

    PYTHONPATH=tests python tests/third_party/caddy.py CADDY

Only the host name and the ports differ from what is shipped, and the certificate is of
Caddy's own authority, as nobody outside could vouch for this machine. It shows that
alerts come through TLS, that the address of their sender does, whatever they claim it
to be, that nothing else is passed on, and that a restart of the daemon loses no alert.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from e2e.house import DEADLINE_S, House, house
from e2e.webhook_house import add_webhook, alert, free_port

CADDYFILE = Path(__file__).parents[2] / "config" / "webhook" / "Caddyfile"
#: Options that a machine of one's own does not need.
GLOBAL = """\
{{
	admin off
	http_port {http}
	https_port {https}
	skip_install_trust
	storage file_system {folder}/caddy
	default_bind 127.0.0.1
}}
"""
#: Who may send: every address of 127.0.0.0/8 is this machine, and these differ.
SENDER, STRANGER = "127.0.0.9", "127.0.0.8"
SETTINGS = f"trusted_proxies: [127.0.0.1]\n  allow_ips: [{SENDER}]"


class Proxy:
    """Caddy, and how to send something through it."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port = port
        self._root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def ask(
        self,
        body: bytes = b"",
        *,
        sender: str = SENDER,
        path: str = "/webhook/tv",
        method: str = "POST",
        **headers: str,
    ) -> tuple[int, Any]:
        """Ask as somebody at the address *sender*; status and document, if it is one.

        Raises:
            OSError: Caddy does not answer.
        """
        connection = HTTPSConnection(
            "localhost",
            self._port,
            timeout=5,
            source_address=(sender, 0),
            context=ssl.create_default_context(cafile=str(self._root)),
        )
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if raw[:1] == b"{" else None
        finally:
            connection.close()

    def is_up(self) -> bool:
        try:
            return self._root.exists() and self.ask(method="GET", path="/")[0] == 404
        except OSError:
            return False


@contextmanager
def caddy(command: str, folder: Path, backend: int) -> Iterator[Proxy]:
    """Run the shipped file on free ports."""
    http, https = free_port(), free_port()
    text = GLOBAL.format(http=http, https=https, folder=folder)
    text += (
        CADDYFILE.read_text()
        .replace("alerts.example.org {", "localhost {")
        .replace("127.0.0.1:8788", f"127.0.0.1:{backend}")
    )
    written = folder / "Caddyfile"
    written.write_text(text)
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "caddy.log").open("w") as log:
        process = subprocess.Popen(
            [command, "run", "--config", str(written), "--adapter", "caddyfile"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        yield Proxy(https, folder)
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def try_out(home: House, proxy: Proxy) -> None:
    """Ask what has to be so; an AssertionError says what is not."""
    home.until(proxy.is_up, "Caddy serves")
    status, said = proxy.ask(alert(1))
    assert (status, said["duplicate"]) == (200, False), said
    status, said = proxy.ask(alert(1))
    assert (status, said["duplicate"]) == (200, True), said

    status, _ = proxy.ask(alert(2), sender=STRANGER)
    assert status == 403, "a stranger was let in"
    lie = {"X-Forwarded-For": SENDER}
    status, _ = proxy.ask(alert(2), sender=STRANGER, **lie)
    assert status == 403, "a stranger was believed to be somebody else"

    for path in ("/", "/v1/triggers", "/docs", "/webhook"):
        assert proxy.ask(method="GET", path=path)[0] == 404, f"{path} is passed on"
    assert proxy.ask(b"x" * 70_000)[0] == 413
    assert proxy.ask(b'{"qty": NaN}')[1]["message"].startswith("qty is NaN")


def survive_a_restart(home: House, proxy: Proxy) -> None:
    """An alert that comes while the daemon is away is answered with 5xx, then taken."""
    status, _ = proxy.ask(alert(3))
    assert status in (502, 503), f"nobody was there, and it answered {status}"
    daemon = home.start()
    status, said = proxy.ask(alert(3))
    assert (status, said["duplicate"]) == (200, False), said
    status, said = proxy.ask(alert(1))
    assert (status, said["duplicate"]) == (200, True), said
    assert daemon.stop() == 0


def run(command: str) -> int:
    version = subprocess.run(
        [command, "version"], capture_output=True, text=True, check=True
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with house(folder) as home:
            port = add_webhook(home, settings=SETTINGS)
            daemon = home.start()
            with caddy(command, folder, port) as proxy:
                try:
                    try_out(home, proxy)
                    assert daemon.stop() == 0
                    survive_a_restart(home, proxy)
                except BaseException:
                    sys.stdout.write((folder / "caddy.log").read_text())
                    raise
    sys.stdout.write(f"Caddy {version.stdout.split()[0]}: all as it should be\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1]))
