"""`schwab login`: what is printed, what is kept, what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cli.conftest import Command

TEXT = """\
version: 1
mode: paper
venues:
  schwab:
    type: schwab
    key: {env: KEY}
    secret: {env: SECRET}
    account_number: '12345678'
    url: http://127.0.0.1:1
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exitd.yaml").write_text(TEXT)
    monkeypatch.setenv("EXITD_CONFIG", str(tmp_path / "exitd.yaml"))
    monkeypatch.setenv("EXITD_STATE", str(tmp_path))
    monkeypatch.setenv("KEY", "app-key")
    monkeypatch.setenv("SECRET", "app-secret")


def test_given_an_account_that_is_none_of_schwab_then_wrong_usage(command: Command):
    done = command("schwab", "login", "ib")

    assert done.status == 2
    assert "no account of type: schwab" in done.err


def test_given_an_address_without_a_code_then_it_says_what_to_paste(command: Command):
    done = command("schwab", "login", "schwab", "--redirect", "https://127.0.0.1/")

    assert done.status == 78
    assert "paste the whole address" in done.err


def test_given_no_address_when_run_then_the_place_to_log_in_is_printed(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO("not an address\n"))

    done = command("schwab", "login", "schwab")

    assert done.out == (
        "http://127.0.0.1:1/v1/oauth/authorize"
        "?client_id=app-key&redirect_uri=https%3A%2F%2F127.0.0.1\n"
    )
    assert "app-secret" not in done.out + done.err


def test_given_a_broker_that_is_not_there_then_failed_with_a_sentence(command: Command):
    address = "https://127.0.0.1/?code=C0.x"

    done = command("schwab", "login", "schwab", "--redirect", address)

    assert done.status == 1
    assert "no connection to http://127.0.0.1:1" in done.err
