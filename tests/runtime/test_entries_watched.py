"""Exits that a broker holds, and closes that must not open anything."""

from __future__ import annotations

import pytest

from exitd.core.attempt import AttemptState, Capabilities, Dedupe, RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelLeg, Priority
from exitd.core.ticket import AttachedExits
from exitd.runtime.protect import audit
from fakes.exchange import SOL
from fakes.outcomes import Fill, LoseRequest, Refuse
from runtime.brokers import BROKER, broker, desk_of, entry, leg_report, rest_leg, wanted
from runtime.desk import ACCOUNT, D, S, in_virtual_time
from runtime.desk import stop as stop_rule
from simulation.virtual_time import let_pass


@in_virtual_time
async def test_given_no_reduce_only_when_the_position_cannot_be_read_then_it_waits():
    desk = await desk_of(venue := broker(capabilities=BROKER), "10")
    await desk.arm(stop_rule())
    venue.fail_reads(2)

    desk.mark("95")
    await desk.settle(0.5)
    assert desk.sent == []
    assert "cannot be read" in desk.fire().held_by
    assert desk.fact(FactKind.TRIGGER_HELD).fields["alert"] is True
    await desk.settle(10)

    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_given_no_reduce_only_then_the_position_is_read_before_each_close():
    desk = await desk_of(venue := broker(capabilities=BROKER), "10")
    await desk.arm(stop_rule())
    venue.lose_stream()
    await desk.settle(5)
    venue.hold(SOL, "3")

    desk.mark("95")
    await desk.settle(10)

    assert desk.sent == [("sl", D(3))]


@in_virtual_time
async def test_given_a_close_in_doubt_where_an_id_is_taken_once_then_the_same_bytes():
    capabilities = Capabilities(dedupe=Dedupe.ALWAYS, lag_slack_ns=S)
    desk = await desk_of(venue := broker(capabilities=capabilities), "10")
    await desk.arm(stop_rule())
    venue.script(LoseRequest(), Refuse(RefusalKind.BUSY), Fill())

    desk.mark("95")
    await desk.settle(20)

    bodies = {sent.prepared.body for sent in venue.sent}
    assert (len(bodies), len(venue.sent)) == (1, 3)
    assert venue.exchange.net(SOL) == 0


@in_virtual_time
async def test_given_a_close_stays_in_doubt_then_no_copy_leaves_after_its_window():
    capabilities = Capabilities(dedupe=Dedupe.ALWAYS, lag_slack_ns=2 * S)
    desk = await desk_of(venue := broker(capabilities=capabilities), "10")
    await desk.arm(stop_rule())
    venue.script(*[LoseRequest()] * 40)
    desk.mark("95")
    await desk.settle(6.5)
    copies = len(venue.sent)

    await desk.settle(0.4)
    assert len(venue.sent) == copies > 5
    attempts = desk.loop.engine.state.attempts.values()
    assert [a.state for a in attempts] == [AttemptState.IN_DOUBT]


@in_virtual_time
async def test_given_a_leg_when_it_is_cancelled_then_exitd_takes_over():
    desk = await desk_of(venue := broker())
    attached = AttachedExits(stop_price=D(95), take_profit_price=D(110))
    await desk.loop.command(wanted(desk, attached=attached))
    await desk.settle()
    parent = entry(desk).venue_order_id
    leg = rest_leg(venue, "leg-sl", desk.clock.now_ns())
    desk.loop.handle(leg_report(venue, leg, parent, desk.clock.now_ns()))
    assert entry(desk).legs == ("leg-sl",)
    now_ns = desk.clock.now_ns()
    assert audit(desk.loop.engine.state, frozenset(), now_ns=now_ns) == ()

    desk.account.entering.take(CancelLeg(ACCOUNT, SOL, "leg-sl"))
    await desk.settle()

    assert entry(desk).is_taken_over
    assert desk.trigger("desk-1/sl").definition.close.quantity.value == D(10)


