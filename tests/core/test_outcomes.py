"""Evidence, doubt and what comes too late (behaviours 88 to 91, 100, 102, 119)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import ACCOUNT, LONG, MS, TAG, D, S, World, close, stop, target
from exitd.core.attempt import AttemptState, Capabilities, RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelOrder, ResolveAttempt
from exitd.core.position import OrderSide
from exitd.core.records import FillRecord
from exitd.core.trigger import OrderType

_FIRES = "95"


def fired(**changed):
    """A whole stop has been hit and its close was sent."""
    world = World(**changed)
    world.arm(stop("sl", "95"), target("tp", "110"))
    world.mark(_FIRES)
    return world


def test_b088_given_the_reply_is_lost_and_it_filled_then_no_second_order():
    world = fired()
    world.lose()

    world.fill()
    world.position("0")

    assert len(world.sent) == 1
    assert world.state("sl") == "done: filled"
    assert world.told(FactKind.ORDER_RESOLVED)[0].fields["found"] is True


def test_b089_given_the_reply_is_lost_then_asked_again_and_again():
    world = fired()
    world.lose()

    world.wait(2 * S)

    assert len(world.wants(ResolveAttempt)) == 5
    assert len(world.sent) == 1


@pytest.mark.parametrize("early_ns", [1, 5 * S, 15 * S])
def test_b089_given_a_read_began_before_expiry_and_slack_then_it_does_not_count(
    early_ns,
):
    world = fired(capabilities=Capabilities(lag_slack_ns=10 * S))
    world.lose()
    attempt = world.attempt()
    decisive_ns = attempt.expires_venue_ns + 10 * S

    world.now_ns = decisive_ns
    world.nothing_found(read_ns=decisive_ns - early_ns)
    assert len(world.sent) == 1
    world.nothing_found(read_ns=decisive_ns)

    assert [order.attempt.n for order in world.sent] == [1, 2]
    assert world.sent[0].client_order_id != world.sent[1].client_order_id
    assert world.attempt(0).state is AttemptState.EXPIRED


def test_b089_given_nothing_found_for_an_attempt_not_in_doubt_then_nothing():
    world = fired()

    world.now_ns += 60 * S
    assert world.nothing_found().is_quiet


def late(world):
    """Attempt 1 was given up after its barrier; attempt 2 is out."""
    world.lose()
    world.now_ns += 60 * S
    world.nothing_found()
    assert len(world.sent) == 2


def test_b090_given_late_evidence_of_the_first_then_counted_once_and_told():
    world = World()
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    late(world)

    world.fill(0)
    world.fill(0)

    assert world.firing("sl").filled == 4
    assert world.engine.state.position(LONG).live == 6
    fact = world.told(FactKind.ORDER_RESOLVED)[-1]
    assert fact.fields["late"] is True
    assert fact.fields["alert"] is True


def test_b090_given_late_evidence_when_the_second_ends_then_nothing_remains_to_send():
    world = World()
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    late(world)
    world.fill(0)

    world.end(1)
    world.wait(2 * S)
    world.position("6")

    assert world.sizes() == ["4", "4"]
    assert world.state("sl") == "done: filled"


def test_b090_given_the_first_was_partly_filled_then_the_rest_is_reduced_by_it():
    world = World()
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    late(world)
    world.report(0, OrderStatus.CANCELLED, "1.5")

    world.end(1)
    world.wait(2 * S)

    assert world.sizes() == ["4", "4", "2.5"]


def test_b090_given_the_first_turns_out_to_rest_then_it_is_cancelled():
    world = World()
    world.arm(target("tp", "110", action=close("4", "0.5")))
    world.mark("110")
    world.lose()
    world.now_ns += 60 * S
    world.mark("110")
    world.nothing_found()
    assert len(world.sent) == 2

    world.works(0)

    assert [c.attempt.n for c in world.wants(CancelOrder)] == [1]
    assert world.engine.state.under_way_on(LONG).unresolved == 8
    world.end(0)
    assert world.engine.state.under_way_on(LONG).unresolved == 4


def test_b090_given_evidence_after_a_definite_refusal_then_it_is_counted():
    world = World()
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)

    world.fill(0)
    world.wait(S)
    world.position("6")

    assert world.sizes() == ["4"]
    assert world.state("sl") == "done: filled"


def test_given_a_refusal_told_twice_then_it_counts_once():
    world = fired()
    world.refuse(RefusalKind.LIQUIDITY)

    decision = world.end(refusal=RefusalKind.LIQUIDITY, reason="no liquidity")

    assert decision.is_quiet


def test_b091_given_the_stream_tells_the_refusal_then_its_row_is_followed():
    world = fired()
    world.lose()

    world.end(refusal=RefusalKind.NOT_REDUCED, reason="REDUCE_ONLY_NOT_REDUCED")
    world.position("0")

    assert world.attempt().refusal == "REDUCE_ONLY_NOT_REDUCED"
    assert world.state("sl") == "done: retired"


def test_given_a_refusal_before_the_note_that_it_was_sent_then_it_counts():
    world = fired()
    key = world.sent[0].attempt
    attempt = world.engine.state.attempts[key]
    world.engine.state.attempts[key] = replace(attempt, state=AttemptState.SIGNED)

    world.refuse(RefusalKind.EXPIRED)

    assert [order.attempt.n for order in world.sent] == [1, 2]


def test_given_a_refusal_after_evidence_then_the_evidence_stays():
    world = fired()
    world.works()

    assert world.refuse(RefusalKind.MARGIN).is_quiet
    assert world.attempt().state is AttemptState.WORKING


def test_given_no_answer_after_evidence_then_the_evidence_stays():
    world = fired()
    world.works()

    assert world.lose().is_quiet


def test_given_the_same_evidence_twice_then_nothing_the_second_time():
    world = fired()
    world.works()

    assert world.works().is_quiet
    world.fill(filled="4")
    assert world.fill(filled="4").is_quiet
    assert world.works().is_quiet
    assert world.fill(filled="3").is_quiet
    assert world.engine.state.position(LONG).live == 6


def test_given_working_with_a_part_filled_then_partially_filled():
    world = fired()

    world.report(status=OrderStatus.WORKING, filled="2")

    assert world.attempt().state is AttemptState.PARTIALLY_FILLED


@pytest.mark.parametrize(
    "changed",
    [
        {"symbol": "OTHER"},
        {"side": OrderSide.BUY},
        {"quantity": D(11)},
        {"client_order_id": None},
        {"client_order_id": 99},
        {"ts_created_venue_ns": 0},
        {"account": "other"},
    ],
)
def test_b088_given_evidence_that_does_not_fit_then_it_is_not_ours(changed):
    world = fired()

    world.report(**changed)

    assert world.attempt().state is AttemptState.SENT


def test_b088_given_another_venue_order_under_our_id_then_it_is_not_ours():
    world = fired()
    world.works()

    world.report(venue_order_id="v-other")

    assert world.attempt().state is AttemptState.WORKING


def test_given_a_trimmed_order_then_it_is_ours_and_the_rest_follows():
    world = fired()

    world.report(quantity=D(6), filled="6")

    assert world.sizes() == ["10", "4"]


def test_b088_given_an_order_created_when_it_was_signed_then_it_is_ours():
    world = fired()

    world.report(
        status=OrderStatus.WORKING,
        ts_created_venue_ns=world.attempt().ts_signed_venue_ns,
    )

    assert world.attempt().state is AttemptState.WORKING


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
