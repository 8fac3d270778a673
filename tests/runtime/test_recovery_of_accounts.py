"""Before anything is judged: what happened while nobody looked."""

from __future__ import annotations

import asyncio

from exitd.core.attempt import RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.position import OrderSide
from exitd.core.trigger import (
    Close,
    DoneReason,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerState,
)
from fakes.exchange import SOL, FakeOrder, instrument
from fakes.outcomes import Delay, Fill, Hold, LoseReply, Refuse, Rest
from runtime.desk import (
    ACCOUNT,
    LONG,
    D,
    Desk,
    S,
    StreamlessVenue,
    in_virtual_time,
    stop,
    target,
)
from simulation.virtual_time import VirtualClock, let_pass

LIMIT = Close(Quantity(QuantityKind.ABSOLUTE, D(4)), OrderType.LIMIT)


@in_virtual_time
async def test_b115_given_a_price_beyond_the_stop_when_restarted_then_fires_on_it():
    desk = await Desk().start()
    await desk.arm(stop())
    again = await (await desk.restarted()).start(mark=None)
    await again.settle(3)
    assert again.sent == []

    again.mark("91")
    await again.settle()

    assert again.sent == [("sl", D(10))]
    assert again.fact(FactKind.TRIGGER_HIT).fields["observed"] == D(91)


@in_virtual_time
async def test_b117_given_closed_while_down_when_restarted_then_retired_first():
    desk = await Desk().start()
    await desk.arm(stop())
    again = await desk.restarted()
    again.venue.hold(SOL, "0")

    await again.recover()

    assert again.trigger().reason is DoneReason.RETIRED
    await again.open()
    again.mark("90")
    await again.settle(5)
    assert again.sent == []


@in_virtual_time
async def test_b118_given_reduced_while_down_when_restarted_then_resized_first():
    desk = await Desk().start()
    await desk.arm(stop())
    again = await desk.restarted()
    again.venue.hold(SOL, "6")

    await again.recover()
    assert again.loop.engine.state.position(LONG).live == D(6)

    await again.open()
    again.mark("90")
    await again.settle(5)
    assert again.sent == [("sl", D(6))]


@in_virtual_time
async def test_b119_given_sent_before_the_crash_and_filled_then_finished_with_fill():
    desk = await Desk().start()
    await desk.arm(stop(size="4"))
    desk.venue.lose_stream()
    desk.venue.script(Hold(Fill(price=D("94.9"))))
    desk.mark("95")
    await desk.settle(0.05)
    again = await desk.restarted()
    again.venue.is_stream_down = False
    before = len(again.venue.sent)

    await again.start(mark="95")
    await again.settle(30)

    assert len(again.venue.sent) == before == 1
    assert again.trigger().reason is DoneReason.FILLED
    fills = again.store.disk.fills.values()
    assert [(f.fire_id, f.quantity, f.price) for f in fills] == [
        ("sl#1", D(4), D("94.9"))
    ]
    done = again.fact(FactKind.TRIGGER_DONE)
    assert (done.fields["filled"], done.fields["average_price"]) == (D(4), D("94.9"))


@in_virtual_time
async def test_b119_given_filled_with_its_reply_lost_then_no_second_order():
    desk = await Desk().start()
    await desk.arm(stop(size="4"))
    desk.venue.script(LoseReply(Fill()))
    desk.venue.history_lag_ns = 2 * S
    desk.mark("95")
    await desk.settle(0.01)

    again = await desk.restarted()
    await again.start(mark="95")
    await again.settle(60)

    assert len(again.venue.ledger) == 1
    assert again.trigger().reason is DoneReason.FILLED
    assert again.venue.exchange.net(SOL) == D(6)


@in_virtual_time
async def test_b119_given_still_under_way_at_the_crash_then_waited_for():
    desk = await Desk().start()
    await desk.arm(stop(size="4"))
    desk.venue.script(Delay(3 * S))
    desk.mark("95")
    await desk.settle(0.05)

    again = await desk.restarted()
    await again.start(mark="95")
    await again.settle(60)

    assert len(again.venue.ledger) == 1
    assert again.venue.exchange.net(SOL) == D(6)


