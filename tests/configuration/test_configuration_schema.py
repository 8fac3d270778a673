"""What is published is current, and the examples are right."""

import re
from pathlib import Path
from typing import Any

import pytest

from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.exit_keys import Exit, Tighten, Twap
from exitd.configuration.load import load
from exitd.configuration.policies import Policies
from exitd.configuration.position_file import Move, Position
from exitd.configuration.publish import published
from exitd.configuration.reference import reference
from exitd.configuration.schema import schema
from exitd.configuration.validation import key_names, model_of
from exitd.core.policy import Policies as CorePolicies

ROOT = Path(__file__).parents[2]
MODELS = [
    DaemonFile,
    *(model_of(f.annotation) for f in DaemonFile.model_fields.values()),
]


@pytest.mark.parametrize(("name", "text"), list(published()))
def test_given_what_is_published_when_made_again_then_it_is_current(
    name: str, text: str
) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == text, (
        "run `python -m exitd.configuration.publish`"
    )


def test_given_the_examples_when_checked_then_nothing_is_wrong() -> None:
    loaded = load(ROOT / "config", {}, now_ns=1_795_176_000_000_000_000)

    assert [str(f) for f in loaded.findings] == []
    assert {p.name for p in loaded.positions} >= {"sol-core", "btc-swing", "sol-bids"}


@pytest.mark.parametrize(
    "name", [path.name for path in sorted((ROOT / "config/conf.d").glob("*.yaml"))]
)
def test_given_one_example_when_checked_by_itself_then_nothing_is_wrong(
    name: str,
) -> None:
    path = ROOT / "config" / "conf.d" / name

    loaded = load(path, {}, now_ns=1_795_176_000_000_000_000)

    assert [str(f) for f in loaded.findings] == []
    assert "$schema=../exitd.positions.schema.json" in path.read_text().split("\n")[0]


def test_given_the_examples_when_made_then_every_key_of_an_exit_is_in_one() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "config" / "conf.d").glob("*.yaml")
    ]
    missing = [
        name
        for model in (Exit, Position, Move, Tighten, Twap)
        for name in key_names(model)
        if not any(
            re.search(rf"(^|[ {{]){name}:", text, re.MULTILINE) for text in texts
        )
    ]

    assert missing == []


def test_given_the_venue_of_prices_uncommented_when_checked_then_nothing_is_wrong(
    tmp_path: Path,
) -> None:
    daemon = (ROOT / "config" / "exitd.yaml").read_text(encoding="utf-8")
    exits = (ROOT / "config/conf.d/watching.yaml").read_text(encoding="utf-8")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "exitd.yaml").write_text(
        daemon.replace("  # binance:\n  #   type:", "  binance:\n    type:")
    )
    (tmp_path / "conf.d" / "watching.yaml").write_text(
        exits.replace("# binance: {above", "binance: {above")
    )

    loaded = load(tmp_path, {})

    assert loaded.findings == ()
    assert loaded.settings is not None
    assert loaded.settings.accounts["binance"].prices_only
    feeds = {e.source.feed for p in loaded.positions for e in p.exits}
    assert feeds == {"backpack", "binance"}


@pytest.mark.parametrize("model", [m for m in MODELS if m is not None])
def test_given_the_example_when_read_then_every_key_is_there(model: Any) -> None:
    text = (ROOT / "config" / "exitd.yaml").read_text(encoding="utf-8")

    missing = [
        name
        for name in key_names(model)
        if not re.search(rf"^ *(# +)?{name}:", text, re.MULTILINE)
    ]

    assert missing == []


def test_given_the_example_when_read_then_it_sets_the_defaults() -> None:
    loaded = load(ROOT / "config", {})
    assert loaded.settings is not None

    as_written = loaded.settings.file

    for name in ("http", "state", "notify", "log", "policies"):
        assert getattr(as_written, name) == DaemonFile.model_fields[name].default, name


def walk(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in walk(item)]
    if not isinstance(node, dict):
        return []
    return [node, *(found for value in node.values() for found in walk(value))]


@pytest.mark.parametrize("kind", ["daemon", "positions"])
def test_given_a_schema_when_walked_then_every_key_is_described(kind: Any) -> None:
    made = schema(kind)

    objects = [node for node in walk(made) if "properties" in node and "type" in node]
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert objects
    for node in objects:
        assert node["additionalProperties"] is False
        for name, value in node["properties"].items():
            assert value.get("description") or "$ref" in value, name
            assert "default" not in value


@pytest.mark.parametrize("kind", ["daemon", "positions"])
def test_given_a_schema_when_walked_then_its_examples_fit_its_patterns(
    kind: Any,
) -> None:
    found = [n for n in walk(schema(kind)) if "pattern" in n and "examples" in n]

    assert len(found) > 5
    for node in found:
        for example in node["examples"]:
            assert re.search(node["pattern"], example), (example, node["pattern"])


def test_given_the_schema_when_read_then_exits_have_one_condition() -> None:
    definition = schema("positions")["$defs"]["Exit"]

    assert {"required": ["stop_loss"]} in definition["oneOf"]
    assert definition["properties"]["price"]["enum"][0] == "mark"
    assert set(definition["properties"]) == set(key_names(Exit))


def test_given_the_schema_when_read_then_moves_have_one_reason() -> None:
    definition = schema("positions")["$defs"]["Move"]

    assert definition["oneOf"] == [{"required": ["after"]}, {"required": ["at"]}]
    assert definition["required"] == ["set", "to"]


def test_given_the_reference_when_read_then_every_policy_has_its_row() -> None:
    page = reference()

    for name in Policies.model_fields:
        assert f"| `{name}` |" in page


def test_given_no_policy_said_when_asked_then_the_core_has_its_own_defaults() -> None:
    assert Policies().for_core() == CorePolicies()
