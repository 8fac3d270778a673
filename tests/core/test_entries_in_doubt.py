"""Entries that nobody answered for, or that a crash left behind."""

from __future__ import annotations

import pytest

from core.entering import BROKER, ENTRY, EnteringWorld
from core.worlds import ACCOUNT, MS, S
from exitd.core.attempt import RefusalKind
from exitd.core.engine import Engine
from exitd.core.entry import EntryState
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import (
    CancelEntry,
    FindEntry,
    RequestEntrySlot,
    ResendEntry,
    SendEntry,
)
from exitd.core.position import OrderSide

FILLED, WORKING = OrderStatus.FILLED, OrderStatus.WORKING
CANCELLED, EXPIRED = OrderStatus.CANCELLED, OrderStatus.EXPIRED


def test_given_no_answer_then_looked_up_by_its_id_and_never_sent_anew():
    world = EnteringWorld()
    world.enter()

    world.lose_entry()
    world.wait(30 * S)

    assert world.entry().state is EntryState.IN_DOUBT
    assert len(world.wants(FindEntry)) > 10
    assert len(world.wants(SendEntry)) == 1
    assert world.wants(ResendEntry) == []


def test_given_no_answer_where_an_id_is_taken_once_then_the_same_bytes_go_again():
    world = EnteringWorld(capabilities=BROKER)
    world.enter(young_ns=10 * S)
    world.lose_entry()
    world.wait(60 * S)

    again = world.wants(ResendEntry)

    assert len(again) > 5
    assert {intent.signed for intent in again} == {b"bytes of desk-1"}
    assert {intent.order for intent in again} == {world.entries_sent[0]}
    assert again[0].account == "main"
    world.intents.clear()
    world.wait(S)
    assert world.wants(ResendEntry) == []
    assert world.wants(FindEntry)


def test_given_a_late_unanswered_then_the_evidence_stays():
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)

    world.lose_entry()

    assert world.entry().state is EntryState.WORKING


def test_given_a_no_to_an_entry_in_doubt_then_it_never_goes_back_to_the_queue():
    world = EnteringWorld()
    world.enter()
    world.lose_entry()

    world.refuse_entry(RefusalKind.BUSY)

    assert world.entry().state is EntryState.REFUSED
    assert len(world.entries_sent) == 1


def test_given_absence_before_expiry_and_slack_then_still_in_doubt():
    world = EnteringWorld()
    world.enter()
    sent_ns = world.now_ns
    world.lose_entry()

    world.not_found(read_ns=sent_ns + 14 * S)
    assert world.entry().state is EntryState.IN_DOUBT
    world.not_found(read_ns=sent_ns + 15 * S)

    assert world.entry().state is EntryState.EXPIRED
    assert world.told(FactKind.ENTRY_EXPIRED)[0].fields["alert"] is True
    world.not_found()
    assert len(world.told(FactKind.ENTRY_EXPIRED)) == 1


def test_given_copies_were_sent_then_absence_counts_only_after_the_last_of_them():
    world = EnteringWorld(capabilities=BROKER)
    world.enter(young_ns=60 * S)
    world.lose_entry()
    world.wait(40 * S)

    world.not_found()
    assert world.entry().state is EntryState.IN_DOUBT
    world.wait(40 * S)
    world.not_found()

    assert world.entry().state is EntryState.EXPIRED


def test_given_found_after_a_doubt_then_resolved():
    world = EnteringWorld()
    world.enter()
    world.lose_entry()

    world.said(WORKING)

    assert world.entry().state is EntryState.WORKING
    assert world.told(FactKind.ENTRY_RESOLVED)[0].fields["late"] is False


def test_given_found_after_it_was_told_to_be_over_then_taken_back():
    world = EnteringWorld()
    world.enter()
    world.lose_entry()
    world.wait(30 * S)
    world.not_found()

    world.said(WORKING)

    assert world.wants(CancelEntry)[0].venue_order_id == "b-desk-1"
    assert world.told(FactKind.ENTRY_RESOLVED)[0].fields["alert"] is True
    world.said(CANCELLED)
    assert world.entry().state is EntryState.CANCELLED


