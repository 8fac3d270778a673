"""The program of the simulation, on packages with a rule taken out of their source."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mutations.mutation import Mutation
from mutations.worker import copy_package

PROGRAM = Path(__file__).parent / "program.py"
SEEDS = 1_000
NAME = "test_given_a_package_without_a_rule_then_a_seed_of_a_thousand_catches_it"

SENT_BEFORE_WRITTEN = Mutation(
    87,
    "runtime/dispatch.py",
    "self._loop.with_commit if is_ahead else self._loop.when_durable",
    "self._loop.with_commit",
    NAME,
)
SENT_PAST_THE_BARRIER = Mutation(
    87, "core/firing.py", "if is_barred(state, role.key):", "if False:", NAME
)
SENT_AGAIN_WITH_A_NEW_ID = Mutation(
    89,
    "core/doubt.py",
    "        _doubt(turn, attempt, AttemptCause.UNANSWERED, lost.why)\n",
    "        lost_one = next_attempt_state(attempt.state, AttemptCause.UNANSWERED)\n"
    "        given_up = next_attempt_state(lost_one, AttemptCause.NOT_FOUND)\n"
    "        turn.put_attempt(replace(attempt, state=given_up))\n"
    "        settle(turn, turn.state.attempts[lost.attempt])\n",
    NAME,
)


def simulate(package: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", str(PROGRAM), *words],
        env={**os.environ, "PYTHONPATH": str(package), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("mutation", "firing", "why", "first"),
    [
        (SENT_BEFORE_WRITTEN, "strict", "was sent before it was durable", 0),
        (SENT_AGAIN_WITH_A_NEW_ID, "strict", "instead of", 0),
        # A crash between an order and its commit is rare: of the thousand, the second
        # half, as the first takes a minute and catches nothing.
        (SENT_PAST_THE_BARRIER, "overlapped", "an order nobody wrote down", SEEDS // 2),
    ],
    ids=["sent before written", "sent again with a new id", "sent past the barrier"],
)
def test_given_a_package_without_a_rule_then_a_seed_of_a_thousand_catches_it(
    mutation: Mutation, firing: str, why: str, first: int, tmp_path: Path
):
    package = copy_package(tmp_path)
    source = package / "exitd" / mutation.file
    whole = source.read_text()
    assert mutation.before in whole
    source.write_text(whole.replace(mutation.before, mutation.after, 1))

    seeds = ("--seed", str(first), "--seeds", str(SEEDS - first), "--firing", firing)
    done = simulate(package, *seeds, "--stop", "--json", "--processes", "1")

    assert done.returncode == 1, done.stderr
    (found,) = json.loads(done.stdout)["violated"]
    assert why in found["why"]
    assert f"again: {found['again']}\n" in done.stderr
    assert "order.signed" in done.stderr


@pytest.mark.e2e
def test_given_the_package_as_it_is_then_the_same_seeds_hold():
    package = Path(__file__).parents[2] / "daemon"

    done = simulate(package, "--seeds", "4", "--json", "--processes", "1")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["seeds"], told["violated"]) == (4, [])
    assert told["counts"]["decisions"] > 0
    assert done.stderr == ""


@pytest.mark.e2e
def test_given_one_seed_then_its_whole_history_is_told():
    package = Path(__file__).parents[2] / "daemon"

    done = simulate(package, "--seed", "2")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("seed 2\n")
    assert "  trigger: " in done.stdout
    assert done.stdout.endswith("\nall invariants hold\n")


@pytest.mark.parametrize("words", [["--seeds", "0"], ["--seed", "x"], ["--broken"]])
def test_given_wrong_words_then_they_are_refused_with_two(words: list[str]):
    from simulation.program import parsed

    with pytest.raises(SystemExit) as refused:
        parsed(words)

    assert refused.value.code == 2
