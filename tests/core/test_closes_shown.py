"""Where a venue has no reduce-only, a close waits until ours before it are shown."""

from __future__ import annotations

import pytest

from core.entering import EnteringWorld
from core.worlds import D, S, World, close, stop, target
from exitd.core.attempt import Capabilities
from exitd.core.inputs import OrderStatus

NO_REDUCE_ONLY = Capabilities(reduce_only=False, lag_slack_ns=2 * S)


def half_closed() -> EnteringWorld:
    """A target has closed 5 of 10, and the stop has yet to be hit."""
    world = EnteringWorld("10", capabilities=NO_REDUCE_ONLY)
    world.arm(target("tp", "110", action=close("50%")), stop("sl", "95"))
    world.mark("110")
    return world


def test_b100_given_a_report_that_lags_our_fill_then_no_close_goes_by_it():
    world = half_closed()
    world.fill()

    world.position("10")
    world.mark("95")
    assert world.sizes() == ["5"]
    assert world.firing("sl").held_by == (
        "the position has yet to show what has been closed of it"
    )
    world.position("5")
    world.wait(S)

    assert world.sizes() == ["5", "5"]


def test_given_a_report_newer_than_the_slack_then_it_is_believed_whatever_it_shows():
    world = half_closed()
    world.fill()
    world.mark("95")

    world.wait(3 * S)
    world.position("7")
    world.wait(S)

    assert world.sizes() == ["5", "7"]


def test_given_a_report_showed_our_fill_before_it_was_told_then_nothing_waits():
    world = half_closed()
    filled_ns = world.later()

    world.position("5")
    world.report(ts_venue_ns=filled_ns, status=OrderStatus.FILLED, filled=D(5))
    world.mark("95")

    assert world.sizes() == ["5", "5"]


def adding(*, told_first: bool) -> EnteringWorld:
    """Of 10 a target has closed 5 while an entry brings 10; no report shows either."""
    world = half_closed()
    world.enter(exits=())
    if told_first:
        world.fills("10")
        world.fill()
    else:
        world.fill()
        world.fills("10")
    return world


@pytest.mark.parametrize("told_first", [False, True])
def test_b100_given_an_entry_adds_meanwhile_then_a_stop_waits_for_our_fill_only(
    told_first,
):
    world = adding(told_first=told_first)

    world.position("20")
    world.mark("95")
    assert world.sizes() == ["5"]
    world.position("15")
    world.wait(S)

    assert world.sizes() == ["5", "15"]


def test_given_an_entry_adds_after_our_fill_is_shown_then_no_stop_waits_for_it_again():
    world = half_closed()
    world.fill()
    world.position("5")
    world.enter(exits=())
    world.fills("10")

    world.position("15")
    world.mark("95")

    assert world.sizes() == ["5", "15"]


def test_b100_given_an_entry_was_held_before_our_fill_then_it_is_not_counted_again():
    world = EnteringWorld("10", capabilities=NO_REDUCE_ONLY)
    world.arm(target("tp", "110", action=close("5")), stop("sl", "95"))
    world.enter(exits=())
    entered_ns = world.later()
    world.position("20")
    world.mark("110")
    world.fill()
    world.fills("10", ts_ns=entered_ns)

    world.position("20")
    world.mark("95")
    assert world.sizes() == ["5"]
    world.position("15")
    world.wait(S)

    assert world.sizes() == ["5", "15"]


def test_given_a_report_shows_an_entry_before_it_is_told_then_a_stop_waits_no_longer():
    world = half_closed()
    world.enter(exits=())
    world.fill()
    entered_ns = world.later()
    world.position("15")
    world.mark("95")
    assert world.sizes() == ["5"]

    world.fills("10", ts_ns=entered_ns)
    world.wait(S)

    assert world.sizes() == ["5", "15"]


def test_b100_given_a_report_between_our_fill_and_an_entry_lags_then_no_close_goes():
    world = half_closed()
    world.enter(exits=())
    world.fill()
    between_ns = world.later()
    world.fills("10")

    world.position("10", ts_ns=between_ns)
    world.mark("95")
    assert world.sizes() == ["5"]
    world.position("15")
    world.wait(S)

    assert world.sizes() == ["5", "15"]


def test_given_a_close_that_works_when_shown_before_it_is_told_then_nothing_waits():
    """Where orders and positions are read one after the other, that is usual."""
    world = half_closed()
    world.works()
    filled_ns = world.later()

    world.position("5")
    world.report(ts_venue_ns=filled_ns, status=OrderStatus.FILLED, filled=D(5))
    world.mark("95")

    assert world.sizes() == ["5", "5"]


def test_given_a_part_shown_before_it_is_told_then_only_the_rest_is_awaited():
    world = half_closed()
    world.works()
    world.position("8")
    world.fill()
    world.mark("95")

    world.position("8")
    world.wait(S)
    assert world.sizes() == ["5"]
    world.position("5")
    world.wait(S)

    assert world.sizes() == ["5", "5"]


def test_b100_given_a_report_goes_back_and_forth_then_another_close_explains_nothing():
    world = half_closed()
    world.arm(target("far", "120", action=close("2")))
    world.fill()
    world.position("5")
    world.mark("120")
    world.works()

    world.position("10")
    world.position("5")
    world.fill()
    world.mark("95")
    assert world.sizes() == ["5", "2"]
    world.position("5")
    world.wait(S)
    assert world.sizes() == ["5", "2"]
    world.position("3")
    world.wait(S)

    assert world.sizes() == ["5", "2", "3"]


def test_b100_given_others_took_some_before_our_close_then_that_explains_nothing():
    world = World(capabilities=NO_REDUCE_ONLY)
    world.position("4")
    world.arm(target("tp", "110", action=close("50%")), stop("sl", "95"))
    world.mark("110")
    world.fill()

    world.position("4")
    world.mark("95")
    world.wait(S)
    assert world.sizes() == ["2"]
    world.position("2")
    world.wait(S)

    assert world.sizes() == ["2", "2"]


def test_b100_given_others_took_some_while_one_worked_then_the_next_does_not_go_by_it():
    world = World(capabilities=NO_REDUCE_ONLY)
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.works()
    world.position("8")
    world.end()
    world.wait(S)
    assert world.sizes() == ["10", "8"]
    world.end(filled="2")

    world.position("8")
    world.wait(S)
    assert world.sizes() == ["10", "8"]
    world.position("6")
    world.wait(S)

    assert world.sizes() == ["10", "8", "6"]
