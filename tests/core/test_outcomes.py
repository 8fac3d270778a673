"""Evidence, doubt and what comes too late (behaviours 88 to 91, 100, 102, 119)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import LONG, D, S, World, close, stop, target
from exitd.core.attempt import AttemptState, Capabilities, Expiry, RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelOrder, ResendClose, ResolveAttempt
from exitd.core.position import OrderSide

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


def test_b089_given_a_nonce_when_in_doubt_then_the_same_bytes_are_sent_again():
    world = fired(capabilities=Capabilities(expiry=Expiry.NONCE))
    world.lose()

    world.wait(1 * S)

    again = world.wants(ResendClose)
    assert len(again) == 3
    assert {intent.signed for intent in again} == {b"signed"}
    assert {intent.order for intent in again} == {world.sent[0]}
    assert {i.expires_venue_ns for i in again} == {world.attempt().expires_venue_ns}
    assert again[0].account == world.sent[0].account
    assert len(world.sent) == 1


def test_b089_given_a_window_when_in_doubt_then_nothing_is_sent_again():
    world = fired(capabilities=Capabilities(expiry=Expiry.WINDOW))
    world.lose()

    world.wait(1 * S)

    assert world.wants(ResendClose) == []


def test_b089_given_a_nonce_when_the_order_works_then_nothing_is_sent_again():
    world = fired(capabilities=Capabilities(expiry=Expiry.NONCE))
    world.lose()
    world.works()
    before = len(world.wants(ResendClose))

    world.wait(2 * S)

    assert len(world.wants(ResendClose)) == before


def test_b090_given_a_refused_close_that_works_after_all_then_none_beside_it():
    world = World()
    world.arm(stop("sl", "95", "50%"))
    world.mark("94")
    world.refuse(RefusalKind.BUSY)
    world.wait(10 * S)
    world.refuse(RefusalKind.BUSY)
    world.works(0)

    world.wait(60 * S)

    assert world.sizes() == ["5", "5"]
    assert world.wants(CancelOrder)
    world.end(0, "2")
    assert world.sizes() == ["5", "5", "3"]
