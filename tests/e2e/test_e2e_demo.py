"""`exitd demo` as a person starts it, and as a script does."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest

from e2e.house import DEADLINE_S, EXITD
from exitd.cli.demo.exchange import Exchange
from exitd.cli.failures import CommandFailed

pytestmark = pytest.mark.e2e


class Screen:
    """What a running demonstration tells, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def find(self, words: str) -> str | None:
        return next((line for line in self.lines if words in line), None)

    def wait(self, words: str) -> str:
        with self._changed:
            self._changed.wait_for(
                lambda: self.find(words) is not None or self._is_over, DEADLINE_S
            )
        found = self.find(words)
        assert found is not None, f"no '{words}' in {self.lines}"
        return found

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_S)
        self._thread.join(DEADLINE_S)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@contextmanager
def demonstration(folder: Path, *words: str) -> Iterator[Screen]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("EXITD_")}
    process = subprocess.Popen(
        [*EXITD, "demo", *words],
        env={**kept, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    screen = Screen(process)
    try:
        yield screen
    finally:
        screen.close()


def eventually(holds: Callable[[], bool]) -> None:
    """Look again and again, until it is so."""
    again = threading.Event()
    for _ in range(int(DEADLINE_S / 0.05)):
        if holds():
            return
        again.wait(0.05)
    raise AssertionError(f"not within {DEADLINE_S} s")


def children_of(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_given_script_when_demo_until_exit_then_one_object_and_nothing_left(
    tmp_path: Path,
):
    done = subprocess.run(
        [*EXITD, "demo", "--until-exit"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    seen = json.loads(done.stdout, parse_float=Decimal)
    assert set(seen) == {
        *("trigger_id", "level", "observed_price", "fill_price"),
        *("slippage", "frame_to_order_ms"),
    }
    assert seen["trigger_id"] == "sol-demo/tp1"
    assert Decimal(seen["observed_price"]) >= Decimal(seen["level"])
    assert 0 < Decimal(seen["frame_to_order_ms"]) < 1_000
    assert "trigger.hit" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_given_person_when_demo_runs_then_both_exits_are_told_in_words(tmp_path: Path):
    with demonstration(tmp_path) as screen:
        url = re.search(r"http://127\.0\.0\.1:\d+", screen.wait("answers at"))
        screen.wait("to your take-profit at 142.50: sold 5 SOL at ")
        stop = screen.wait("through your stop at 139.00: sold 5 SOL at ")
        screen.wait("The position is closed")
        screen.process.send_signal(signal.SIGINT)
        status = screen.process.wait(DEADLINE_S)
        assert screen.process.stdout is not None
        out = screen.process.stdout.read()

    assert url is not None
    assert re.search(r"slippage 0\.\d\d %, order out [\d.]+ ms after the price", stop)
    assert sum("EXITD_URL=" in line for line in screen.lines) == 3
    assert status == 0
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_given_demo_when_killed_then_the_exchange_ends_too(tmp_path: Path):
    with demonstration(tmp_path) as screen:
        screen.wait("Prices run now")
        children = children_of(screen.process.pid)
        screen.process.kill()
        screen.process.wait(DEADLINE_S)

        assert children
        eventually(lambda: not any(is_alive(child) for child in children))


def executed(exchange: Exchange) -> list[tuple[str, str, bool]]:
    """Side, quantity and reduce-only of every order that took something."""
    return [
        (row["side"], row["executedQuantity"], row["reduceOnly"])
        for row in exchange.get("/sim/ledger")["orders"]
        if row["executedQuantity"] not in ("0", None)
    ]


def waiting_faults(exchange: Exchange) -> list[str]:
    """The kinds of those that have not met their request yet."""
    return [fault["kind"] for fault in exchange.get("/sim/faults")["faults"]]


def end(exchange: Exchange) -> None:
    """End an exchange that a failed test would leave behind."""
    with suppress(CommandFailed):
        exchange.close()


@pytest.mark.parametrize(
    ("kind", "delay_ms"),
    [
        # Executed at once, and the answer never comes.
        ("slow_reply", 60_000),
        # Executed after the daemon is dead.
        ("delay", 1_000),
    ],
)
def test_b088_b089_given_the_demo_is_killed_in_a_fire_when_started_again_then_one_close(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, delay_ms: int
):
    words = ("--keep", str(tmp_path / "kept"), "--logs")
    with demonstration(tmp_path, *words) as screen:
        screen.wait("answers at")
        exchange = Exchange((tmp_path / "kept" / "exchange").read_text())
        request.addfinalizer(lambda: end(exchange))
        order = {"method": "POST", "path": "/api/v1/order"}
        exchange.post("/sim/faults", {"kind": kind, "delay_ms": delay_ms, **order})
        exchange.post("/sim/faults", {"kind": "silence", "stream": "account."})
        screen.wait("order.sent")
        eventually(lambda: kind not in waiting_faults(exchange))
        screen.process.kill()
        screen.process.wait(DEADLINE_S)
    assert screen.find("trigger.done") is None
    exchange.clear_faults()

    with demonstration(tmp_path, *words) as screen:
        screen.wait("trigger.done")
        assert executed(exchange) == [("Ask", "5", True)]
        screen.process.send_signal(signal.SIGINT)
        assert screen.process.wait(DEADLINE_S) == 0

    assert not (tmp_path / "kept" / "exchange").exists()
    assert (tmp_path / "kept" / "state").exists()


def test_given_a_folder_with_other_files_when_demo_keeps_there_then_refused(
    tmp_path: Path,
):
    (tmp_path / "mine").write_text("left alone")

    done = subprocess.run(
        [*EXITD, "demo", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )

    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_given_usual_port_is_taken_when_demo_runs_then_another_is_used(tmp_path: Path):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8787))
            taken.listen()
        except OSError:
            # Somebody else has it already, which is as good.
            pass
        with demonstration(tmp_path) as screen:
            line = screen.wait("answers at")

    assert ":8787" not in line
