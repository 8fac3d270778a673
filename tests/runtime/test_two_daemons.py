"""A state that was copied or has moved: it watches, and nothing leaves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from exitd.core.entry import EntryState
from exitd.core.entry_inputs import WithdrawEntry
from exitd.core.events import FactKind
from exitd.core.inputs import ApplyFiles, FireNow
from exitd.core.records import CounterRecord
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerState,
)
from exitd.errors import StoreError
from exitd.runtime.standby import COPY, MOVED, SHARED
from fakes.exchange import SOL
from fakes.outcomes import Rest
from runtime.brokers import BROKER, entry, wanted
from runtime.copied import StandingDesk, Watched, copy_of
from runtime.desk import ACCOUNT, LONG, D, S, in_virtual_time, stop, target
from simulation.virtual_time import VirtualClock

HERE, THERE = "machine-1:11", "machine-2:22"
MIN = 60
RESTS = Close(quantity=Quantity(QuantityKind.ABSOLUTE, D(2)), order=OrderType.LIMIT)


def venue(**changed: Any) -> Watched:
    return Watched(VirtualClock(asyncio.get_running_loop()), ACCOUNT, **changed)


async def first(**changed: Any) -> StandingDesk:
    """A daemon at home, with its exits armed and one close behind it."""
    desk = StandingDesk(home=HERE, venue=venue(), **changed)
    await desk.start()
    await desk.arm(stop(), target("tp", "110", "50%"), target("old", "105", "1"))
    desk.mark("105")
    await desk.settle(1)
    return desk


async def copied(desk: StandingDesk, *, home: str = HERE, **changed: Any) -> Any:
    """Start another on a copy of its state; the first goes on."""
    other = StandingDesk(
        home=home, venue=desk.venue.beside(), disk=copy_of(desk), net=None, **changed
    )
    await other.start(mark=None)
    return other


async def moved(desk: StandingDesk, **changed: Any) -> Any:
    """End it, and start its state somewhere else."""
    other = StandingDesk(
        home=THERE, venue=desk.venue.beside(), disk=copy_of(desk), net=None, **changed
    )
    await desk.restarted()
    await other.start(mark=None)
    return other


def guarded(desk: StandingDesk, percent: str = "5") -> ApplyFiles:
    return ApplyFiles(
        definitions=(), backstops=((LONG, D(percent)),), now_ns=desk.clock.now_ns()
    )


@in_virtual_time
async def test_given_a_new_state_then_it_is_at_home_and_stays_so():
    desk = await first()

    again = StandingDesk(home=HERE, venue=desk.venue, disk=copy_of(desk), net=None)
    await again.start(mark=None)

    assert not desk.stands_by
    assert not again.stands_by
    assert again.store.disk.notes["home"] == HERE.encode()


@in_virtual_time
async def test_given_nothing_real_is_sent_then_no_home_is_kept():
    desk = StandingDesk(home="", is_copy=True, venue=venue())
    await desk.start()

    assert not desk.stands_by
    assert not {"home", "standby"} & desk.store.disk.notes.keys()


@pytest.mark.parametrize(
    ("home", "is_copy", "reason"), [(HERE, True, COPY), (THERE, False, MOVED)]
)
def test_b107_given_a_copy_or_another_home_then_stands_by_over_restarts(
    home: str, is_copy: bool, reason: str
):
    @in_virtual_time
    async def run() -> None:
        desk = await first()
        other = await copied(desk, home=home, is_copy=is_copy)
        assert other.stands_by
        again = await copied(other, home=home)
        assert again.stands_by
        assert again.standby.accounts == other.standby.accounts
        assert again.standby.accounts[ACCOUNT].reason == reason

    run()


@in_virtual_time
async def test_given_a_copy_then_hits_are_kept_and_sent_at_the_takeover():
    other = await moved(await first())
    other.mark("95")
    await other.settle(MIN)
    assert other.trigger().state is TriggerState.FIRING
    assert other.venue.writes == []

    await other.settle(2 * MIN)
    await other.take_over()
    await other.settle(10)

    assert not other.stands_by
    assert other.sent == [("sl", D(9))]
    assert other.store.disk.notes["home"] == THERE.encode()
    assert other.venue.exchange.net(SOL) == 0
    again = await copied(other, home=THERE)
    assert not again.stands_by


@in_virtual_time
async def test_b107_given_an_account_that_stands_by_then_nothing_is_written():
    """Hits, cancels, backstops, entries, and firings from before."""
    desk = StandingDesk(home=HERE, venue=venue(capabilities=BROKER))
    await desk.start()
    scope = CancelAndClose(Cancel(CancelScope.ALL), Close())
    await desk.arm(
        stop(), stop("sl2", "94", action=scope), target("rests", "104", action=RESTS)
    )
    desk.venue.script(Rest())
    desk.venue.script_entries(Rest())
    await desk.loop.command(wanted(desk, limit_price=D(90)))
    desk.mark("104")
    await desk.settle(1)
    assert entry(desk).state is EntryState.WORKING
    other = await moved(desk)
    now_ns = other.clock.now_ns

    await other.loop.command(guarded(other, "4"))
    other.loop.handle(FireNow(trigger_id="sl", by="me", now_ns=now_ns()))
    other.mark("93")
    await other.loop.command(wanted(other, "desk-2"))
    await other.loop.command(
        WithdrawEntry(entry_id="desk-1", why="by me", now_ns=now_ns())
    )
    await other.settle(5 * MIN)

    assert other.venue.writes == []
    assert other.stands_by
    await other.take_over()
    await other.settle(10)
    writes = set(other.venue.writes)
    assert {"send", "cancel_entry", "cancel_order"} <= writes
    assert "send_entry" not in writes
    assert entry(other, "desk-2").state is EntryState.EXPIRED
    assert other.venue.exchange.net(SOL) == 0


@in_virtual_time
async def test_given_the_other_is_alive_then_no_takeover_before_it_is_quiet():
    desk = await first()
    other = await copied(desk, home=THERE)
    desk.mark("110")
    await desk.settle(1)
    await other.settle(12)

    alive = (await other.look()).alive
    assert alive.startswith("another exitd is alive: it sent order O")
    assert alive.endswith("on main/" + SOL + " 12 s ago")

    await other.settle(2 * MIN)
    found = await other.take_over()
    assert [order.filled for order in found.siblings] == [D(5)]


@in_virtual_time
async def test_b107_given_it_fired_after_the_copy_then_nothing_is_doubled():
    """Reliability row D10: snapshot, fire, restore, start."""
    desk = await first()
    disk = copy_of(desk)
    desk.mark("110")
    await desk.settle(1)
    before = desk.sent
    await desk.restarted()
    restored = StandingDesk(
        home=HERE, is_copy=True, venue=desk.venue.beside(), disk=disk, net=None
    )
    await restored.start(mark=None)
    await restored.settle(3 * MIN)

    found = await restored.look()
    assert restored.takeover.held_back(found) == ("tp",)
    await restored.take_over()
    restored.mark("111")
    restored.mark("95")
    await restored.settle(10)

    assert before == [("old", D(1)), ("tp", D(5))]
    assert restored.sent == [("sl", D(4))]
    assert restored.trigger("tp").paused
    ids = [order.client_order_id for order in restored.venue.exchange.orders]
    assert len(ids) == len(set(ids))


@in_virtual_time
async def test_b107_given_two_on_one_key_then_the_one_that_took_over_stands_down():
    """Reliability rows X8 and G7: two daemons, two databases, one account."""
    desk = await first()
    disk = copy_of(desk)
    await desk.settle(3 * MIN)
    other = StandingDesk(home=THERE, venue=desk.venue.beside(), disk=disk, net=None)
    await other.start(mark=None)
    await other.take_over()
    await other.settle(2 * MIN)
    assert not other.stands_by

    desk.mark("110")
    await desk.settle(1)
    await other.settle(MIN)
    other.mark("111")
    other.mark("95")
    await other.settle(MIN)

    assert other.stands_by
    assert other.standby.accounts[ACCOUNT].reason == SHARED
    assert other.kinds().count(FactKind.ACCOUNT_SHARED) == 1
    assert other.venue.writes == []
    assert not desk.stands_by
    again = await copied(other, home=THERE)
    assert again.stands_by
    await again.settle(2 * MIN)
    found = await again.take_over()
    assert [order.filled for order in found.siblings] == [D(5)]


@in_virtual_time
async def test_given_an_id_above_ours_then_only_told_for_the_younger_stands_down():
    desk = await first()
    state = desk.loop.engine.state
    other = StandingDesk(
        home=HERE, venue=desk.venue.beside(), disk=copy_of(desk), net=None
    )
    await other.start(mark=None)
    counter = state.counters[ACCOUNT]
    other.loop.engine.state.counters[ACCOUNT] = CounterRecord(
        ACCOUNT, counter.tag, counter.counter + 900
    )
    await other.settle(2 * MIN)
    other.mark("110")
    await other.settle(1)
    await desk.settle(2 * MIN)

    assert not desk.stands_by
    assert FactKind.ACCOUNT_SHARED not in desk.kinds()


@in_virtual_time
async def test_b107_given_it_stands_down_between_signature_and_disk_then_not_sent():
    desk = StandingDesk(home=HERE, venue=venue())
    await desk.start()
    await desk.arm(stop())
    desk.store.hold()
    desk.mark("95")
    assert desk.account.dispatcher.in_flight == 1
    desk.loop.engine.state.standing_by.add(ACCOUNT)
    desk.store.release()
    await desk.settle(1)

    assert desk.venue.writes == []
    why = desk.fact(FactKind.ORDER_IN_DOUBT).fields["why"]
    assert why == "it was not sent, as this account stands by"


@in_virtual_time
async def test_b107_given_a_cancel_under_way_when_it_stands_down_then_it_waits():
    desk = StandingDesk(home=HERE, venue=venue(capabilities=BROKER))
    await desk.start()
    desk.loop.engine.state.standing_by.add(ACCOUNT)

    async def cancel() -> None:
        await desk.account.asking.cancel_order(SOL, venue_order_id="O1")
        await desk.account.asking.cancel_orders(SOL, CancelScope.ALL)

    desk.spawn(cancel(), "cancel")
    await desk.settle(10)
    assert desk.venue.writes == []
    desk.loop.engine.state.standing_by.discard(ACCOUNT)
    desk.account.dispatcher.open()
    await desk.settle(1)

    assert desk.venue.writes == ["cancel_order", "cancel_orders"]


@in_virtual_time
async def test_given_it_cannot_be_written_down_then_it_stands_by_still():
    other = await moved(await first())
    await other.settle(3 * MIN)
    found = await other.look()
    put_note = other.store.put_note

    async def refuse(key: str, value: bytes) -> None:
        raise StoreError("The store takes no writes.")

    other.store.put_note = refuse
    with pytest.raises(StoreError):
        await other.takeover.carry_out(other.account, found, "cli:root")

    assert other.stands_by
    other.store.put_note = put_note
    await other.take_over()
    assert not other.stands_by


@in_virtual_time
async def test_given_an_old_copy_then_a_week_is_read_and_it_is_said():
    desk = await first()
    disk = copy_of(desk)
    await desk.restarted()
    await desk.settle(8 * 24 * 60 * MIN)
    other = StandingDesk(home=THERE, venue=desk.venue.beside(), disk=disk, net=None)
    await other.start(mark=None)

    found = await other.look()

    assert not found.is_whole
    assert found.since_ns == other.clock.now_ns() - 7 * 24 * 3600 * S
