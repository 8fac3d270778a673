"""The venue's clock: anchored on the monotonic one, suspicious of jumps."""

import pytest

from exitd.adapters.network.venue_clock import VenueClock
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueUnavailable
from fakes.clocks import ManualClock

HOUR_NS = 3600 * NS_PER_S
TRIP_NS = 40 * NS_PER_MS


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def venue_clock(clock) -> VenueClock:
    return VenueClock(clock)


def measure(venue_clock: VenueClock, clock: ManualClock, ahead_ns: int) -> None:
    """Ask a venue whose clock is *ahead_ns* ahead of ours; the trip takes 40 ms."""
    started_ns = clock.monotonic_ns()
    clock.advance(TRIP_NS // 2)
    answer_ms = (clock.now_ns() + ahead_ns) // NS_PER_MS
    clock.advance(TRIP_NS // 2)
    venue_clock.measured(answer_ms, started_ns, clock.monotonic_ns())


def test_given_no_measurement_when_asked_then_our_own_clock(clock, venue_clock):
    assert venue_clock.now_ns() == clock.now_ns()
    assert not venue_clock.is_synced


def test_given_a_skewed_venue_when_measured_then_known_to_half_a_trip(
    clock, venue_clock
):
    measure(venue_clock, clock, 300 * NS_PER_MS)

    assert abs(venue_clock.offset_ns - 300 * NS_PER_MS) <= NS_PER_MS
    assert venue_clock.uncertainty_ns == TRIP_NS // 2 + NS_PER_MS


@pytest.mark.parametrize("way_there", [0.0, 0.5, 1.0])
def test_given_an_uneven_trip_when_measured_then_the_earliest_is_no_later_than_true(
    clock, venue_clock, way_there
):
    started_ns = clock.monotonic_ns()
    clock.advance(int(TRIP_NS * way_there))
    answer_ms = clock.now_ns() // NS_PER_MS
    clock.advance(TRIP_NS - int(TRIP_NS * way_there))
    venue_clock.measured(answer_ms, started_ns, clock.monotonic_ns())

    true_ns = clock.now_ns()
    assert true_ns - 2 * TRIP_NS <= venue_clock.earliest_ns() <= true_ns


def test_b123_given_a_measurement_when_wall_clock_steps_then_unaffected(
    clock, venue_clock
):
    measure(venue_clock, clock, 0)
    before_ns = venue_clock.now_ns()

    clock.step(-HOUR_NS)
    clock.advance(NS_PER_S)

    assert venue_clock.now_ns() == before_ns + NS_PER_S


def test_given_a_machine_an_hour_off_when_first_measured_then_believed(
    clock, venue_clock
):
    measure(venue_clock, clock, HOUR_NS)

    assert abs(venue_clock.offset_ns - HOUR_NS) <= NS_PER_MS


def test_given_a_lying_answer_when_measured_then_the_last_one_is_kept(
    clock, venue_clock
):
    measure(venue_clock, clock, 0)

    with pytest.raises(VenueUnavailable, match="jumped"):
        measure(venue_clock, clock, HOUR_NS)

    assert abs(venue_clock.offset_ns) <= NS_PER_MS
    measure(venue_clock, clock, 0)


def test_b123_given_a_first_answer_that_lies_when_measured_again_then_put_right(
    clock, venue_clock
):
    measure(venue_clock, clock, HOUR_NS)

    measure(venue_clock, clock, 0)

    assert abs(venue_clock.offset_ns) <= NS_PER_MS


def test_b123_given_a_machine_an_hour_off_when_one_answer_lies_then_not_believed(
    clock, venue_clock
):
    measure(venue_clock, clock, HOUR_NS)
    measure(venue_clock, clock, HOUR_NS)

    with pytest.raises(VenueUnavailable, match="jumped"):
        measure(venue_clock, clock, 0)

    assert abs(venue_clock.offset_ns - HOUR_NS) <= NS_PER_MS


def test_given_a_real_jump_when_measured_twice_then_believed(clock, venue_clock):
    measure(venue_clock, clock, 0)
    with pytest.raises(VenueUnavailable):
        measure(venue_clock, clock, HOUR_NS)

    measure(venue_clock, clock, HOUR_NS)

    assert abs(venue_clock.offset_ns - HOUR_NS) <= NS_PER_MS


def test_b123_given_no_measurement_and_a_clock_far_ahead_then_prices_tell_the_time(
    clock, venue_clock
):
    true_ns = clock.now_ns() - HOUR_NS
    venue_clock.seen(true_ns - 2 * NS_PER_S, clock.monotonic_ns())
    venue_clock.seen(true_ns - TRIP_NS, clock.monotonic_ns())
    venue_clock.seen(true_ns - NS_PER_S, clock.monotonic_ns())

    clock.advance(NS_PER_S)

    # The newest counts: a frame is never dated later than it is.
    assert venue_clock.now_ns() == true_ns - TRIP_NS + NS_PER_S
    assert not venue_clock.is_synced


def test_b123_given_no_measurement_and_a_clock_far_behind_then_prices_tell_the_time(
    clock, venue_clock
):
    true_ns = clock.now_ns() + HOUR_NS

    venue_clock.seen(true_ns, clock.monotonic_ns())

    assert venue_clock.now_ns() == true_ns


def test_given_no_measurement_and_old_prices_when_a_new_one_comes_then_our_own_clock(
    clock, venue_clock
):
    venue_clock.seen(clock.now_ns() - 60 * NS_PER_S, clock.monotonic_ns())
    assert venue_clock.now_ns() == clock.now_ns() - 60 * NS_PER_S

    venue_clock.seen(clock.now_ns() - TRIP_NS, clock.monotonic_ns())

    assert venue_clock.now_ns() == clock.now_ns()


def test_given_a_measurement_then_prices_tell_no_time(clock, venue_clock):
    venue_clock.seen(clock.now_ns() - HOUR_NS, clock.monotonic_ns())
    measure(venue_clock, clock, 0)
    before_ns = venue_clock.now_ns()

    venue_clock.seen(clock.now_ns() + HOUR_NS, clock.monotonic_ns())

    assert venue_clock.now_ns() == before_ns
    assert abs(venue_clock.offset_ns) <= NS_PER_MS
