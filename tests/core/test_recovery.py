"""After a start: what was stored goes on (behaviours 97, 115, 119, 120, 123)."""

from __future__ import annotations

from msgspec.structs import replace

from core.worlds import (
    ACCOUNT,
    LONG,
    MS,
    TAG,
    D,
    S,
    World,
    close,
    instrument,
    rule,
    stop,
    target,
)
from exitd.core.attempt import AttemptState, Capabilities, RefusalKind
from exitd.core.condition import ConditionKind
from exitd.core.engine import Engine
from exitd.core.inputs import (
    CancelsConfirmed,
    FireNow,
    IfCrossed,
    InstrumentReport,
    SlotOpened,
)
from exitd.core.intents import CancelOrders, ProvePosition, ResolveAttempt
from exitd.core.records import FillRecord
from exitd.core.trigger import Cancel, CancelAndClose


def test_b115_given_beyond_the_stop_at_the_first_price_then_fires():
    world = World()
    world.arm(stop("sl", "95"))

    world.restart()
    world.mark("90")

    assert world.sizes() == ["10"]
    assert world.sent[0].attempt.arming == 1


def test_b119_given_sent_before_the_crash_and_filled_then_finished_and_counted():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.restart()
    assert world.attempt().state is AttemptState.IN_DOUBT
    assert world.wants(ResolveAttempt)
    world.fill()
    world.position("0")

    assert world.state("sl") == "done: filled"
    assert len(world.sent) == 1


def test_b111_given_hit_and_not_signed_before_the_crash_then_it_goes_on():
    world = World(slots=False)
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.slots = True
    world.restart()

    assert world.sizes() == ["10"]


def test_b111_given_a_retry_was_due_later_then_not_before_and_not_never():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.UNAUTHORIZED)

    world.restart()
    world.wait(10 * S)
    assert len(world.sent) == 1
    world.wait(10 * S)

    assert len(world.sent) == 2


def test_b111_given_a_close_was_resting_then_asked_for_and_not_doubted():
    world = World()
    world.arm(target("tp", "110", action=close("4", "0.5")))
    world.mark("110")
    world.works()

    world.restart()

    assert world.attempt().state is AttemptState.WORKING
    assert world.wants(ResolveAttempt)
    world.fill()
    world.position("6")
    assert world.state("tp") == "done: filled"


def test_b111_given_filled_and_not_shown_then_proof_is_asked_for_and_timed():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.fill()
    world.intents.clear()

    world.restart()
    assert world.wants(ProvePosition)
    world.intents.clear()
    world.wait(5 * S)
    assert world.wants(ProvePosition)
    world.position("0")

    assert world.state("sl") == "done: filled"


def test_b111_given_cancels_were_asked_for_then_they_are_asked_for_again():
    world = World()
    action = CancelAndClose(Cancel(), close())
    world.arm(
        rule("both", ConditionKind.STOP_LOSS, "95", action),
        rule("only", ConditionKind.BELOW, "95", Cancel(), side=None),
    )
    world.mark("95")
    world.do(CancelsConfirmed("both", 1, 0, world.later()))
    world.intents.clear()

    world.restart()

    assert [i.trigger_id for i in world.wants(CancelOrders)] == ["only"]
    assert len(world.sent) == 1


def test_b111_given_cancel_and_close_not_confirmed_then_cancels_first():
    world = World()
    action = CancelAndClose(Cancel(), close())
    world.arm(rule("both", ConditionKind.STOP_LOSS, "95", action))
    world.mark("95")
    world.intents.clear()

    world.restart()

    assert len(world.wants(CancelOrders)) == 1
    assert world.sent == []


def test_b120_given_expired_while_down_then_not_fired_even_if_crossed():
    world = World()
    world.arm(stop("sl", "95", expires_ns=world.now_ns + S))

    world.now_ns += 5 * S
    world.restart()
    world.mark("90")

    assert world.state("sl") == "done: expired"
    assert world.sent == []


def test_b139_given_expiry_and_crossing_at_one_instant_then_expiry():
    world = World()
    world.arm(stop("sl", "95", expires_ns=world.now_ns + 2 * MS))

    world.mark("95")

    assert world.state("sl") == "done: expired"
    assert world.sent == []


def test_b120_given_a_firing_target_when_armed_again_then_its_expiry_still_counts():
    world = World(slots=False)
    world.arm(target("tp", "110", expires_ns=world.now_ns + 20 * S))
    world.mark("110", "105")

    world.slots = True
    world.restart()
    assert world.firing("tp").held_by.startswith("no fresh price")
    world.mark("105")
    world.wait(S)
    assert world.state("tp") == "armed"
    world.wait(20 * S)

    assert world.state("tp") == "done: expired"
    assert world.sent == []


