"""The venue's clock: anchored on the monotonic one, suspicious of jumps."""

import pytest

from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import date_s
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


def measure(
    venue_clock: VenueClock,
    clock: ManualClock,
    ahead_ns: int,
    dated_ahead_ns: int | None = None,
) -> None:
    """Ask a venue whose clock is *ahead_ns* ahead of ours; the trip takes 40 ms.

    Its answer is dated by *dated_ahead_ns*, if at all.
    """
    started_ns = clock.monotonic_ns()
    clock.advance(TRIP_NS // 2)
    answer_ms = (clock.now_ns() + ahead_ns) // NS_PER_MS
    dated_s = None
    if dated_ahead_ns is not None:
        dated_s = (clock.now_ns() + dated_ahead_ns) // NS_PER_S
    clock.advance(TRIP_NS // 2)
    venue_clock.measured(answer_ms, started_ns, clock.monotonic_ns(), dated_s)


def price(venue_clock: VenueClock, clock: ManualClock, ahead_ns: int = 0) -> None:
    """Let a price come that took 40 ms from a venue *ahead_ns* ahead of ours."""
    sent_ns = clock.now_ns() + ahead_ns - TRIP_NS
    venue_clock.seen(sent_ns, clock.monotonic_ns())


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


@pytest.mark.parametrize("lie_ns", [-HOUR_NS, HOUR_NS, 6 * NS_PER_S])
def test_b123_given_two_lies_that_agree_when_the_answers_are_dated_then_refused(
    clock, venue_clock, lie_ns
):
    measure(venue_clock, clock, 0, 0)

    for _ in range(3):
        with pytest.raises(VenueUnavailable, match="the date of the answer contradict"):
            measure(venue_clock, clock, lie_ns, 0)

    assert abs(venue_clock.offset_ns) <= NS_PER_MS


@pytest.mark.parametrize("lie_ns", [-HOUR_NS, HOUR_NS, 6 * NS_PER_S])
def test_b123_given_two_lies_that_agree_when_prices_come_then_refused(
    clock, venue_clock, lie_ns
):
    measure(venue_clock, clock, 0)
    price(venue_clock, clock)

    for _ in range(3):
        with pytest.raises(VenueUnavailable, match="venue's prices contradict"):
            measure(venue_clock, clock, lie_ns)

    assert abs(venue_clock.offset_ns) <= NS_PER_MS


def test_b123_given_a_first_answer_that_all_else_contradicts_then_refused(
    clock, venue_clock
):
    price(venue_clock, clock)

    for _ in range(2):
        with pytest.raises(VenueUnavailable, match="answer and the venue's prices"):
            measure(venue_clock, clock, HOUR_NS, 0)

    assert not venue_clock.is_synced


def test_b123_given_a_real_jump_when_one_witness_bears_it_out_then_believed(
    clock, venue_clock
):
    measure(venue_clock, clock, 0, 0)
    price(venue_clock, clock)
    with pytest.raises(VenueUnavailable, match="jumped"):
        measure(venue_clock, clock, HOUR_NS, HOUR_NS)

    measure(venue_clock, clock, HOUR_NS, HOUR_NS)

    assert abs(venue_clock.offset_ns - HOUR_NS) <= NS_PER_MS


def test_b123_given_lies_that_were_believed_when_all_say_otherwise_then_put_right(
    clock, venue_clock
):
    for _ in range(2):
        measure(venue_clock, clock, HOUR_NS)
    price(venue_clock, clock, NS_PER_S)

    measure(venue_clock, clock, NS_PER_S, NS_PER_S)

    assert abs(venue_clock.offset_ns - NS_PER_S) <= NS_PER_MS


def test_b123_given_a_price_of_long_ago_then_it_speaks_against_nothing(
    clock, venue_clock
):
    price(venue_clock, clock)
    clock.advance(61 * NS_PER_S)

    measure(venue_clock, clock, HOUR_NS)

    assert abs(venue_clock.offset_ns - HOUR_NS) <= NS_PER_MS


def test_given_a_machine_an_hour_off_when_its_answers_are_dated_so_then_believed(
    clock, venue_clock
):
    measure(venue_clock, clock, HOUR_NS, HOUR_NS)

    assert abs(venue_clock.offset_ns - HOUR_NS) <= NS_PER_MS


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 19 Jan 2038 03:14:08 GMT", 2**31),
        ("", None),
        ("soon", None),
        ("Tue, 19 Jan 2038 03:14:08 -0000", None),
        ("Tue, 99 Jan 2038 03:14:08 GMT", None),
        ("Tue, 19 Jan 99999 03:14:08 GMT", None),
    ],
)
def test_given_the_date_of_an_answer_when_read_then_seconds_or_none(date, expected):
    assert date_s(Reply(200, {"date": date} if date else {}, b"")) == expected
