"""What a recording writes is what a rehearsal reads, however the recording ends."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.adapters.recording.errors import RecordingUnwritable
from exitd.adapters.recording.reading import PriceFile
from exitd.adapters.recording.writing import open_recorder
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.routes import kind_words

D = Decimal
SOURCES = (
    PriceSource("backpack", "SOL_USDC_PERP", PriceKind.MARK),
    PriceSource("binance", "BTCUSDT", PriceKind.LAST),
    PriceSource("backpack", "SOL_USDC_PERP", PriceKind.LAST_CLOSE, "15m", True),
)
ENDS = (".csv", ".csv.gz", ".parquet")
TICKS = st.lists(
    st.builds(
        Tick,
        source=st.sampled_from(SOURCES),
        price=st.decimals(
            "0.00000001", "99999999", allow_nan=False, allow_infinity=False
        ),
        ts_venue_ns=st.integers(1, 1 << 62),
        ts_recv_ns=st.integers(10**18, 1 << 62),
        seq=st.integers(0, 1 << 62),
    ),
    min_size=1,
    max_size=20,
)


def read(path: Path) -> list[Price | Candle]:
    with PriceFile(path) as file:
        return list(file.read())


@pytest.mark.parametrize("end", ENDS)
@given(ticks=TICKS)
def test_given_any_ticks_then_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, end: str, ticks: list[Tick]
):
    path = tmp_path_factory.mktemp("recording") / f"prices{end}"
    recorder = open_recorder(path)
    for tick in ticks:
        recorder.take(tick)
        recorder.flush()
    recorder.close()

    found = read(path)

    assert [
        (p.price, p.symbol, p.kind, p.venue, p.ts_venue_ns, p.seq)
        for p in found
        if isinstance(p, Price)
    ] == [
        (
            t.price,
            t.source.symbol,
            kind_words(t.source),
            t.source.feed,
            t.ts_venue_ns,
            t.seq,
        )
        for t in ticks
    ]
    arrivals = [tick.ts_recv_ns for tick in ticks]
    # A clock that was set back does not make time go back in the file.
    assert [p.ts_ns for p in found] == [
        max(arrivals[: i + 1]) for i in range(len(arrivals))
    ]


@pytest.mark.parametrize("end", [".csv", ".csv.gz"])
def test_given_kill_when_flushed_then_all_up_to_the_flush_is_there(
    tmp_path: Path, end: str
):
    path = tmp_path / f"prices{end}"
    recorder = open_recorder(path)
    for second in range(3):
        recorder.take(Tick(SOURCES[0], D("142.17"), second, second))
    recorder.flush()

    killed = tmp_path / f"killed{end}"
    killed.write_bytes(path.read_bytes())
    recorder.close()

    assert len(read(killed)) == 3


def test_given_parquet_when_much_is_waiting_then_it_is_written(tmp_path: Path):
    path = tmp_path / "prices.parquet"
    recorder = open_recorder(path)
    before = path.stat().st_size
    for second in range(50_000):
        recorder.take(Tick(SOURCES[0], D("142.17"), second, second))
    recorder.flush()
    assert path.stat().st_size > before
    recorder.close()

    assert len(read(path)) == 50_000


def test_given_a_file_that_is_there_then_it_is_left_alone(tmp_path: Path):
    path = tmp_path / "prices.csv"
    path.write_text("mine")

    with pytest.raises(RecordingUnwritable, match="is there already"):
        open_recorder(path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("prices.xls", "name a file that ends in .csv, .csv.gz or .parquet"),
        ("nowhere/prices.csv", "No such file or directory"),
        ("nowhere/prices.parquet", "No such file or directory"),
    ],
)
def test_given_a_name_that_cannot_be_then_it_is_told(
    tmp_path: Path, name: str, why: str
):
    with pytest.raises(RecordingUnwritable, match=why):
        open_recorder(tmp_path / name)


@contextmanager
def small_files() -> Iterator[None]:
    """Let no file become larger than four pages, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * 4_096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("end", ENDS)
def test_given_a_full_disk_then_it_is_told_and_the_file_is_closed(
    tmp_path: Path, end: str
):
    path = tmp_path / f"prices{end}"
    recorder = open_recorder(path)
    # Prices that no compression makes small.
    for number in range(60_000):
        price = D(int.from_bytes(hashlib.sha256(b"%d" % number).digest()[:8]) + 1)
        recorder.take(Tick(SOURCES[0], price, number, number))

    with small_files():
        with pytest.raises(RecordingUnwritable, match="cannot be written"):
            recorder.flush()
        with suppress(RecordingUnwritable):
            recorder.close()
