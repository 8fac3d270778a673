"""What an amend does to a confirmation that is under way."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.test_confirming import armed, confirmed
from core.worlds import S, stop
from exitd.core.inputs import Amend, IfCrossed
from exitd.core.state import Refused


@pytest.mark.parametrize("if_crossed", IfCrossed)
def test_b132_given_its_close_is_amended_meanwhile_then_it_confirms_on(if_crossed):
    world = armed(confirmed(120))
    world.mark("94")
    world.wait(60 * S)
    world.mark("94")

    half = replace(confirmed(120, size="50%"), note="changed")
    reply = world.do(
        Amend(definition=half, if_crossed=if_crossed, now_ns=world.later())
    ).reply

    assert not isinstance(reply, Refused)
    assert world.state("sl") == "armed"
    assert world.sent == []
    world.wait(61 * S)
    assert world.sizes() == ["5"]


def test_b137_given_its_close_is_amended_meanwhile_then_it_counts_on():
    world = armed(confirmed(prices=3))
    world.mark("94", "94")

    half = confirmed(prices=3, size="50%")
    reply = world.do(
        Amend(definition=half, if_crossed=IfCrossed.WAIT, now_ns=world.later())
    ).reply

    assert not isinstance(reply, Refused)
    world.mark("94")
    assert world.sizes() == ["5"]


def test_b137_given_another_level_meanwhile_then_it_counts_anew():
    world = armed(confirmed(prices=3))
    world.mark("94", "94")

    lower = replace(confirmed(prices=3), condition=stop("sl", "93").condition)
    world.do(Amend(definition=lower, if_crossed=IfCrossed.WAIT, now_ns=world.later()))

    world.mark("93", "93")
    assert world.sent == []
    world.mark("93")
    assert world.who() == ["sl"]


def test_b033_given_its_confirmation_is_amended_while_beyond_then_by_policy():
    for if_crossed, state in (
        (IfCrossed.REFUSE, "armed"),
        (IfCrossed.WAIT, "waiting: already crossed"),
        (IfCrossed.FIRE, "firing"),
    ):
        world = armed(confirmed(120))
        world.mark("94")

        shorter = confirmed(60)
        world.do(Amend(definition=shorter, if_crossed=if_crossed, now_ns=world.later()))

        assert world.state("sl") == state


@pytest.mark.parametrize(("level", "is_anew"), [("95", False), ("94.9", True)])
def test_given_an_amend_then_the_time_begins_again_only_where_the_level_changed(
    level, is_anew
):
    world = armed(confirmed(120))
    world.mark("94.9")
    world.wait(60 * S)
    before_ns = world.trigger("sl").confirm_ns
    definition = replace(
        confirmed(120), condition=stop("sl", level).condition, note="changed"
    )

    world.do(
        Amend(definition=definition, if_crossed=IfCrossed.WAIT, now_ns=world.later())
    )

    assert (world.trigger("sl").confirm_ns != before_ns) is is_anew
