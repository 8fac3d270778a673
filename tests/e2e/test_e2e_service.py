"""The daemon as a service: systemd, signals, edits of the files, a second daemon."""

import signal
import socket
from pathlib import Path

import pytest

from e2e.house import DEADLINE_S, POSITIONS_FILE, House
from exitd.client import calls

pytestmark = pytest.mark.e2e


def test_b107_given_a_daemon_when_another_starts_on_its_state_then_it_refuses(
    home: House,
):
    first = home.start()

    second = home.launch()
    status = second.wait()

    assert status == 1
    assert "another" in second.log.text()
    assert first.stop() == 0


def test_given_notify_socket_when_run_then_ready_watchdog_and_stopping(
    home: House, tmp_path: Path
):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(DEADLINE_S)
        daemon = home.launch(NOTIFY_SOCKET=str(address), WATCHDOG_USEC="600000")

        def until(word: str) -> str:
            while True:
                message = listener.recv(4096).decode()
                if word in message:
                    return message

        assert "STATUS=" in until("READY=1")
        until("WATCHDOG=1")
        daemon.signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in until("RELOADING=1")
        until("READY=1")
        daemon.signal(signal.SIGTERM)
        until("STOPPING=1")
    assert daemon.wait() == 0


def test_given_running_daemon_when_file_gains_an_exit_then_it_is_armed(home: House):
    daemon = home.start_armed()

    text = f"{POSITIONS_FILE}      tp2: {{take_profit: 160, close: rest}}\n"
    home.positions_file.write_text(text)
    daemon.log.wait("trigger.armed", trigger_id="sol-core/tp2")

    with home.client() as client:
        found = client.ask(calls.search()).triggers
    assert [t.id for t in found] == ["sol-core/sl", "sol-core/tp1", "sol-core/tp2"]
    assert daemon.stop() == 0


def test_given_running_daemon_when_file_is_broken_then_old_set_stays_and_place_is_named(
    home: House,
):
    daemon = home.start_armed()

    home.positions_file.write_text(POSITIONS_FILE.replace("stop_loss", "stop_los"))
    rejected = daemon.log.wait("config.rejected")

    assert "conf.d/sol.yaml:7:" in str(rejected["errors"])
    assert "did you mean 'stop_loss'" in str(rejected["errors"])
    with home.client() as client:
        assert client.ask(calls.show("sol-core/sl")).trigger.state == "armed"
        assert client.ask(calls.status()).configuration.errors
    home.positions_file.write_text(POSITIONS_FILE.replace("131.25", "132"))
    daemon.log.wait("config.applied", count=2)
    with home.client() as client:
        assert client.ask(calls.show("sol-core/sl")).trigger.level == "132"
    assert daemon.stop() == 0


def test_given_weaker_stop_when_file_is_edited_then_waits_for_apply(home: House):
    daemon = home.start_armed()

    home.positions_file.write_text(POSITIONS_FILE.replace("131.25", "120"))
    daemon.log.wait("config.held")
    plan = home.command("plan")
    applied = home.command("apply")

    assert plan.returncode == 2
    assert "waits for exitd apply" in plan.stdout
    assert applied.returncode == 0, applied.stderr
    with home.client() as client:
        assert client.ask(calls.show("sol-core/sl")).trigger.level == "120"
    assert daemon.stop() == 0


def test_given_broken_files_at_start_when_there_was_a_good_set_then_it_is_in_force(
    home: House,
):
    first = home.start_armed()
    assert first.stop() == 0

    home.config.write_text("version: 1\nmode: lively\n")
    second = home.start()

    second.log.wait("config.rejected")
    with home.client() as client:
        assert client.ask(calls.show("sol-core/sl")).trigger.state == "armed"
    assert second.stop() == 0


def test_given_broken_files_at_first_start_then_78_and_the_place(home: House):
    home.config.write_text("version: 1\nmode: lively\n")

    daemon = home.launch()

    assert daemon.wait() == 78
    assert "exitd.yaml:2:7: error: " in daemon.log.text()
