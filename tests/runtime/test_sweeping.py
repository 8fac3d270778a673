"""What only refers to itself is looked for in quiet moments, and seldom if it costs."""

from __future__ import annotations

import pytest

from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.runtime.sweeping import EVERY_NS, TIMES, Sweeper
from fakes.clocks import ManualClock


class Desk:
    """A sweeper whose looks take a while."""

    def __init__(self, takes_ns: int) -> None:
        self.clock = ManualClock()
        self.is_quiet = True
        self.looks = 0
        self._takes_ns = takes_ns
        self.sweeper = Sweeper(self.clock, lambda: self.is_quiet, self._look)

    def _look(self) -> None:
        self.looks += 1
        self.clock.advance(self._takes_ns)

    def after(self, ns: int) -> int:
        """Let time pass; says how often it has looked by then."""
        self.clock.advance(ns)
        self.sweeper.sweep_if_due()
        return self.looks


def test_given_a_while_when_quiet_then_looked_and_not_before():
    desk = Desk(takes_ns=NS_PER_MS)

    assert [desk.after(EVERY_NS - 1), desk.after(1)] == [0, 1]


def test_given_a_fire_when_it_is_time_then_not_before_it_is_over():
    desk = Desk(takes_ns=NS_PER_MS)
    desk.is_quiet = False
    during = desk.after(10 * EVERY_NS)

    desk.is_quiet = True

    assert [during, desk.after(0)] == [0, 1]


@pytest.mark.parametrize("takes_ms", [2, 50])
def test_given_a_look_that_takes_long_then_the_next_is_as_much_later(takes_ms):
    desk = Desk(takes_ns=takes_ms * NS_PER_MS)
    desk.after(EVERY_NS)
    wait_ns = max(EVERY_NS, takes_ms * NS_PER_MS * TIMES)

    assert [desk.after(wait_ns - 1), desk.after(1)] == [1, 2]
    assert wait_ns >= 10 * NS_PER_S
