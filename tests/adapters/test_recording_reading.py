"""Files of prices: columns by name, instants in any unit, wrong rows by number."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from exitd.adapters.recording.errors import RecordingUnreadable
from exitd.adapters.recording.parquet import ParquetMissing, ParquetTable
from exitd.adapters.recording.reading import PriceFile
from exitd.runtime.rehearsal.prices import Candle, Price

D = Decimal
S = 1_000_000_000
T0 = 1_767_225_600


def read(path: Path) -> list[Price | Candle]:
    with PriceFile(path) as file:
        return list(file.read())


@pytest.fixture
def csv(tmp_path: Path):
    def write(text: str, name: str = "prices.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def wrong(path: Path) -> str:
    with pytest.raises(RecordingUnreadable) as raised:
        read(path)
    return str(raised.value).removeprefix(str(path))


@pytest.mark.parametrize(
    "first",
    [
        "1767225600",
        "1767225600000",
        "1767225600000000",
        "1767225600000000000",
        "1767225600.0",
        "2026-01-01T00:00:00Z",
        "2026-01-01 00:00:00+00:00",
        "2026-01-01T01:00:00.000+01:00",
        "2025-12-31T19:00:00-05:00",
    ],
)
@pytest.mark.parametrize("name", ["time", "Timestamp", "ts", "open_time"])
def test_given_any_unit_when_read_then_the_instant_is_the_same(csv, name, first):
    assert read(csv(f"{name},price\n{first},142.5\n")) == [Price(T0 * S, D("142.5"))]


@pytest.mark.parametrize(
    ("name", "value"),
    [("time_s", "20"), ("ts_ms", "20000"), ("time_us", "20000000"), ("ts_ns", 20 * S)],
)
def test_given_unit_in_the_name_then_that_counts(csv, name, value):
    assert read(csv(f"{name},price\n{value},142.5\n"))[0].ts_ns == 20 * S


def test_given_nanoseconds_in_text_then_none_is_lost(csv):
    path = csv("time,price\n2026-01-01T00:00:00.123456789Z,1\n")

    assert read(path)[0].ts_ns == T0 * S + 123_456_789


def test_given_all_columns_then_all_of_them_are_taken(csv):
    path = csv(
        "ts_venue_ns,ts_recv_ns,venue,symbol,kind,price,seq\n"
        "5,7,backpack,SOL_USDC,last_close.15m.closed,142.17,3\n"
    )

    assert read(path) == [
        Price(7, D("142.17"), "SOL_USDC", "last_close.15m.closed", "backpack", 5, 3)
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_given_other_delimiters_and_a_mark_of_bytes_then_they_are_seen(csv, mark):
    path = csv(f"\ufefftime{mark}volume{mark}close\n1{mark}9{mark}2\n")

    assert wrong(path).startswith(": its first line names no column for the price")
    path = csv(f"\ufefftime{mark}volume{mark}price\n1{mark}9{mark}2\n")
    assert read(path) == [Price(S, D(2))]


def test_given_candles_then_their_length_is_the_shortest_between_two(csv):
    path = csv(
        "time,open,high,low,close,volume\n"
        f"{T0},100,101,99,100,5\n{T0 + 300},100,101,99,100,5\n"
        f"{T0 + 360},100,101,99,100,5\n"
    )

    found = read(path)

    assert [c.duration_ns for c in found] == [60 * S] * 3
    assert found[0] == Candle(T0 * S, 60 * S, D(100), D(101), D(99), D(100))


def test_given_candles_of_several_markets_then_each_has_its_length(csv):
    rows = "".join(
        f"{T0 + second},{symbol},1,1,1,1\n"
        for second in range(0, 600, 60)
        for symbol, length in (("A", 60), ("B", 300))
        if not second % length
    )

    found = read(csv("time,symbol,open,high,low,close\n" + rows))

    assert {(c.symbol, c.duration_ns // S) for c in found} == {("A", 60), ("B", 300)}


def test_given_one_candle_then_it_is_a_minute_long(csv):
    path = csv(f"time,open,high,low,close\n{T0},1,1,1,1\n")

    assert read(path)[0].duration_ns == 60 * S


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time,price\n1,142\n2,14O\n", ", line 3: '14O' is no price"),
        ("time,price\n1,-142\n", ", line 2: '-142' is no price"),
        ("time,price\n1,NaN\n", ", line 2: 'NaN' is no price"),
        ("time,price\n1,\n", ", line 2: '' is no price"),
        (
            "time,price\n2,142\n1,142\n",
            ", line 3: its time is before that of the row above; sort them by time",
        ),
        (
            "time,price\nnoon,142\n",
            ", line 2: 'noon' is no time; write a number of seconds, or "
            "2030-01-31T12:00:00Z",
        ),
        ("time,price\n1,1\nx,142\n", ", line 3: 'x' is no time as the lines before"),
        (
            "time,price\n2026-01-01T00:00:00,142\n",
            ", line 2: '2026-01-01T00:00:00' has no zone; end it with Z for UTC",
        ),
        (
            "time,price\n2026-01-01T00:00:00.x1Z,142\n",
            ", line 2: '2026-01-01T00:00:00.x1Z' is no time",
        ),
        (
            "time,price\n2026-13-01T00:00:00Z,142\n",
            ", line 2: '2026-13-01T00:00:00Z' is no time",
        ),
        (
            "time,price\n2026-01-01T00:00:00+99:00,142\n",
            ", line 2: '2026-01-01T00:00:00+99:00' is no time",
        ),
        (
            "time,price,kind\n1,142,bananas\n",
            ", line 2: 'bananas' is no kind of price; write one of ask, bid, index, "
            "last, last_close, mark",
        ),
        ("time,price,seq\n1,142,x\n", ", line 2: 'x' is no sequence number"),
        ("time,price\n1,2,3\n", ", line 2: it has 3 columns, and the first line has 2"),
        (
            "time,open,high,low,close\n1,5,4,3,4\n",
            ", line 2: open and close do not lie between low and high",
        ),
        ("time,open,high,low,close\n1,5,x,3,4\n", ", line 2: 'x' is no price"),
        ("time,price\n", " holds no prices"),
        (
            "1,2\n3,4\n",
            ": its first line names no column for the time (time, ts or timestamp); "
            "it says: 1, 2",
        ),
        (
            "",
            ": its first line names no column for the time (time, ts or timestamp); "
            "it says: nothing",
        ),
        (
            "time,ts,price\n",
            ": 'time' and 'ts' both say the time; leave one of them out",
        ),
    ],
)
def test_given_a_mistake_then_its_line_is_told(csv, text, sentence):
    assert wrong(csv(text)) == sentence


def test_given_compressed_then_it_is_read_by_what_it_is(tmp_path: Path):
    path = tmp_path / "prices"
    path.write_bytes(gzip.compress(b"time,price\n1,142\n"))

    assert read(path) == [Price(S, D(142))]


def test_given_killed_recording_then_what_is_whole_is_read(tmp_path: Path, csv):
    whole = gzip.compress(b"time,price\n" + b"".join(b"%d,9\n" % i for i in range(9)))
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(whole[:-8])

    with PriceFile(path) as file:
        assert len(list(file.read())) == 9
        assert file.is_cut
    with PriceFile(csv("time,price\n1,142\n2")) as file:
        assert len(list(file.read())) == 1
        assert file.is_cut
    with PriceFile(csv("time,price\n1,142\n2,3")) as file:
        assert len(list(file.read())) == 2
        assert not file.is_cut


def test_given_damage_then_it_is_told(tmp_path: Path, csv):
    path = tmp_path / "prices.csv.gz"
    whole = bytearray(gzip.compress(b"time,price\n" + bytes(range(48, 58)) * 900))
    whole[30:60] = bytes(30)
    path.write_bytes(whole)
    assert "cannot be read" in wrong(path)
    path.write_bytes(b"time,price\n1,\xff\n")
    assert wrong(path) == ", line 2: '\ufffd' is no price"
    path.write_bytes(gzip.compress(b"time,price\n")[:12])
    assert "line 1: cannot be read" in wrong(path)
    assert wrong(tmp_path / "nothing.csv").startswith(" cannot be read: No such file")
    assert wrong(tmp_path).startswith(" cannot be read: Is a directory")
    path.write_bytes(b"PAR1 but not really")
    assert "cannot be read" in wrong(path)


def parquet_file(path: Path, **columns: object) -> Path:
    parquet.write_table(pyarrow.table(columns), path)
    return path


def test_given_parquet_with_times_and_floats_then_prices_are_exact(tmp_path: Path):
    when = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 1, tzinfo=UTC)]
    path = parquet_file(
        tmp_path / "p.parquet",
        time=pyarrow.array(when, pyarrow.timestamp("us", tz="UTC")),
        price=[142.17, 0.3],
        symbol=["SOL_USDC_PERP", None],
    )

    assert read(path) == [
        Price(T0 * S, D("142.17"), "SOL_USDC_PERP"),
        Price((T0 + 60) * S, D("0.3")),
    ]


def test_given_parquet_with_candles_and_decimals_then_they_are_read(tmp_path: Path):
    kind = pyarrow.decimal128(12, 4)
    prices = {
        name: pyarrow.array([D("1.5000")], kind)
        for name in ("open", "high", "low", "close")
    }
    path = parquet_file(tmp_path / "p", timestamp=[T0 * 1_000], **prices)

    with PriceFile(path) as file:
        assert file.has_candles
        assert list(file.read()) == [
            Candle(T0 * S, 60 * S, D("1.5"), D("1.5"), D("1.5"), D("1.5"))
        ]
        assert file.read_bytes() == file.size_bytes


def test_given_parquet_with_a_wrong_row_then_its_number_is_told(tmp_path: Path):
    path = parquet_file(tmp_path / "p.parquet", time=[1, 2], price=[1.0, float("nan")])

    assert wrong(path) == ", line 2: 'nan' is no price"


def test_given_no_pyarrow_then_one_sentence_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = parquet_file(tmp_path / "p.parquet", time=[1], price=[1.0])
    # What the import system does where a package is not installed.
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)

    with pytest.raises(ParquetMissing, match=r"pip install .*\[parquet\]"):
        ParquetTable(path)
