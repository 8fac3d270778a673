"""Tests of exits: reading their files, and comparing what fired with what must."""

from __future__ import annotations

from pathlib import Path

import pytest

from exitd.configuration.findings import Finding
from exitd.runtime.rehearsal.cases.case import Case
from exitd.runtime.rehearsal.cases.reading import read_cases
from exitd.runtime.rehearsal.cases.trying import Tried, try_case

DAEMON = "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
EXITS = """\
positions:
  sol-core:
    venue: backpack
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl: {stop_loss: 131.25}
      tp1: {take_profit: 150, close: 50%}
  sol-bids:
    venue: backpack
    symbol: SOL_USDC_PERP
    exits:
      pull: {below: 120, do: cancel}
"""
HELD = "positions: {sol-core: {entry: 140, size: 10}}\n"


class Folder:
    """A configuration with one file of positions, and a file of tests beside it."""

    def __init__(self, root: Path) -> None:
        self.path = root / "tests" / "sol.yaml"
        for name, text in (("exitd.yaml", DAEMON), ("conf.d/sol.yaml", EXITS)):
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.path.parent.mkdir()

    def read(self, text: str) -> tuple[list[Case], list[Finding]]:
        return read_cases(self.path, text.encode(), {})

    def wrong(self, text: str) -> list[str]:
        """Give what is wrong, as `line:column: sentence`."""
        cases, findings = self.read(text)
        assert cases == []
        return [f"{f.line}:{f.column}: {f.message}" for f in findings]

    def tried(self, text: str) -> Tried:
        cases, findings = self.read(text)
        assert [str(f) for f in findings] == []
        (case,) = cases
        return try_case(case)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def differences(tried: Tried) -> list[str]:
    return [f"{f.line}: {f.message}" for f in tried.findings]


def test_given_the_example_then_all_is_as_expected(folder: Folder):
    tried = folder.tried(
        HELD
        + 'prices: {SOL_USDC_PERP: "142 145 150 151 149 131.2"}\n'
        + "expect:\n"
        + "  - {at: 2s, exit: tp1, close: 5, order: market, do: close}\n"
        + "  - {at: 5s, exit: sol-core/sl, near: 131.25, close: 5}\n"
    )

    assert tried.is_ok
    assert [row.differences for row in tried.rows] == [(), ()]


def test_given_exit_that_did_not_fire_then_it_is_said_how_near_it_came(folder: Folder):
    tried = folder.tried(
        HELD + 'prices: {SOL_USDC_PERP: "142 149.9 140"}\nexpect:\n  - {exit: tp1}\n'
    )

    assert differences(tried) == [
        "4: sol-core/tp1 did not fire: it is armed at 150; the nearest was 149.9, "
        "0.07 % away"
    ]


def test_given_exit_that_must_not_fire_then_the_place_of_the_case_is_told(
    folder: Folder,
):
    text = HELD + 'prices: {SOL_USDC_PERP: "142 150"}\nexpect: []\n'

    assert differences(folder.tried(text)) == [
        "3: sol-core/tp1 fired at 1s, which was not expected: it closed 5 at 150 "
        "(market)"
    ]
    assert folder.tried(text + "nothing_else: false\n").is_ok


def test_given_everything_different_then_each_difference_is_named(folder: Folder):
    tried = folder.tried(
        HELD
        + 'prices: {SOL_USDC_PERP: "142 150"}\n'
        + "expect:\n  - {at: 20m, exit: tp1, close: 4, near: 151, order: limit, "
        + "do: notify}\n"
    )

    assert differences(tried) == [
        "4: sol-core/tp1 fired at 1s, not at 20m",
        "4: sol-core/tp1 closed 5, not 4",
        "4: sol-core/tp1 went at 150, which is not within 0.1 % of 151",
        "4: sol-core/tp1 was filled by a market close, not by a limit close",
        "4: sol-core/tp1 does close, not notify",
    ]


def test_given_tolerance_then_near_goes_by_it(folder: Folder):
    tried = folder.tried(
        HELD
        + 'prices: {SOL_USDC_PERP: "142 150"}\ntolerance: 1%\n'
        + "expect: [{exit: tp1, near: 151}]\n"
    )

    assert tried.is_ok


