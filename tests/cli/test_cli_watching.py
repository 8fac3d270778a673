"""`top` and `events` against a daemon."""

import os
import pty
import signal
import struct
import subprocess
import termios
from decimal import Decimal
from fcntl import ioctl

from cli.conftest import Command
from e2e.house import DEADLINE_S, EXITD, House
from exitd.cli.watching import BAR, bar


def test_given_pipe_when_top_then_the_nearest_first_within_80_columns(
    command: Command, home: House
):
    done = command("top")

    lines = done.out.splitlines()
    assert done.status == 0
    assert lines[0].startswith("LIVE  ready")
    assert [line.split()[0] for line in lines[-2:]] == ["sol-core/tp1", "sol-core/sl"]
    assert "6.38%" in lines[-2]
    assert max(map(len, lines)) <= 80


def test_given_json_when_top_then_status_and_triggers(command: Command, home: House):
    found = command("top", "--json").json

    assert found["banner"] == "LIVE"
    assert [each["id"] for each in found["triggers"]] == ["sol-core/tp1", "sol-core/sl"]


def test_given_a_limit_when_top_then_it_says_how_many_more_there_are(
    command: Command, home: House
):
    done = command("top", "--limit", "1")

    assert done.out.splitlines()[-1] == "and 1 more that are farther away"
    assert command("top", "--limit", "1", "--json").json["more"] == 1


def test_given_terminal_when_top_then_it_goes_on_until_interrupted(home: House):
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**home.environment, "TERM": "xterm"}
    process = subprocess.Popen(
        [*EXITD, "top", "--every", "0.2"], stdout=theirs, stdin=theirs, env=environment
    )
    os.close(theirs)
    written = b""
    while written.count(b"sol-core/sl") < 3:
        written += os.read(ours, 65_536)
    process.send_signal(signal.SIGINT)

    # A terminal that nobody reads would hold it.
    try:
        while os.read(ours, 65_536):
            pass
    except OSError:
        os.close(ours)
    assert process.wait(DEADLINE_S) == 0


def test_given_distances_when_drawn_then_full_at_the_level_and_red_when_near():
    assert bar(Decimal("0")) == (BAR, "red")
    assert bar(Decimal("-2")) == (BAR, "red")
    assert bar(Decimal("1.49"))[1] == "red"
    assert bar(Decimal("1.5"))[1] == "yellow"
    assert bar(Decimal("3.01"))[1] == "blue"
    assert bar(Decimal("5")) == (0, "blue")
    assert bar(None) == (0, "dim")


def test_given_history_when_events_then_the_oldest_first_with_filters(
    command: Command, home: House
):
    armed = command("events", "--event", "trigger.armed")
    of_one = command("events", "--trigger", "sol-core/sl", "--since", "1d", "--json")
    none = command("events", "--event", "order.*")

    rows = [line.split("\t") for line in armed.out.splitlines()]
    assert {row[2] for row in rows} == {"sol-core/sl", "sol-core/tp1"}
    facts = of_one.json["facts"]
    assert [fact["seq"] for fact in facts] == sorted(fact["seq"] for fact in facts)
    assert {fact["trigger_id"] for fact in facts} == {"sol-core/sl"}
    assert (none.status, none.out) == (0, "")
    assert "nothing of that kind" in none.err


def test_given_no_daemon_when_kinds_of_events_then_their_meaning(command: Command):
    done = command("events", "--kinds", "--event", "order.sent")
    unknown = command("events", "--kinds", "--event", "order.dreamt")

    assert done.out.startswith("order.sent\tinfo\t")
    assert command("events", "--kinds", "--json").json["events"][0]["meaning"]
    assert (unknown.status, unknown.out) == (0, "")
    assert "'order.dreamt'" in unknown.err
