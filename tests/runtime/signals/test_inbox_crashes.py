"""A kill at any point: what was answered is carried out, once, in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

from exitd.core.entry import SignalState
from runtime.desk import in_virtual_time
from runtime.signals.inboxes import Broker, Desk, draft, open_file
from simulation.virtual_time import VirtualClock, let_pass


def _clock() -> VirtualClock:
    return VirtualClock(asyncio.get_running_loop())  # type: ignore[arg-type]


@in_virtual_time
async def test_b111_given_killed_before_it_is_carried_out_then_done_after_the_start(
    tmp_path: Path,
) -> None:
    clock, broker = _clock(), Broker()
    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    broker.is_open.clear()
    ids = []
    for number in range(3):
        taken = await desk.inbox.receive(draft(client_order_id=f"a-{number}"))
        ids.append(taken.record.id)
    await let_pass(1)
    await desk.crash()

    broker.is_open.set()
    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    await desk.rest()

    assert broker.traded == ids
    assert [r.state for r in await desk.stored()] == [SignalState.CARRIED_OUT] * 3
    await desk.store.close()


@in_virtual_time
async def test_b111_given_killed_after_it_was_carried_out_then_not_done_again(
    tmp_path: Path,
) -> None:
    clock, broker = _clock(), Broker()
    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    taken = await desk.inbox.receive(draft())
    await desk.rest()
    await desk.crash()

    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    await desk.rest()

    assert broker.asked == [taken.record.id]
    await desk.store.close()


@in_virtual_time
async def test_b111_given_a_start_after_a_kill_then_repetitions_are_still_known(
    tmp_path: Path,
) -> None:
    clock, broker = _clock(), Broker()
    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    by_id = await desk.inbox.receive(draft(client_order_id="a-1"))
    by_body = await desk.inbox.receive(draft("MSFT"))
    await desk.rest()
    await desk.crash()
    await let_pass(10)

    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    again_by_id = await desk.inbox.receive(draft(client_order_id="a-1"))
    again_by_body = await desk.inbox.receive(draft("MSFT"))
    await let_pass(24 * 3600)
    much_later = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()

    assert again_by_id.is_duplicate
    assert again_by_body.is_duplicate
    assert not much_later.is_duplicate
    assert much_later.record.again == 1
    assert broker.traded == [by_id.record.id, by_body.record.id, much_later.record.id]
    await desk.store.close()


@in_virtual_time
async def test_given_a_clock_that_was_set_back_then_no_id_is_given_twice(
    tmp_path: Path,
) -> None:
    clock, broker = _clock(), Broker()
    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    first = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()
    await desk.crash()
    clock.step(-30 * 86_400 * 1_000_000_000)

    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    second = await desk.inbox.receive(draft(client_order_id="a-2"))
    await desk.rest()

    assert second.record.id > first.record.id
    assert len(await desk.stored()) == 2
    await desk.store.close()


@in_virtual_time
async def test_given_a_route_that_is_gone_then_what_it_took_is_still_carried_out(
    tmp_path: Path,
) -> None:
    clock, broker = _clock(), Broker()
    desk = await Desk(open_file(tmp_path, clock), clock, broker).start()
    broker.is_open.clear()
    taken = await desk.inbox.receive(draft())
    await desk.crash()

    broker.is_open.set()
    desk = await Desk(open_file(tmp_path, clock), clock, broker, {}).start()
    await desk.rest()

    assert broker.traded == [taken.record.id]
    await desk.store.close()
