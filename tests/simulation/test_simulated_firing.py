"""The firing protocol under seeded faults: once, and never not."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from msgspec.structs import replace

from exitd.core import engine
from exitd.core.attempt import AttemptState
from exitd.core.inputs import AttemptUnanswered
from exitd.core.lifecycle import AttemptCause, next_attempt_state
from exitd.core.settling import settle
from exitd.core.turn import Turn
from exitd.simulator.quirks import Quirks
from simulation.choices import draw
from simulation.invariants import Violation
from simulation.living import live_through

SEEDS = 500
BATCH = 50


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_given_seeded_faults_and_crashes_when_healed_then_each_close_happened_once(
    first: int, tmp_path: Path
) -> None:
    for seed in range(first, first + BATCH):
        live_through(seed, tmp_path / str(seed))


def test_given_all_seeds_then_every_answer_to_every_open_question_is_drawn():
    drawn: dict[str, set[object]] = {}
    for seed in range(SEEDS):
        for name, value in draw(Random(seed)).quirks.items():
            drawn.setdefault(name, set()).add(value)

    asked = {
        name: set(get_args(kind))
        for name, kind in get_type_hints(Quirks).items()
        if get_origin(kind) is Literal
    }
    assert drawn == asked


def test_given_all_seeds_then_every_deed_by_hand_and_every_skew_is_drawn():
    choices = [draw(Random(seed)) for seed in range(SEEDS)]

    deeds = {deed.what for one in choices for deed in one.by_hand}
    assert deeds == {"close", "reopen", "grow", "arm", "cancel", "amend"}
    assert {one.skew_ms for one in choices} == {0, -300, 300, -4_000, 4_000}
    assert len({one.step_ms for one in choices}) == 3
    assert {len(one.crashes_s) for one in choices} == {0, 1, 2, 3}


def resend_at_once(turn: Turn, lost: AttemptUnanswered) -> None:
    """Take no answer for a no: what a naive client does."""
    attempt = turn.state.attempts.get(lost.attempt)
    if attempt is None or attempt.state is not AttemptState.SENT:
        return
    doubtful = next_attempt_state(attempt.state, AttemptCause.UNANSWERED)
    given_up = next_attempt_state(doubtful, AttemptCause.NOT_FOUND)
    turn.put_attempt(replace(attempt, state=given_up, ts_changed_ns=turn.now_ns))
    settle(turn, turn.state.attempts[lost.attempt])


def live_through_all(folder: Path) -> None:
    for seed in range(SEEDS):
        live_through(seed, folder / str(seed))


def test_given_a_build_that_resends_with_a_new_id_then_it_is_caught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setitem(engine._HANDLERS, AttemptUnanswered, resend_at_once)

    with pytest.raises(Violation, match=r"closed .* instead of") as caught:
        live_through_all(tmp_path)

    told = "\n".join(caught.value.__notes__)
    assert "python tests/simulation/replay.py" in told
    assert "trigger.hit" in told
