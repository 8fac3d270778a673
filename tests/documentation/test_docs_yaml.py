"""YAML of the pages: whole files and named parts of them, by the loaders themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent, indent

import pytest
import yaml

from documentation.blocks import Block, blocks
from documentation.shell import echoed, heredocs
from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.load import load
from exitd.runtime.rehearsal.cases.reading import read_cases
from exitd.simulator.script import read_script

#: 2026-11-20, so that no time of an example has passed.
NOW_NS = 1_795_176_000_000_000_000
ENVIRONMENT = {"CREDENTIALS_DIRECTORY": "/nowhere"}

#: The accounts that the pages speak of, for what stands by itself.
ACCOUNTS = {
    "backpack": "{type: backpack}",
    "broker": "{type: backpack}",
    "other": "{type: backpack}",
    "binance": "{type: binance}",
}
HEAD = "version: 1\nmode: paper\n"
POSITION = "venue: backpack\nsymbol: SOL_USDC_PERP\nside: long\n"
ROUTE = "auth_key: {credential: tv_auth_key}\nmode: paper\n"
ALPACA = """\
type: alpaca
environment: paper
key: {credential: alpaca_key}
secret: {credential: alpaca_secret}
"""

Wrong = list[str]


def accounts() -> str:
    lines = (f"  {name}: {words}\n" for name, words in ACCOUNTS.items())
    return "venues:\n" + "".join(lines)


def below(head: str, text: str, spaces: int = 2) -> str:
    return f"{head}:\n{indent(dedent(text), ' ' * spaces)}"


def loaded(folder: Path, daemon: str, positions: str = "") -> Wrong:
    (folder / "exitd.yaml").write_text(daemon)
    (folder / "conf.d").mkdir()
    if positions:
        (folder / "conf.d" / "sol.yaml").write_text(positions)
    found = load(folder, ENVIRONMENT, now_ns=NOW_NS).findings
    return [str(one) for one in found if one.severity.value == "error"]


def whole_daemon_file(folder: Path, text: str) -> Wrong:
    return loaded(folder, text)


def part_of_daemon_file(folder: Path, text: str) -> Wrong:
    return loaded(
        folder, HEAD + ("" if "venues" in yaml.safe_load(text) else accounts()) + text
    )


def file_of_positions(folder: Path, text: str) -> Wrong:
    return loaded(folder, HEAD + accounts(), text)


def part_of_position(folder: Path, text: str) -> Wrong:
    body = POSITION + dedent(text)
    if "exits" not in yaml.safe_load(text):
        body += "exits:\n  sl: {stop_loss: 96}\n  tp1: {take_profit: 140}\n"
    return loaded(folder, HEAD + accounts(), below("positions", below("doc", body)))


def part_of_route(folder: Path, text: str) -> Wrong:
    words = yaml.safe_load(text)
    given = "".join(
        line + "\n" for line in ROUTE.splitlines() if line.split(":")[0] not in words
    )
    if "venues" not in words:
        given += "venues: [broker]\n"
    route = below("tv", given + dedent(text))
    return loaded(folder, HEAD + accounts() + below("webhook", below("routes", route)))


def part_of_backpack(folder: Path, text: str) -> Wrong:
    body = "type: backpack\n" + dedent(text)
    return loaded(folder, HEAD + below("venues", below("backpack", body)))


def part_of_alpaca(folder: Path, text: str) -> Wrong:
    venues = below("venues", below("alpaca", ALPACA + dedent(text)))
    return loaded(folder, HEAD + venues)


def file_of_tests(folder: Path, text: str) -> Wrong:
    """Read what `exitd test-rules` takes, about the shipped examples."""
    config = Path(__file__).parents[2] / "config"
    words = yaml.safe_load(text)
    head = "config: ../conf.d/sol.yaml\n"
    if "positions" not in words:
        head = "config: [../conf.d/sol.yaml, ../conf.d/btc-short.yaml]\n"
        head += "positions: {sol-core: {entry: 140, size: 10}}\n"
    if "cases" not in words:
        text += "expect: []\n"
    path = config / "tests" / "of-a-page.yaml"
    del folder
    _, found = read_cases(path, (head + text).encode(), ENVIRONMENT)
    return [str(one) for one in found if one.severity.value == "error"]


def script_of_simulator(folder: Path, text: str) -> Wrong:
    del folder
    read_script(yaml.load(text, Loader=yaml.BaseLoader))
    return []


def file_of_prometheus(folder: Path, text: str) -> Wrong:
    """Only its shape; `tests/third_party/promtool.py` gives it to Prometheus' own."""
    del folder
    (job,) = yaml.safe_load(text)["scrape_configs"]
    return [] if job["job_name"] == "exitd" else ["the job is not called exitd"]


#: What a text is, by the keys that it has at least, and by those that it may have.
SHAPES: tuple[tuple[set[str], set[str] | None, Callable[[Path, str], Wrong]], ...] = (
    ({"version", "venues"}, None, whole_daemon_file),
    ({"scrape_configs"}, None, file_of_prometheus),
    ({"positions", "cases"}, None, file_of_tests),
    ({"prices"}, None, file_of_tests),
    ({"markets"}, None, script_of_simulator),
    ({"positions"}, {"positions", "defaults"}, file_of_positions),
    (set(), {"backstop", "exits", "moves"}, part_of_position),
    (set(), {"url", "ws_url"}, part_of_backpack),
    (set(), {"url", "ws_url", "data_url", "data_ws_url"}, part_of_alpaca),
    (set(), set(DaemonFile.model_fields), part_of_daemon_file),
    (
        set(),
        {"venues", "account_ids", "symbols", "size", "max_qty", "max_notional"}
        | {"orders_per_day", "hours", "max_age", "exits"},
        part_of_route,
    ),
)


def reader(text: str) -> Callable[[Path, str], Wrong]:
    keys = set(yaml.load(text, Loader=yaml.BaseLoader))
    for needed, allowed, read in SHAPES:
        if needed <= keys and (allowed is None or keys <= allowed):
            return read
    raise AssertionError(f"a YAML block of keys {sorted(keys)}; name what it is here")


def texts() -> Iterator[tuple[str, str]]:
    for block in blocks("yaml"):
        yield str(block), block.text
    for block in blocks("sh"):
        yield from written(block)


def written(block: Block) -> Iterator[tuple[str, str]]:
    """Give the YAML files that a block of shell writes."""
    for file in (*heredocs(block.text), *echoed(block.text)):
        if file.path.endswith(".yaml"):
            # As the shell would, where the end of the text is not quoted.
            yield f"{block} {file.path}", file.text.replace("$PWD", "/nowhere")


@pytest.mark.parametrize(
    ("place", "text"), [pytest.param(*one, id=one[0]) for one in texts()]
)
def test_given_yaml_of_a_page_when_loaded_then_nothing_is_wrong(
    place: str, text: str, tmp_path: Path
):
    assert reader(text)(tmp_path, text) == [], place
