"""Fills, altered orders, and what is forgotten (behaviour 102)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import ACCOUNT, LONG, MS, TAG, D, S, World, stop, target
from exitd.core.attempt import AttemptState, RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelOrder
from exitd.core.records import FillRecord
from exitd.core.trigger import OrderType

_FIRES = "95"


def fired(**changed):
    """A whole stop has been hit and its close was sent."""
    world = World(**changed)
    world.arm(stop("sl", "95"), target("tp", "110"))
    world.mark(_FIRES)
    return world


@pytest.mark.parametrize(
    "changed", [{"reduce_only": False}, {"order": OrderType.LIMIT}]
)
def test_b102_given_an_order_that_is_not_as_sent_then_cancelled_and_told(changed):
    world = fired()

    world.report(status=OrderStatus.WORKING, **changed)

    assert [c.attempt.n for c in world.wants(CancelOrder)] == [1]
    assert world.told(FactKind.ORDER_ALTERED)[0].fields["alert"] is True


def test_b102_given_it_has_filled_already_then_told():
    world = fired()

    world.report(reduce_only=False)

    assert world.told(FactKind.ORDER_ALTERED)
    assert world.wants(CancelOrder) == []


def test_b102_given_an_order_as_sent_then_nothing_is_told():
    world = fired()

    world.report(reduce_only=True, order=OrderType.MARKET)

    assert world.told(FactKind.ORDER_ALTERED) == []


def test_given_an_order_with_our_tag_and_a_higher_counter_then_bumped_and_told():
    world = fired()

    world.report(client_order_id=TAG << 24 | 500)
    world.report(client_order_id=TAG << 24 | 400)
    world.report(client_order_id=8 << 24 | 900)

    assert world.engine.state.counters[ACCOUNT].counter == 500
    facts = world.told(FactKind.ACCOUNT_CONTRADICTED)
    assert [fact.fields["alert"] for fact in facts] == [True]
    world.refuse(RefusalKind.EXPIRED)
    assert world.sent[1].client_order_id == TAG << 24 | 501


def test_given_fills_then_kept_once_with_their_fee():
    world = fired()
    world.trade(0, "t1", "4", "0.5")
    world.trade(0, "t2", "6", "0.75")

    assert world.trade(0, "t2", "6", "0.75").is_quiet

    assert world.firing("sl").fee == D("1.25")
    assert [fill.fire_id for fill in world.store.of(FillRecord)] == ["sl#1", "sl#1"]


def test_given_a_fill_known_before_a_restart_then_its_fee_is_not_counted_again():
    world = fired()
    world.trade(0, "t1", "4", "0.5")

    world.restart()
    world.trade(0, "t1", "4", "0.5")

    assert world.firing("sl").fee == D("0.5")


def test_given_a_fill_after_the_firing_is_over_then_it_is_still_kept():
    world = fired()
    world.fill()
    world.position("0")

    world.trade(0, "t1", "10", "1")

    assert world.store.of(FillRecord)[0].fire_id == "sl#1"


def test_given_a_fill_that_is_not_ours_then_kept_without_a_firing():
    world = fired()
    world.sent.append(replace(world.sent[0], client_order_id=5))

    world.trade(1, "t9", "1")

    assert world.store.of(FillRecord)[0].fire_id == ""


def test_given_a_firing_long_over_then_its_attempts_are_forgotten():
    world = fired()
    world.trade(0, "t1", "10")
    world.fill()
    world.position("0")

    world.wait(900 * S)

    state = world.engine.state
    assert state.attempts == state.attempt_of_client_id == state.trades == {}


def test_given_abandoned_with_an_attempt_in_doubt_then_it_is_not_forgotten():
    world = fired()
    world.refuse(RefusalKind.EXPIRED)
    world.lose()
    world.cancel("sl", abandon=True)
    assert world.state("sl") == "done: abandoned"

    world.wait(900 * S)
    assert world.engine.state.under_way_on(LONG).unresolved == 10
    world.nothing_found()
    world.wait(900 * S)

    assert world.engine.state.attempts == {}


def test_given_abandoned_when_its_close_is_refused_then_only_noted():
    world = fired()
    world.cancel("sl", abandon=True)

    world.refuse(RefusalKind.MARGIN)
    world.wait(60 * S)

    assert world.attempt().state is AttemptState.REFUSED
    assert len(world.sent) == 1


def test_given_an_id_was_given_again_when_the_old_attempt_is_forgotten_then_it_stays():
    world = World()
    world.arm(stop("a", "95", "2"), stop("b", "94", "2"))
    world.mark("95")
    world.fill()
    world.position("8")
    counter = world.engine.state.counters[ACCOUNT]
    world.engine.state.counters[ACCOUNT] = type(counter)(ACCOUNT, TAG, 0)
    world.mark("94")

    world.wait(900 * S + 10 * MS)

    client_id = (ACCOUNT, world.sent[1].client_order_id)
    assert world.engine.state.attempt_of_client_id[client_id].trigger_id == "b"


def test_given_reports_of_attempts_nobody_knows_then_nothing():
    world = fired()
    world.fill()
    world.position("0")
    world.wait(900 * S)

    assert world.refuse(RefusalKind.MARGIN).is_quiet
    assert world.lose().is_quiet
    assert world.nothing_found().is_quiet


def test_given_the_reduction_is_shown_first_then_a_share_still_counts_it():
    world = World()
    world.arm(target("a", "110", "40%"), stop("b", "95", "50%"))
    world.mark("110")
    world.lose()

    world.position("6")
    world.mark("95")
    assert world.sizes() == ["4", "2"]
    assert world.firing("b").target == 5
    world.report(0, ts_ns=world.now_ns - 10 * MS)
    world.fill(1)

    assert world.sizes() == ["4", "2", "3"]


def test_given_a_refused_close_explains_nothing_then_shares_are_of_what_is_left():
    world = World()
    world.arm(target("a", "110", "40%"), target("b", "111", "50%"))
    world.mark("110")
    world.position("6")
    assert world.engine.state.position(LONG).unexplained == 4

    world.refuse(RefusalKind.UNAUTHORIZED)
    assert world.engine.state.position(LONG).unexplained == 0
    world.mark("111")

    assert world.sizes() == ["4", "3"]
