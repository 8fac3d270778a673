"""Alerts that come again when what they began is done and forgotten."""

from __future__ import annotations

from exitd.core.entry import SignalState
from runtime.brokers import broker, desk_of
from runtime.desk import D, in_virtual_time
from runtime.signals.test_carrying import alert, carrier_of, held


@in_virtual_time
async def test_given_a_close_that_is_forgotten_then_it_is_not_done_twice():
    desk = await desk_of(broker(), "10")
    record = alert(desk, direction="short", positionIntent="sell_to_close")
    await carrier_of(desk).carry_out(record)
    await desk.settle(10)
    other = alert(desk, 2, direction="short", positionIntent="sell_to_close", qty=D(1))
    await carrier_of(desk).carry_out(other)
    await desk.settle(10)
    state = desk.loop.engine.state
    # Much later, when nobody waits for late messages of it any more.
    state.done = dict.fromkeys(state.done, 0)
    state.ended.clear()
    desk.loop.past.step()
    assert "desk-1/close" not in state.triggers
    state.idempotency.clear()

    done = await carrier_of(desk).carry_out(record)
    await desk.settle(10)

    assert done.state is SignalState.CARRIED_OUT
    assert done.outcome == "close desk-1/close, begun before"
    assert held(desk) == D(5)
