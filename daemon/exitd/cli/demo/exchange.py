"""The simulated exchange of a demonstration: its process and its control API."""

from __future__ import annotations

import http.client
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Self
from urllib.parse import urlsplit

from exitd.cli.failures import CommandFailed

START_S = 20.0
STOP_S = 5.0
LAST_WORDS_BYTES = 64 * 1024
# In a folder that is kept: the URL of the exchange that runs there.
_LEFT = "exchange"


class Exchange:
    """The control API of a simulated exchange that listens at *url*."""

    def __init__(self, url: str = "") -> None:
        self.url = url

    def wait_ready(self) -> str:
        """Wait until it listens; returns its URL."""
        return self.url

    def close(self) -> None:
        """End it."""
        self.post("/sim/stop", {})

    def post(self, path: str, document: dict[str, Any]) -> Any:
        """
        Ask the control API; blocks.

        Raises:
            CommandFailed: The exchange does not answer, or refuses.
        """
        return self._ask("POST", path, json.dumps(document))

    def get(self, path: str) -> Any:
        """See `post`."""
        return self._ask("GET", path, None)

    def clear_faults(self) -> None:
        """Take down whatever was to go wrong; see `post`."""
        self._ask("DELETE", "/sim/faults", None)

    def _ask(self, method: str, path: str, body: str | None) -> Any:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=STOP_S
        )
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise CommandFailed(
                f"the simulated exchange does not answer ({error}); start again"
            ) from error
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise CommandFailed(f"the simulated exchange refused {path}: {text!r}")
        return json.loads(text)


class ExchangeProcess(Exchange):
    """
    `exitd sim` as a child, which ends when this process does, however that happens.

    The child reads its standard input and ends when that is closed; the kernel closes
    it even where this process is killed. A session of its own keeps Ctrl-C from it:
    the daemon gets to stop first.

    Args:
        script: Its prices.
        cadence_ms: How often it sends them.
        ends_with_us: Otherwise it goes on when this process is killed.
    """

    def __init__(
        self, script: Path, *, cadence_ms: int, ends_with_us: bool = True
    ) -> None:
        super().__init__()
        command = [sys.executable, "-P", "-m", "exitd", "sim", "--port", "0"]
        command += ["--script", str(script), "--cadence-ms", str(cadence_ms)]
        command += ["--paused", *(["--end-with-stdin"] if ends_with_us else [])]
        # A pipe that nobody reads is full one day, and holds whoever writes to it.
        said, place = mkstemp()
        os.unlink(place)
        self._said: int | None = said
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if ends_with_us else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_ready(self) -> str:
        """
        Wait until it listens; returns its URL.

        Raises:
            CommandFailed: It did not start.
        """
        if self.url:
            return self.url
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline().strip() if readable else ""
        if not line.startswith("http://"):
            raise CommandFailed(
                f"the simulated exchange did not start: {self._last_words()}"
            )
        self.url = line
        return line

    def _last_words(self) -> str:
        self._process.kill()
        self._process.communicate()
        assert self._said is not None
        said = os.pread(self._said, LAST_WORDS_BYTES, 0).decode(errors="replace")
        lines = said.strip().splitlines()
        return lines[-1] if lines else "it said nothing; try `exitd sim --port 0`"

    def close(self) -> None:
        """End it, and wait until it has."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        if self._said is not None:
            os.close(self._said)
            self._said = None


def exchange_left_in(folder: Path) -> Exchange | None:
    """Find the exchange that a killed demonstration left running."""
    try:
        url = (folder / _LEFT).read_text().strip()
        found = Exchange(url)
        found.get("/sim/state")
    except (OSError, CommandFailed):
        return None
    return found


@contextmanager
def exchange_for(script: Path, *, cadence_ms: int, is_kept: bool) -> Iterator[Exchange]:
    """
    Start an exchange, or go on with the one that was left beside the script.

    It ends with this block. One that is kept outlives a kill of this process: the
    next one finds it.
    """
    left = script.with_name(_LEFT)
    found = exchange_left_in(script.parent) if is_kept else None
    if found is None:
        found = ExchangeProcess(script, cadence_ms=cadence_ms, ends_with_us=not is_kept)
    try:
        if is_kept:
            left.write_text(found.wait_ready())
        yield found
    finally:
        found.close()
        left.unlink(missing_ok=True)
