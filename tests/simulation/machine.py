"""The daemon's part of a simulated world: it crashes, and starts from its disk."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.sqlite.store import SqliteStore
from exitd.core.engine import Engine
from exitd.core.intents import Priority
from exitd.core.position import PositionKey
from exitd.ports.entries import Entries
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.fact_log import log_facts
from exitd.runtime.recover import recover, restore
from exitd.runtime.steady import SteadyClock
from exitd.runtime.supervise import backoff
from exitd.runtime.telling import Telling
from fakes.store import FakeStore
from simulation.invariants import WatchedLoop
from simulation.slow_disk import SlowDisk
from simulation.virtual_time import OURS

if TYPE_CHECKING:
    from exitd.ports.feed import Feed
    from exitd.ports.venue import Venue
    from simulation.ground import Ground
    from simulation.wire import Network

T = TypeVar("T")

#: How often the first price after a hole is looked for, in seconds; each look has its
#: cost.
LOOK_EVERY_S = 0.25
#: A stop waits so long for answers, in seconds.
DRAIN_S = 15.0
#: Far below what the dispatcher sends at once.
IN_FLIGHT_MAX = 32
#: The rate budgets of worlds: as it is, and two in which much has to wait.
SLOTS = {0: (2_000, 100, 25), 3: (600, 8, 2), 1: (240, 4, 1)}
#: One world of so many also tells people of every fact, which costs its share.
TOLD_EVERY = 8


class Machine:
    """The daemon's part of the world: crashes, and starts again from its disk."""

    def __init__(self, world: Ground, path: Path) -> None:
        self.world = world
        self.network: Network
        self._path = path
        #: In the order in which they began, so that a seed is the same each time.
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self.loop: WatchedLoop
        self.account: Account
        self.disk: SlowDisk
        self._budget: RateBudget
        self._store: SqliteStore | FakeStore
        self.is_up = False
        self._is_down = False
        self._is_dead = True
        self._is_open = False
        self._books_known = 0
        self._starting: asyncio.Task[None] | None = None
        self._ours = contextvars.copy_context()
        self._ours.run(OURS.set, True)

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something as a part of the machine: not while that stands still."""
        loop = asyncio.get_running_loop()
        return await loop.create_task(work, context=self._ours.copy())

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work, name=name, context=self._ours.copy())
        self._tasks[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        raised = None if task.cancelled() else task.exception()
        if raised is not None:
            self.world.note_raised(raised)

    def break_off(self) -> None:
        """Cancel every send under way, as no timeout of ours should."""
        for task in self._tasks:
            if task.get_name().startswith("send "):
                task.cancel()

    async def start(self) -> None:
        await self.within(self._start())

    async def _start(self) -> None:
        world = self.world
        clock = SteadyClock(world.machine_clock)
        self._store = self._opened(clock)
        self.disk = SlowDisk(self._store, world.rng, world.mirror)
        self.disk.fail(world.disk_is)
        self.disk.stalls = world.stalls
        self.disk.on_point = lambda point: world.on_point(point)
        self._is_dead, self._is_open = False, True
        engine = Engine(world.policies)
        loop = self.loop = WatchedLoop(engine, self.disk, clock)
        loop.watch, loop.is_free = world.watch, self._is_free
        loop.on_violated = world.note_violated
        loop.on_facts(world.note)
        loop.on_written(world.promises.take)
        if world.seed % TOLD_EVERY == 0:
            loop.on_written(log_facts)
            loop.on_written(Telling(world.heard).take)
        loop.on_contradiction(lambda: world.wrong.append("a report contradicts us"))
        loop.on_facts(self._follow_sources)
        venue, feed = self.venue_and_feed(clock)
        self._budget = RateBudget(*SLOTS[world.slots])
        self.account = Account(
            venue,
            feed,
            loop,
            budget=self._budget,
            spawn=self.spawn,
            waits=lambda: backoff(world.rng.random),
            reconcile_every_s=10.0,
            before_catching_up=self.before_catching_up(venue),
            entries=venue if isinstance(venue, Entries) else None,
        )
        self.account.prices.holes.look_every_s = LOOK_EVERY_S
        self._books_known = 0
        world.watch.protection.unjudged = lambda: self.account.prices.unjudged
        world.watch.protection.now_ns = clock.now_ns
        engine.add_account(
            venue.account,
            self._store.tag(venue.account),
            venue.capabilities,
            is_overlapped=world.is_overlapped,
        )
        restore(loop, self._store.load())
        world.watch.restored(engine.state, world.mirror.snapshot())
        self.account.prices.watch_sources()
        await recover([self.account], loop)
        self.account.dispatcher.open()
        self.account.start()
        self.spawn(loop.past.run(), "forget what is done")
        await self.go_on()
        self.is_up = True

    def _follow_sources(self, _: object) -> None:
        """Subscribe to what newly armed triggers watch, as the daemon does."""
        books = self.loop.engine.state.books_changed
        if books != self._books_known:
            self._books_known = books
            self.account.prices.watch_sources()

    def before_catching_up(self, venue: Venue) -> Callable[[], Awaitable[None]] | None:
        """Give what a venue has to be told first, where it has to be."""

    async def go_on(self) -> None:
        """Begin what a kind of world has beside its account."""

    def venue_and_feed(self, clock: SteadyClock) -> tuple[Venue, Feed]:
        """Make the adapters of one run."""
        raise NotImplementedError

    def _opened(self, clock: SteadyClock) -> SqliteStore | FakeStore:
        """Open what is on disk: a real file in some worlds, as it is many times dearer.

        Both pass the same contract (tests/contract/store_contract.py).
        """
        if self.world.has_real_store:
            running = asyncio.get_running_loop()
            return open_store(self._path, clock, running, inline=True)
        return FakeStore(clock, self.world.mirror)

    def _is_free(self, key: PositionKey) -> bool:
        """Whether a stop that is hit now has its slot at once.

        Behind the barrier it sends nothing, and takes back what is in its way.
        """
        now_ns = self.loop.clock.monotonic_ns()
        return (
            self.account.dispatcher.is_open
            and not self.account.dispatcher.depth
            and self.account.dispatcher.in_flight < IN_FLIGHT_MAX
            and not self._budget.wait_ns(Priority.STOP, now_ns)
            and self.loop.engine.state.position(key).proven
        )

    async def fall(self, for_s: float) -> None:
        """Crash, be gone for a while, and start again beside all that goes on.

        A crash may meet a start under way: that begins again, from what is on disk.
        """
        if self._is_down:
            return
        self._is_down = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self.crash()
        await asyncio.sleep(for_s)
        self._is_down = False
        self.world.say("start", "")
        self._starting = asyncio.ensure_future(self.start())
        self._starting.add_done_callback(self._started)

    @property
    def set_aside(self) -> list[str]:
        """The stored rows that cannot be read, as the daemon tells of them."""
        return list(self._store.set_aside)

    def set_disk(self, kind: str) -> None:
        """Fill or break the disk, or mend it; a restart finds it as it is."""
        self.world.disk_is = kind
        self.disk.fail(kind)

    def _started(self, starting: asyncio.Task[None]) -> None:
        raised = None if starting.cancelled() else starting.exception()
        if raised is not None:
            self.world.note_raised(raised)

    async def stop_for(self, for_s: float) -> None:
        """Stop as SIGTERM has it: what is in flight is answered first; start again."""
        if self._is_down or not self.is_up:
            return
        self._is_down = True
        self.account.dispatcher.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await self.within(self.account.dispatcher.drain())
        if not self._is_dead:
            self.disk.finish()
        self._is_down = False
        await self.fall(for_s)

    def die(self) -> None:
        """Do nothing more from this instant on; requests that have left go on."""
        if self._is_dead:
            return
        self._is_dead = True
        self.is_up = False
        self.loop.is_dead = True
        self.disk.crash()
        # What stood still dies as it is: what has come for it, nobody takes.
        self.world.virtual.thaw()
        self.world.watch.crashed(self.world.mirror)
        self.loop.timer.stop()
        self.account.dispatcher.stop()
        if isinstance(self._store, FakeStore):
            self._store.crash()
        self.network.drop_sockets()

    async def crash(self) -> None:
        """Stop at once, as kill -9 does."""
        self.die()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._is_open and not isinstance(self._store, FakeStore):
            await self._store.abandon()
        self._is_open = False
