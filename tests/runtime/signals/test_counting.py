"""`orders_per_day`: counted over starts, and when many alerts come at once."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from exitd.core.entry import SignalState
from exitd.core.units import NS_PER_DAY
from exitd.ports.store import Batch
from runtime.brokers import broker, desk_of
from runtime.desk import in_virtual_time
from runtime.signals.test_carrying import alert, carrier_of


@in_virtual_time
async def test_given_orders_of_today_then_counted_by_the_stored_alerts():
    desk = await desk_of(broker())
    carrier = carrier_of(desk, orders_per_day=1)
    first = await carrier.carry_out(alert(desk))
    desk.store.submit(Batch((first,), ()), None)
    await desk.settle()
    after_a_start = carrier_of(desk, orders_per_day=1)
    await after_a_start.load()

    second = await carrier.carry_out(alert(desk, 2))
    third = await after_a_start.carry_out(alert(desk, 3))

    for refused in (second, third):
        assert refused.state is SignalState.REFUSED
        assert "orders_per_day" in refused.outcome


@in_virtual_time
async def test_given_many_tickers_at_once_then_no_more_than_the_orders_of_a_day():
    desk = await desk_of(broker())
    carrier = carrier_of(desk, orders_per_day=2)

    done = await asyncio.gather(
        *(carrier.carry_out(alert(desk, number), is_first=True) for number in range(5))
    )

    states = [record.state for record in done]
    assert states.count(SignalState.CARRIED_OUT) == 2
    assert states.count(SignalState.REFUSED) == 3


@in_virtual_time
async def test_given_orders_of_yesterday_then_they_do_not_count():
    desk = await desk_of(broker())
    carrier = carrier_of(desk, orders_per_day=1)
    first = alert(desk)
    yesterday_ns = first.ts_received_ns - NS_PER_DAY
    await carrier.carry_out(replace(first, ts_received_ns=yesterday_ns))

    done = await carrier.carry_out(alert(desk, 2))

    assert done.state is SignalState.CARRIED_OUT
