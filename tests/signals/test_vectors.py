"""Every example of the format's reference, as a vector (`vectors.json`)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exitd.signals.previewing import preview, preview_json
from exitd.signals.reading import read_body

HERE = Path(__file__).parent
VECTORS: list[dict[str, Any]] = json.loads(
    (HERE / "vectors.json").read_text(), parse_float=Decimal, parse_int=Decimal
)
# What the reference lets be said besides: W5, W10, W11 and the rule of DAY exits.
MAY_BE_ADDED = (
    "marketPrice missing",
    "is not an Alpaca value and is kept as a tag",
    "is not native on",
    "Exit targets on a day order",
)
ANALYTICS_ONLY = "S10"


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def seen(vector: dict[str, Any]) -> dict[str, Any]:
    raw = json.dumps(vector["in"], default=float).encode()
    return exact(preview_json(preview(read_body(raw))))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_given_an_example_when_previewed_then_as_the_reference_says(
    vector: dict[str, Any],
):
    found = seen(vector)

    if vector["id"] != ANALYTICS_ONLY:
        expected = dict(vector["normalised"])
        expected.pop("auth_key", None)
        metadata = vector["in"].get("metadata")
        assert found["normalized"] == (
            {"metadata": metadata, **expected} if metadata else expected
        )
        assert found["validation"]["errors"] == vector.get("errors", [])
        assert found["validation"]["valid"] is ("errors" not in vector)
    warnings = found["validation"]["warnings"]
    listed = vector.get("warnings", [])
    assert [warning for warning in warnings if warning in listed] == listed
    added = [warning for warning in warnings if warning not in listed]
    if vector["id"] != ANALYTICS_ONLY:
        assert [
            warning
            for warning in added
            if not any(words in warning for words in MAY_BE_ADDED)
        ] == []
    flags = found["analysis"].pop("flags", [])
    assert flags == (["fill worse than limit"] if vector["id"] == "S10" else [])
    assert found["analysis"] == vector.get("analysis", {})
    if "alpaca" in vector:
        assert found["alpaca"] == vector["alpaca"]
    if "ib" in vector:
        assert found["interactive_brokers"] == vector["ib"]


def test_given_the_reference_when_read_then_no_example_is_missing():
    ids = [vector["id"] for vector in VECTORS]

    assert len(ids) == len(set(ids)) == 62
