"""`sim`, the simulated exchange as a command, and `run` on what cannot be run."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from cli.conftest import Command
from e2e.house import DEADLINE_S, EXITD

PING = 0x89
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


def first_frame(port: int) -> bytes:
    """The beginning of what an exchange says by itself on a socket of its own."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as raw:
        raw.sendall(HANDSHAKE)
        while not said.partition(b"\r\n\r\n")[2]:
            said += raw.recv(4096)
    return said.partition(b"\r\n\r\n")[2]


def test_given_free_port_when_sim_runs_then_its_url_answers_until_sigterm(
    tmp_path: Path,
):
    process = subprocess.Popen(
        [*EXITD, "sim", "--port", "0", "--write-keys", str(tmp_path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        found = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{found['url']}/api/v1/ping") as answer:
            text = answer.read()
        process.send_signal(signal.SIGTERM)
        status = process.wait(DEADLINE_S)
    finally:
        process.kill()
        process.communicate()

    assert text == b"pong"
    assert status == 0
    for name in ("backpack_key", "backpack_secret"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert len((tmp_path / name).read_text().strip()) == 44


def test_given_quirks_and_pings_when_sim_runs_then_they_are_in_force():
    process = subprocess.Popen(
        [
            *(*EXITD, "sim", "--port", "0", "--json"),
            *("--quirk", "window_check=execution", "--ping-interval-s", "0.05"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        port = json.loads(process.stdout.readline())["port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sim/quirks") as answer:
            quirks = json.load(answer)
        first = first_frame(port)
    finally:
        process.kill()
        process.communicate()

    assert quirks["window_check"] == "execution"
    assert first[0] == PING


def test_given_keys_that_are_there_when_sim_writes_keys_then_they_stay(
    command: Command, tmp_path: Path
):
    (tmp_path / "backpack_secret").write_text("mine")

    done = command("sim", "--port", "0", "--write-keys", str(tmp_path))

    assert done.status == 1
    assert "left alone" in done.err
    assert (tmp_path / "backpack_secret").read_text() == "mine"


def test_given_broken_script_when_sim_starts_then_78_and_the_place(
    command: Command, tmp_path: Path
):
    script = tmp_path / "crash.yaml"
    script.write_text("markets: {SOL_USDC_PERP: {pth: linear}}")

    done = command("sim", "--port", "0", "--script", str(script))

    assert done.status == 78
    assert str(script) in done.err


def test_given_a_script_that_is_no_yaml_when_sim_starts_then_one_line_with_the_place(
    command: Command, tmp_path: Path
):
    script = tmp_path / "crash.yaml"
    script.write_text("markets: [\n")

    done = command("sim", "--port", "0", "--script", str(script))

    assert done.status == 78
    assert done.err.startswith(f"exitd: error: {script}:2:1: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "where", [("--port", "99999"), ("--port", "-1"), ("--host", "no.such.host.invalid")]
)
def test_given_an_address_that_cannot_be_when_sim_starts_then_78_and_one_sentence(
    command: Command, where: tuple[str, str]
):
    done = command("sim", *where)

    assert done.status == 78
    assert done.err.startswith("exitd: error: sim: cannot listen on")
    assert done.err.count("\n") == 1


def test_given_taken_port_when_sim_starts_then_78_and_another_is_offered(
    command: Command,
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = command("sim", "--port", port)

    assert done.status == 78
    assert port in done.err


def test_given_no_files_when_run_then_78_and_one_place(
    command: Command, tmp_path: Path
):
    done = command("run", "--config", str(tmp_path / "exitd.yaml"))

    assert done.status == 78
    assert "there is no such file" in done.err
    assert "Traceback" not in done.err


def test_given_live_mode_without_keys_when_run_then_78_and_what_to_do(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXITD_STATE", str(tmp_path / "state"))
    (tmp_path / "exitd.yaml").write_text(
        "version: 1\nmode: live\nvenues:\n  backpack: {type: backpack}\n"
    )

    done = command("run", "--config", str(tmp_path))

    assert done.status == 78
    assert "key" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("flag", ["-O", "-OO"])
def test_given_python_without_assertions_when_started_then_2_and_the_remedy(flag: str):
    done = subprocess.run(
        [EXITD[0], flag, *EXITD[1:], "status"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "without -O" in done.stderr
