"""What `tail` makes of facts: a block for each firing."""

from __future__ import annotations

import pytest

from exitd.cli.tailing import Blocks
from exitd.runtime.views import FactView

SYMBOL = "SOL_USDC_PERP"


def fact(event: str, at_ms: int, fire_id: str = "", **fields: str | bool) -> FactView:
    trigger = fire_id.partition("#")[0]
    ts = f"2030-01-01T00:00:{at_ms // 1000:02}.{at_ms % 1000:03}000000Z"
    return FactView(
        seq=at_ms,
        ts=ts,
        event=event,
        account="main",
        symbol=SYMBOL,
        trigger_id=trigger,
        fire_id=fire_id,
        fields=dict(fields),
    )


def lines(capsys: pytest.CaptureFixture[str], *facts: FactView) -> list[str]:
    """Give the event of each line that is printed, indented in a block."""
    blocks = Blocks()
    for each in facts:
        blocks.take(each)
    printed = capsys.readouterr().out.splitlines()
    return [
        f"  {line.split()[2]}" if line.startswith(" ") else " ".join(line.split()[2:4])
        for line in printed
    ]


def test_given_a_position_that_a_firing_closes_then_one_block(
    capsys: pytest.CaptureFixture[str],
):
    shown = lines(
        capsys,
        fact("trigger.hit", 0, "a/sl#1"),
        fact("position.closed", 5),
        fact("trigger.done", 6, "a/sl#1"),
    )

    assert shown == [
        f"a/sl#1 {SYMBOL}",
        "  trigger.hit",
        "  position.closed",
        "  trigger.done",
    ]


def test_given_what_another_does_or_a_while_later_then_a_line_of_its_own(
    capsys: pytest.CaptureFixture[str],
):
    shown = lines(
        capsys,
        fact("trigger.hit", 0, "a/sl#1"),
        fact("config.applied", 1),
        fact("trigger.done", 2, "a/sl#1"),
        fact("position.changed", 11_000),
    )

    assert shown == [
        f"a/sl#1 {SYMBOL}",
        "  trigger.hit",
        f"config.applied main/{SYMBOL}",
        f"a/sl#1 {SYMBOL}",
        "  trigger.done",
        f"position.changed main/{SYMBOL}",
    ]


def test_given_a_claim_then_written_as_in_the_log(capsys: pytest.CaptureFixture[str]):
    Blocks().take(fact("trigger.waiting", 0, "", is_stop=True))

    assert capsys.readouterr().out.endswith("is_stop=true\n")
