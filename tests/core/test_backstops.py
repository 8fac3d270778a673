"""Backstops: in step with their position, and out of the way of closes."""

from __future__ import annotations

from core.guarding import Guarded, resting
from core.worlds import ACCOUNT, SHORT, D, S, stop
from exitd.core.attempt import RefusalKind
from exitd.core.backstop import (
    BackstopState,
    CancelBackstop,
    PlaceBackstop,
)
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus, PositionReport
from exitd.core.intents import ProvePosition

WORKING, FILLED = OrderStatus.WORKING, OrderStatus.FILLED
CANCELLED = OrderStatus.CANCELLED


def test_given_a_position_then_a_wide_stop_is_placed_once_its_row_is_there():
    world = Guarded()

    assert world.levels() == ["97"]
    assert world.wants(PlaceBackstop)[0].account == ACCOUNT
    assert world.backstop.state is BackstopState.SENT
    assert world.store.rows["backstop", world.key] == world.placed()[0]
    world.said(WORKING)
    assert world.backstop.state is BackstopState.RESTING
    assert world.told(FactKind.BACKSTOP_PLACED)[0].fields["level"] == D("97")


def test_given_a_short_then_the_level_is_above_and_never_nearer():
    world = Guarded("0")
    world.apply("3.0001", SHORT)

    world.position("10", key=SHORT)
    world.wait(3 * S)

    assert world.levels() == ["103.01"]


def test_given_a_position_opens_later_then_its_backstop_comes_with_it():
    world = Guarded("0")
    assert world.placed() == []

    world.position("10")
    world.wait(3 * S)

    assert world.levels() == ["97"]


def test_given_no_entry_price_yet_then_placed_when_it_is_known():
    guarded = Guarded("0")
    now_ns = guarded.later()
    guarded.do(
        PositionReport(
            key=guarded.key,
            quantity=D(10),
            entry_price=None,
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )
    guarded.wait(3 * S)
    assert guarded.placed() == []

    guarded.entered_at("200")
    guarded.wait(3 * S)

    assert guarded.levels() == ["194"]


def test_given_the_entry_moves_then_it_follows_once_for_many_fills():
    world = resting()
    for entry in ("101", "102", "104"):
        world.entered_at(entry, "12")

    world.wait(3 * S)
    assert len(world.wants(CancelBackstop)) == 1
    world.said(CANCELLED)

    assert world.levels() == ["97", "100.88"]
    assert world.placed()[0].client_order_id != world.placed()[1].client_order_id


def test_given_the_size_changes_alone_then_it_stays():
    world = resting()

    world.position("4")
    world.wait(60 * S)

    assert world.wants(CancelBackstop) == []


def test_given_the_position_is_closed_then_taken_back_until_it_is_gone():
    world = resting()

    world.position("0")
    world.wait(25 * S)

    assert len(world.wants(CancelBackstop)) >= 2
    world.said(CANCELLED)
    assert world.backstop.is_over
    assert world.told(FactKind.BACKSTOP_WITHDRAWN)
    world.intents.clear()
    world.wait(1_000 * S)
    assert world.intents == []


def test_given_it_leaves_the_files_then_taken_back():
    world = resting()

    world.apply(None)

    assert world.wants(CancelBackstop)
    world.said(CANCELLED)
    world.wait(60 * S)
    assert len(world.placed()) == 1


def test_given_a_close_fires_then_none_is_placed_before_it_is_over():
    world = Guarded("0")
    world.apply(None)
    world.position("10")
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.apply("3")
    world.wait(5 * S)
    assert world.placed() == []
    world.end(filled="4")
    world.fill()
    world.position("0")
    world.wait(5 * S)

    assert world.placed() == []


def test_given_the_venue_counts_it_against_a_close_then_it_goes_first_and_comes_back():
    world = resting()
    world.arm(stop("sl", "98"))
    world.mark("98")

    world.refuse(RefusalKind.OWN_ORDERS)
    assert world.wants(CancelBackstop)
    world.said(CANCELLED)
    world.wait(5 * S)
    assert len(world.placed()) == 1
    world.cancel("sl", abandon=True)

    assert len(world.placed()) == 2


def test_given_it_has_fired_at_the_venue_then_told_and_the_position_is_read():
    world = resting()

    world.said(FILLED, filled="10")

    told = world.told(FactKind.BACKSTOP_FILLED)[0]
    assert told.fields["alert"] is True
    assert told.fields["filled"] == D(10)
    assert world.wants(ProvePosition)
    world.position("0")
    world.wait(60 * S)
    assert len(world.placed()) == 1


def test_given_somebody_cancels_it_then_told_and_placed_again():
    world = resting()

    world.said(CANCELLED, reason="by hand")
    world.wait(3 * S)

    assert world.told(FactKind.BACKSTOP_LOST)[0].fields["why"] == "by hand"
    assert world.levels() == ["97", "97"]


def test_given_another_percentage_then_moved():
    world = resting()

    world.apply("5")
    world.said(CANCELLED)

    assert world.levels() == ["97", "95"]


def test_given_it_is_taken_back_and_shows_again_then_asked_no_more_often():
    world = resting()
    world.position("0")
    count = len(world.wants(CancelBackstop))

    world.said(WORKING)

    assert len(world.wants(CancelBackstop)) == count


def test_given_it_left_the_files_before_it_was_placed_then_never_placed():
    world = Guarded("0")
    world.position("10")

    world.apply(None)
    world.wait(5 * S)

    assert world.placed() == []
