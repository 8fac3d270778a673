"""Entries: wanted, sent once, and what a crash, a no or a silence makes of them."""

from __future__ import annotations

from core.entering import ENTRY, NATIVE, EnteringWorld, exits_of
from core.worlds import LAST, LONG, MS, SHORT, SYMBOL, S, stop
from exitd.core.attempt import Capabilities, RefusalKind
from exitd.core.entry import EntryState
from exitd.core.entry_inputs import EntrySent, EntrySigned, EntrySlotOpened
from exitd.core.events import FactKind
from exitd.core.inputs import ClosePosition, OrderStatus, SlotHeld
from exitd.core.position import OrderSide
from exitd.core.state import Accepted, Refused
from exitd.core.ticket import PositionIntent
from exitd.core.trigger import WHOLE

FILLED, WORKING = OrderStatus.FILLED, OrderStatus.WORKING
CANCELLED, EXPIRED = OrderStatus.CANCELLED, OrderStatus.EXPIRED


def test_given_a_wanted_entry_then_stored_before_it_is_signed_and_sent_after():
    world = EnteringWorld(entry_slots=False)

    reply = world.enter()

    assert reply == Accepted((f"{ENTRY}/sl", f"{ENTRY}/tp"))
    assert world.store.rows["entry", ENTRY].state is EntryState.WANTED
    assert world.entries_sent == []
    world.open_entry_slots()
    assert [order.id for order in world.entries_sent] == [ENTRY]
    assert world.entry().state is EntryState.SENT
    assert world.entry().signed == b"bytes of desk-1"
    assert (
        world.told(FactKind.ENTRY_WANTED)[0].fields["exits"] == "desk-1/sl, desk-1/tp"
    )


def test_given_the_same_id_again_then_nothing_is_sent_twice():
    world = EnteringWorld()
    world.enter()

    again = world.enter(quantity="99", reference="other")

    assert isinstance(again, Accepted)
    assert again.notes == ("desk-1 is sent already",)
    assert len(world.entries_sent) == 1


def test_given_evidence_is_quicker_than_the_note_that_it_left_then_both_are_kept():
    world = EnteringWorld()
    world.enter()
    world.refuse_entry(RefusalKind.BUSY, retry_after_ns=S)
    world.slots = False
    signed = EntrySigned(ENTRY, b"again", world.now_ns, world.now_ns, world.now_ns)
    world.do(signed)
    world.said(WORKING)

    world.do(EntrySent(ENTRY, world.later()))
    world.do(EntrySent(ENTRY, world.later()))

    assert world.entry().state is EntryState.WORKING
    assert world.entry().ts_sent_ns == world.now_ns - MS
    assert len(world.told(FactKind.ENTRY_SENT)) == 2


def test_given_an_entry_of_the_other_side_under_way_then_refused():
    world = EnteringWorld()
    world.enter()

    reply = world.enter("desk-2", side=OrderSide.SELL)

    assert isinstance(reply, Refused)
    assert "desk-1 is still to make a long position" in reply.sentence
    world.said(CANCELLED)
    assert isinstance(world.enter("desk-2", side=OrderSide.SELL), Accepted)


def test_given_long_over_with_legs_left_then_looked_at_again_before_it_is_forgotten():
    world = EnteringWorld()
    world.enter(attached=NATIVE)
    world.fills("10")
    world.leg("leg", WORKING)
    world.position("10")
    world.position("0")
    world.wait(2_000 * S)
    assert ENTRY in world.engine.state.entries

    world.leg("leg", CANCELLED)
    world.wait(1_000 * S)

    assert ENTRY not in world.engine.state.entries


def test_given_a_close_that_is_asked_for_twice_then_done_once():
    world = EnteringWorld("10")
    asked = ClosePosition(
        id="desk-1/close",
        owner="webhook:desk",
        key=LONG,
        quantity=WHOLE,
        source=LAST,
        note="by an alert",
        idempotency_key="desk-1",
        now_ns=world.later(),
    )
    first = world.do(asked).reply
    world.fill()
    world.position("0")

    again = world.do(asked).reply

    assert first == again == Accepted(("desk-1/close",))
    assert world.sizes() == ["10"]
    assert world.trigger("desk-1/close").definition.source == LAST


def test_given_a_slot_that_is_held_from_outside_then_told_once():
    world = EnteringWorld("10", slots=False)
    world.arm(stop("sl", "95"))
    world.mark("95")
    held = SlotHeld("sl", 1, "its position cannot be read", world.later())

    world.do(held)
    world.do(held)
    world.do(SlotHeld("sl", 9, "another arming", world.later()))

    told = world.told(FactKind.TRIGGER_HELD)
    assert [fact.fields["alert"] for fact in told] == [True]


def test_given_an_official_intent_then_it_says_whether_it_opens():
    assert [i.value for i in PositionIntent if i.opens] == [
        "buy_to_open",
        "sell_to_open",
    ]


def test_given_a_working_order_with_a_part_filled_then_that_part_counts():
    world = EnteringWorld()
    world.enter()

    world.said(WORKING, "4")

    assert world.entry().state is EntryState.PARTIALLY_FILLED
    assert world.exits_cover() == ("4", "4")


def test_given_found_late_when_it_was_to_be_forgotten_then_it_is_kept():
    world = EnteringWorld()
    world.enter()
    world.lose_entry()
    world.wait(30 * S)
    world.not_found()
    world.said(WORKING)

    world.wait(1_000 * S)

    assert world.entry().state is EntryState.WORKING


