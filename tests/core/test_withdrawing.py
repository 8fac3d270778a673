"""Entries taken back: by hand, by a stop of the whole position, by a close of it."""

from __future__ import annotations

import pytest

from core.entering import BROKER, ENTRY, EnteringWorld, entered
from core.worlds import D, S, close, stop, target
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryState
from exitd.core.entry_inputs import EntrySigned, WithdrawEntry
from exitd.core.events import FactKind
from exitd.core.inputs import ClosePosition, OrderStatus
from exitd.core.intents import CancelEntry, ResendEntry
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import WHOLE, Quantity, QuantityKind

WORKING, CANCELLED = OrderStatus.WORKING, OrderStatus.CANCELLED
OTHER = "desk-2"


def withdraw(world: EnteringWorld, id: str = ENTRY) -> Accepted | Refused:
    command = WithdrawEntry(entry_id=id, why="cancelled by ops", now_ns=world.later())
    reply = world.do(command).reply
    assert reply is not None
    return reply


def close_all(world: EnteringWorld, quantity: Quantity = WHOLE) -> Accepted | Refused:
    reply = world.do(
        ClosePosition(
            id="desk-9/close",
            owner="webhook:desk",
            key=world.key,
            quantity=quantity,
            idempotency_key="desk-9",
            now_ns=world.later(),
        )
    ).reply
    assert reply is not None
    return reply


def working(size: str = "0", **changed: object) -> EnteringWorld:
    world = EnteringWorld(size, **changed)
    world.enter()
    world.said(WORKING)
    return world


def test_b072_given_it_waits_for_its_slot_when_withdrawn_then_it_is_never_sent():
    world = EnteringWorld(entry_slots=False)
    world.enter()

    reply = withdraw(world)
    world.open_entry_slots()
    world.wait(10 * S)

    assert reply == Accepted((), ("desk-1 was not sent and never will be",))
    assert world.entry().state is EntryState.CANCELLED
    assert world.entries_sent == []
    assert world.told(FactKind.ENTRY_CANCELLED)[0].fields["why"] == "cancelled by ops"


def test_b072_given_it_works_when_withdrawn_then_cancelled_until_the_broker_says_so():
    world = working()

    reply = withdraw(world)
    world.wait(3 * S)

    assert reply == Accepted((), ("desk-1 is being cancelled at the broker",))
    cancels = world.wants(CancelEntry)
    assert len(cancels) > 3
    assert {intent.venue_order_id for intent in cancels} == {"b-desk-1"}
    world.said(CANCELLED)
    world.intents.clear()
    world.wait(3 * S)
    assert world.wants(CancelEntry) == []


def test_b072_given_a_restart_while_it_is_taken_back_then_cancelled_again():
    world = working()
    withdraw(world)

    world.restart()
    world.intents.clear()
    world.take(world.engine.resume(world.now_ns))

    assert world.wants(CancelEntry)


def test_b072_given_it_fills_before_the_cancel_then_its_exits_guard_that():
    world = working()
    withdraw(world)

    world.said(CANCELLED, "4")

    assert world.entry().state is EntryState.CANCELLED
    assert world.exits_cover() == ("4", "4")


@pytest.mark.parametrize("lost", [False, True])
def test_given_no_answer_yet_when_withdrawn_then_cancelled_with_the_first_word(lost):
    world = EnteringWorld(capabilities=BROKER)
    world.enter()
    if lost:
        world.lose_entry()
    withdraw(world)
    world.intents.clear()

    world.wait(3 * S)
    assert world.wants(ResendEntry) == []
    assert world.wants(CancelEntry) == []
    world.said(WORKING)

    assert world.wants(CancelEntry)[0].venue_order_id == "b-desk-1"


def test_b072_given_taken_back_and_never_found_when_it_works_after_all_then_cancelled():
    world = EnteringWorld()
    world.enter()
    world.lose_entry()
    withdraw(world)
    world.wait(60 * S)
    world.not_found()
    assert world.entry().state is EntryState.EXPIRED

    world.said(WORKING)

    assert world.wants(CancelEntry)[0].venue_order_id == "b-desk-1"


