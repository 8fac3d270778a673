"""In which order alerts are carried out, and what happens when that fails."""

from __future__ import annotations

import asyncio

import pytest

from exitd.core.entry import SignalState
from fakes.store import FakeStore
from runtime.desk import in_virtual_time
from runtime.signals.inboxes import Broker, Desk, draft
from simulation.virtual_time import VirtualClock, let_pass


async def _desk() -> Desk:
    clock = VirtualClock(asyncio.get_running_loop())  # type: ignore[arg-type]
    return await Desk(FakeStore(clock), clock, Broker()).start()


@in_virtual_time
async def test_given_alerts_for_one_ticker_then_one_after_another_in_order():
    desk = await _desk()
    desk.broker.is_open.clear()
    ids = []
    for number in range(3):
        taken = await desk.inbox.receive(draft(client_order_id=f"a-{number}"))
        ids.append(taken.record.id)
    await let_pass(1)

    assert desk.broker.asked == ids[:1]
    desk.broker.is_open.set()
    await desk.rest()
    assert desk.broker.traded == ids


@in_virtual_time
async def test_given_alerts_for_other_tickers_then_at_the_same_time():
    desk = await _desk()
    desk.broker.is_open.clear()
    for ticker in ("AAPL", "MSFT"):
        await desk.inbox.receive(draft(ticker))
    await desk.inbox.receive(draft("AAPL", route="other"))
    await let_pass(1)

    assert len(desk.broker.asked) == 3
    desk.broker.is_open.set()
    await desk.rest()


@in_virtual_time
async def test_given_a_venue_that_fails_then_tried_again_and_told_once():
    desk = await _desk()
    desk.broker.failures = 3

    taken = await desk.inbox.receive(draft())
    await desk.rest()

    assert desk.broker.asked == [taken.record.id] * 4
    assert desk.broker.traded == [taken.record.id]
    (alert,) = desk.told
    assert alert.topic == "webhook.delayed"
    assert "is tried again: the broker does not answer" in alert.text
    (stored,) = await desk.stored()
    assert stored.state is SignalState.CARRIED_OUT


@in_virtual_time
async def test_given_a_venue_that_fails_then_what_is_behind_it_waits():
    desk = await _desk()
    desk.broker.failures = 1

    first = await desk.inbox.receive(draft(client_order_id="a-1"))
    second = await desk.inbox.receive(draft(client_order_id="a-2"))
    await desk.rest()

    assert desk.broker.traded == [first.record.id, second.record.id]


@in_virtual_time
async def test_given_an_alert_that_is_refused_then_stored_and_somebody_is_told():
    desk = await _desk()
    desk.broker.refused = {"AAPL"}

    taken = await desk.inbox.receive(draft())
    await desk.rest()

    (stored,) = await desk.stored()
    assert stored.state is SignalState.REFUSED
    assert stored.outcome == "it is not allowed"
    (alert,) = desk.told
    assert alert.topic == "webhook.refused"
    assert alert.about == taken.record.id
    assert alert.text == (
        f"paper alert {taken.record.id} (AAPL) was not done: it is not allowed"
    )


@in_virtual_time
async def test_given_a_bug_then_it_comes_out_and_the_alert_stays_to_be_done():
    desk = await _desk()
    desk.broker.bug = ZeroDivisionError("a mistake of ours")

    await desk.inbox.receive(draft())
    with pytest.raises(ZeroDivisionError):
        await desk.rest()

    (stored,) = await desk.stored()
    assert stored.state is SignalState.ACCEPTED
