"""Every row of the failure model has its tests, but for a few that say why not."""

from __future__ import annotations

from random import Random

from exitd.core.units import NS_PER_S
from failure_table import (
    PAGE,
    UNTESTED_MAX,
    WHY_NOT,
    WORLDLY,
    ids,
    missing,
    page,
    rows,
)
from simulation.chain.choices import draw as draw_chain
from simulation.chain.deep import with_deep
from simulation.dates import EDGES, start_of
from simulation.failures import (
    CALLS,
    CHAIN,
    DEEDS,
    FILES,
    FRAMES,
    POINTS,
    SPELLS,
    Failures,
    draw_failures,
    simulated_rows,
)
from simulation.real_disk import drawn

#: Seeds of which only what they draw is looked at.
SEEDS = 400


def worlds_of(drawn: list[Failures]) -> list[list[int]]:
    """Give each number that is drawn for a whole world, of every seed."""
    return [
        [one.accepted_later_ms for one in drawn],
        [one.slots for one in drawn],
        [one.drift_ppm for one in drawn],
    ]


def test_given_the_model_then_it_has_every_row_once_and_in_order():
    assert [row.id for row in rows()] == ids()


def test_given_a_row_then_its_tests_are_there():
    assert {row.id: missing(row) for row in rows() if missing(row)} == {}


def test_given_the_rows_then_few_are_untested_and_say_why():
    untested = [row.id for row in rows() if not row.tests and not row.programs]

    assert len(untested) <= UNTESTED_MAX
    assert untested == [row.id for row in rows() if row.untested]


def test_given_a_row_then_it_says_what_must_happen_or_stands_in_its_place():
    assert [row.id for row in rows() if bool(row.must) is bool(row.instead)] == []
    assert {row.id[0] for row in rows() if row.instead} == {"H"}


def test_given_the_rows_then_those_that_seeds_draw_are_marked():
    marked = {row.id for row in rows() if row.simulated}

    assert marked == simulated_rows()


def test_given_a_row_that_no_seed_draws_then_it_says_why_no_world_can_hold_it():
    worldly = [row for row in rows() if row.id[0] in WORLDLY]

    assert [r.id for r in worldly if r.simulated is bool(r.unsimulated)] == []
    assert {row.unsimulated for row in rows()} == {"", *WHY_NOT}


def test_given_many_seeds_then_every_trouble_of_a_chain_and_of_a_file_is_drawn():
    chains = [with_deep(draw_chain(Random(seed)), seed) for seed in range(SEEDS)]

    named = {trouble.what for one in chains for trouble in one.troubles}
    named |= {"unanswered"} if any(one.sends.unanswered for one in chains) else set()
    assert set(CHAIN) <= named
    files = {what for seed in range(SEEDS) for _, what in drawn(seed, 12.0)}
    assert files == set(FILES)


def test_given_many_seeds_then_some_begin_at_each_edge_of_the_calendar():
    starts = {start_of(seed) for seed in range(SEEDS)}

    assert len(starts) == 1 + len(EDGES)
    assert {start_ns % (60 * NS_PER_S) for start_ns in starts} == {48 * NS_PER_S}


def test_given_many_seeds_then_every_kind_of_failure_is_drawn():
    drawn = [draw_failures(seed, 12.0) for seed in range(SEEDS)]

    assert {kind for one in drawn for kind, _ in one.calls} == set(CALLS)
    assert {kind for one in drawn for kind, _ in one.frames} == set(FRAMES)
    assert {kind for one in drawn for *_, kind in one.spells} == set(SPELLS)
    assert {kind for one in drawn for _, kind, _ in one.deeds} == set(DEEDS)
    assert {point for one in drawn for point, _ in one.points} == set(POINTS)
    assert all(len({bool(v) for v in values}) == 2 for values in worlds_of(drawn))


def test_given_the_page_then_it_is_what_the_model_says():
    assert PAGE.read_text() == page(), "run `python tests/failure_table.py`"