@in_virtual_time
async def test_given_a_leg_when_more_is_held_then_it_covers_a_part():
    desk = await desk_of(venue := broker(), "3")
    attached = AttachedExits(stop_price=D(95))
    await desk.loop.command(wanted(desk, attached=attached))
    await desk.settle()
    parent = entry(desk).venue_order_id
    leg = rest_leg(venue, "leg-sl", desk.clock.now_ns())
    desk.loop.handle(leg_report(venue, leg, parent, desk.clock.now_ns()))

    now_ns = desk.clock.now_ns()
    (hole,) = audit(desk.loop.engine.state, frozenset(), now_ns=now_ns)
    assert (hole.quantity, hole.covered) == (D(13), D(10))
    assert hole.reason == "its stops cover only a part of it"


@in_virtual_time
async def test_given_a_leg_ended_unseen_then_the_reconcile_finds_it():
    desk = await desk_of(venue := broker())
    attached = AttachedExits(stop_price=D(95))
    await desk.loop.command(wanted(desk, attached=attached))
    await desk.settle()
    parent = entry(desk).venue_order_id
    leg = rest_leg(venue, "leg-sl", desk.clock.now_ns())
    desk.loop.handle(leg_report(venue, leg, parent, desk.clock.now_ns()))
    venue.exchange.end(leg, OrderStatus.EXPIRED, desk.clock.now_ns())
    venue.exchange.events.clear()

    await desk.settle(60)

    assert entry(desk).is_taken_over


@in_virtual_time
async def test_given_the_broker_lists_no_leg_then_the_reconcile_takes_over():
    desk = await desk_of(broker())
    attached = AttachedExits(stop_price=D(95))
    await desk.loop.command(wanted(desk, attached=attached))
    await desk.settle()
    assert not entry(desk).is_taken_over
    now_ns = desk.clock.now_ns()
    holes = audit(desk.loop.engine.state, frozenset(), now_ns=now_ns)
    assert [hole.covered for hole in holes] == [D(0)]

    await desk.settle(60)

    assert entry(desk).is_taken_over


@in_virtual_time
async def test_given_a_leg_that_is_not_there_then_its_cancel_asks_what_is():
    desk = await desk_of(venue := broker())
    attached = AttachedExits(stop_price=D(95))
    await desk.loop.command(wanted(desk, attached=attached))
    await desk.settle()
    venue.is_down = True

    desk.account.entering.take(CancelLeg(ACCOUNT, SOL, "gone"))
    await let_pass(0.01)
    assert not entry(desk).is_taken_over
    venue.is_down = False
    desk.account.entering.take(CancelLeg(ACCOUNT, SOL, "gone"))
    await desk.settle()

    assert entry(desk).is_taken_over


@in_virtual_time
async def test_given_the_stop_filled_unseen_then_the_other_leg_does_not_look_missing():
    desk = await desk_of(venue := broker())
    attached = AttachedExits(stop_price=D(95), take_profit_price=D(110))
    await desk.loop.command(wanted(desk, attached=attached))
    await desk.settle()
    parent, now_ns = entry(desk).venue_order_id, desk.clock.now_ns()
    legs = [rest_leg(venue, name, now_ns) for name in ("leg-tp", "leg-sl")]
    for leg in legs:
        desk.loop.handle(leg_report(venue, leg, parent, now_ns))
    venue.exchange.end(legs[0], OrderStatus.CANCELLED, now_ns)
    legs[1].filled = D(10)
    venue.exchange.end(legs[1], OrderStatus.FILLED, now_ns)
    venue.exchange.events.clear()

    await desk.account.entering.inquiry.reconcile_legs()

    assert not entry(desk).is_taken_over
    assert entry(desk).closed == D(10)


@pytest.mark.parametrize("priority", [Priority.STOP, Priority.CLOSE, Priority.CANCEL])
def test_given_the_queue_then_entries_come_after_all_that_protects(priority):
    assert priority < Priority.ARM
