"""A real daemon, scraped: every part of it has told what it measured."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.house import House

pytestmark = pytest.mark.e2e


def scrape(home: House) -> dict[str, float]:
    """Sum each sample over all of its labels."""
    transport = httpx.HTTPTransport(uds=str(home.folder / "exitd.sock"), verify=False)
    with httpx.Client(transport=transport, base_url="http://localhost") as client:
        text = client.get("/metrics").text
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def test_given_a_fire_when_scraped_then_all_that_it_took_is_told(home: House):
    daemon = home.start_armed()
    home.price("131.20")
    daemon.log.wait("trigger.done", trigger_id="sol-core/sl", reason="filled")

    told = scrape(home)

    assert told["exitd_triggers_fired_total"] == 1
    assert told["exitd_trigger_to_order_sent_seconds_count"] == 1
    assert told["exitd_order_ack_seconds_count"] == 1
    for measured in (
        "exitd_feed_messages_total",
        "exitd_feed_transport_seconds_count",
        "exitd_trigger_evaluation_seconds_count",
        "exitd_journal_commit_seconds_count",
        "exitd_feed_last_message_timestamp_seconds",
        "exitd_config_last_reload_success_timestamp_seconds",
        "process_resident_memory_bytes",
    ):
        assert told[measured] > 0, measured
    assert told["exitd_ready"] == 1
    assert daemon.stop() == 0
