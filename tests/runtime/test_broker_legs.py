"""The whole runtime at each broker that holds exits: they go before a close of ours."""

from __future__ import annotations

import pytest

from exitd.core.events import FactKind
from exitd.core.trigger import DoneReason
from runtime.bracket_desk import BROKERS, STOP, bracketed

pytestmark = pytest.mark.parametrize("kind", BROKERS)


async def test_b084_given_a_bracket_when_closed_by_hand_then_its_legs_go_first(
    kind, tmp_path
):
    async with bracketed(kind, tmp_path) as bracket:
        await bracket.close()

        assert await bracket.done("hand") is DoneReason.FILLED
        there = bracket.there
        assert (there.held, there.sold(), there.resting()) == (0, [10], 0)
        assert not bracket.refused


async def test_b084_given_cancels_that_fail_when_closed_by_hand_then_sold_once(
    kind, tmp_path
):
    async with bracketed(kind, tmp_path) as bracket:
        bracket.there.fail_cancels(2)

        await bracket.close()

        assert await bracket.done("hand") is DoneReason.FILLED
        there = bracket.there
        assert (there.held, there.sold(), there.resting()) == (0, [10], 0)


async def test_b065_given_a_stop_of_ours_and_the_brokers_when_both_hit_then_sold_once(
    kind, tmp_path
):
    async with bracketed(kind, tmp_path) as bracket:
        await bracket.run.arm(bracket.exit("own", STOP, "130"))

        await bracket.price("129.5")

        await bracket.done("own")
        assert (bracket.there.held, bracket.there.sold()) == (0, [10])


async def test_b064_given_a_part_is_closed_then_our_stop_guards_the_rest(
    kind, tmp_path
):
    async with bracketed(kind, tmp_path) as bracket:
        await bracket.run.arm(bracket.exit("near", STOP, "135", "4"))

        await bracket.price("134.5")
        assert await bracket.done("near") is DoneReason.FILLED
        assert FactKind.EXITS_TAKEN_OVER in bracket.run.kinds()
        await bracket.price("129.5")

        assert await bracket.done("desk-1/sl") is DoneReason.FILLED
        there = bracket.there
        assert (there.held, there.sold(), there.resting()) == (0, [4, 6], 0)
