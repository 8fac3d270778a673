"""Mutated configurations give findings, never an exception; and they give them fast."""

import random
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from configuration.mutate import mutate
from configuration.plan_desk import INSTRUMENT
from exitd.configuration.findings import as_json, render
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.markets import markets
from exitd.configuration.plan import plan
from exitd.configuration.plan_text import plan_as_json, render_plan
from exitd.configuration.triggers import definitions
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side

ROOT = Path(__file__).parents[2]
MARKETS = [f"{base}_USDC_PERP" for base in ("SOL", "BTC", "ETH", "XRP", "SUI")]
OPEN = {
    key: PositionRecord(
        key=key, quantity=Decimal(10), initial=Decimal(9), entry_price=Decimal(100)
    )
    for key in (PositionKey("backpack", m, side) for m in MARKETS for side in Side)
}
KNOWN = markets(
    tuple(replace(INSTRUMENT, symbol=market) for market in MARKETS),
    {
        PriceSource("backpack", market, kind): Decimal(100)
        for market in MARKETS
        for kind in PriceKind
    },
    OPEN,
)


@pytest.mark.parametrize("seed", range(8))
def test_given_mutated_files_when_loaded_then_only_findings(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    examples = {
        str(path.relative_to(ROOT / "config")): path.read_text(encoding="utf-8")
        for path in (ROOT / "config").rglob("*.yaml")
        if path.parent.name not in ("tests", "rasa")
    }
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "venues").mkdir()
    refused = 0

    for _ in range(50):
        mutated = dict(examples)
        name = dice.choice(list(examples))
        mutated[name] = mutate(mutated[name], dice)
        for file, text in mutated.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
        loaded = load(tmp_path, {}, now_ns=0)
        made = plan(loaded, [], now_ns=0, known=KNOWN, positions=OPEN)
        render(loaded.findings)
        as_json(loaded.findings)
        render_plan(made)
        plan_as_json(made)
        refused += loaded.has_errors
        assert loaded.has_errors is (loaded.settings is None)

    assert refused > 10


@pytest.mark.parametrize("seed", range(4))
def test_given_a_mutated_account_on_a_chain_when_loaded_then_only_findings(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    names = ("rasa/exitd.yaml", "venues/symmio.yaml")
    examples = {name: (ROOT / "config" / name).read_text() for name in names}
    # With what is optional as well, where it is no sentence.
    examples[names[0]] = re.sub(
        r"^( *)# (?=[ a-z_-]*[:{])", r"\1", examples[names[0]], flags=re.MULTILINE
    )
    (tmp_path / "venues").mkdir()
    refused = 0

    for _ in range(60):
        name = dice.choice(names)
        mutated = {**examples, name: mutate(examples[name], dice)}
        for file, text in mutated.items():
            place = tmp_path / file.removeprefix("rasa/")
            place.write_text(text, encoding="utf-8")
        loaded = load(tmp_path, {}, now_ns=0)
        render(loaded.findings)
        refused += loaded.has_errors
        assert loaded.has_errors is (loaded.settings is None)

    assert refused > 10


def positions_of(count: int) -> str:
    lines = ["positions:"]
    for i in range(count):
        lines += [
            f"  p{i}:",
            "    venue: backpack",
            f"    symbol: S{i}_USDC_PERP",
            "    side: long",
            "    exits:",
            f"      sl: {{stop_loss: {100 + i}.25}}",
            f"      tp: {{take_profit: {500 + i}, close: 50%}}",
        ]
    return "\n".join(lines)


def calls_to_load(directory: Path) -> tuple[Loaded, int]:
    """Load a configuration and count every call of Python that it takes."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return load(directory, {}), calls
    finally:
        sys.setprofile(before)


def test_given_twice_the_lines_when_loaded_then_twice_the_work(
    load_files: Callable[..., Loaded], tmp_path: Path
) -> None:
    load_files(positions_of(100))
    _, half = calls_to_load(tmp_path)
    load_files(positions_of(200))

    loaded, whole = calls_to_load(tmp_path)

    assert len(definitions(loaded, now_ns=0)) == 400
    assert loaded.findings == ()
    assert whole < 2.1 * half
