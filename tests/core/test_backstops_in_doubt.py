"""Backstops that nobody answered for, that were refused, or that a crash left."""

from __future__ import annotations

import pytest

from core.guarding import Guarded, resting
from core.worlds import ACCOUNT, S
from exitd.core.backstop import (
    BackstopsListed,
    BackstopState,
    CancelBackstop,
    ListBackstops,
)
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus

WORKING, FILLED = OrderStatus.WORKING, OrderStatus.FILLED
CANCELLED = OrderStatus.CANCELLED


def test_given_no_answer_then_looked_for_and_known_again():
    world = Guarded()

    world.wait(15 * S)
    assert world.wants(ListBackstops)
    world.listed(world.placed()[0])

    assert world.backstop.state is BackstopState.RESTING
    assert world.backstop.venue_order_id == f"v{world.backstop.client_order_id}"
    assert len(world.placed()) == 1


def test_given_no_answer_then_placed_anew_only_when_the_first_cannot_come_any_more():
    world = Guarded()
    sent_ns = world.backstop.ts_sent_ns

    world.listed(began_ns=sent_ns + 69 * S)
    assert world.backstop.state is BackstopState.SENT
    world.listed(began_ns=sent_ns + 70 * S)
    world.wait(3 * S)

    assert len(world.placed()) == 2


def test_given_it_rested_and_is_listed_no_more_then_lost():
    world = resting()

    world.listed(began_ns=world.backstop.ts_changed_ns - 1)
    assert world.backstop.state is BackstopState.RESTING
    world.wait(10 * S)
    world.listed()

    assert world.told(FactKind.BACKSTOP_LOST)[0].fields["why"] == "not listed"


def test_given_it_has_just_come_to_rest_and_a_list_lags_then_there_is_no_second():
    world = resting()

    world.listed()
    world.wait(5 * S)

    assert world.backstop.state is BackstopState.RESTING
    assert len(world.placed()) == 1


def test_given_one_that_was_believed_lost_rests_then_it_is_taken_back():
    world = resting()
    world.wait(10 * S)
    world.listed()
    world.wait(3 * S)
    world.said(WORKING)
    first, second = world.placed()

    world.listed(first, second)
    assert world.wants(CancelBackstop) == []
    world.wait(10 * S)
    world.listed(first, second)

    taken_back = [intent.record for intent in world.wants(CancelBackstop)]
    assert [r.client_order_id for r in taken_back] == [first.client_order_id]
    assert taken_back[0].venue_order_id == f"v{first.client_order_id}"
    assert world.backstop.state is BackstopState.RESTING


def test_given_flat_when_one_is_listed_that_was_over_then_taken_back_after_the_lag():
    world = resting()
    world.position("0")
    world.said(CANCELLED)
    world.intents.clear()

    world.listed(world.backstop)
    assert world.wants(CancelBackstop) == []
    world.wait(10 * S)
    world.listed(world.backstop)

    assert len(world.wants(CancelBackstop)) == 1


def test_given_taken_back_before_its_answer_then_cancelled_when_it_shows():
    world = Guarded()
    world.position("0")
    world.intents.clear()

    world.listed(world.store.rows["backstop", world.key])  # type: ignore[arg-type]

    cancels = world.wants(CancelBackstop)
    assert cancels[-1].record.venue_order_id
    assert cancels[-1].account == ACCOUNT


def test_given_refused_then_told_once_and_tried_at_growing_intervals():
    world = Guarded()

    for wait_s in (29, 59, 119):
        world.refuse_backstop()
        count = len(world.placed())
        world.wait(wait_s * S)
        assert len(world.placed()) == count
        world.wait(2 * S)
        assert len(world.placed()) == count + 1

    alerts = [f.fields["alert"] for f in world.told(FactKind.BACKSTOP_REFUSED)]
    assert alerts == [True, False, False]


def test_given_a_no_that_comes_after_it_was_seen_then_it_stays():
    world = resting()

    world.refuse_backstop()

    assert world.backstop.state is BackstopState.RESTING


@pytest.mark.parametrize("status", [WORKING, CANCELLED])
def test_given_a_report_after_its_end_then_nothing_changes(status):
    world = resting()
    world.position("0")
    world.said(CANCELLED)
    before = world.backstop

    world.said(status)

    assert world.backstop == before


def test_given_a_restart_then_looked_for_and_not_placed_twice():
    world = resting()

    world.restart()
    world.intents.clear()
    world.take(world.engine.resume(world.now_ns))
    world.apply("3")
    world.wait(12 * S)

    assert world.wants(ListBackstops)
    assert world.placed() == []
    assert world.backstop.state is BackstopState.RESTING


def test_given_a_restart_while_it_is_taken_back_then_cancelled_again():
    world = resting()
    world.position("0")

    world.restart()
    world.intents.clear()
    world.take(world.engine.resume(world.now_ns))
    world.wait(12 * S)

    assert world.wants(CancelBackstop)


def test_given_another_market_is_listed_then_ours_is_not_missed():
    world = resting()
    now_ns = world.later()

    world.do(
        BackstopsListed(
            account=ACCOUNT,
            symbol="BTC_USDC_PERP",
            resting=(),
            read_started_ns=now_ns,
            now_ns=now_ns,
        )
    )

    assert world.backstop.state is BackstopState.RESTING


def test_given_refused_and_the_position_changes_then_not_tried_before_its_time():
    world = Guarded()
    world.refuse_backstop()

    world.position("12")
    world.wait(5 * S)

    assert len(world.placed()) == 1


def test_given_it_was_moved_when_the_first_is_told_of_again_then_the_second_stays():
    world = resting()
    world.apply("5")
    world.said(CANCELLED)
    world.said(WORKING)

    world.said(CANCELLED, n=0)

    assert world.backstop.state is BackstopState.RESTING
    assert len(world.placed()) == 2


def test_given_it_was_over_at_a_restart_then_nothing_is_asked():
    world = resting()
    world.position("0")
    world.said(CANCELLED)

    world.restart()
    world.intents.clear()
    world.wait(60 * S)

    assert world.intents == []


def test_given_an_older_one_that_rests_all_the_same_when_restarted_then_taken_back():
    world = Guarded()
    (first,) = world.placed()
    world.listed(began_ns=world.backstop.ts_sent_ns + 70 * S)
    world.wait(3 * S)
    assert len(world.placed()) == 2
    world.said(WORKING)

    second = world.backstop

    world.restart()
    world.wait(120 * S)
    world.listed(first, second)

    taken_back = [i.record.client_order_id for i in world.wants(CancelBackstop)]
    assert taken_back == [first.client_order_id]
    assert world.backstop.state is BackstopState.RESTING