@in_virtual_time
async def test_b120_given_expired_while_down_when_restarted_then_not_fired():
    desk = await Desk().start()
    await desk.arm(stop(expires_ns=desk.clock.now_ns() + 10 * S))
    again = await desk.restarted()
    await let_pass(20)

    await again.start(mark="90")
    await again.settle(2)

    assert again.trigger().reason is DoneReason.EXPIRED
    again.mark("80")
    await again.settle()
    assert again.sent == []


@in_virtual_time
async def test_b080_given_closed_and_reopened_while_down_then_another_lifetime():
    desk = await Desk().start()
    await desk.arm(
        stop("by-api"), stop("by-file", "94", owner="file:a:1", template=True)
    )
    again = await desk.restarted()
    venue = again.venue
    await let_pass(1)
    for side, quantity in ((OrderSide.SELL, D(10)), (OrderSide.BUY, D(10))):
        by_hand(venue, side, quantity, again.clock.now_ns())
        await let_pass(1)

    await again.start(mark="100")
    await again.settle(2)

    assert again.loop.engine.state.position(LONG).lifetime == 2
    assert again.trigger("by-api").reason is DoneReason.RETIRED
    assert again.trigger("by-file").state is TriggerState.ARMED
    assert again.trigger("by-file").arming == 2


def by_hand(venue: object, side: OrderSide, quantity: object, ts_ns: int) -> None:
    """Trade as somebody else does: an order without an id of ours."""
    exchange = venue.exchange
    order = FakeOrder(
        id=f"H{exchange.number()}",
        client_order_id=None,
        symbol=SOL,
        side=side,
        quantity=quantity,
        reduce_only=False,
        order=OrderType.MARKET,
        ts_created_ns=ts_ns,
        ts_changed_ns=ts_ns,
    )
    exchange.accept(order)
    exchange.fill(order, quantity, D(100), ts_ns)


@in_virtual_time
async def test_b080_given_reopened_while_the_stream_was_lost_then_another_lifetime():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.lose_stream()
    await let_pass(1)
    for side, quantity in ((OrderSide.SELL, D(10)), (OrderSide.BUY, D(10))):
        by_hand(desk.venue, side, quantity, desk.clock.now_ns())
        await let_pass(0.1)
    desk.venue.is_stream_down = False
    await desk.settle(5)

    assert desk.trigger().reason is DoneReason.RETIRED
    desk.mark("90")
    await desk.settle()
    assert desk.sent == []


@in_virtual_time
async def test_given_the_stream_is_back_when_nothing_changed_then_armed_still():
    desk = await Desk().start()
    await desk.arm(stop())
    for _ in range(3):
        desk.venue.drop_stream()
        await desk.settle(2)

    assert desk.loop.engine.state.position(LONG).lifetime == 1
    assert FactKind.POSITION_DOUBTED not in desk.kinds()
    assert desk.loop.engine.state.position(LONG).proven


@in_virtual_time
async def test_given_a_position_that_fills_do_not_explain_then_doubted_and_told():
    desk = await Desk().start()
    await desk.arm(stop("part", "99", "3"), stop())
    desk.mark("99")
    await desk.settle(12)
    again = await desk.restarted()
    again.venue.hold(SOL, "6.5")

    await again.start(mark="100")
    await again.settle(5)

    assert FactKind.POSITION_DOUBTED in again.kinds()
    assert again.trigger().state is TriggerState.ARMED


@in_virtual_time
async def test_given_a_silent_venue_when_started_then_stored_state_then_caught_up():
    desk = await Desk().start()
    await desk.arm(stop())
    again = await desk.restarted()
    again.venue.is_down = True
    before_ns = again.clock.monotonic_ns()

    silent = await again.recover()

    assert [account.name for account in silent] == [ACCOUNT]
    assert again.clock.monotonic_ns() - before_ns <= 11 * S
    assert not again.account.is_reconciled
    await again.open()
    again.mark("95")
    await again.settle(5)
    # Evaluated on what is stored; the close was tried, and nobody answered.
    assert again.trigger().state is TriggerState.FIRING

    again.venue.is_down = False
    await again.settle(60)
    assert again.account.is_reconciled
    assert again.trigger().reason is DoneReason.FILLED
    assert again.venue.exchange.net(SOL) == D(0)


