"""Being asked before something trades, and where the daemon is looked for."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from cli.conftest import Command
from e2e.house import DEADLINE_S, EXITD
from exitd.cli.asking import HOME_SOCKET, socket_of
from exitd.settings import read_settings


def answered(answer: str, folder: Path) -> tuple[int, str]:
    """Give a terminal's answer to a command that asks; no daemon is there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*EXITD, "cancel", "sol-core/sl"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "EXITD_SOCKET": str(folder / "nobody.sock")},
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    written = b""
    try:
        while True:
            try:
                written += os.read(ours, 65_536)
            except OSError:
                # The other side is closed.
                break
    finally:
        os.close(ours)
    return process.wait(DEADLINE_S), written.decode()


@pytest.mark.parametrize(("answer", "status"), [("y", 69), ("n", 1), ("", 1)])
def test_given_terminal_when_something_is_cancelled_then_it_asks_first(
    tmp_path: Path, answer: str, status: int
):
    ended, text = answered(answer, tmp_path)

    assert "Cancel sol-core/sl? [y/N]" in text
    assert ended == status


def test_given_nothing_is_named_when_the_home_has_a_daemon_then_its_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.delenv("EXITD_SOCKET", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = socket_of(read_settings())
    own = tmp_path / HOME_SOCKET
    own.parent.mkdir(parents=True)
    own.touch()

    found = socket_of(read_settings())
    monkeypatch.setenv("EXITD_SOCKET", str(tmp_path / "named.sock"))

    assert usual == Path("/run/exitd/exitd.sock")
    assert found in (own, usual)
    assert socket_of(read_settings()) == tmp_path / "named.sock"


def test_given_url_of_nobody_when_asked_then_69_and_the_address(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXITD_URL", "http://127.0.0.1:1")

    done = command("status")

    assert done.status == 69
    assert "http://127.0.0.1:1" in done.err
