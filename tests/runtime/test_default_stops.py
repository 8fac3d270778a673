"""Default stops: where nobody else watches, and nowhere else."""

from __future__ import annotations

from exitd.core.inputs import CancelTrigger
from exitd.core.market import PriceKind
from exitd.core.position import PositionKey, Side
from exitd.core.state import Accepted
from exitd.runtime.default_stops import OWNER, DefaultStops
from fakes.exchange import SOL
from runtime.desk import ACCOUNT, D, Desk, in_virtual_time, stop

KEY = PositionKey(ACCOUNT, SOL, Side.LONG)
ID = f"default/{KEY}"


async def covered(*, named: frozenset[PositionKey] = frozenset(), **changed):  # type: ignore[no-untyped-def]
    desk = Desk(**changed)
    stops = DefaultStops(
        desk.loop,
        desk.spawn,
        lambda: named,
        percent=D(8),
        prices={ACCOUNT: PriceKind.MARK},
    )
    await desk.start()
    return desk, stops


@in_virtual_time
async def test_given_a_position_that_nobody_watches_then_it_gets_a_stop():
    desk, _ = await covered()
    await desk.settle(6)

    record = desk.trigger(ID)
    assert record.definition.owner == OWNER
    assert record.trigger_price == D(92)
    desk.account.prices.watch_sources()
    desk.mark("92")
    await desk.settle(20)

    assert desk.sent == [(ID, D(10))]


@in_virtual_time
async def test_given_a_stop_comes_in_time_then_there_is_no_other():
    desk, _ = await covered()
    await desk.arm(stop())

    await desk.settle(10)

    assert ID not in desk.loop.engine.state.triggers


@in_virtual_time
async def test_given_a_file_names_the_position_then_it_is_left_to_that():
    desk, stops = await covered(named=frozenset({KEY}))

    await desk.settle(10)
    await stops.cover()

    assert ID not in desk.loop.engine.state.triggers


@in_virtual_time
async def test_given_a_person_cancels_it_then_it_stays_cancelled_for_this_position():
    desk, stops = await covered()
    await desk.settle(6)

    reply = await desk.loop.command(
        CancelTrigger(trigger_id=ID, by="ops", now_ns=desk.clock.now_ns())
    )
    await stops.cover()

    assert isinstance(reply, Accepted)
    assert desk.trigger(ID).state == "done"
    desk.venue.hold(SOL, "0")
    await desk.settle(1)
    desk.venue.hold(SOL, "5")
    await desk.settle(8)
    desk.mark("100")
    await desk.settle(1)
    assert desk.trigger(ID).state == "armed"


@in_virtual_time
async def test_given_a_file_names_it_later_then_its_stop_takes_the_place():
    named: set[PositionKey] = set()
    desk = Desk()
    stops = DefaultStops(
        desk.loop,
        desk.spawn,
        lambda: named,
        percent=D(8),
        prices={ACCOUNT: PriceKind.MARK},
    )
    await desk.start()
    await desk.settle(6)

    named.add(KEY)
    await stops.cover()
    assert desk.trigger(ID).state == "armed"
    await desk.arm(stop())
    await stops.cover()

    assert desk.trigger(ID).state == "done"
    assert desk.trigger("sl").state == "armed"


@in_virtual_time
async def test_given_the_price_is_beyond_it_already_then_it_waits_and_closes_nothing():
    desk, _ = await covered()
    desk.mark("90")

    await desk.settle(10)

    assert desk.trigger(ID).state == "waiting"
    assert desk.sent == []


@in_virtual_time
async def test_given_an_account_without_a_price_for_it_then_left_alone():
    desk = Desk()
    stops = DefaultStops(desk.loop, desk.spawn, frozenset, percent=D(8), prices={})
    await desk.start()

    await stops.cover()

    assert desk.loop.engine.state.triggers == {}