@in_virtual_time
async def test_given_closed_and_reopened_while_the_venue_was_silent_then_not_closed():
    desk = await Desk().start()
    await desk.arm(stop())
    again = await desk.restarted()
    again.venue.is_down = True
    await let_pass(1)
    for side, quantity in ((OrderSide.SELL, D(10)), (OrderSide.BUY, D(10))):
        by_hand(again.venue, side, quantity, again.clock.now_ns())
        await let_pass(0.1)
    await again.start(mark=None)
    again.venue.is_down = False
    await again.settle(10)

    assert again.trigger().reason is DoneReason.RETIRED


@in_virtual_time
async def test_given_a_higher_counter_at_the_venue_then_passed_over_and_told():
    desk = await Desk().start()
    await desk.arm(stop(size="4"))
    tag = desk.store.tag(ACCOUNT)
    again = await desk.restarted()
    now_ns = again.clock.now_ns()
    foreign = FakeOrder(
        id="F1",
        client_order_id=tag << 24 | 700,
        symbol=SOL,
        side=OrderSide.SELL,
        quantity=D(1),
        status=OrderStatus.EXPIRED,
        ts_created_ns=now_ns,
        ts_changed_ns=now_ns,
    )
    again.venue.exchange.orders.append(foreign)

    await again.start(mark="100")
    again.mark("95")
    await again.settle()

    assert FactKind.ACCOUNT_CONTRADICTED in again.kinds()
    ids = [s.order.client_order_id for s in again.venue.sent]
    assert ids == [tag << 24 | 701]


@in_virtual_time
async def test_given_a_position_in_an_unknown_market_then_its_steps_are_read():
    desk = Desk()
    desk.venue.listed.clear()
    await desk.start()
    assert desk.loop.engine.state.instruments == {}

    await desk.settle(1)
    desk.venue.listed[SOL] = instrument(ACCOUNT)
    desk.venue.hold(SOL, "12")
    await desk.settle(1)

    assert (ACCOUNT, SOL) in desk.loop.engine.state.instruments


@in_virtual_time
async def test_given_a_working_close_that_ended_unseen_when_reconciled_then_found():
    desk = await Desk().start()
    await desk.arm(target(action=LIMIT))
    desk.venue.script(Rest())
    desk.mark("110")
    await desk.settle()
    desk.venue.lose_stream()
    await let_pass(0.1)
    order = desk.venue.ledger[0]
    desk.venue.exchange.fill(order, D(4), D(110), desk.clock.now_ns())
    assert desk.trigger("tp").state is TriggerState.FIRING

    await desk.settle(40)

    assert desk.trigger("tp").reason is DoneReason.FILLED


@in_virtual_time
async def test_b123_given_the_clock_set_back_while_down_then_no_close_waits_for_it():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.script(Refuse(RefusalKind.UNAUTHORIZED))
    desk.mark("95")
    await desk.settle(1)
    again = await desk.restarted()
    again.clock.step(-3_600 * S)

    await again.start(mark="95")
    await again.settle(5)

    assert again.sent[1:] == [("sl", D(10))]


@in_virtual_time
async def test_given_many_positions_when_restarted_then_one_query_of_their_fills():
    clock = VirtualClock(asyncio.get_running_loop())
    symbols = [f"C{n}_USDC_PERP" for n in range(30)]
    venue = StreamlessVenue(clock, ACCOUNT, symbols=(SOL, *symbols))
    for symbol in symbols:
        venue.hold(symbol, "3")
    desk = await Desk(venue=venue).start()
    again = await desk.restarted()
    asked: list[str | None] = []
    fills_since = venue.fills_since

    async def counted(ts_venue_ns: int, symbol: str | None = None):
        asked.append(symbol)
        return await fills_since(ts_venue_ns, symbol)

    venue.fills_since = counted
    by_hand(venue, OrderSide.SELL, D(10), again.clock.now_ns() + 1)
    by_hand(venue, OrderSide.BUY, D(10), again.clock.now_ns() + 2)
    await let_pass(1)

    assert await again.recover() == ()

    assert asked == [None]
    assert again.loop.engine.state.position(LONG).lifetime == 2
    others = [p for k, p in again.loop.engine.state.positions.items() if k != LONG]
    assert {p.lifetime for p in others} == {1}
