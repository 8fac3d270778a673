"""Backstops at a venue: placed, moved, taken back, and known after a crash."""

from __future__ import annotations

import asyncio

from exitd.core.backstop import BackstopState
from exitd.core.events import FactKind
from exitd.core.inputs import ApplyFiles, OrderReport
from exitd.core.position import PositionKey, Side
from exitd.core.state import Accepted
from exitd.core.trigger import Cancel, TriggerState
from exitd.ports.venue import NativeStop, Refusal
from fakes.exchange import SOL
from runtime.desk import ACCOUNT, D, Desk, StreamlessVenue, in_virtual_time, stop

KEY = PositionKey(ACCOUNT, SOL, Side.LONG)


async def apply(desk: Desk, percent: str | None = "5") -> None:
    wanted = () if percent is None else ((KEY, D(percent)),)
    reply = await desk.loop.command(
        ApplyFiles(definitions=(), backstops=wanted, now_ns=desk.clock.now_ns())
    )
    assert isinstance(reply, Accepted)


async def guarded(**changed: object) -> Desk:
    desk = await Desk(**changed).start()  # type: ignore[arg-type]
    await apply(desk)
    await desk.settle(3)
    return desk


async def resting(desk: Desk) -> list[str]:
    return [str(o.client_order_id) for o in await desk.venue.open_orders(SOL)]


def state(desk: Desk) -> BackstopState:
    return desk.loop.engine.state.backstops[KEY].state


@in_virtual_time
async def test_given_a_position_then_its_backstop_rests_and_goes_with_it():
    desk = await guarded()

    assert state(desk) is BackstopState.RESTING
    assert len(await resting(desk)) == 1
    await desk.arm(stop())
    desk.mark("95")
    await desk.settle(20)

    assert desk.sent == [("sl", D(10))]
    assert await resting(desk) == []
    assert state(desk) is BackstopState.OVER


@in_virtual_time
async def test_given_the_daemon_is_dead_then_the_venue_closes_and_a_start_sees_it():
    desk = await guarded()
    again = await desk.restarted()
    exchange, now_ns = desk.venue.exchange, desk.clock.now_ns()

    exchange.fill(exchange.orders[-1], D(10), D(95), now_ns)
    assert exchange.net(SOL) == 0
    await again.start(mark=None)
    await apply(again)
    await again.settle(20)

    assert state(again) is BackstopState.OVER
    assert await resting(again) == []


@in_virtual_time
async def test_given_a_restart_then_there_is_one_and_it_is_known():
    desk = await guarded()
    before = await resting(desk)

    again = await (await desk.restarted()).start()
    await apply(again)
    await again.settle(20)

    assert await resting(again) == before
    assert state(again) is BackstopState.RESTING


@in_virtual_time
async def test_given_the_venue_is_down_then_placed_when_it_is_back_and_once():
    desk = await Desk().start()
    desk.venue.is_down = True
    await apply(desk)
    await desk.settle(20)

    desk.venue.is_down = False
    await desk.settle(200)

    assert len(await resting(desk)) == 1
    assert state(desk) is BackstopState.RESTING


@in_virtual_time
async def test_given_orders_are_cancelled_by_a_trigger_then_the_backstop_is_spared():
    desk = await guarded()
    before = await resting(desk)

    await desk.arm(stop("pull", "97", action=Cancel()))
    desk.mark("97")
    await desk.settle(20)

    assert desk.trigger("pull").state is TriggerState.DONE

    assert await resting(desk) == before


@in_virtual_time
async def test_given_somebody_cancels_it_then_it_comes_again():
    desk = await guarded()
    order = (await desk.venue.open_orders(SOL))[0]

    await desk.venue.cancel_order(SOL, venue_order_id=order.venue_order_id)
    await desk.settle(20)

    assert len(await resting(desk)) == 1
    assert FactKind.BACKSTOP_LOST in desk.kinds()


class Slow(StreamlessVenue):
    """Takes a backstop at once, and answers the first only when it is let."""

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        answer = await super().place_native_stop(stop)
        self.placed = getattr(self, "placed", 0) + 1
        if self.placed == 1:
            self.may_answer = asyncio.Event()
            await self.may_answer.wait()
        return answer


@in_virtual_time
async def test_given_the_first_has_no_answer_when_it_ends_then_the_next_is_placed():
    venue = Slow(Desk().clock, ACCOUNT)
    desk = await guarded(venue=venue)
    order = (await venue.open_orders(SOL))[0]

    await venue.cancel_order(SOL, venue_order_id=order.venue_order_id)
    await desk.settle(5)

    assert len(await resting(desk)) == 1
    assert state(desk) is BackstopState.RESTING
    venue.may_answer.set()
    await desk.settle(5)
    assert len(await resting(desk)) == 1
    assert state(desk) is BackstopState.RESTING
