"""Paper mode, and the daemon over HTTP with tokens."""

from pathlib import Path

import pytest

from e2e.house import House, house
from e2e.ports import free_port

pytestmark = pytest.mark.e2e

PAPER = "PAPER, NOT PROTECTING"


def test_b147_given_paper_mode_when_stop_is_hit_then_nothing_is_sent_and_all_say_so(
    tmp_path: Path,
):
    with house(tmp_path, mode="paper") as home:
        daemon = home.start_armed()
        orders = len(home.ledger())

        listed = home.command("ls")
        planned = home.command("plan")
        home.price("131.20")
        done = daemon.log.wait("trigger.done", trigger_id="sol-core/sl")
        status = home.command("status")

        assert daemon.stop() == 0
        assert len(home.ledger()) == orders
        assert home.held() == "10"
    assert PAPER in listed.stderr
    assert PAPER in planned.stdout
    assert PAPER in status.stdout
    assert PAPER in str(done)


def command_over_http(home: House, url: str, token: str, *words: str):
    home.environment["EXITD_URL"] = url
    home.environment["EXITD_TOKEN"] = token
    try:
        return home.command(*words)
    finally:
        del home.environment["EXITD_URL"], home.environment["EXITD_TOKEN"]


def test_given_http_when_asked_then_reads_need_no_token_and_changes_its_scope(
    tmp_path: Path,
):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with house(tmp_path, bind=f"127.0.0.1:{port}") as home:
        daemon = home.start_armed()
        reader = home.command("token", "new", "r", "--scope", "read").stdout.strip()
        trader = home.command("token", "new", "t", "--scope", "trade").stdout.strip()

        listed = command_over_http(home, url, "", "ls")
        nobody = command_over_http(home, url, "", "pause", "sol-core/tp1")
        too_little = command_over_http(home, url, reader, "pause", "sol-core/tp1")
        enough = command_over_http(home, url, trader, "pause", "sol-core/tp1")

        assert daemon.stop() == 0
        text = daemon.log.text()
    assert listed.returncode == 0
    assert "sol-core/sl" in listed.stdout
    assert nobody.returncode == too_little.returncode == 1
    assert "token" in nobody.stderr
    assert "trade" in too_little.stderr
    assert enough.returncode == 0, enough.stderr
    assert reader not in text
    assert trader not in text
