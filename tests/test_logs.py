"""The log: its events, how a line reads, and which lines are written."""

from __future__ import annotations

import base64
import logging
import os
import pty
import re
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import structlog

from exitd.core.events import FactKind
from exitd.errors import ConfigurationError
from exitd.logs import Event, bound, log, log_at
from exitd.logs.catalogue import catalogue, catalogue_markdown
from exitd.logs.pipeline import timestamp
from exitd.secret import Secret
from fakes.journal import Journal

PAGE = Path(__file__).parent.parent / "docs" / "log-events.md"
KEY = base64.b64encode(bytes(range(100, 132))).decode()


@pytest.fixture
def journal() -> Iterator[Journal]:
    journal = Journal()
    yield journal
    journal.close()


def test_given_page_of_events_when_compared_then_it_equals_the_catalogue():
    assert PAGE.read_text() == catalogue_markdown(), "run `make log-events`"


def test_given_catalogue_when_compared_then_it_has_each_event_once_in_order():
    assert [entry.event for entry in catalogue()] == list(Event)


def test_given_facts_of_the_core_when_compared_then_each_is_an_event():
    assert {str(kind) for kind in FactKind} <= {str(event) for event in Event}


def test_given_events_when_read_then_each_is_a_noun_and_what_happened():
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", event) for event in Event)


def test_given_event_when_logged_then_line_has_time_level_name_and_fields(journal):
    journal.start()

    log(Event.FEED_STALE, venue="backpack", age_ms=2500)

    assert journal.lines() == [
        {
            "ts": "2023-11-14T22:13:20.000000Z",
            "level": "warning",
            "event": "feed.stale",
            "venue": "backpack",
            "age_ms": 2500,
        }
    ]


def test_given_event_of_another_instant_when_logged_then_line_has_that_one(journal):
    journal.start()

    log(Event.TRIGGER_ARMED, ts_ns=1_763_640_000_123_456_789, trigger_id="sl")

    assert journal.lines() == [
        {
            "ts": "2025-11-20T12:00:00.123456Z",
            "level": "info",
            "event": "trigger.armed",
            "trigger_id": "sl",
        }
    ]


@pytest.mark.parametrize(
    ("ts_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1_763_640_000_123_456_789, "2025-11-20T12:00:00.123456Z"),
        (1_763_640_000_999_999_999, "2025-11-20T12:00:00.999999Z"),
    ],
)
def test_given_instant_when_written_then_it_is_utc_and_never_rounded_up(ts_ns, text):
    assert timestamp(ts_ns) == text


def test_given_tiny_decimal_when_logged_then_it_has_no_exponent(journal):
    journal.start()

    log(Event.TRIGGER_HIT, price=Decimal("0.00000001"), nested={"p": Decimal("1E+3")})

    line = journal.lines()[0]
    assert line["price"] == "0.00000001"
    assert line["nested"] == {"p": "1000"}


def test_given_bound_ids_when_logged_then_they_stand_on_every_line(journal):
    journal.start(constants={"mode": "PAPER, NOT PROTECTING"})

    with bound(trigger_id="sol-core/sl", fire_id="f1"):
        log(Event.ORDER_SENT, attempt=1)
        log(Event.ORDER_FILLED, attempt=1)

    lines = journal.lines()
    assert {line["fire_id"] for line in lines} == {"f1"}
    assert {line["mode"] for line in lines} == {"PAPER, NOT PROTECTING"}


def test_given_a_field_that_every_line_has_when_logged_then_it_stands_once(journal):
    journal.start(constants={"mode": "PAPER, NOT PROTECTING"})

    log(Event.DAEMON_STARTED, mode="PAPER, NOT PROTECTING", version="0.1.0")

    line = journal.lines()[0]
    assert line["mode"] == "PAPER, NOT PROTECTING"
    assert "mode_" not in line


def test_given_field_named_as_a_fixed_one_when_logged_then_neither_is_lost(journal):
    journal.start()

    log(Event.TRIGGER_ARMED, level="131.25", event="e", ts="t")

    line = journal.lines()[0]
    assert (line["level"], line["level_"]) == ("info", "131.25")
    assert (line["event"], line["event_"]) == ("trigger.armed", "e")
    assert line["ts_"] == "t"


def test_given_level_when_logged_below_then_nothing_is_written(journal):
    journal.start(level="warning")

    log(Event.TRIGGER_ARMED)
    log_at("error", Event.TRIGGER_ARMED)

    assert [line["level"] for line in journal.lines()] == ["error"]