def test_b097_given_a_firing_target_still_beyond_after_a_start_then_goes():
    world = World(slots=False)
    world.arm(target("tp", "110"))
    world.mark("110")

    world.slots = True
    world.restart()
    assert world.sent == []
    world.mark("111")
    world.wait(S)

    assert world.sizes() == ["10"]


def test_b064_given_a_stop_was_firing_then_a_target_is_held_after_the_restart_too():
    world = World()
    world.arm(stop("sl", "95", "5"), target("tp", "110"))
    world.mark("95")

    world.restart()
    world.mark("111")

    assert world.who() == ["sl"]
    assert "tp" in world.engine.state.held[LONG]


def test_given_waiting_and_paused_triggers_then_they_wait_and_pause_as_before():
    world = World()
    world.arm(stop("sl", "101"), if_crossed=IfCrossed.WAIT)

    world.restart()
    world.mark("99")
    assert world.state("sl") == "waiting: already crossed"
    world.mark("102", "101")

    assert world.sizes() == ["10"]


def test_given_a_restart_then_arming_order_and_client_ids_go_on():
    world = World()
    world.arm(stop("a", "95", "2"))
    world.mark("95")
    world.fill()
    world.position("8")

    world.restart()
    world.arm(stop("b", "94", "2"))
    world.do(FireNow(trigger_id="b", by="me", now_ns=world.later()))

    assert world.trigger("b").seq == 2
    assert world.sent[1].client_order_id == world.sent[0].client_order_id + 1


def test_b089_given_in_doubt_before_the_crash_then_still_one_attempt():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.lose()

    world.restart()
    world.now_ns += 60 * S
    world.nothing_found()

    assert [order.attempt.n for order in world.sent] == [1, 2]


def test_given_abandoned_in_doubt_before_the_crash_then_it_still_counts():
    world = World()
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    world.lose()
    world.cancel("sl", abandon=True)

    world.restart()

    assert world.engine.state.under_way_on(LONG).unresolved == D(4)


def test_b080_given_rows_of_another_lifetime_then_the_firing_is_over():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)
    snapshot = world.store.snapshot()
    (position,) = snapshot.positions

    engine = Engine()
    engine.add_account(ACCOUNT, TAG, Capabilities())
    engine.restore(replace(snapshot, positions=(replace(position, lifetime=2),)))
    world.engine = engine
    world.wait(S)

    assert world.state("sl") == "done: retired"
    assert len(world.sent) == 1


def test_given_an_account_is_added_after_its_rows_then_its_counter_stays():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    engine = Engine()
    engine.restore(world.store.snapshot())
    engine.add_account(ACCOUNT, TAG, Capabilities())

    assert engine.state.counters[ACCOUNT].counter == 1


def test_given_fills_of_a_firing_that_is_over_then_a_start_needs_no_attempt_of_them():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.trade(0, "t1", "10", "1")
    world.fill()
    world.position("0")

    world.restart()
    world.trade(0, "t1", "10", "1")

    assert world.engine.state.trades == {}


def test_given_a_fill_of_an_abandoned_firing_after_a_start_then_it_is_kept():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.cancel("sl", abandon=True)

    world.restart()
    world.trade(0, "t1", "10", "1")

    assert world.store.of(FillRecord)[0].fire_id == "sl#1"


def test_given_a_slot_before_the_cancels_are_confirmed_then_nothing():
    world = World()
    action = CancelAndClose(Cancel(), close())
    world.arm(rule("both", ConditionKind.STOP_LOSS, "95", action))
    world.mark("95")

    assert world.do(SlotOpened("both", 1, world.later())).is_quiet


def test_given_an_instrument_as_known_then_not_worth_a_write():
    world = World()

    assert world.do(InstrumentReport(instrument(), world.later())).is_quiet


def test_b022_given_a_restart_then_idempotency_keys_are_known():
    world = World()
    world.arm(stop("sl", "95"), key="k", digest="d")

    world.restart()

    assert world.arm(stop("sl", "95"), key="k", digest="d").trigger_ids == ("sl",)


def test_b123_given_the_clock_steps_back_then_no_timer_is_lost():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)

    world.now_ns -= 3600 * S
    world.wait(3600 * S + 2 * S)

    assert len(world.sent) == 2


def test_b123_given_the_clock_was_set_back_while_down_then_a_retry_is_due_at_once():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)
    world.now_ns -= 900 * S

    world.restart()

    assert world.who() == ["sl", "sl"]


def test_given_an_unanswered_close_of_an_account_that_is_gone_then_a_start_goes_on():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    engine = Engine()
    engine.restore(world.store.snapshot())

    decision = engine.resume(world.later())

    assert [i.account for i in decision.intents if type(i) is ResolveAttempt] == [
        ACCOUNT
    ]
    assert engine.state.attempts[world.sent[0].attempt].state is AttemptState.IN_DOUBT
