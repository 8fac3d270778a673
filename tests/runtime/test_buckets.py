"""So many a minute for each of many, in a memory that is bounded."""

from __future__ import annotations

from exitd.core.units import NS_PER_S as S
from exitd.runtime.buckets import KEYS_MAX, Buckets
from fakes.clocks import ManualClock


def test_given_one_who_has_spent_its_minute_then_it_waits_and_no_other():
    clock = ManualClock()
    buckets = Buckets[str](6, clock.monotonic_ns)

    assert [buckets.take("a") for _ in range(7)] == [0] * 6 + [10]
    assert buckets.wait_s("a") == 10
    assert buckets.take("b") == 0
    clock.advance(10 * S)
    assert [buckets.take("a"), buckets.take("a")] == [0, 10]


def test_given_a_burst_then_no_more_at_once_and_the_whole_minute_over_time():
    clock = ManualClock()
    buckets = Buckets[str](60, clock.monotonic_ns, burst=5)

    assert [buckets.take("a") for _ in range(6)] == [0] * 5 + [1]
    clock.advance(2 * S)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]


def test_given_nobody_has_asked_when_looked_up_then_there_is_room_and_nothing_is_kept():
    buckets = Buckets[str](1, ManualClock().monotonic_ns)

    assert buckets.wait_s("a") == 0
    assert not buckets._budgets


def test_given_very_many_then_whoever_has_not_asked_for_longest_is_forgotten():
    buckets = Buckets[int](2, ManualClock().monotonic_ns)
    for number in range(KEYS_MAX):
        buckets.take(number)
    buckets.take(0)

    buckets.take(KEYS_MAX)

    assert len(buckets._budgets) == KEYS_MAX
    assert buckets.wait_s(0) == 30
    assert 1 not in buckets._budgets