def test_given_points_and_repeats_then_time_passes_between(folder: Folder):
    tried = folder.tried(
        HELD
        + "prices:\n  SOL_USDC_PERP:\n"
        + "    - {at: 0s, mark: 142}\n"
        + "    - {at: 65s, mark: 150, last: 149}\n"
        + "    - {at: 2026-01-01T00:02:00Z, price: 131}\n"
        + "expect: [{at: 65s, exit: tp1}, {at: 120s, exit: sl}]\n"
    )
    repeated = folder.tried(
        HELD
        + 'step: 1m\nprices: {SOL_USDC_PERP: "142x5 150"}\n'
        + "expect: [{at: 5m, exit: tp1}]\n"
    )

    assert differences(tried) == []
    assert differences(repeated) == []


def test_given_candles_and_sides_of_the_book_then_they_are_read(folder: Folder):
    candles = folder.tried(
        HELD
        + 'step: 1m\nprices: {SOL_USDC_PERP: "142/143/141/142 142/151/131/150"}\n'
        + "expect: [{at: 75s, exit: sl, close: 10, near: 131.25}]\n"
    )
    book = folder.tried(
        HELD
        + "prices:\n  backpack/SOL_USDC_PERP:\n"
        + '    bid_ask: "141.9/142.1 149.8/150.1"\n    mark: "142 150"\n'
        + "expect: [{at: 1s, exit: tp1, near: 149.8}]\ntolerance: 0.01%\n"
    )

    assert differences(candles) == []
    assert differences(book) == []


def test_given_changes_and_costs_then_they_count(folder: Folder):
    tried = folder.tried(
        HELD
        + "changes: [{at: 1s, position: sol-core, size: 4}]\n"
        + "slippage: 1%\ndelay: 500ms\nuntil: 10s\n"
        + 'prices: {SOL_USDC_PERP: "142 145 150"}\n'
        + "expect: [{at: 2s, exit: tp1, close: 2, near: 148.5}]\n"
    )

    assert differences(tried) == []


def test_given_market_steps_then_closes_are_cut_to_them(folder: Folder):
    tried = folder.tried(
        "positions: {sol-core: {entry: 140, size: 1.5}}\n"
        + "markets: {SOL_USDC_PERP: {price_step: 0.01, quantity_step: 0.1}}\n"
        + 'prices: {SOL_USDC_PERP: "142 150"}\n'
        + "expect: [{at: 1s, exit: tp1, close: 0.7}]\n"
    )

    assert differences(tried) == []


def test_given_several_cases_then_each_has_what_stands_beside_them(folder: Folder):
    cases, _ = folder.read(
        HELD
        + "step: 2s\ncases:\n"
        + '  falls: {prices: {SOL_USDC_PERP: "142 131"}, expect: [{exit: sl}]}\n'
        + '  rests: {step: 1s, prices: {SOL_USDC_PERP: "142"}, expect: []}\n'
    )

    assert [case.name for case in cases] == ["falls", "rests"]
    assert all(try_case(case).is_ok for case in cases)
    assert [case.until_ns - case.start_ns for case in cases] == [2 * 10**9, 0]


def test_given_exits_without_position_then_what_they_do_is_compared(folder: Folder):
    tried = folder.tried(
        'prices: {SOL_USDC_PERP: "142 120"}\n'
        "expect: [{at: 1s, exit: pull, do: cancel, near: 120}]\n"
    )

    assert differences(tried) == []


