"""Bodies as the senders that the format names post them."""

import json
from pathlib import Path
from typing import Any

import pytest

from exitd.signals import normalise, process, validate
from exitd.signals.reading import read_body

SENDERS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("senders.json").read_text()
)


@pytest.mark.parametrize("case", SENDERS, ids=lambda case: case["sender"])
def test_given_a_body_of_a_sender_then_it_is_valid_and_makes_an_order(
    case: dict[str, Any],
):
    payload = read_body(json.dumps(case["body"]).encode())

    done = process(payload)

    assert done.response.errors == ()
    assert done.signal.direction == case["direction"]
    assert done.signal.order_type == case["order"]
    assert done.platform_order is not None
    assert done.signal.metadata["signalPlatform"] == case["sender"]
    assert validate(normalise(payload)) == done.validation


def test_given_the_format_then_each_of_its_senders_has_a_body():
    assert {case["sender"] for case in SENDERS} == {
        "tradingview",
        "trendspider",
        "custom",
    }
