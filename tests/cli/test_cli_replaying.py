"""`replay`: what would have fired, from files of several kinds; and its pictures."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from cli.conftest import Command
from cli.test_cli_rehearsing import DAEMON, EXITS

T0 = 1_767_225_600
PRICES = ("142", "145", "150", "140", "131")
HELD = ("--position", "sol-core=long:10@140")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    root = tmp_path / "config"
    for name, text in {"exitd.yaml": DAEMON, "conf.d/sol.yaml": EXITS}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    rows = [f"{T0 + second},{price}" for second, price in enumerate(PRICES)]
    path.write_text("\n".join(["time,price", *rows, ""]))
    return path


def test_given_prices_then_it_is_told_what_would_have_fired(
    command: Command, config: Path, prices: Path
):
    done = command("replay", str(prices), "--config", str(config), *HELD)

    assert done.status == 0
    assert done.out.splitlines() == [
        "5 prices, 2026-01-01 00:00:00 to 2026-01-01 00:00:04 UTC",
        "",
        "2026-01-01 00:00:02\tsol-core/tp1\tclosed 5 at 150 (market)\t150\t0 %",
        "2026-01-01 00:00:04\tsol-core/sl\tclosed 5 at 131 (market)\t131.25\t0.19 %",
        "",
        "sol-core: long 10 at 140, then flat",
    ]
    assert done.err == ""


def test_given_the_same_prices_in_other_files_then_the_same_is_told(
    command: Command, config: Path, prices: Path, tmp_path: Path
):
    packed, columns = tmp_path / "prices.csv.gz", tmp_path / "prices.parquet"
    packed.write_bytes(gzip.compress(prices.read_bytes()))
    times = [(T0 + second) * 1_000 for second in range(len(PRICES))]
    table = pyarrow.table({"timestamp": times, "price": [float(p) for p in PRICES]})
    parquet.write_table(table, columns)

    told = [
        command("replay", str(path), "--config", str(config), *HELD).out
        for path in (prices, packed, columns)
    ]

    assert told[0] == told[1] == told[2]


def test_given_candles_then_how_they_are_read_is_noted(
    command: Command, config: Path, tmp_path: Path
):
    path = tmp_path / "candles.csv"
    path.write_text(
        f"time,open,high,low,close\n{T0},142,143,141,142\n{T0 + 60},142,151,130,150\n"
    )

    done = command("replay", str(path), "--config", str(config), *HELD)

    assert "2026-01-01 00:01:15\tsol-core/sl\tclosed 10 at 131.25" in done.out
    assert "2 candles" in done.out
    assert "the worst way for what is held" in done.err


def test_given_no_position_then_each_is_assumed_and_that_is_noted(
    command: Command, config: Path, prices: Path
):
    done = command("replay", str(prices), "--config", str(config))

    assert "closed 0.5 at 150" in done.out
    assert "sol-core: long 1 at 142, then flat" in done.out
    assert "with a size of 1" in done.err


def test_given_span_then_only_prices_in_it_count(
    command: Command, config: Path, prices: Path
):
    span = ("--from", "2026-01-01T00:00:01Z", "--to", "2026-01-01T00:00:04Z")

    done = command("replay", str(prices), "--config", str(config), *HELD, *span)

    assert done.out.startswith("3 prices, 2026-01-01 00:00:01 to 2026-01-01 00:00:03")
    assert (
        "sol-core/sl is armed at 131.25; the nearest was 140, 6.25 % away" in done.out
    )
    assert "sol-core: long 10 at 140, then 5" in done.out


def test_given_span_without_prices_then_one_sentence(
    command: Command, config: Path, prices: Path
):
    done = command("replay", str(prices), "--config", str(config), "--to", "2020-01-01")

    assert done.status == 2
    assert "has no prices between --from and --to" in done.err


def test_given_costs_then_fills_are_worse_and_later(
    command: Command, config: Path, prices: Path
):
    words = ("--slippage", "1%", "--delay", "500ms", "--json")

    done = command("replay", str(prices), "--config", str(config), *HELD, *words)

    first = done.json["report"]["fired"][0]
    assert (first["price"], first["slippage_percent"]) == ("148.5", "1.00")
    assert first["ts_done"] == "2026-01-01T00:00:02.500000000Z"


def test_given_json_then_one_document(command: Command, config: Path, prices: Path):
    done = command("replay", str(prices), "--config", str(config), "--json")

    report = done.json["report"]
    assert [fired["trigger_id"] for fired in report["fired"]] == [
        "sol-core/tp1",
        "sol-core/sl",
    ]
    assert (report["prices"], report["no_price_of"]) == (5, [])
    assert done.json["notes"]


def test_given_prices_of_another_kind_then_what_could_not_fire_is_noted(
    command: Command, config: Path, prices: Path
):
    prices.write_text("time,price,kind\n1,142,last\n2,131,last\n")

    done = command("replay", str(prices), "--config", str(config), *HELD)

    assert "nothing fired" in done.out
    assert "no price of backpack/SOL_USDC_PERP/mark" in done.err


def test_given_a_cut_file_with_old_prices_then_both_are_noted(
    command: Command, config: Path, prices: Path
):
    rows = "ts_venue_ns,ts_recv_ns,price\n5,5,142\n4,6,131\n7,7,143\n8"
    prices.write_text(rows)

    done = command("replay", str(prices), "--config", str(config), *HELD)

    assert "1 price was old or none" in done.err
    assert "ends in the middle of a row" in done.err


@pytest.mark.parametrize("end", ["png", "svg", "html"])
def test_given_chart_then_it_is_drawn(
    command: Command, config: Path, prices: Path, tmp_path: Path, end: str
):
    path = tmp_path / "pictures" / f"sol.{end}"

    done = command(
        "replay", str(prices), "--config", str(config), *HELD, "--chart", str(path)
    )

    assert done.status == 0
    assert done.err == f"drawn: {path}\n"
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "html": b"<!DOCTYPE html>"}
    assert path.read_bytes().startswith(starts[end])


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--chart", "out.gif"), 2, "a chart ends in .png, .svg or .html"),
        (("--chart", "prices.csv/out.png"), 1, "cannot be written"),
        (("--slippage", "1"), 2, "--slippage 1: write a percentage with its sign"),
        (("--delay", "1"), 2, "--delay 1: write a duration with its unit"),
        (("--from", "noon"), 2, "'noon' is no time"),
        (("--position", "sol-core"), 78, "write NAME=SIDE:SIZE@ENTRY"),
        (("--position", "sol-core=long:x@1"), 78, "write NAME=SIDE:SIZE@ENTRY"),
        (("--position", "sol-core=long:1@"), 78, "write NAME=SIDE:SIZE@ENTRY"),
        (("--position", "sol-cor=long:1@1"), 78, "did you mean 'sol-core'?"),
        (("--position", "sol-core=short:1@1"), 78, "is long in its file"),
    ],
)
def test_given_a_mistake_then_one_sentence(
    command: Command,
    config: Path,
    prices: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    status: int,
    sentence: str,
):
    monkeypatch.chdir(prices.parent)

    done = command("replay", prices.name, "--config", str(config), *words)

    assert done.status == status
    assert sentence in done.err
    assert len(done.err.splitlines()) <= 1 + done.err.count("note:")


def test_given_a_wrong_row_then_1_and_its_number(
    command: Command, config: Path, prices: Path
):
    prices.write_text("time,price\n1,142\n2,x\n")

    done = command("replay", str(prices), "--config", str(config), *HELD)

    assert done.status == 1
    assert done.err == f"exitd: error: {prices}, line 3: 'x' is no price\n"


def test_given_broken_files_then_78_and_their_place(
    command: Command, config: Path, prices: Path
):
    path = config / "conf.d" / "sol.yaml"
    path.write_text(EXITS.replace("stop_loss", "stop_lose"))

    done = command("replay", str(prices), "--config", str(config))

    assert done.status == 78
    assert f"{path}:7:12: error: unknown key 'stop_lose'" in done.err


def test_given_positions_without_a_daemon_file_then_the_defaults_are_used(
    command: Command, config: Path, prices: Path
):
    (config / "exitd.yaml").unlink()
    path = config / "conf.d" / "sol.yaml"

    done = command("replay", str(prices), "--config", str(path), *HELD)

    assert "sol-core/tp1" in done.out


def test_given_only_notices_then_no_position_is_assumed(
    command: Command, config: Path, prices: Path
):
    (config / "conf.d" / "sol.yaml").write_text(
        "positions:\n  watch:\n    venue: backpack\n    symbol: SOL_USDC_PERP\n"
        "    exits: {high: {above: 150, do: notify}}\n"
    )

    done = command("replay", str(prices), "--config", str(config))

    assert "2026-01-01 00:00:02\twatch/high\ttold\t150\t" in done.out
    assert done.err == ""
