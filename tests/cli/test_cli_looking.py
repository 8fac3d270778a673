"""`status`, `ls`, `show`, `explain` and `tail` against a daemon."""

import json
import os
import pty
import subprocess
import termios
import threading

import msgspec
from msgspec.structs import replace

from cli.conftest import Command
from e2e.house import DEADLINE_S, EXITD, House
from exitd.cli.looking import status_lines
from exitd.runtime.views import StatusView


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


def test_given_a_daemon_that_sends_nothing_when_status_then_watched_not_protected(
    command: Command, home: House
):
    found = msgspec.convert(command("status", "--json").json, StatusView)

    standing = replace(found, banner="STANDBY, NOT PROTECTING")

    assert ("positions", "1 open, all watched") in status_lines(standing)
    assert ("positions", "1 open, all protected") in status_lines(found)


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


def test_given_every_kind_on_a_terminal_when_ls_then_stop_of_now_in_80_columns(
    command: Command, home: House
):
    words = (
        ("--trailing", "2.5%", "--tighten", "1% at +20%"),
        ("--trailing", "2%", "--after", "+50%"),
        ("--sl", "-10%", "--for", "120s", "--emergency", "-20%"),
        ("--at-time", "2037-01-31T16:00:00Z"),
        ("--max-hold", "900h"),
        ("--tp", "170", "--twap", "5 every 30s"),
        ("--below", "9", "--do", "notify", "--watch", "backpack/BTC_USDC_PERP"),
        ("--tp", "+500 pnl", "--order", "limit", "--slippage-limit", "0.5%"),
    )
    made = [command("add", "sol-core", *w, "--json").json["triggers"][0] for w in words]
    try:
        text = on_a_terminal(home, "ls", NO_COLOR="1")
        rows = [line.split("\t") for line in command("ls").out.splitlines()]
        explained = [command("explain", trigger["id"]).out for trigger in made]
    finally:
        command("cancel", *(trigger["id"] for trigger in made), "--yes")

    assert all(len(line) <= 80 for line in text.splitlines())
    assert "trailing 2.5%" in text
    assert "no mark price" not in explained[3]
    found = {row[0]: row[1:] for row in rows}
    trail = found[made[0]["id"]]
    assert trail[:2] == ["trailing 2.5%", "137.475"]
    assert found[made[1]["id"]][:2] == ["trailing 2% after +50%", "-"]
    assert found[made[2]["id"]][:2] == ["stop_loss -10%", "126"]
    assert found[made[3]["id"]][:2] == ["at_time", "2037-01-31"]
    assert found[made[5]["id"]][4] == "close 100% in slices"
    assert found[made[6]["id"]][0] == "below of backpack/BTC_USDC_PERP"
    assert "it trails the best price since it began, 141, by 2.5%" in explained[0]
    assert "from +20% (168) on it trails by 1%" in explained[0]
    assert "its trail has not begun: it begins at +50% (210)" in explained[1]
    assert "beyond for 2m" in explained[2]
    assert "at -20% (112) it does not wait" in explained[2]
    assert "its time comes at 2037-01-31T16:00:00" in explained[3]


def test_given_a_confirming_stop_on_a_terminal_when_ls_then_it_has_its_colour(
    command: Command, home: House
):
    words = ("--sl", "140.5", "--prices", "1000", "--emergency", "100", "--close", "1")
    made = command("add", "sol-core", *words, "--json").json["triggers"][0]
    try:
        home.price("140.4")
        home.until(lambda: _state(command, made["id"]) == "confirming", "it confirms")
        text = on_a_terminal(home, "ls", TERM="xterm-256color")
        shown = command("show", made["id"]).out
    finally:
        command("cancel", made["id"], "--yes")
        home.price("141")

    assert "\x1b[1;35mconfirming" in text
    assert "prices     1000" in shown


def _state(command: Command, id: str) -> str:
    return str(command("show", id, "--json").json["trigger"]["state"])


def test_given_terminal_when_ls_without_no_color_then_states_stand_out(home: House):
    text = on_a_terminal(home, "ls", TERM="xterm-256color")

    assert "\x1b[32m" in text


def test_given_a_wide_terminal_when_ls_then_ids_are_whole_and_markets_named(
    command: Command, home: House
):
    made = command("add", "sol-core", "--trailing", "3%", "--close", "1", "--json")
    id = made.json["triggers"][0]["id"]
    try:
        narrow = on_a_terminal(home, "ls", NO_COLOR="1")
        wide = on_a_terminal(home, "ls", columns=120, NO_COLOR="1")
    finally:
        command("cancel", id, "--yes")

    (line,) = [line for line in wide.splitlines() if line.startswith(id)]
    assert line.split()[1] == "SOL_USDC_PERP"
    assert "MARKET" in wide.splitlines()[0]
    assert all(len(line) <= 80 for line in narrow.splitlines())


def on_a_terminal(
    home: House, *words: str, columns: int = 0, **environment: str
) -> str:
    """Give what a command writes to a terminal of 80 columns, or of so many."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
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


def test_given_words_that_no_trigger_is_like_when_listed_then_not_taken_for_none(
    command: Command, home: House
):
    missing = command("ls", "--symbol", "NOPE_USDC_PERP")
    wrong = command("ls", "--kind", "stop_los")

    assert (missing.status, missing.out) == (0, "")
    assert (
        missing.err == "no trigger is like that; `exitd ls --all` lists all there are\n"
    )
    assert wrong.status == 1
    assert "(did you mean 'stop_loss'?)" in wrong.err