def test_given_override_when_it_fits_then_its_level_counts(journal):
    journal.start(overrides=["trigger_id=sol-core/* -> debug", "venue=noisy -> error"])

    log(Event.API_READ, trigger_id="sol-core/sl")
    log(Event.API_READ, trigger_id="btc/sl")
    log(Event.FEED_LOST, venue="noisy")

    assert [line["trigger_id"] for line in journal.lines()] == ["sol-core/sl"]


def test_given_running_log_when_levels_change_then_the_next_line_obeys(journal):
    running = journal.start()
    log(Event.API_READ)

    running.set_levels("debug")
    log(Event.API_READ)

    assert len(journal.lines()) == 1


@pytest.mark.parametrize(
    "settings",
    [{"level": "loud"}, {"overrides": ["venue -> debug"]}, {"format": "xml"}],
)
def test_given_wrong_setting_when_configured_then_one_sentence_says_so(
    journal, settings
):
    with pytest.raises(ConfigurationError, match=r"(write|set) "):
        journal.start(**settings)


def test_given_repeats_when_within_ten_seconds_then_the_next_line_counts(journal):
    journal.start()

    for _ in range(5):
        log(Event.FEED_LOST, venue="backpack", channel="prices")
    log(Event.FEED_LOST, venue="backpack", channel="account")
    journal.clock.advance(10 * 10**9)
    log(Event.FEED_LOST, venue="backpack", channel="prices")
    journal.clock.advance(10 * 10**9)
    log(Event.FEED_LOST, venue="backpack", channel="prices")

    counts = [line.get("suppressed") for line in journal.lines()]
    assert counts == [None, None, 4, None]


@pytest.mark.parametrize(
    "event", [Event.TRIGGER_HIT, Event.ORDER_SENT, Event.ORDERS_CANCELLED]
)
def test_given_trigger_or_order_when_repeated_then_every_line_is_written(
    journal, event
):
    journal.start()

    for _ in range(5):
        log(event, trigger_id="sol-core/sl")

    assert len(journal.lines()) == 5


def test_given_error_when_repeated_then_every_line_is_written(journal):
    journal.start()

    for _ in range(5):
        log_at("error", Event.FEED_LOST, venue="backpack")

    assert len(journal.lines()) == 5


def test_given_journal_stream_of_this_descriptor_when_logged_then_priority_leads(
    journal,
):
    found = os.fstat(journal.fd)
    journal.start(journal_stream=f"{found.st_dev}:{found.st_ino}")

    log(Event.TRIGGER_HIT)
    log(Event.TRIGGER_ARMED)
    log(Event.DAEMON_CRASHED)

    assert [line[:3] for line in journal.text().splitlines()] == ["<4>", "<6>", "<3>"]


def test_given_journal_stream_of_another_descriptor_when_logged_then_no_priority(
    journal,
):
    journal.start(journal_stream="1:2")

    log(Event.TRIGGER_HIT)

    assert journal.text().startswith("{")


def test_given_library_when_it_warns_then_the_line_is_ours_and_masked(journal):
    journal.start(secrets=[Secret(KEY)])

    logging.getLogger("httpx").info("not said")
    logging.getLogger("httpx").warning("key %s", KEY)
    structlog.get_logger().warning("stamina.retry_scheduled", callable="f")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    lines = journal.lines()
    assert {line["event"] for line in lines} == {"library.warned"}
    assert [line["msg"] for line in lines[:2]] == [
        "key ***",
        "stamina.retry_scheduled",
    ]
    assert "old" in str(lines[2]["msg"])


def test_given_no_log_when_something_is_logged_then_nothing_happens():
    log(Event.TRIGGER_HIT)


def test_given_console_in_a_pipe_when_logged_then_a_person_can_read_it(journal):
    journal.start(format="console")

    log(Event.TRIGGER_HIT, trigger_id="sol-core/sl", reason="two words")

    assert journal.text() == (
        "22:13:20.000 warning trigger.hit"
        '              trigger_id=sol-core/sl reason="two words"\n'
    )


@pytest.mark.parametrize("no_color", [False, True])
def test_given_console_on_a_terminal_when_logged_then_colours_are_a_choice(
    journal, no_color
):
    leader, follower = pty.openpty()
    running = journal.start(format="console", fd=follower, no_color=no_color)

    log(Event.TRIGGER_HIT)

    assert running.close()
    os.close(follower)
    shown = os.read(leader, 4096)
    os.close(leader)
    assert (b"\x1b[33mwarning" in shown) != no_color
