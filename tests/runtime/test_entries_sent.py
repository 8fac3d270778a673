"""Entries through the runtime: after every close, once durable, and only once."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from exitd.core.attempt import AttemptState, Capabilities, Dedupe, Expiry, RefusalKind
from exitd.core.entry import EntryOrder, EntryRecord, EntryState
from exitd.core.entry_inputs import Enter
from exitd.core.events import FactKind
from exitd.core.inputs import FireNow, OrderStatus
from exitd.core.intents import CancelEntry, CancelLeg, Priority
from exitd.core.position import OrderSide
from exitd.core.state import Accepted
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketType
from fakes.entries import FakeEntering
from fakes.exchange import SOL, FakeOrder
from fakes.outcomes import Fill, LoseReply, LoseRequest, Refuse, Rest
from runtime.desk import ACCOUNT, D, Desk, S, StreamlessVenue, in_virtual_time
from runtime.desk import stop as stop_rule
from runtime.desk import target as target_rule
from simulation.virtual_time import VirtualClock, let_pass

BROKER = Capabilities(
    dedupe=Dedupe.ALWAYS, expiry=Expiry.WINDOW, lag_slack_ns=S, reduce_only=False
)


class Broker(FakeEntering, StreamlessVenue):
    """A venue that takes entries, a millisecond away."""


def broker(**changed: object) -> Broker:
    clock = VirtualClock(asyncio.get_running_loop())
    return Broker(clock, ACCOUNT, **changed)


async def desk_of(venue: Broker, net: str | None = None, **changed: object) -> Desk:
    return await Desk(venue=venue, net=net, **changed).start()  # type: ignore[arg-type]


def wanted(
    desk: Desk, id: str = "desk-1", quantity: str = "10", **changed: object
) -> Enter:
    young_ns = changed.pop("young_ns", 60 * S)
    ticket = Ticket(
        symbol=SOL,
        asset_class=AssetClass.CRYPTO,
        side=OrderSide.BUY,
        quantity=D(quantity),
        order=TicketType.LIMIT if "limit_price" in changed else TicketType.MARKET,
        client_order_id=f"ref-{id}",
        **changed,  # type: ignore[arg-type]
    )
    now_ns = desk.clock.now_ns()
    return Enter(
        order=EntryOrder(id=id, account=ACCOUNT, ticket=ticket),
        exits=(
            stop_rule(f"{id}/sl", owner="webhook:desk"),
            target_rule(f"{id}/tp", owner="webhook:desk"),
        ),
        not_after_ns=now_ns + young_ns,  # type: ignore[operator]
        now_ns=now_ns,
    )


def entry(desk: Desk, id: str = "desk-1") -> EntryRecord:
    return desk.loop.engine.state.entries[id]


@in_virtual_time
async def test_b071_given_an_entry_when_it_fills_then_its_exits_close_what_filled():
    desk = await desk_of(broker())

    reply = await desk.loop.command(wanted(desk))
    await desk.settle()
    assert isinstance(reply, Accepted)
    assert entry(desk).state is EntryState.FILLED
    desk.mark("95")
    await desk.settle(20)

    assert desk.sent == [("desk-1/sl", D(10))]
    assert desk.venue.exchange.net(SOL) == 0
    assert desk.store.disk.entries["desk-1"].closed == D(10)


@in_virtual_time
async def test_given_a_wanted_entry_then_it_leaves_only_once_it_is_durable():
    desk = await desk_of(venue := broker())
    on_disk: list[EntryState] = []
    venue.on_arrival = lambda: on_disk.append(desk.store.disk.entries["desk-1"].state)

    await desk.loop.command(wanted(desk))
    await desk.settle()

    assert on_disk == [EntryState.SIGNED]
    order, prepared = venue.entries_sent[0]
    assert desk.store.disk.entries["desk-1"].signed == prepared.body
    assert order.id == "desk-1"


@in_virtual_time
async def test_given_closes_that_wait_when_an_entry_is_wanted_then_it_goes_last():
    desk = await desk_of(venue := broker(), "20", per_minute=60, burst=4, reserve=2)
    await desk.arm(*(stop_rule(f"sl{n}", f"9{n}", "1") for n in range(4)))
    desk.budget.pause(desk.clock.monotonic_ns() + 2 * S)
    reply = await desk.loop.command(wanted(desk))
    assert isinstance(reply, Accepted)
    for n in range(4):
        now_ns = desk.clock.now_ns()
        desk.loop.handle(FireNow(trigger_id=f"sl{n}", by="me", now_ns=now_ns))

    await desk.settle(30)

    sent = [
        f for f in desk.facts if f.kind in (FactKind.ORDER_SENT, FactKind.ENTRY_SENT)
    ]
    kinds = [fact.kind for fact in sent]
    assert kinds == [FactKind.ORDER_SENT] * 4 + [FactKind.ENTRY_SENT]
    assert len(venue.entries_sent) == 1


@in_virtual_time
async def test_given_no_budget_in_its_time_then_it_is_never_sent():
    desk = await desk_of(venue := broker())
    desk.budget.pause(desk.clock.monotonic_ns() + 100 * S)

    await desk.loop.command(wanted(desk))
    await desk.settle(200)

    assert entry(desk).state is EntryState.EXPIRED
    assert venue.entries_sent == []


@in_virtual_time
async def test_given_an_account_without_entries_then_what_it_has_lapses():
    desk = await Desk(net=None).start()

    await desk.loop.command(wanted(desk))
    await desk.settle(100)

    assert entry(desk).state is EntryState.EXPIRED


@in_virtual_time
async def test_given_the_reply_is_lost_then_found_by_its_id_and_sent_once():
    desk = await desk_of(venue := broker())
    venue.script_entries(LoseReply(Fill()))

    await desk.loop.command(wanted(desk))
    await desk.settle(5)

    assert entry(desk).state is EntryState.FILLED
    assert len(venue.entries_sent) == 1
    assert venue.exchange.net(SOL) == D(10)


@in_virtual_time
async def test_given_the_request_is_lost_then_over_once_it_is_proven_not_to_be_there():
    desk = await desk_of(venue := broker())
    venue.script_entries(LoseRequest())

    await desk.loop.command(wanted(desk))
    await desk.settle(30)

    assert entry(desk).state is EntryState.EXPIRED
    assert len(venue.entries_sent) == 1


@in_virtual_time
async def test_given_an_id_is_taken_once_when_requests_are_lost_then_the_same_bytes():
    desk = await desk_of(venue := broker(capabilities=BROKER))
    venue.script_entries(LoseRequest(), LoseRequest(), LoseReply(Fill()))

    await desk.loop.command(wanted(desk))
    await desk.settle(5)

    assert entry(desk).state is EntryState.FILLED
    assert len({prepared.body for _, prepared in venue.entries_sent}) == 1
    assert venue.entries_signed == 1
    assert venue.exchange.net(SOL) == D(10)


@in_virtual_time
async def test_given_a_copy_is_refused_then_that_says_nothing_about_the_first():
    desk = await desk_of(venue := broker(capabilities=BROKER))
    venue.script_entries(
        LoseReply(Fill()), Refuse(RefusalKind.MARGIN), Refuse(RefusalKind.RATE_LIMITED)
    )
    venue.fail_reads(2)

    await desk.loop.command(wanted(desk))
    await desk.settle(10)

    assert entry(desk).state is EntryState.FILLED
    assert venue.exchange.net(SOL) == D(10)


@in_virtual_time
async def test_given_a_no_then_over_and_somebody_is_told():
    desk = await desk_of(venue := broker())
    venue.script_entries(Refuse(RefusalKind.MARGIN, message="not enough money"))

    await desk.loop.command(wanted(desk))
    await desk.settle()

    assert entry(desk).refusal == "SCRIPTED: not enough money"
    assert desk.fact(FactKind.ENTRY_REFUSED).fields["alert"] is True


@in_virtual_time
async def test_given_too_many_requests_then_it_goes_when_it_may():
    desk = await desk_of(venue := broker())
    venue.script_entries(Refuse(RefusalKind.RATE_LIMITED, retry_after_ns=3 * S))

    await desk.loop.command(wanted(desk))
    await desk.settle(10)

    assert entry(desk).state is EntryState.FILLED
    assert len(venue.entries_sent) == 2


@in_virtual_time
async def test_given_a_crash_after_it_left_then_found_and_not_sent_again():
    desk = await desk_of(venue := broker())
    venue.script_entries(LoseReply(Fill()))
    venue.is_stream_down = True
    await desk.loop.command(wanted(desk))
    await desk.settle(0)

    again = await (await desk.restarted()).start()
    await again.settle(5)

    assert entry(again).state is EntryState.FILLED
    assert len(venue.entries_sent) == 1
    assert again.trigger("desk-1/sl").definition.close.quantity.value == D(10)
    again.mark("95")
    await again.settle(20)
    assert venue.exchange.net(SOL) == 0


@in_virtual_time
async def test_given_a_crash_before_it_left_then_sent_after_it():
    desk = await desk_of(venue := broker())
    desk.budget.pause(desk.clock.monotonic_ns() + 100 * S)
    await desk.loop.command(wanted(desk))

    again = await (await desk.restarted()).start()
    await again.settle(5)

    assert len(venue.entries_sent) == 1
    assert entry(again).state is EntryState.FILLED


@in_virtual_time
async def test_given_filled_while_down_then_its_exits_are_armed_at_the_start():
    desk = await desk_of(venue := broker())
    venue.script_entries(Rest())
    await desk.loop.command(wanted(desk, limit_price=D(90)))
    await desk.settle()
    assert entry(desk).state is EntryState.WORKING
    again = await desk.restarted()
    resting = next(o for o in venue.ledger if o.reference)
    venue.fill_entry(resting, Fill(D(4)))

    await again.start()
    await again.settle(1)

    assert again.trigger("desk-1/sl").definition.close.quantity.value == D(4)
    assert entry(again).state is EntryState.PARTIALLY_FILLED


@in_virtual_time
async def test_b072_given_the_stop_fires_then_the_rest_of_the_entry_is_taken_back():
    desk = await desk_of(venue := broker())
    venue.script_entries(Fill(D(4), D(90)))
    await desk.loop.command(wanted(desk, limit_price=D(90)))
    await desk.settle()

    desk.mark("95")
    await desk.settle(20)

    assert entry(desk).state is EntryState.CANCELLED
    assert desk.sent == [("desk-1/sl", D(4))]
    assert venue.exchange.net(SOL) == 0


@in_virtual_time
async def test_given_a_cancel_that_fails_then_the_entry_is_looked_up():
    desk = await desk_of(venue := broker())
    venue.script_entries(Rest())
    await desk.loop.command(wanted(desk))
    await desk.settle()
    venue.is_down = True
    order = entry(desk).order

    desk.account.entering.take(CancelEntry(order, entry(desk).venue_order_id))
    await desk.settle(0.01)
    venue.is_down = False
    venue.exchange.end(venue.ledger[-1], OrderStatus.EXPIRED, desk.clock.now_ns())
    await desk.settle(40)

    assert entry(desk).state is EntryState.EXPIRED


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
    leg = _rest_leg(venue, "leg-sl", desk.clock.now_ns())
    desk.loop.handle(_leg_report(venue, leg, parent, desk.clock.now_ns()))
    assert entry(desk).legs == ("leg-sl",)

    desk.account.entering.take(CancelLeg(ACCOUNT, SOL, "leg-sl"))
    await desk.settle()

    assert entry(desk).is_taken_over
    assert desk.trigger("desk-1/sl").definition.close.quantity.value == D(10)


@in_virtual_time
async def test_given_a_leg_ended_unseen_then_the_reconcile_finds_it():
    desk = await desk_of(venue := broker())
    attached = AttachedExits(stop_price=D(95))
    await desk.loop.command(wanted(desk, attached=attached))
    await desk.settle()
    parent = entry(desk).venue_order_id
    leg = _rest_leg(venue, "leg-sl", desk.clock.now_ns())
    desk.loop.handle(_leg_report(venue, leg, parent, desk.clock.now_ns()))
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


def _rest_leg(venue: Broker, id: str, now_ns: int) -> FakeOrder:
    leg = FakeOrder(
        id=id,
        client_order_id=None,
        symbol=SOL,
        side=OrderSide.SELL,
        quantity=D(10),
        trigger_price=D(95),
        ts_created_ns=now_ns,
        ts_changed_ns=now_ns,
    )
    venue.exchange.orders.append(leg)
    return leg


def _leg_report(venue: Broker, leg: FakeOrder, parent: str, now_ns: int):  # type: ignore[no-untyped-def]
    report = venue.exchange.report(leg)
    return replace(report, parent=parent, now_ns=now_ns)


@pytest.mark.parametrize("priority", [Priority.STOP, Priority.CLOSE, Priority.CANCEL])
def test_given_the_queue_then_entries_come_after_all_that_protects(priority):
    assert priority < Priority.ARM
