"""Entries through the runtime: after every close, once durable, and only once."""

from __future__ import annotations

import asyncio

from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryState
from exitd.core.entry_inputs import WithdrawEntry
from exitd.core.events import FactKind
from exitd.core.inputs import FireNow, OrderStatus
from exitd.core.intents import CancelEntry
from exitd.core.state import Accepted
from fakes.exchange import SOL
from fakes.outcomes import Fill, LoseReply, LoseRequest, Refuse, Rest
from runtime.brokers import BROKER, broker, desk_of, entry, wanted
from runtime.desk import D, Desk, S, in_virtual_time
from runtime.desk import stop as stop_rule


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
    venue.lose_stream()
    await desk.settle(0.01)
    venue.fail_reads(2)

    await desk.loop.command(wanted(desk))
    await desk.settle(10)

    assert len(venue.entries_sent) > 1

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
async def test_given_the_disk_takes_longer_than_the_entry_may_be_old_then_not_sent():
    desk = await desk_of(venue := broker())
    desk.store.hold()
    asked = asyncio.ensure_future(desk.loop.command(wanted(desk, young_ns=2 * S)))
    await desk.settle(5)

    desk.store.release()
    await asked
    await desk.settle(5)

    assert venue.entries_sent == []
    assert entry(desk).state is EntryState.REFUSED
    assert "in its time" in entry(desk).refusal


@in_virtual_time
async def test_b072_given_cancels_that_fail_when_withdrawn_then_asked_until_over():
    desk = await desk_of(venue := broker())
    venue.script_entries(Rest())
    await desk.loop.command(wanted(desk))
    await desk.settle()
    venue.is_down = True

    await desk.loop.command(
        WithdrawEntry(entry_id="desk-1", why="by ops", now_ns=desk.clock.now_ns())
    )
    await desk.settle(5)
    assert entry(desk).state is EntryState.WORKING
    venue.is_down = False
    await desk.settle(5)

    assert entry(desk).state is EntryState.CANCELLED


@in_virtual_time
async def test_b072_given_withdrawn_before_it_is_durable_then_it_never_leaves():
    desk = await desk_of(venue := broker())
    desk.store.hold()
    asked = asyncio.ensure_future(desk.loop.command(wanted(desk)))
    await desk.settle(1)
    back = asyncio.ensure_future(
        desk.loop.command(
            WithdrawEntry(entry_id="desk-1", why="by ops", now_ns=desk.clock.now_ns())
        )
    )
    await desk.settle(1)

    desk.store.release()
    await asked
    await back
    await desk.settle(5)

    assert venue.entries_sent == []
    assert entry(desk).state is EntryState.CANCELLED
