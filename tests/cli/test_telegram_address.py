"""Where `exitd telegram` finds the daemon: where a token counts, if it has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from exitd.cli.chatting import address_of
from exitd.configuration.load import load
from exitd.secret import Secret
from exitd.settings import read_settings

FILE = """\
version: 1
mode: paper
venues: {{b: {{type: backpack}}}}
http: {{bind: "{bind}", socket: /run/mine.sock}}
"""


@pytest.mark.parametrize(
    ("bind", "token", "environment", "found"),
    [
        ("127.0.0.1:8787", True, {}, "http://127.0.0.1:8787"),
        ("0.0.0.0:8790", True, {}, "http://127.0.0.1:8790"),
        ("[::]:8790", True, {}, "http://[::1]:8790"),
        ("off", True, {}, "/run/mine.sock"),
        ("127.0.0.1:8787", False, {}, "/run/mine.sock"),
        ("off", False, {"EXITD_SOCKET": "/run/other.sock"}, "/run/other.sock"),
        ("127.0.0.1:8787", True, {"EXITD_URL": "https://far"}, "https://far"),
    ],
)
def test_given_file_and_environment_when_looked_up_then_the_way_to_the_daemon(
    bind: str,
    token: bool,
    environment: dict[str, str],
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("EXITD_SOCKET")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "exitd.yaml").write_text(FILE.format(bind=bind))
    loaded = load(tmp_path, {})
    assert loaded.settings is not None
    shown = Secret("exitd_x") if token else None

    address = address_of(loaded.settings.file, read_settings(), shown)

    assert str(address) == found
    assert address.token == shown
