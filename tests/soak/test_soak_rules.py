"""What a soak goes by: how fast memory grows, and what explains a line of the log."""

from __future__ import annotations

import os
from random import Random

import pytest

from soak.growth import growth
from soak.journal import Warned
from soak.machine import Processor
from soak.samples import Sample, own_mib_per_hour, parts_of_memory, warm
from soak.trouble import OF_THE_MACHINE, Span, unexplained


def seen(at_s: float, own_mib: float) -> Sample:
    return Sample(at_s, 0, int(own_mib * 1024), 0, 0, 0, 0, 0, 0, 0.0)


def test_given_a_line_with_noise_when_asked_then_its_slope_within_its_range():
    chance = Random(1)

    found = growth((n, 3.0 * n + chance.gauss(0, 2)) for n in range(40))

    assert found.least <= 3.0 <= found.most
    assert found.slope == pytest.approx(3.0, abs=0.1)


def test_given_a_few_wild_values_when_asked_then_flat_all_the_same():
    found = growth((n, 1_000.0 * (n % 5 == 0)) for n in range(40))

    assert found.slope == 0.0


def test_given_two_instants_when_asked_then_no_slope():
    with pytest.raises(ValueError, match="three instants"):
        growth(((0.0, 1.0), (1.0, 2.0)))


def test_given_memory_that_peaks_when_judged_then_by_the_least_of_each_minute():
    samples = [
        seen(at_s, 100 + 6 * at_s / 3600 + 5 * (at_s % 60 == 30))
        for at_s in range(480, 1800, 5)
    ]

    found = own_mib_per_hour(samples)

    assert found.slope == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize(
    ("minutes", "left_out_s"), [(30, 1_800), (60, 1_800), (15, 900)]
)
def test_given_a_soak_when_judged_then_not_by_its_warm_up(minutes, left_out_s):
    samples = [seen(at_s, 100) for at_s in range(0, 100 * 60 + 1, 5)]

    assert warm(samples, minutes * 60)[0].at_s == left_out_s


def test_given_a_busy_machine_when_long_over_then_it_explains_no_late_loop():
    busy = Span("busy machine", 100.0, 101.0, OF_THE_MACHINE, 2.0)
    at_once, later = (Warned(s, "loop.lagged", str(s)) for s in (102.5, 110.0))

    assert unexplained([at_once, later], [busy]) == ["110.0"]


def test_given_a_process_when_looked_at_then_the_parts_of_its_memory_and_its_waits():
    processor = Processor(os.getpid())

    parts = parts_of_memory(os.getpid())

    assert all(kib > 0 for kib in parts.values())
    assert processor.waited_s() >= 0.0
