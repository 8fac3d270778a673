"""Rows P of the failure model: killed at rest and while armed, cancelled, starting."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from api.daemons import MARK, build
from contract.store_contract import keep
from contract.store_samples import firing
from exitd.adapters.sqlite import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.core.entry import EntryState
from exitd.core.events import FactKind
from exitd.core.inputs import Arm, CancelTrigger
from exitd.core.state import Accepted
from exitd.core.trigger import DoneReason, TriggerState
from exitd.ports.store import Batch, OnDurable
from fakes.exchange import SOL
from fakes.outcomes import Fill, Hold
from runtime.brokers import broker, desk_of, entry, wanted
from runtime.desk import D, Desk, in_virtual_time, stop

ARMED = 1_000


async def test_p2_given_a_thousand_armed_when_killed_then_each_watches_at_its_level(
    tmp_path: Path,
):
    first = build(tmp_path)
    first.venue.hold(SOL, "4000")
    first.mark("100")
    await first.daemon.start()
    levels = [f"{20 + n / 100:.2f}" for n in range(ARMED)]
    rules = tuple(stop(f"t{n:04}", level, "1") for n, level in enumerate(levels))
    now_ns = first.daemon.clock.now_ns()
    await first.daemon.loop.command(Arm(definitions=rules, now_ns=now_ns))
    await first.daemon.store.abandon()
    first.daemon.loop.timer.stop()

    again = build(tmp_path / "again", venue=first.venue)
    store = open_store(
        tmp_path / "exitd.db", again.daemon.clock, asyncio.get_running_loop()
    )
    snapshot = store.load()
    again.daemon.loop.engine.restore(snapshot)
    await store.close()

    found = again.daemon.loop.engine.state.triggers
    assert list(found) == [rule.id for rule in rules]
    assert {record.state for record in found.values()} == {TriggerState.ARMED}
    # The next price that reaches it fires the nearest: none of them is asleep.
    book = again.daemon.loop.engine.state.book(MARK)
    assert [level for level in levels if D(level) >= book.falling_at] == [levels[-1]]
    await again.daemon.store.close()


#: Arms and cancels in turn; each is one command.
COMMANDS = 6


@pytest.mark.parametrize("commits", range(1, COMMANDS + 1))
@in_virtual_time
async def test_p3_given_killed_between_arms_and_cancels_then_what_was_answered_holds(
    commits: int,
):
    desk = await Desk().start()
    submit, left = desk.store.submit, [commits]

    def counted(batch: Batch, on_durable: OnDurable | None = None) -> None:
        left[0] -= 1
        if left[0] == 0:
            desk.store.hold()
        submit(batch, on_durable)

    desk.store.submit = counted
    answered: list[str] = []

    async def ask() -> None:
        for n in range(COMMANDS):
            name, now_ns = f"sl{n // 2}", desk.clock.now_ns()
            level = str(90 - n)
            command = (
                CancelTrigger(trigger_id=name, by="test", now_ns=now_ns)
                if n % 2
                else Arm(definitions=(stop(name, level),), now_ns=now_ns)
            )
            assert isinstance(await desk.loop.command(command), Accepted)
            answered.append(name)

    desk.spawn(ask(), "ask")
    await desk.settle(2)
    again = await desk.restarted()
    await again.start()

    assert len(answered) == commits - 1
    for name in set(answered):
        is_cancelled = answered.count(name) == 2
        state = again.trigger(name).state
        assert state is (TriggerState.DONE if is_cancelled else TriggerState.ARMED)
    assert len(again.loop.engine.state.triggers) == len(set(answered))


@in_virtual_time
async def test_p9_given_a_start_after_a_bug_in_a_fire_then_it_is_closed_once():
    desk = await Desk().start()
    await desk.arm(stop())
    take = desk.account.dispatcher._take_outcome

    def broken(*args: object, **named: object) -> None:
        raise RuntimeError("a mistake of ours")

    desk.account.dispatcher._take_outcome = broken
    desk.mark("95")
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await desk.settle()
    desk.account.dispatcher._take_outcome = take

    again = await (await desk.restarted()).start(mark="95")
    await again.settle(60)

    assert again.trigger().reason is DoneReason.FILLED
    assert len(again.venue.ledger) == 1


@pytest.mark.parametrize("executes_first", [True, False])
@in_virtual_time
async def test_p10_given_a_send_that_is_broken_off_then_in_doubt_and_closed_once(
    executes_first: bool,
):
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.script(Hold(Fill(), executes_first=executes_first))
    desk.venue.lose_stream()
    desk.mark("95")
    await desk.settle(1)
    (sending,) = [task for task in desk._tasks if task.get_name().startswith("send")]

    sending.cancel()
    await desk.settle(60)

    assert FactKind.ORDER_IN_DOUBT in desk.kinds()
    assert desk.trigger().reason is DoneReason.FILLED
    assert [order.filled for order in desk.venue.ledger] == [D(10)]
    assert len(desk.venue.sent) == (1 if executes_first else 2)


@in_virtual_time
async def test_p10_given_an_entry_that_is_broken_off_then_proven_not_to_be_there():
    desk = await desk_of(venue := broker())

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    venue.send_entry = never
    await desk.loop.command(wanted(desk))
    await desk.settle(1)
    (sending,) = [task for task in desk._tasks if task.get_name().startswith("send")]

    sending.cancel()
    await desk.settle(30)

    assert FactKind.ENTRY_IN_DOUBT in desk.kinds()
    assert entry(desk).state is EntryState.EXPIRED
    assert venue.entries_sent == []


async def test_p13_given_a_program_that_is_started_then_it_has_none_of_our_files(
    tmp_path: Path,
):
    store = open_store(tmp_path / "exitd.db", SystemClock(), reserve_bytes=4096)
    await keep(store, *firing(1))
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    ours = {os.readlink(f"/proc/self/fd/{fd}") for fd in _inherited()}

    # Whatever is not close-on-exec would be seen here.
    # The last is the listing itself.
    listing = (
        "import os; fds = os.listdir('/proc/self/fd');"
        "print(*(os.readlink(f'/proc/self/fd/{n}') for n in fds"
        " if os.path.exists(f'/proc/self/fd/{n}')))"
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", listing), close_fds=False, stdout=PIPE
    )
    said, _ = await child.communicate()

    assert not [path for path in ours if str(tmp_path) in path or "socket:" in path]
    assert b"pipe:" in said
    assert b"exitd.db" not in said
    server.close()
    await server.wait_closed()
    await store.close()


def _inherited() -> list[int]:
    """Give our descriptors that a program we start would have, beyond its own three."""
    numbers = [int(name) for name in os.listdir("/proc/self/fd")]
    return [fd for fd in numbers if fd > 2 and _is_open(fd) and os.get_inheritable(fd)]


def _is_open(fd: int) -> bool:
    return os.path.exists(f"/proc/self/fd/{fd}")