def test_given_a_slot_that_opens_twice_then_sent_once():
    world = EnteringWorld()
    world.enter()

    world.do(EntrySlotOpened(ENTRY, world.later()))
    world.do(EntrySlotOpened("nobody", world.later()))

    assert len(world.entries_sent) == 1


def test_given_another_entry_of_the_same_client_id_then_refused():
    world = EnteringWorld()
    world.enter()

    reply = world.enter("desk-2", reference=f"ref-{ENTRY}")

    assert isinstance(reply, Refused)
    assert reply.code == "exists"


def test_given_a_market_that_nobody_knows_then_refused():
    world = EnteringWorld()
    world.engine.state.instruments.clear()

    reply = world.enter()

    assert reply == Refused("unknown_symbol", f"main has no market {SYMBOL}")


def test_given_the_other_side_is_held_then_an_entry_is_refused():
    world = EnteringWorld("3")

    reply = world.enter(side=OrderSide.SELL)

    assert isinstance(reply, Refused)
    assert "a long position of 3" in reply.sentence
    assert world.entries_sent == []


def test_given_the_other_side_came_before_the_slot_then_not_sent():
    world = EnteringWorld(entry_slots=False)
    world.enter()
    world.position("2", key=SHORT)

    world.open_entry_slots()

    assert world.entries_sent == []
    assert world.entry().state is EntryState.REFUSED
    assert world.told(FactKind.ENTRY_REFUSED)[0].fields["alert"] is True


def test_given_hedge_mode_then_both_sides_may_be_entered():
    world = EnteringWorld("3", capabilities=Capabilities(hedge_mode=True))

    reply = world.enter(side=OrderSide.SELL)

    assert isinstance(reply, Accepted)
    assert len(world.entries_sent) == 1


def test_given_an_exit_off_the_step_then_the_entry_is_refused():
    world = EnteringWorld()

    reply = world.enter(exits=(stop("desk-1/sl", "95.003"),))

    assert isinstance(reply, Refused)
    assert reply.code == "off_step"


def test_given_an_exit_whose_id_is_taken_then_the_entry_is_refused():
    world = EnteringWorld("10")
    world.arm(exits_of()[0])

    reply = world.enter()

    assert isinstance(reply, Refused)
    assert reply.code == "exists"


def test_given_no_slot_in_its_time_then_it_is_never_sent_and_somebody_is_told():
    world = EnteringWorld(entry_slots=False)
    world.enter(young_ns=10 * S)

    world.wait(11 * S)
    world.open_entry_slots()

    assert world.entry().state is EntryState.EXPIRED
    assert world.entries_sent == []
    assert world.told(FactKind.ENTRY_EXPIRED)[0].fields["alert"] is True


def test_given_a_slot_that_comes_too_late_then_not_sent():
    world = EnteringWorld(entry_slots=False)
    world.enter(young_ns=10 * S)
    world.now_ns += 20 * S

    world.open_entry_slots()

    assert world.entry().state is EntryState.EXPIRED
    assert world.entries_sent == []


def test_given_sent_in_time_when_its_time_is_over_then_it_stays():
    world = EnteringWorld()
    world.enter(young_ns=10 * S)

    world.wait(20 * S)

    assert world.entry().state is EntryState.SENT


def test_given_no_time_limit_then_a_late_slot_sends():
    world = EnteringWorld(entry_slots=False)
    world.enter(young_ns=0)

    world.wait(3_600 * S)
    world.open_entry_slots()

    assert len(world.entries_sent) == 1


def test_given_a_definite_no_then_it_is_over_and_told():
    world = EnteringWorld()
    world.enter()

    world.refuse_entry(message="not enough money")

    assert world.entry().state is EntryState.REFUSED
    assert world.entry().refusal == "MARGIN: not enough money"
    world.refuse_entry()
    assert len(world.told(FactKind.ENTRY_REFUSED)) == 1


def test_given_a_no_whose_message_is_its_code_then_said_once():
    world = EnteringWorld()
    world.enter()

    world.refuse_entry(message="MARGIN")

    assert world.entry().refusal == "MARGIN"


def test_given_a_no_about_the_moment_then_sent_again_under_the_same_id():
    world = EnteringWorld()
    world.enter()

    world.refuse_entry(RefusalKind.RATE_LIMITED, retry_after_ns=2 * S)
    assert world.entry().state is EntryState.WANTED
    world.do(EntrySent(ENTRY, world.later()))
    assert world.entry().state is EntryState.WANTED
    world.wait(3 * S)

    assert [o.ticket.client_order_id for o in world.entries_sent] == ["ref-desk-1"] * 2


def test_given_a_no_about_the_moment_that_lasts_too_long_then_over():
    world = EnteringWorld()
    world.enter(young_ns=S)

    world.refuse_entry(RefusalKind.BUSY, retry_after_ns=5 * S)

    assert world.entry().state is EntryState.REFUSED


def test_given_the_broker_takes_it_in_and_refuses_it_then_refused():
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)

    world.said(CANCELLED, refusal=RefusalKind.MARGIN, reason="no money")

    assert world.entry().state is EntryState.REFUSED
    assert world.entry().venue_order_id == "b-desk-1"
    world.said(WORKING)
    assert world.entry().state is EntryState.REFUSED


def test_given_it_is_forgotten_when_its_time_is_over_then_nothing():
    world = EnteringWorld()
    world.enter(young_ns=2_000 * S)
    world.refuse_entry()

    world.wait(3_000 * S)

    assert ENTRY not in world.engine.state.entries
    assert world.told(FactKind.ENTRY_EXPIRED) == []
