"""The daemon: recovery first, then prices, then everything around them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from exitd.core.events import Fact, FactKind
from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel, Alerts
from exitd.ports.store import Store, StoreHealth
from exitd.runtime.accounts import Account
from exitd.runtime.fact_log import log_facts
from exitd.runtime.loop import EngineLoop
from exitd.runtime.protect import Hole, audit
from exitd.runtime.recover import recover, restore
from exitd.runtime.reload import Files
from exitd.runtime.steady import SteadyClock
from exitd.runtime.telling import Telling

_AUDIT_EVERY_S = 60.0
_DRAIN_S = 15.0
_STALL_NS = 5 * NS_PER_S
_LAG_NOTED_NS = NS_PER_S // 4
_BEAT_S = 0.5
_SETS_SOURCES = frozenset(
    {FactKind.TRIGGER_ARMED, FactKind.TRIGGER_WAITING, FactKind.TRIGGER_AMENDED}
)


class Daemon:
    """Owns the tasks; `app` has put the parts together."""

    def __init__(
        self,
        *,
        loop: EngineLoop,
        store: Store,
        clock: SteadyClock,
        alerts: Alerts,
        files: Files,
        accounts: dict[str, Account],
        mode: str,
        version: str,
    ) -> None:
        self.loop = loop
        self.store = store
        self.clock = clock
        self.files = files
        self.mode = mode
        self.version = version
        self.accounts = accounts
        self.holes: tuple[Hole, ...] = ()
        self.ts_started_ns = clock.now_ns()
        self.ts_beat_ns = clock.monotonic_ns()
        self.is_recovered = False
        self.is_stopping = False
        self.silent_venues: set[str] = set()
        prefix = "" if mode == "live" else "PAPER, NOT PROTECTING: "
        self.telling = Telling(alerts, prefix=prefix)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sources_changed = False
        self._crash: asyncio.Future[None] | None = None
        loop.on_facts(log_facts)
        loop.on_facts(self.telling.take)
        loop.on_facts(self._follow_sources)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task of the daemon; one that fails by a bug ends the daemon."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            self.fail(task.exception())

    def fail(self, bug: BaseException | None) -> None:
        """End the daemon by a bug; systemd starts it again, and recovery runs."""
        if bug is not None and self._crash is not None and not self._crash.done():
            self._crash.set_exception(bug)

    async def start(self) -> None:
        """Restore, reconcile, apply the files, open the gates, bring prices up."""
        self._crash = asyncio.get_running_loop().create_future()
        snapshot = self.store.load()
        for problem in self.store.set_aside:
            log(Event.STORE_ROW_SET_ASIDE, reason=problem)
            self._alert(AlertLevel.CRITICAL, Event.STORE_ROW_SET_ASIDE, problem)
        restore(self.loop, snapshot)
        for account in self.accounts.values():
            account.watch_sources()
        silent = await recover(list(self.accounts.values()), self.loop)
        for account in silent:
            self.silent_venues.add(account.name)
            text = f"{account.name} does not answer: its stored state is used"
            self._alert(AlertLevel.CRITICAL, Event.ACCOUNT_CONTRADICTED, text)
        for account in self.accounts.values():
            account.dispatcher.open()
            account.start()
        # The stored set is on watch; only now do the files have their say.
        await self.files.reload()
        self.is_recovered = True
        self._watch_sources()
        self.spawn(self._audit(), "protection audit")
        self.spawn(self._beat(), "heartbeat of the loop")

    async def wait(self) -> None:
        """Return when the daemon cannot go on; raises the bug that ended it."""
        assert self._crash is not None
        await self._crash

    def _follow_sources(self, facts: object) -> None:
        """Subscribe to what newly armed triggers watch, once per turn."""
        assert isinstance(facts, tuple)
        if self._sources_changed or not self.is_recovered:
            return
        if any(isinstance(f, Fact) and f.kind in _SETS_SOURCES for f in facts):
            self._sources_changed = True
            asyncio.get_running_loop().call_soon(self._watch_sources)

    def _watch_sources(self) -> None:
        self._sources_changed = False
        for account in self.accounts.values():
            account.watch_sources()

    async def _beat(self) -> None:
        """Show that the loop turns, and notice when it did not for a while."""
        while True:
            before_ns = self.clock.monotonic_ns()
            await asyncio.sleep(_BEAT_S)
            now_ns = self.clock.monotonic_ns()
            lag_ns = now_ns - before_ns - int(_BEAT_S * NS_PER_S)
            self.ts_beat_ns = now_ns
            if lag_ns > _LAG_NOTED_NS:
                log(Event.LOOP_LAGGED, lag_ms=lag_ns // 1_000_000)

    async def _audit(self) -> None:
        while True:
            self.audit_protection()
            await asyncio.sleep(_AUDIT_EVERY_S)

    def audit_protection(self) -> tuple[Hole, ...]:
        """Compare open positions with their stops; a hole is told and cleared."""
        stale = frozenset(s for a in self.accounts.values() for s in a.stale)
        holes = audit(self.loop.engine.state, stale)
        known = {hole.key for hole in self.holes}
        for hole in holes:
            if hole.key not in known:
                log(
                    Event.POSITION_UNPROTECTED,
                    account=hole.key.account,
                    symbol=hole.key.symbol,
                    quantity=str(hole.quantity),
                    reason=hole.reason,
                )
            self._alert_hole(hole)
        for gone in known - {hole.key for hole in holes}:
            log(Event.POSITION_PROTECTED, account=gone.account, symbol=gone.symbol)
            self.telling.tell(
                Alert(
                    level=AlertLevel.INFO,
                    topic=Event.POSITION_UNPROTECTED.value,
                    about=str(gone),
                    text=f"{gone} is protected again, or closed",
                    cleared=True,
                )
            )
        self.holes = holes
        return holes

    def _alert_hole(self, hole: Hole) -> None:
        self.telling.tell(
            Alert(
                level=AlertLevel.CRITICAL,
                topic=Event.POSITION_UNPROTECTED.value,
                about=str(hole.key),
                text=f"unprotected: {hole}",
            )
        )

    def _alert(self, level: AlertLevel, event: Event, text: str) -> None:
        self.telling.tell(
            Alert(level=level, topic=event.value, about="exitd", text=text)
        )

    def is_turning(self) -> bool:
        """Whether the evaluation loop has turned lately."""
        return self.clock.monotonic_ns() - self.ts_beat_ns < _STALL_NS

    def reasons_not_ready(self) -> tuple[str, ...]:
        """Say what keeps the daemon from being ready; empty when nothing does."""
        if self.is_stopping:
            return ("exitd is stopping",)
        if not self.is_recovered:
            return ("recovery is not finished",)
        reasons = []
        if not self.is_turning():
            reasons.append("the evaluation loop does not turn")
        if self.store.health is not StoreHealth.WRITABLE:
            reasons.append(f"the store is {self.store.health}")
        for account in self.accounts.values():
            if not account.is_reconciled:
                reasons.append(f"{account.name} has not been reconciled")
            for stale in account.stale.values():
                reasons.append(f"{stale.source}: {stale.reason}")
        return tuple(reasons)

    async def stop(self) -> None:
        """Take nothing new, let what is in flight be answered, close the store."""
        self.is_stopping = True
        log(Event.DAEMON_STOPPING, reason="asked to")
        for account in self.accounts.values():
            account.dispatcher.stop()
        try:
            async with asyncio.timeout(_DRAIN_S):
                for account in self.accounts.values():
                    await account.dispatcher.drain()
        except TimeoutError:
            pass  # What is unanswered is in the store and resolved at the next start.
        self.loop.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for account in self.accounts.values():
            await account.stop()
        await self.store.close()
        took_ms = (self.clock.now_ns() - self.ts_started_ns) // 1_000_000
        log(Event.DAEMON_STOPPED, took_ms=took_ms)
