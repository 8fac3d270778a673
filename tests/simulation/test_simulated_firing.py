"""The firing protocol under seeded faults: once, and never not."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from exitd.core.condition import Basis, FixedLevel, Relative
from exitd.core.trigger import QuantityKind
from exitd.simulator.quirks import Quirks
from fakes.memory import folder_in_memory
from simulation.alerts.choices import draw as draw_alerts
from simulation.broken import BUILDS, Put
from simulation.chain.choices import draw as draw_chain
from simulation.chain.contract import Forms
from simulation.choices import draw
from simulation.kinds import KINDS
from simulation.living import live_through
from simulation.violation import Violation
from simulation.worlds import is_of_alerts, is_of_chain

SEEDS = 200
#: Seeds of which only what they draw is looked at.
DRAWN = 500
BATCH = 25
#: So many of them at most are lived through with each broken build.
BROKEN_SEEDS = range(1000)


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_given_seeded_faults_and_crashes_when_healed_then_each_close_happened_once(
    first: int,
) -> None:
    with folder_in_memory() as folder:
        for seed in range(first, first + BATCH):
            live_through(seed, Path(folder) / str(seed))


def test_given_all_seeds_then_every_answer_to_every_open_question_is_drawn():
    drawn: dict[str, set[object]] = {}
    for seed in range(DRAWN):
        for name, value in draw(Random(seed)).quirks.items():
            drawn.setdefault(name, set()).add(value)

    asked = {
        name: set(get_args(kind))
        for name, kind in get_type_hints(Quirks).items()
        if get_origin(kind) is Literal
    }
    assert drawn == asked


def test_given_all_seeds_then_every_deed_by_hand_and_every_skew_is_drawn():
    choices = [draw(Random(seed)) for seed in range(DRAWN)]

    deeds = {deed.what for one in choices for deed in one.by_hand}
    assert deeds == {"close", "reopen", "grow", "arm", "cancel", "amend", "widen"}
    assert {one.skew_ms for one in choices} == {0, -300, 300, -4_000, 4_000}
    assert len({one.step_ms for one in choices}) == 3
    assert {len(one.crashes_s) for one in choices} == {0, 1, 2, 3}


def test_given_all_seeds_then_every_kind_of_exit_is_drawn():
    choices = [draw(Random(seed)) for seed in range(DRAWN)]
    triggers = [trigger for one in choices for trigger in one.triggers]

    assert {trigger.id for trigger in triggers} >= set(KINDS)
    closes = [trigger.close for trigger in triggers if trigger.close is not None]
    kinds = {close.quantity.kind for close in closes}
    assert kinds == set(QuantityKind) - {QuantityKind.REST}
    levels = [c.price for t in triggers if isinstance(c := t.condition, FixedLevel)]
    relative = [level for level in levels if isinstance(level, Relative)]
    assert {level.basis for level in relative} == set(Basis)
    assert {level.follows for level in relative} == {True, False}
    assert {one.guard_percent is None for one in choices} == {True, False}


def test_given_all_seeds_then_every_trouble_of_a_chain_is_drawn():
    choices = [draw_chain(Random(seed)) for seed in range(DRAWN)]

    assert {trouble.what for one in choices for trouble in one.troubles} == {
        *("moods", "down", "up", "reorg", "drop", "fees", "tip", "halt", "nonce"),
        *("sleep", "feed", "owner", "liquidate"),
    }
    assert {one.forms for one in choices} == set(get_args(Forms))
    assert {one.confirmations for one in choices} == {1, 2, 3, 4}
    assert {len(one.crashes_s) for one in choices} == {0, 1, 2, 3}
    for name in ("lost", "unanswered", "delayed", "troubled", "broken"):
        assert {bool(getattr(one.sends, name)) for one in choices} == {True, False}
        assert {bool(getattr(one.reads, name)) for one in choices} == {True, False}


def test_given_all_seeds_then_every_way_of_an_alert_is_drawn():
    choices = [draw_alerts(Random(seed)) for seed in range(DRAWN)]
    bodies = [alert.body for one in choices for alert in one.alerts]

    assert {one.exits for one in choices} == {"exitd", "native"}
    assert {one.is_prompt for one in choices} == {True, False}
    assert {len(one.crashes_s) for one in choices} == {0, 1, 2, 3}
    assert {bool(one.by_hand_s) for one in choices} == {True, False}
    assert {len(one.rooms) > 1 for one in choices} == {True, False}
    assert {kind for one in choices for _, _, kind in one.disk} == {
        "full",
        "broken",
        "good",
    }
    for field in ("limitPrice", "stopLossTarget", "profitTarget", "qty"):
        assert {field in body for body in bodies} == {True, False}
    assert {len(alert.repeats_s) for one in choices for alert in one.alerts} == {
        0,
        1,
        2,
    }


def is_of_positions(seed: int) -> bool:
    return not (is_of_alerts(seed) or is_of_chain(seed))


#: In which worlds alone a build can be shown to be broken; else in those of positions.
SHOWN_IN = {
    "leaves-exits-too-large": is_of_alerts,
    "trades-repeated-alerts": is_of_alerts,
    "sends-again-on-a-new-nonce": is_of_chain,
}


def violated_by(
    build: str, folder: Path, put: Put, why: str, enough: int
) -> list[Violation]:
    """Live through seeds with a broken build until it was caught so often."""
    BUILDS[build](put)
    found: list[Violation] = []
    for seed in filter(SHOWN_IN.get(build, is_of_positions), BROKEN_SEEDS):
        try:
            live_through(seed, folder / str(seed))
        except Violation as violated:
            if re.search(why, str(violated)):
                found.append(violated)
        if len(found) == enough:
            break
    return found


@pytest.mark.parametrize(
    ("build", "least", "why"),
    [
        ("resends-with-a-new-id", 3, r"closed .* instead of"),
        ("forgets-what-trails-saw", 3, r"what is durable says|be restored"),
        ("lets-moved-stops-loosen", 2, r"the moved stop .* loosened"),
        ("leaves-slices-resting", 1, r"was hit, and .* still rests"),
        ("believes-every-price", 3, r"hit, and the index does not bear it out"),
        ("leaves-exits-too-large", 2, r"covers .* is left"),
        ("trades-repeated-alerts", 2, r"was taken in as"),
        ("keeps-quiet-of-bare-positions", 3, r"no live stop, and nobody is told"),
        ("arms-without-watching", 3, r"is armed, and nothing watches it"),
        ("sends-again-on-a-new-nonce", 2, r"was sent with the nonces"),
    ],
)
def test_given_a_build_with_a_broken_rule_then_it_is_caught(
    build: str, least: int, why: str, monkeypatch: pytest.MonkeyPatch
):
    with folder_in_memory() as folder:
        found = violated_by(build, Path(folder), monkeypatch.setattr, why, least)

    assert len(found) == least
    told = "\n".join(found[0].__notes__)
    assert "again: ./exitd simulate --seed " in told
    assert "  fact  " in told