@pytest.mark.parametrize(
    ("status", "state"),
    [(CANCELLED, EntryState.CANCELLED), (EXPIRED, EntryState.EXPIRED)],
)
def test_given_it_ended_at_the_broker_then_so_here_and_once(status, state):
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)

    world.said(status)
    world.said(status)

    assert world.entry().state is state
    kinds = [fact.kind for fact in world.facts if fact.kind.startswith("entry.")]
    assert kinds.count(FactKind(f"entry.{state}")) == 1


def test_given_a_report_of_another_order_then_it_is_not_this_entry():
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)

    world.said(FILLED, "10", venue_order_id="b-other")
    world.said(FILLED, "10", side=OrderSide.SELL)
    world.said(FILLED, "10", reference="")
    world.said(WORKING)

    assert world.entry().state is EntryState.FILLED
    assert len(world.told(FactKind.ENTRY_FILLED)) == 1


def test_given_evidence_before_it_was_signed_then_it_is_not_ours():
    world = EnteringWorld(entry_slots=False)
    world.enter()

    world.said(FILLED, "10")

    assert world.entry().state is EntryState.WANTED


def test_given_a_crash_while_wanted_then_sent_after_it_if_young():
    world = EnteringWorld(entry_slots=False)
    world.enter()
    world.entry_slots_asked.clear()

    world.entry_slots = True
    world.restart()

    assert [order.id for order in world.entries_sent] == [ENTRY]


def test_given_a_crash_while_wanted_then_not_sent_once_it_is_old():
    world = EnteringWorld(entry_slots=False)
    world.enter()
    world.entry_slots_asked.clear()

    world.now_ns += 100 * S
    world.entry_slots = True
    world.restart()

    assert world.entries_sent == []
    assert world.entry().state is EntryState.EXPIRED


def test_given_a_crash_after_it_was_sent_then_in_doubt_and_not_sent_again():
    world = EnteringWorld()
    world.enter()

    world.restart()

    assert world.entry().state is EntryState.IN_DOUBT
    assert len(world.entries_sent) == 1
    world.restart()
    assert world.wants(FindEntry)
    assert len(world.wants(SendEntry)) == 1


def test_given_a_crash_while_it_works_then_it_is_asked_for():
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)

    world.restart()

    assert world.wants(FindEntry)[0].venue_order_id == "b-desk-1"
    world.fills("10")
    assert world.exits_cover() == ("10", "10")


def test_given_it_is_long_over_then_forgotten_and_its_row_stays():
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)
    world.said(CANCELLED)
    assert ENTRY in world.engine.state.entries

    world.wait(901 * S)

    assert ENTRY not in world.engine.state.entries
    assert world.store.rows["entry", ENTRY].state is EntryState.CANCELLED
    world.wait(901 * S)


def test_given_missed_once_in_a_list_when_it_is_forgotten_then_that_is_too():
    world = EnteringWorld()
    world.enter()
    world.said(WORKING)
    world.not_found()
    assert [name for name, _ in world.engine.state.missed] == [ENTRY]
    world.said(CANCELLED)

    world.wait(901 * S)

    assert world.engine.state.missed == {}


def test_given_filled_and_guarded_then_not_forgotten():
    world = EnteringWorld()
    world.enter()
    world.fills("10")
    world.position("10")
    world.wait(2_000 * S)
    assert ENTRY in world.engine.state.entries

    world.position("0")
    world.wait(1_000 * S)

    assert ENTRY not in world.engine.state.entries
    assert world.wants(RequestEntrySlot)
    assert world.now_ns % MS == 0


def test_given_its_account_is_gone_after_a_start_then_it_stays_in_doubt():
    world = EnteringWorld()
    world.enter()
    engine = Engine()
    engine.restore(world.store.snapshot())

    decision = engine.resume(world.later())

    assert engine.state.entries[ENTRY].state is EntryState.IN_DOUBT
    assert [i.account for i in decision.intents if type(i) is FindEntry] == [ACCOUNT]
