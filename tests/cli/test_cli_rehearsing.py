"""`test-rules`: the shipped tests hold, and every difference has its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.conftest import Command
from exitd.adapters.recording.columns import NAMES
from exitd.runtime.rehearsal.cases.grammar import CaseFile

ROOT = Path(__file__).parents[2]
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
"""
TESTS = """\
positions: {sol-core: {entry: 140, size: 10}}
prices: {SOL_USDC_PERP: "142 145 150 140 131"}
expect:
  - {at: 2s, exit: tp1, close: 5}
  - {at: 4s, exit: sl, close: 5, near: 131}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    root = tmp_path / "config"
    files = {"exitd.yaml": DAEMON, "conf.d/sol.yaml": EXITS, "tests/sol.yaml": TESTS}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_given_the_shipped_examples_then_each_has_tests_and_they_hold(
    command: Command,
):
    names = {path.name for path in (ROOT / "config" / "conf.d").glob("*.yaml")}
    tested = {path.name for path in (ROOT / "config" / "tests").glob("*.yaml")}

    done = command("test-rules", str(ROOT / "config"))

    assert names == tested
    assert (done.status, done.out.count("error:")) == (0, 0), done.out
    assert done.err.endswith("cases, all as expected\n")


def test_given_tests_that_hold_then_0_and_a_line_for_each_exit(
    command: Command, config: Path
):
    done = command("test-rules", str(config))

    assert done.status == 0
    assert done.out.splitlines() == [
        f"{config}/tests/sol.yaml",
        "2s\tsol-core/tp1\tclosed 5 at 150 (market)\tok",
        "4s\tsol-core/sl\tclosed 5 at 131 (market)\tok",
        "",
    ]
    assert done.err == "1 case, all as expected\n"


def test_given_no_path_then_the_tests_beside_the_files_in_force_are_tried(
    command: Command, config: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXITD_CONFIG", str(config / "exitd.yaml"))

    assert command("test-rules").status == 0


def test_given_differences_then_1_and_the_place_of_each(command: Command, config: Path):
    path = config / "tests" / "sol.yaml"
    path.write_text(
        TESTS.replace("close: 5}", "close: 4}")
        .replace("at: 4s", "at: 3s")
        .replace("131}", "131, order: limit}")
        .replace("140 131", "140 131.5")
    )

    done = command("test-rules", str(path))

    assert done.status == 1
    assert "2s\tsol-core/tp1\tclosed 5 at 150 (market)\tdiffers" in done.out
    assert "3s\tsol-core/sl\tdid not fire\tmissing" in done.out
    assert f"{path}:4:5: error: sol-core/tp1 closed 5, not 4" in done.out
    assert f"{path}:5:5: error: sol-core/sl did not fire: it is armed at" in done.out
    assert done.err == "1 case: 1 not as expected\n"


def test_given_an_exit_that_nobody_expected_then_it_is_marked(
    command: Command, config: Path
):
    path = config / "tests" / "sol.yaml"
    path.write_text("\n".join(TESTS.splitlines()[:4]) + "\n")
    done = command("test-rules", str(path))
    assert done.status == 1
    assert "\tunexpected" in done.out

    path.write_text(path.read_text() + "nothing_else: false\n")
    done = command("test-rules", str(path))
    assert done.status == 0
    assert "\talso" in done.out


def test_given_nothing_expected_and_nothing_fired_then_that_is_said(
    command: Command, config: Path
):
    path = config / "tests" / "sol.yaml"
    path.write_text('prices: {SOL_USDC_PERP: "142"}\nexpect: []\n')

    assert "nothing fired, as expected" in command("test-rules", str(path)).out


def test_given_json_then_one_document_with_everything(command: Command, config: Path):
    done = command("test-rules", str(config), "--json")

    assert done.status == 0
    (case,) = done.json["cases"]
    assert (done.json["is_ok"], case["is_ok"], case["findings"]) == (True, True, [])
    first = case["report"]["fired"][0]
    assert (first["trigger_id"], first["closed"], first["price"]) == (
        "sol-core/tp1",
        "5",
        "150",
    )
    assert case["report"]["positions"] == [
        {
            "position": "backpack/SOL_USDC_PERP/long",
            "before": "10",
            "after": "0",
            "entry_price": "140",
        }
    ]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_given_a_file_that_is_not_valid_then_78_and_its_place(
    command: Command, config: Path, words: tuple[str, ...]
):
    path = config / "tests" / "sol.yaml"
    path.write_text(TESTS.replace("145", "14S"))

    done = command("test-rules", str(config), *words)

    assert done.status == 78
    if words:
        assert done.json["findings"][0]["column"] == 30
    else:
        assert f"{path}:2:30: error: '14S'" in done.out
        assert "^^^" in done.out


def test_given_exits_that_the_engine_refuses_then_78(command: Command, config: Path):
    path = config / "tests" / "sol.yaml"
    path.write_text(TESTS + "markets: {SOL_USDC_PERP: {price_step: 0.5}}\n")

    done = command("test-rules", str(config))

    assert done.status == 78
    assert "131.25" in done.err


@pytest.mark.parametrize("name", ["nothing.yaml", "conf.d"])
def test_given_nothing_to_try_then_one_sentence(
    command: Command, config: Path, name: str
):
    path = config / name
    if name == "conf.d":
        path = config / "empty"
        path.mkdir()

    done = command("test-rules", str(path))

    assert done.status == 1
    assert str(path) in done.err


def test_given_charts_then_one_is_drawn_for_each_case(
    command: Command, config: Path, tmp_path: Path
):
    done = command("test-rules", str(config), "--charts", str(tmp_path / "pictures"))

    assert done.status == 0
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["sol.svg"]


PAGE = ROOT / "docs" / "rehearsing.md"
PAGE_YAML = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_given_the_page_when_its_example_is_tried_then_it_holds(
    command: Command, config: Path
):
    shipped = ROOT / "config" / "conf.d" / "sol.yaml"
    (config / "conf.d" / "sol.yaml").write_text(shipped.read_text())
    (config / "tests" / "sol.yaml").write_text(PAGE_YAML[0])

    done = command("test-rules", str(config))

    assert done.status == 0, done.out
    told = re.findall(r"```text\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    assert "closed 10 at 131.2 (market)  ok" in told
    assert "4s\tsol-core/sl\tclosed 10 at 131.2 (market)\tok" in done.out


def test_given_the_page_then_its_tables_name_every_key_and_column():
    page = PAGE.read_text()
    keys = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)

    named = {key for row in keys for key in re.findall(r"`(\w+)`", row)}
    assert named == set(CaseFile.model_fields) - {"cases"}
    rows = re.findall(r"^\| [\w' ]+ \| (.*?) \|.*\|$", page, re.MULTILINE)
    columns = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    # Those of a candle stand in the last column.
    candle = ("open", "high", "low", "close")
    known = {n for what, names in NAMES.items() if what not in candle for n in names}
    assert columns == known
