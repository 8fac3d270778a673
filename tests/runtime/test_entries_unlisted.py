"""Orders that a broker lists no more: what the runtime asks, and what follows."""

from __future__ import annotations

import asyncio

from exitd.core.entry import EntryState
from exitd.core.events import FactKind
from exitd.core.inputs import OrderReport
from exitd.core.intents import CancelLeg, FindLegs
from exitd.core.ticket import AttachedExits
from exitd.ports.venue import Refusal
from fakes.exchange import SOL
from fakes.outcomes import Fill, Rest
from runtime.brokers import (
    BROKER,
    Broker,
    broker,
    desk_of,
    entry,
    leg_report,
    rest_leg,
    wanted,
)
from runtime.desk import ACCOUNT, D, Desk, in_virtual_time
from simulation.virtual_time import VirtualClock, let_pass


async def resting(venue: Broker) -> Desk:
    """A desk whose entry rests at its broker."""
    desk = await desk_of(venue)
    venue.script_entries(Rest())
    await desk.loop.command(wanted(desk, limit_price=D(99)))
    await desk.settle()
    assert entry(desk).state is EntryState.WORKING
    return desk


def forget(venue: Broker) -> None:
    """Begin another day: the orders of the last one are listed no more."""
    venue.exchange.orders.clear()


@in_virtual_time
async def test_b071_given_an_entry_filled_unseen_and_unlisted_then_executions_say_so():
    desk = await resting(venue := broker(capabilities=BROKER))
    (order,) = venue.exchange.orders
    venue.fill_entry(order, Fill(D(10), D(99)))
    venue.exchange.events.clear()
    forget(venue)

    await desk.settle(120)

    assert entry(desk).state is EntryState.FILLED
    assert entry(desk).average_price == 99
    assert desk.trigger("desk-1/sl").definition.close.quantity.value == D(10)
    assert desk.fact(FactKind.ENTRY_RESOLVED).fields["alert"] is True


@in_virtual_time
async def test_b072_given_an_entry_unlisted_without_executions_then_it_has_ended():
    desk = await resting(venue := broker(capabilities=BROKER))
    forget(venue)

    await desk.settle(120)

    assert entry(desk).state is EntryState.EXPIRED
    assert entry(desk).filled == 0


@in_virtual_time
async def test_b072_given_executions_cannot_be_read_then_nothing_is_concluded():
    desk = await resting(venue := broker(capabilities=BROKER))
    forget(venue)
    venue.is_down = True

    await desk.settle(120)

    assert entry(desk).state is EntryState.WORKING


async def with_leg(venue: Broker) -> Desk:
    desk = await desk_of(venue)
    await desk.loop.command(wanted(desk, attached=AttachedExits(stop_price=D(95))))
    await desk.settle()
    now_ns = desk.clock.now_ns()
    leg = rest_leg(venue, "leg-sl", now_ns)
    desk.loop.handle(leg_report(venue, leg, entry(desk).venue_order_id, now_ns))
    assert entry(desk).legs == ("leg-sl",)
    return desk


@in_virtual_time
async def test_b084_given_a_leg_that_is_listed_no_more_then_exitd_takes_over():
    desk = await with_leg(venue := broker(capabilities=BROKER))
    forget(venue)

    await desk.settle(120)

    assert entry(desk).is_taken_over
    assert entry(desk).legs == ()


class SlowCancels(Broker):
    """Takes a second for each cancel; `cancelled` are those that arrived."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        self.cancelled: list[str] = []

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        self.cancelled.append(venue_order_id)
        await let_pass(1)
        return await super().cancel_order(symbol, venue_order_id=venue_order_id)


@in_virtual_time
async def test_given_a_cancel_under_way_when_asked_again_then_sent_once():
    clock = VirtualClock(asyncio.get_running_loop())
    venue = SlowCancels(clock, ACCOUNT, capabilities=BROKER)
    desk = await with_leg(venue)

    for _ in range(3):
        desk.account.entering.take(CancelLeg(ACCOUNT, SOL, "leg-sl"))
        await let_pass(0.1)

    assert venue.cancelled == ["leg-sl"]


@in_virtual_time
async def test_given_legs_are_looked_for_when_the_broker_is_down_then_asked_again():
    desk = await desk_of(venue := broker(capabilities=BROKER))
    await desk.loop.command(wanted(desk, attached=AttachedExits(stop_price=D(95))))
    await desk.settle()
    venue.is_down = True
    desk.account.entering.take(FindLegs(entry(desk).order))
    desk.account.entering.take(FindLegs(entry(desk).order))
    await let_pass(0.1)
    assert not entry(desk).is_taken_over
    venue.is_down = False

    desk.account.entering.take(FindLegs(entry(desk).order))
    await desk.settle()

    assert entry(desk).is_taken_over
