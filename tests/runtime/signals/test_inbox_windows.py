"""The window of alerts without an id, over a restart: it counts from the receipt."""

from __future__ import annotations

import asyncio

import pytest

from fakes.store import FakeStore
from runtime.desk import in_virtual_time
from runtime.signals.inboxes import Broker, Desk, draft
from simulation.virtual_time import VirtualClock, VirtualLoop, let_pass


@in_virtual_time
@pytest.mark.parametrize(("later_s", "is_duplicate"), [(9, True), (10, False)])
async def test_given_a_restart_then_the_window_counts_from_the_stored_receipt(
    later_s: int, is_duplicate: bool
):
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    clock = VirtualClock(loop)
    store, broker = FakeStore(clock), Broker()
    before = await Desk(store, clock, broker).start()
    first = await before.inbox.receive(draft())
    await before.rest()
    before.close()
    await let_pass(10)
    after = await Desk(store, clock, broker).start()
    await let_pass(later_s)

    again = await after.inbox.receive(draft())
    await after.rest()

    assert again.is_duplicate is is_duplicate
    assert (again.record.id == first.record.id) is is_duplicate
    assert len(broker.traded) == (1 if is_duplicate else 2)
