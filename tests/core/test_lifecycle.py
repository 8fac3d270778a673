"""The tables of transitions, every legal and illegal pair, and their picture."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from exitd.core.attempt import ENDED, AttemptState
from exitd.core.entry import ENTRY_ENDED, EntryState
from exitd.core.lifecycle import (
    ATTEMPT_TRANSITIONS,
    ENTRY_TRANSITIONS,
    TRIGGER_TRANSITIONS,
    AttemptCause,
    EntryCause,
    TriggerCause,
    diagram,
    next_attempt_state,
    next_entry_state,
    next_trigger_state,
)
from exitd.core.trigger import TriggerState
from exitd.errors import CoreError

_PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
_TABLES = [
    (TRIGGER_TRANSITIONS, TriggerState, TriggerCause, next_trigger_state),
    (ATTEMPT_TRANSITIONS, AttemptState, AttemptCause, next_attempt_state),
    (ENTRY_TRANSITIONS, EntryState, EntryCause, next_entry_state),
]


@pytest.mark.parametrize(("table", "states", "causes", "step"), _TABLES)
def test_given_every_pair_then_legal_ones_step_and_others_raise(
    table, states, causes, step
):
    for state, cause in product(states, causes):
        if (state, cause) in table:
            assert step(state, cause) is table[state, cause]
        else:
            with pytest.raises(CoreError, match=f"{state} cannot take '{cause}'"):
                step(state, cause)


@pytest.mark.parametrize(("table", "states", "causes", "step"), _TABLES)
def test_given_the_first_state_then_every_other_is_reachable(
    table, states, causes, step
):
    seen = {next(iter(states))}
    while True:
        more = {after for (before, _), after in table.items() if before in seen} - seen
        if not more:
            break
        seen |= more

    assert seen == set(states)


@pytest.mark.parametrize(("table", "states", "causes", "step"), _TABLES)
def test_given_every_cause_then_some_state_takes_it(table, states, causes, step):
    assert {cause for _, cause in table} == set(causes)


def test_given_firing_then_nothing_but_a_person_an_end_or_a_budget_leads_out():
    causes = {cause for state, cause in TRIGGER_TRANSITIONS if state == "firing"}

    assert TriggerCause.CANCELLED not in causes
    assert TriggerCause.LIFETIME_ENDED not in causes


def test_given_an_ended_attempt_then_it_never_is_signed_or_sent_again():
    for (before, _), after in ATTEMPT_TRANSITIONS.items():
        if before in ENDED:
            assert after not in (
                AttemptState.SIGNED,
                AttemptState.SENT,
                AttemptState.IN_DOUBT,
            )


def test_given_an_ended_entry_then_it_never_is_wanted_signed_or_sent_again():
    for (before, _), after in ENTRY_TRANSITIONS.items():
        if before in ENTRY_ENDED:
            assert after not in (
                EntryState.WANTED,
                EntryState.SIGNED,
                EntryState.SENT,
                EntryState.IN_DOUBT,
            )


def test_given_the_tables_then_the_page_in_the_docs_shows_them():
    assert _PAGE.read_text(encoding="utf-8") == diagram()


def test_given_the_tables_then_every_arrow_is_drawn():
    page = diagram()

    for table in (TRIGGER_TRANSITIONS, ATTEMPT_TRANSITIONS, ENTRY_TRANSITIONS):
        for (before, cause), after in table.items():
            arrow = next(
                line
                for line in page.splitlines()
                if line.strip().startswith(f"{before} --> {after}:")
                and str(cause) in line
            )
            assert arrow
