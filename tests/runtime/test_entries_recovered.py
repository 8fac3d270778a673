"""Entries whose fills no position report had shown yet when the daemon died."""

from __future__ import annotations

from exitd.core.events import FactKind
from exitd.core.inputs import PositionReport
from exitd.core.trigger import TriggerState
from fakes.exchange import SOL
from runtime.brokers import BROKER, broker, desk_of, entry, wanted
from runtime.desk import LONG, D, S, in_virtual_time
from simulation.virtual_time import let_pass


@in_virtual_time
async def test_b111_given_a_fill_that_no_report_had_shown_then_its_exits_stay_armed():
    desk = await desk_of(venue := broker(capabilities=BROKER), "5")
    venue.hold(SOL, "0")
    await desk.settle(2)
    venue.lose_stream()
    await desk.settle(2)
    await desk.loop.command(wanted(desk))
    await let_pass(0.01)
    assert entry(desk).left == D(10)
    assert desk.loop.engine.state.position(LONG).entered
    venue.is_stream_down = False

    again = await (await desk.restarted()).start()
    await again.settle(5)

    assert again.trigger("desk-1/sl").state is TriggerState.ARMED
    assert FactKind.POSITION_CLOSED not in again.kinds()
    again.mark("95")
    await again.settle(5)
    assert again.sent == [("desk-1/sl", D(10))]


@in_virtual_time
async def test_b111_given_a_fill_older_than_a_flat_report_then_its_exits_stay_armed():
    desk = await desk_of(venue := broker(capabilities=BROKER), "5")
    venue.hold(SOL, "0")
    await desk.settle(2)
    # What the venue says of positions lags: flat, and dated after the fill to come.
    now_ns = desk.clock.now_ns()
    flat_ns = now_ns + 2 * S + S // 2
    desk.loop.handle(
        PositionReport(key=LONG, quantity=D(0), ts_venue_ns=flat_ns, now_ns=now_ns)
    )
    venue.lose_stream()
    await desk.settle(2)
    await desk.loop.command(wanted(desk))
    await let_pass(0.01)
    position = desk.loop.engine.state.position(LONG)
    assert position.ts_venue_ns == flat_ns > position.entered[0].ts_venue_ns
    venue.is_stream_down = False

    await desk.settle(40)

    assert desk.loop.engine.state.position(LONG).quantity == D(10)
    assert desk.trigger("desk-1/sl").state is TriggerState.ARMED
    assert FactKind.POSITION_DOUBTED not in desk.kinds()
