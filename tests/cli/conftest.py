"""A daemon on a simulated exchange for each file, and commands that reach it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from e2e.house import DaemonProcess, House, house
from exitd.cli.program import run


class Done(Struct):
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def _no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own: no daemon, no home, no colours."""
    for name in ("EXITD_URL", "EXITD_TOKEN", "EXITD_CONFIG", "EXITD_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EXITD_SOCKET", str(tmp_path / "nobody.sock"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command in this process."""

    def call(*words: str) -> Done:
        capsys.readouterr()
        status = run(list(words))
        written = capsys.readouterr()
        return Done(status, written.out, written.err)

    return call


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One exchange and one daemon for the tests of a file: long 10 SOL at 141."""
    with house(tmp_path_factory.mktemp("house")) as found:
        found.start_armed()
        yield found


@pytest.fixture
def home(shared: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The shared house, with the commands of this process pointed at its daemon."""
    monkeypatch.setenv("EXITD_SOCKET", str(shared.folder / "exitd.sock"))
    return shared


@pytest.fixture
def daemon(home: House) -> DaemonProcess:
    return home.daemons[-1]
