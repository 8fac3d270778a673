"""`record`: real sockets, a real file, and however it ends the file can be read."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from cli.conftest import Command
from exitd.adapters.recording.errors import RecordingUnreadable, RecordingUnwritable
from exitd.adapters.recording.reading import PriceFile
from exitd.adapters.system.clock import SystemClock
from exitd.app.recording import Recording
from exitd.configuration.load import load
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.runtime.rehearsal.prices import Price
from fakes.simulated import simulator

DEADLINE_S = 30.0
EXITS = """\
positions:
  sol-core:
    venue: backpack
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl: {stop_loss: 1}
      tp: {take_profit: 9999, price: last_close}
"""


@pytest.fixture(scope="module")
def exchange() -> Iterator[str]:
    with simulator("--cadence-ms", "50") as url:
        yield url


def write_config(root: Path, url: str, exits: str = EXITS) -> Path:
    daemon = (
        "version: 1\nmode: paper\nvenues:\n  backpack:\n    type: backpack\n"
        f"    url: {url}\n    ws_url: {url.replace('http', 'ws', 1)}\n"
    )
    for name, text in (("exitd.yaml", daemon), ("conf.d/sol.yaml", exits)):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def config(tmp_path: Path, exchange: str) -> Path:
    return write_config(tmp_path / "config", exchange)


def prices_in(path: Path) -> list[Price]:
    with PriceFile(path) as file:
        found = [row for row in file.read() if isinstance(row, Price)]
        assert not file.is_cut
    return found


def eventually(holds: Callable[[], bool]) -> None:
    """Look again and again, until it is so."""
    again = threading.Event()
    for _ in range(int(DEADLINE_S / 0.02)):
        if holds():
            return
        again.wait(0.02)
    raise AssertionError(f"not within {DEADLINE_S} s")


@pytest.mark.parametrize("end", [".csv", ".csv.gz", ".parquet"])
def test_given_time_then_all_watched_prices_are_in_the_file(
    command: Command, config: Path, tmp_path: Path, end: str
):
    path = tmp_path / f"prices{end}"

    done = command("record", str(path), "--config", str(config), "--for", "1500ms")

    assert done.status == 0, done.err
    found = prices_in(path)
    assert {p.kind for p in found} >= {"mark"}
    assert {(p.venue, p.symbol) for p in found} == {("backpack", "SOL_USDC_PERP")}
    assert all(p.ts_venue_ns is not None and p.ts_venue_ns <= p.ts_ns for p in found)
    counted = dict(line.split("\t") for line in done.out.splitlines())
    assert set(counted) == {
        "backpack/SOL_USDC_PERP/mark",
        "backpack/SOL_USDC_PERP/last_close.1m",
    }
    assert sum(map(int, counted.values())) == len(found)
    assert "backpack: connected" in done.err


def test_given_a_recording_when_it_is_replayed_then_its_prices_are_those(
    command: Command, config: Path, tmp_path: Path
):
    path = tmp_path / "prices.csv"
    words = ("--source", "backpack/SOL_USDC_PERP", "--for", "1s", "--json")
    recorded = command("record", str(path), "--config", str(config), *words)

    replayed = command("replay", str(path), "--config", str(config), "--json")

    assert recorded.json["prices"] == replayed.json["report"]["prices"] > 0
    assert list(recorded.json["counts"]) == ["backpack/SOL_USDC_PERP/mark"]
    assert replayed.json["report"]["ignored_prices"] == 0


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("", signal.SIGINT),
        ("prices.csv.gz", signal.SIGINT),
        ("prices.parquet", signal.SIGTERM),
    ],
)
def test_given_signal_then_the_file_is_complete(
    config: Path, tmp_path: Path, name: str, number: signal.Signals
):
    source = ("--source", "backpack/SOL_USDC_PERP/mark")
    words = ("record", *([name] if name else []), "--config", str(config), *source)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "exitd", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert any("connected" in line for line in iter(process.stderr.readline, ""))
        # Parquet is a file only once it is closed, so nobody can look into it.
        eventually(lambda: name == "prices.parquet" or rows_so_far(tmp_path) > 0)
        process.send_signal(number)
        process.communicate(timeout=DEADLINE_S)

    (path,) = tmp_path.glob("prices*")
    if name != "prices.parquet":
        assert process.returncode == 0
        assert len(prices_in(path)) > 0
    else:
        assert len(parquet.read_table(path)) >= 0


def rows_so_far(folder: Path) -> int:
    (path,) = folder.glob("prices*")
    try:
        with PriceFile(path) as file:
            return sum(1 for _ in file.read())
    except RecordingUnreadable:
        return 0


def test_given_venue_that_does_not_answer_then_1_and_it_is_told(
    command: Command, tmp_path: Path
):
    config = write_config(tmp_path / "config", "http://127.0.0.1:9")
    path = tmp_path / "prices.csv"

    done = command("record", str(path), "--config", str(config), "--for", "300ms")

    assert done.status == 1
    assert "backpack: connection lost, trying again" in done.err
    assert "no price came" in done.err
    assert prices_in_header(path)


def prices_in_header(path: Path) -> bool:
    return path.read_text().startswith("ts_venue_ns,ts_recv_ns,venue,symbol,kind")


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--for", "1"), 2, "--for 1: write a duration with its unit"),
        (("--source", "backpack"), 78, "write venue/SYMBOL/kind"),
        (("--source", "/SOL"), 78, "write venue/SYMBOL/kind"),
        (("--source", "backpak/SOL"), 78, "did you mean 'backpack'?"),
        (("--source", "backpack/SOL/makr"), 78, "did you mean 'mark'?"),
        (("--source", "backpack/SOL/mark.1m"), 78, "only last_close has candles"),
        (("--source", "backpack/SOL/last_close.7m"), 78, "write the candle as"),
        (("--source", "backpack/SOL/last_close.1m.open"), 78, "write the candle as"),
        (("prices.txt",), 1, "name a file that ends in"),
        (("config/exitd.yaml",), 1, "is there already"),
    ],
)
def test_given_a_mistake_then_one_sentence(
    command: Command,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    status: int,
    sentence: str,
):
    monkeypatch.chdir(config.parent)

    done = command("record", *words, "--config", str(config))

    assert done.status == status
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
    assert list(config.parent.glob("prices*")) == []


def test_given_files_that_are_not_valid_then_78(command: Command, config: Path):
    path = config / "conf.d" / "sol.yaml"
    path.write_text(EXITS.replace("stop_loss", "stop_lose"))

    done = command("record", "--config", str(config))

    assert done.status == 78
    assert f"{path}:7:12: error: " in done.err


def test_given_no_daemon_file_then_78_says_what_is_missing(
    command: Command, config: Path
):
    (config / "exitd.yaml").unlink()

    done = command("record", "--config", str(config / "conf.d" / "sol.yaml"))

    assert done.status == 78
    assert "has no exitd.yaml beside it" in done.err


def test_given_no_exits_then_78_says_how_to_name_sources(
    command: Command, config: Path
):
    (config / "conf.d" / "sol.yaml").unlink()

    done = command("record", "--config", str(config))

    assert done.status == 78
    assert "name some with --source" in done.err


class FullDisk:
    """A recorder whose disk has no room left."""

    def __init__(self) -> None:
        self.taken: list[Tick] = []
        self.is_closed = False

    def take(self, tick: Tick) -> None:
        self.taken.append(tick)

    def flush(self) -> None:
        if self.taken:
            raise RecordingUnwritable("prices.csv cannot be written (it is full)")

    def close(self) -> None:
        self.is_closed = True


async def test_given_a_full_disk_then_the_recording_ends_and_says_so(config: Path):
    loaded = load(config, {})
    assert loaded.settings is not None
    disk, told = FullDisk(), []
    source = PriceSource("backpack", "SOL_USDC_PERP", PriceKind.MARK)
    recording = Recording(
        loaded.settings.accounts,
        [source],
        disk,
        SystemClock(),
        tell=told.append,
        show=lambda: None,
    )

    with pytest.raises(RecordingUnwritable, match="it is full"):
        async with asyncio.timeout(DEADLINE_S):
            await recording.run(asyncio.Event(), None)

    assert disk.is_closed
    assert recording.counts[source] == len(disk.taken) > 0
    assert told == ["backpack: connected"]
