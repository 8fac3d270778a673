"""Rows T of the failure model: drift, the calendar's edges, a machine that sleeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.system.clock import SystemClock, awake_ns
from exitd.configuration.values import read_instant
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.runtime.steady import SteadyClock
from fakes.clocks import ManualClock

TRIP_NS = 20 * NS_PER_MS


def test_t2_given_a_clock_that_drifts_when_measured_again_then_never_far_off():
    clock = ManualClock()
    venue_clock = VenueClock(clock)
    started_ns = clock.now_ns()
    worst_ns = 0

    def true_ns() -> int:
        """The venue's time, of which our clock loses 500 parts in a million."""
        return started_ns + (clock.now_ns() - started_ns) * 1_000_500 // 1_000_000

    for _ in range(200):
        before_ns = clock.monotonic_ns()
        clock.advance(TRIP_NS // 2)
        answer_ms = true_ns() // NS_PER_MS
        clock.advance(TRIP_NS // 2)
        venue_clock.measured(answer_ms, before_ns, clock.monotonic_ns())
        clock.advance(30 * NS_PER_S)
        worst_ns = max(worst_ns, abs(venue_clock.now_ns() - true_ns()))

    # 30 s at 500 ppm are 15 ms, in 100 minutes 3 s: it does not add up.
    assert worst_ns < 15 * NS_PER_MS + venue_clock.uncertainty_ns


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-29T23:59:59Z",
        "2038-01-19T03:14:08Z",
        "2100-03-01T00:00:00Z",
        "2027-03-28T02:30:00+01:00",
        "2027-03-28T03:30:00+02:00",
        "2027-10-31T02:30:00+02:00",
        "2027-10-31T02:30:00+01:00",
    ],
)
def test_t3_given_an_instant_at_an_edge_of_the_calendar_when_read_then_utc(
    written: str, monkeypatch: pytest.MonkeyPatch
):
    seconds = int(datetime.fromisoformat(written).timestamp())
    for zone in ("UTC", "Europe/Berlin", "Pacific/Apia"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert read_instant(written).ts_ns == seconds * NS_PER_S
    monkeypatch.delenv("TZ")
    time.tzset()

    there = datetime.fromtimestamp(seconds, ZoneInfo("Europe/Berlin"))
    assert there.astimezone(UTC).timestamp() == seconds


def test_t4_given_a_machine_that_slept_then_the_time_has_passed():
    clock = SystemClock()
    before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    ours_ns = clock.monotonic_ns()
    after_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    machine = ManualClock()
    steady = SteadyClock(machine)
    started_ns = steady.now_ns()

    # What CLOCK_BOOTTIME does in a sleep of an hour.
    machine.advance(3_600 * NS_PER_S)

    assert before_ns <= ours_ns <= after_ns
    assert steady.now_ns() - started_ns == 3_600 * NS_PER_S
    assert steady.drift_ns() == 0
    # systemd goes by the other clock.
    assert awake_ns() <= time.monotonic_ns()