def test_given_a_no_for_now_when_withdrawn_then_it_is_over_and_not_put_back():
    world = EnteringWorld()
    world.enter()
    withdraw(world)

    world.refuse_entry(RefusalKind.BUSY)
    world.wait(10 * S)

    assert world.entry().state is EntryState.CANCELLED
    assert world.told(FactKind.ENTRY_PUT_BACK) == []
    assert len(world.entries_sent) == 1


def test_given_it_is_signed_and_not_sent_when_withdrawn_then_its_no_ends_it():
    world = EnteringWorld(entry_slots=False)
    world.enter()
    now_ns = world.later()
    world.do(EntrySigned(ENTRY, b"bytes", now_ns, now_ns + 5 * S, now_ns))
    withdraw(world)

    world.refuse_entry(RefusalKind.EXPIRED)

    assert world.entry().state is EntryState.CANCELLED


def test_given_withdrawn_twice_then_told_once():
    world = working()

    withdraw(world)
    withdraw(world)

    assert len(world.told(FactKind.ENTRY_WITHDRAWN)) == 1


def test_given_it_is_over_when_withdrawn_then_its_state_is_the_answer():
    world = entered()

    assert withdraw(world) == Accepted((), ("desk-1 is filled already",))
    assert world.entry().withdrawn == ""


def test_given_nobody_knows_it_when_withdrawn_then_refused():
    reply = withdraw(EnteringWorld(), "desk-7")

    assert isinstance(reply, Refused)
    assert reply.code == "unknown_entry"


def test_b072_given_a_stop_of_the_whole_position_then_what_would_open_it_goes_too():
    world = working("10")
    world.enter(OTHER)
    world.said(WORKING, id=OTHER)
    world.arm(stop("whole", "90"))

    world.mark("90")

    gone = {intent.venue_order_id for intent in world.wants(CancelEntry)}
    assert gone == {"b-desk-1", "b-desk-2"}
    assert world.entry().withdrawn == "whole closes the whole position"


@pytest.mark.parametrize(
    "exit",
    [target("half", "110"), stop("half", "90", action=close("50%"))],
    ids=["target", "part"],
)
def test_given_a_target_or_a_stop_of_a_part_then_entries_work_on(exit):
    world = working("10")
    world.arm(exit)

    world.mark("90", "110")

    assert world.sizes()
    assert world.wants(CancelEntry) == []


def test_given_an_exit_of_one_entry_fires_then_the_other_entry_works_on():
    world = working()
    world.fills("4")
    world.enter(OTHER, exits=())
    world.said(WORKING, id=OTHER)

    world.mark("95")

    gone = {intent.venue_order_id for intent in world.wants(CancelEntry)}
    assert gone == {"b-desk-1"}
    assert world.entry().withdrawn == "its exit desk-1/sl fires"


def test_b072_given_all_is_closed_by_command_then_what_would_open_it_goes_too():
    world = working("10")

    reply = close_all(world)

    assert reply == Accepted(
        ("desk-9/close",), ("desk-1, which still works, is taken back",)
    )
    assert world.sizes() == ["10"]
    assert world.wants(CancelEntry)


def test_given_a_part_is_closed_by_command_then_entries_work_on():
    world = working("10")

    close_all(world, Quantity(QuantityKind.ABSOLUTE, D(4)))

    assert world.sizes() == ["4"]
    assert world.wants(CancelEntry) == []


def test_b072_given_nothing_is_held_yet_when_all_is_closed_then_the_entry_goes():
    world = working()

    reply = close_all(world)
    again = close_all(world)

    assert reply == Accepted((), ("desk-1, which still works, is taken back",))
    assert again == Accepted(())
    assert world.sizes() == []
    assert world.wants(CancelEntry)
