"""`status`, `ls`, `show`, `explain` and `tail` against a daemon."""

import json
import os
import pty
import subprocess
import threading

from cli.conftest import Command
from e2e.house import DEADLINE_S, EXITD, House


def test_given_daemon_when_status_then_mode_feeds_and_files(
    command: Command, home: House
):
    done = command("status")
    document = command("status", "--json").json

    assert done.status == 0
    assert done.out.startswith("LIVE ")
    assert "ready" in done.out
    assert "2 armed" in done.out
    assert "1 open, all protected" in done.out
    assert "SOL_USDC_PERP mark 141" in done.out
    assert document["is_ready"] is True
    assert document["triggers"] == {"armed": 2}


def test_given_pipe_when_ls_then_tabs_without_a_head(command: Command, home: House):
    done = command("ls")

    rows = [line.split("\t") for line in done.out.splitlines()]
    assert done.status == 0
    assert [row[:4] for row in rows] == [
        ["sol-core/sl", "stop_loss", "131.25", "141"],
        ["sol-core/tp1", "take_profit", "150", "141"],
    ]
    assert rows[0][4:] == ["6.91%", "close 100%", "armed"]


def test_given_filters_when_ls_then_only_those(command: Command, home: House):
    found = command("ls", "--kind", "take_profit", "--json").json["triggers"]
    none = command("ls", "--symbol", "BTC_USDC_PERP")
    of_file = command("ls", "--owner", "file:*", "--json").json["triggers"]

    assert [t["id"] for t in found] == ["sol-core/tp1"]
    assert (none.status, none.out) == (0, "")
    assert len(of_file) == 2


def test_given_positions_when_ls_then_what_protects_them(command: Command, home: House):
    done = command("ls", "--positions")

    assert done.out.split("\t")[0] == "backpack/SOL_USDC_PERP/long"
    assert done.out.strip().endswith("sol-core/sl")
    document = command("ls", "--positions", "--json").json
    assert document["positions"][0]["is_protected"] is True


def test_given_terminal_when_ls_then_a_table_within_80_columns_and_no_colour(
    home: House,
):
    text = on_a_terminal(home, "ls", NO_COLOR="1")

    lines = [line for line in text.splitlines() if line]
    assert "STATE" in lines[0]
    assert "sol-core/sl" in text
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b[" not in text


def test_given_terminal_when_ls_without_no_color_then_states_stand_out(home: House):
    text = on_a_terminal(home, "ls", TERM="xterm-256color")

    assert "\x1b[32m" in text


def on_a_terminal(home: House, *words: str, **environment: str) -> str:
    """Give what a command writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    keep = {k: v for k, v in home.environment.items() if k != "NO_COLOR"}
    process = subprocess.Popen(
        [*EXITD, *words], stdout=theirs, stdin=theirs, env={**keep, **environment}
    )
    os.close(theirs)
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
    assert process.wait(DEADLINE_S) == 0
    return written.decode().replace("\r\n", "\n")


def test_given_trigger_when_shown_then_place_level_and_history(
    command: Command, home: House
):
    done = command("show", "sol-core/sl")

    assert done.status == 0
    assert "131.25 on mark" in done.out
    assert "conf.d/sol.yaml:7" in done.out
    assert "trigger.armed" in done.out
    document = command("show", "sol-core/sl", "--json").json
    assert document["trigger"]["level"] == "131.25"


def test_given_unknown_trigger_when_shown_then_1_and_one_sentence(
    command: Command, home: House
):
    for name in ("show", "explain"):
        done = command(name, "sol-core/nothing", "--json")

        assert done.status == 1
        assert done.out == ""
        assert "sol-core/nothing" in done.err
        assert done.err.count("\n") == 1


def test_given_armed_trigger_when_explained_then_distance_in_words(
    command: Command, home: House
):
    done = command("explain", "sol-core/sl")

    assert done.status == 0
    assert "131.25" in done.out
    assert "away" in done.out
    assert command("explain", "sol-core/sl", "--json").json["sentences"]


def test_given_fire_when_tailed_then_one_block_with_times_from_the_hit(
    command: Command, home: House
):
    command("close", "sol-core", "--quantity", "1", "--yes")

    text = command("tail").out
    found = command("tail", "--event", "order.*", "--since", "1h", "--json").json

    assert text.count("#1 SOL_USDC_PERP") == 1
    assert "+0.0 ms  trigger.hit" in text
    assert {f["event"] for f in found["facts"]} >= {"order.sent", "order.filled"}
    assert command("tail", "--since", "2099-01-01").out == ""
    only = command("tail", "--trigger", "sol-core/sl", "--json").json["facts"]
    assert {f["trigger_id"] for f in only} == {"sol-core/sl"}


def test_given_follower_when_something_happens_then_it_is_printed(home: House):
    process = subprocess.Popen(
        [*EXITD, "tail", "-f", "--json", "--event", "trigger.paused"],
        env=home.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    first = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            first.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        # A pause before the follower listens is not shown to it.
        for _ in range(int(DEADLINE_S)):
            home.command("pause", "sol-core/tp1")
            home.command("resume", "sol-core/tp1")
            if first.wait(0.2):
                break
    finally:
        process.terminate()
        process.wait(DEADLINE_S)
        reader.join(DEADLINE_S)
        process.stdout.close()

    assert json.loads(lines[0])["event"] == "trigger.paused"
