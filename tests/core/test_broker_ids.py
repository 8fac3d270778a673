"""What a broker is to know the order of an alert by."""

from __future__ import annotations

import pytest

from exitd.core.entry import SignalRecord


@pytest.mark.parametrize(
    ("client_order_id", "again", "expected"),
    [
        ("", 0, "tv-7"),
        ("breakout", 0, "breakout"),
        ("breakout", 1, "breakout-1"),
        ("mine", 2, "mine-2"),
        ("x" * 128, 0, "x" * 128),
        ("x" * 128, 12, "x" * 125 + "-12"),
    ],
)
def test_given_an_alert_then_its_own_id_and_a_suffix_when_it_was_used_before(
    client_order_id: str, again: int, expected: str
) -> None:
    record = SignalRecord(
        id="tv-7",
        route="tv",
        body="{}",
        digest="",
        client_order_id=client_order_id,
        again=again,
        ts_received_ns=1,
    )

    assert record.broker_id == expected
