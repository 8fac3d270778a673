"""Rows R and D18 of the failure model: no descriptor is left, none is left behind."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from msgspec.structs import replace

from core.worlds import S, World, stop
from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.system.clock import SystemClock
from exitd.app.trouble import take_trouble
from exitd.core import forgetting
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport
from exitd.core.past_inputs import ForgetDone
from exitd.core.policy import Policies
from exitd.errors import FeedError
from exitd.ports.venue import Refusal
from fakes.answers import Answers, plain
from fakes.backpack_feed import MARK
from fakes.backpack_orders import answering, close, order, venue_at
from fakes.frame_server import frame_server
from fakes.observed import Observed
from fakes.raw_http import response

HOUR = 3_600 * S


@contextmanager
def descriptors_left(count: int) -> Iterator[None]:
    """Leave this process so many descriptors more than it has."""
    lowest = os.dup(0)
    os.close(lowest)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 64, before[1]))
        while True:
            try:
                taken.append(os.dup(0))
            except OSError:
                break
        for fd in taken[:count]:
            os.close(fd)
        del taken[:count]
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for fd in taken:
            os.close(fd)


async def test_d18_given_no_descriptor_left_then_what_is_connected_works_on():
    async with answering(response(order())) as (venue, server):
        first = await venue.send(close(), venue.prepare(close()))
        cold = venue_at(server.url)
        with descriptors_left(0):
            kept = await venue.send(close(), venue.prepare(close()))
            refused = await cold.send(close(), cold.prepare(close()))
        after = await cold.send(close(), cold.prepare(close()))
        await cold.close()

    assert isinstance(first, OrderReport)
    assert isinstance(kept, OrderReport)
    assert isinstance(refused, Refusal)
    assert (refused.kind, refused.code) == (RefusalKind.BUSY, "NOT_SENT")
    assert isinstance(after, OrderReport)


class Watched:
    """The one thing of a daemon that trouble may end."""

    def __init__(self) -> None:
        self.bugs: list[BaseException | None] = []

    def fail(self, bug: BaseException | None) -> None:
        self.bugs.append(bug)


async def test_d18_given_a_flood_at_the_door_and_no_descriptor_then_the_daemon_lives():
    daemon = Watched()
    loop = asyncio.get_running_loop()
    troubles: list[BaseException] = []
    is_full = asyncio.Event()

    def take(_: object, context: dict[str, object]) -> None:
        take_trouble(daemon, context)
        troubles.append(context["exception"])
        is_full.set()

    loop.set_exception_handler(take)
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda r, w: held.append(w), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with descriptors_left(3):
        # Two callers: each takes one descriptor here and wants one at the door.
        callers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        async with asyncio.timeout(5):
            await is_full.wait()

    assert {getattr(trouble, "errno", 0) for trouble in troubles} == {errno.EMFILE}
    assert daemon.bugs == []
    bug = RuntimeError("a mistake of ours")
    take_trouble(daemon, {"message": "it was lost", "exception": bug})
    assert daemon.bugs == [bug]
    for writer in [*held, *(writer for _, writer in callers)]:
        writer.transport.abort()
    server.close()
    await server.wait_closed()


def shown() -> tuple[int, int]:
    """Give the descriptors and the tasks that there are."""
    return len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())


async def test_r2_given_many_reconnects_then_no_descriptor_or_task_is_left_behind():
    async with frame_server() as server:
        ticks: Observed[object] = Observed()
        feed = BackpackFeed(
            "bp",
            clock=SystemClock(),
            ws_url=server.url,
            transport=Answers({"/api/v1/time": plain("")}),
        )
        feed.watch(frozenset({MARK}))

        async def live(count: int) -> tuple[int, int]:
            for _ in range(count):
                run = asyncio.ensure_future(feed.run(ticks, lambda notice: None))
                await server.subscribed("markPrice.SOL_USDC_PERP")
                server.requests.all.clear()
                there = server.sockets.pop()
                there.transport.abort()
                with pytest.raises(FeedError):
                    await run
                await there.wait_closed()
            gc.collect()
            return shown()

        before = await live(5)
        after = await live(20)
        await feed.close()

    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 1


def sizes(world: World) -> dict[str, int]:
    """Give how much the engine remembers, by the name of the memory."""
    memories = vars(world.engine.state).items()
    return {name: len(kept) for name, kept in memories if hasattr(kept, "__len__")}


def test_r1_given_weeks_of_positions_that_come_and_go_then_memory_does_not_grow():
    world = World("0")
    world.arm(stop("sl", "95", owner="file:a:1", template=True))

    def live(rounds: int) -> dict[str, int]:
        for _ in range(rounds):
            world.mark("100")
            world.position("10")
            world.mark("99", "95")
            world.fill()
            world.position("0")
            world.sent.clear()
            world.wait(8 * HOUR)
        return sizes(world)

    before = live(10)
    after = live(60)

    assert world.trigger("sl").arming == 70
    assert after == before


def test_r1_given_weeks_of_triggers_that_are_armed_and_done_then_memory_does_not_grow(
    monkeypatch,
):
    monkeypatch.setattr(forgetting, "IDLE_TIMERS", 20)
    world = World(policies=Policies(idempotency_kept_ns=HOUR))
    names = map("trg_{:06}".format, count())

    def live(rounds: int) -> dict[str, int]:
        for _ in range(rounds):
            for level in ("50", "51", "52"):
                name, expires_ns = next(names), world.now_ns + 10_000 * HOUR
                wanted = replace(stop(name, level), expires_ns=expires_ns)
                world.arm(wanted, key=name)
                world.cancel(name)
            world.arm(stop(next(names), "95", "1"))
            world.mark("95")
            world.fill()
            world.position("9")
            world.mark("100")
            world.position("10")
            world.sent.clear()
            world.wait(2 * HOUR)
            world.do(ForgetDone(world.later()))
        return sizes(world)

    before = live(15)
    after = live(60)

    # Timers of what is forgotten are let go many at once.
    assert after.pop("timers") <= before.pop("timers") + 40
    assert after == before
    assert len(world.engine.state.triggers) <= 4
