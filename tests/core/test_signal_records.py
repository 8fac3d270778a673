"""What a broker knows the order of an alert by."""

from __future__ import annotations

import pytest

from exitd.core.entry import SignalRecord


@pytest.mark.parametrize(
    ("own", "again", "known_by"),
    [
        ("", 0, "desk-7"),
        ("mine", 0, "mine"),
        ("mine", 2, "mine-2"),
        ("x" * 128, 12, "x" * 125 + "-12"),
    ],
)
def test_given_an_alert_then_the_broker_knows_it_by_its_own_id_or_by_ours(
    own, again, known_by
):
    record = SignalRecord(
        id="desk-7",
        route="desk",
        body="",
        digest="",
        client_order_id=own,
        again=again,
        ts_received_ns=1,
    )

    assert record.broker_id == known_by