def test_given_watched_prices_that_do_not_come_then_that_is_said(folder: Folder):
    tried = folder.tried(
        HELD + 'prices: {SOL_USDC_PERP: {last: "142 150"}}\nexpect: [{exit: tp1}]\n'
    )

    assert "no price of backpack/SOL_USDC_PERP/mark" in differences(tried)[0]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            'prices: {SOL_USDC_PERP: "142 14O 150"}\nexpect: []\n',
            "1:30: '14O': write a price, bid/ask, open/high/low/close, or a price and "
            "how often (150x60)",
        ),
        (
            "prices: {SOL_USDC_PERP: 142 -1}\nexpect: []\n",
            "1:29: '-1': write a price, bid/ask, open/high/low/close, or a price and "
            "how often (150x60)",
        ),
        (
            'prices: {SOL_USDC_PERP: "142/140/141/142"}\nexpect: []\n',
            "1:26: '142/140/141/142': open and close of a candle lie between its low "
            "and its high; write open/high/low/close",
        ),
        (
            'prices: {SOL_USDC_PERP: "142x0"}\nexpect: []\n',
            "1:26: '142x0': a price is repeated 1 to 100,000 times",
        ),
        (
            'prices: {SOL_USDC_PERP: {makr: "142"}}\nexpect: []\n',
            "1:26: 'makr' is no kind of price (did you mean 'mark'?); write mark, "
            "index, last, last_close, bid_ask",
        ),
        (
            "prices: {SOL_USDC_PERP: [{mark: 142}]}\nexpect: []\n",
            "1:26: write a point as {at: 65s, mark: 150}",
        ),
        (
            "prices: {SOL_USDC_PERP: [{at: 1, mark: 142}]}\nexpect: []\n",
            "1:31: write how long after the beginning (65s), or a time with its zone "
            "(2027-01-31T16:00:00Z)",
        ),
        (
            "prices: {SOL_USDC_PERP: [{at: 1s, mrk: 142}]}\nexpect: []\n",
            "1:35: unknown key 'mrk' (did you mean 'mark'?)",
        ),
        (
            "prices: {SOL_USDC_PERP: [{at: 1s, mark: x}]}\nexpect: []\n",
            "1:41: 'x': write a price, bid/ask, open/high/low/close, or a price and "
            "how often (150x60)",
        ),
        (
            "prices: {SOL_USDC_PERP: true}\nexpect: []\n",
            "1:25: write prices with spaces between them, in quotes",
        ),
        (
            'prices: {SOL_USD_PERP: "142"}\nexpect: []\n',
            "1:10: no exit looks at 'SOL_USD_PERP' (did you mean 'SOL_USDC_PERP'?)",
        ),
        (
            'prices: {SOL_USDC_PERP: "142"}\nexpect: [{exit: tp2}]\n',
            "2:11: there is no exit 'tp2' (did you mean 'tp1'?)",
        ),
        (
            'prices: {SOL_USDC_PERP: "142"}\n',
            "1:1: 'expect' is missing; where nothing may fire, write []",
        ),
        ("expect: []\n", "1:1: 'prices' is missing"),
        (
            'prices: {SOL_USDC_PERP: "142"}\nexpect: []\npositions: {sol: {entry: 1, '
            "size: 1}}\n",
            "3:13: there is no position 'sol'",
        ),
        (
            'prices: {SOL_USDC_PERP: "142"}\nexpect: []\nchanges: [{at: 1s, size: 1, '
            "position: sol-bids}]\n",
            "3:29: 'sol-bids' has no side, so there is no position",
        ),
        (
            'prices: {SOL_USDC_PERP: "142"}\nexpect: []\nmarkets: {ETH: {}}\n',
            "3:11: no position is in 'ETH'",
        ),
        (
            "start: 2026-02-01T00:00:00Z\nprices: {SOL_USDC_PERP: [{at: "
            "2026-01-01T00:00:00Z, mark: 142}]}\nexpect: []\n",
            "1:1: something here happens before 'start'",
        ),
        ("expct: []\n", "1:1: unknown key 'expct' (did you mean 'expect'?)"),
        ("", "1:1: the file holds no tests"),
    ],
)
def test_given_a_mistake_then_its_place_and_the_remedy_are_told(
    folder: Folder, text: str, wrong: str
):
    assert folder.wrong(text)[0] == wrong


def test_given_two_exits_of_one_name_then_both_are_named(folder: Folder):
    exits = folder.path.parents[1] / "conf.d" / "sol.yaml"
    exits.write_text(EXITS.replace("pull:", "sl:"))

    wrong = folder.wrong('prices: {SOL_USDC_PERP: "1"}\nexpect: [{exit: sl}]\n')

    assert wrong == ["2:11: 'sl' could be sol-core/sl, sol-bids/sl; write it out"]


def test_given_broken_positions_then_their_own_place_is_told(folder: Folder):
    exits = folder.path.parents[1] / "conf.d" / "sol.yaml"
    exits.write_text(EXITS.replace("stop_loss", "stop_lose"))

    _, findings = folder.read('prices: {SOL_USDC_PERP: "1"}\nexpect: []\n')

    assert [(f.file, f.line) for f in findings] == [(str(exits), 7)]


def test_given_other_files_of_positions_then_all_of_them_are_used(folder: Folder):
    more = folder.path.parent / "eth.yaml"
    more.write_text(EXITS.replace("sol", "eth").replace("SOL", "ETH"))

    cases, findings = folder.read(
        "config: [../conf.d/sol.yaml, eth.yaml]\n"
        'prices: {SOL_USDC_PERP: "142", ETH_USDC_PERP: "142"}\nexpect: []\n'
    )

    assert [str(f) for f in findings] == []
    assert len(cases[0].definitions) == 6


@pytest.mark.parametrize("config", ["[]", "[1]", "3"])
def test_given_no_file_of_positions_then_the_remedy_is_told(
    folder: Folder, config: str
):
    assert folder.wrong(f"config: {config}\nexpect: []\n") == [
        "1:9: write a file of positions, such as ../conf.d/sol.yaml"
    ]
