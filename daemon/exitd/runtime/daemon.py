"""The daemon: recovery first, then prices, then everything around them."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from exitd.core.barrier_inputs import RunEnded
from exitd.core.simulated import is_simulated
from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel, Alerts
from exitd.ports.sessions import Sessions
from exitd.ports.store import PutBack, Store, StoreHealth
from exitd.runtime.accounts import Account
from exitd.runtime.audit_log import AuditLog
from exitd.runtime.default_stops import DefaultStops
from exitd.runtime.durations import Durations
from exitd.runtime.fact_log import log_facts
from exitd.runtime.feeds import Feeds
from exitd.runtime.loop import EngineLoop
from exitd.runtime.prices import WatchedFeed
from exitd.runtime.protect import Hole, audit
from exitd.runtime.recover import recover, restore
from exitd.runtime.reload import Files
from exitd.runtime.sessions import Calendars, NoCalendars
from exitd.runtime.standby import Standby
from exitd.runtime.standby_alerts import standing_alert
from exitd.runtime.steady import SteadyClock
from exitd.runtime.sweeping import Sweeper, is_quiet
from exitd.runtime.telling import PAPER, Telling

_AUDIT_EVERY_S = 60.0
_DRAIN_S = 15.0
_STALL_NS = 5 * NS_PER_S
_LAG_NOTED_NS = NS_PER_S // 4
_BEAT_S = 0.5


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
        price_feeds: dict[str, WatchedFeed] | None = None,
        sessions: Sessions | None = None,
        mode: str,
        version: str,
        home: str = "",
        is_copy: bool = False,
        put_back: PutBack | None = None,
    ) -> None:
        self.loop = loop
        self.store = store
        self.clock = clock
        self.files = files
        self.mode = mode
        self.version = version
        self.accounts = accounts
        self.price_feeds = {} if price_feeds is None else price_feeds
        self.feeds = Feeds(accounts, self.price_feeds)
        self.holes: tuple[Hole, ...] = ()
        self.audit_log = AuditLog(loop)
        self.ts_started_ns = clock.now_ns()
        self.ts_beat_ns = clock.monotonic_ns()
        self.lag = Durations()
        self.is_recovered = False
        self.is_stopping = False
        self.silent_venues: set[str] = set()
        prefix = "" if mode == "live" else PAPER
        self.telling = Telling(alerts, prefix=prefix)
        self.calendars = Calendars(
            sessions or NoCalendars(), loop, clock, self.telling.tell
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._sources_known = 0
        self._is_watching_soon = False
        self.default_stops: DefaultStops | None = None
        #: Looks for garbage in quiet moments.
        self.collect: Callable[[], object] = gc.collect
        self._put_back = put_back
        self.standby = Standby(loop, store, self.spawn, home=home, is_copy=is_copy)
        self._health = StoreHealth.WRITABLE
        self._ts_unwell_ns: dict[str, int] = {}
        self._crash: asyncio.Future[None] | None = None
        loop.on_written(log_facts)
        loop.on_written(self.telling.take)
        loop.on_facts(self._follow_sources)
        loop.on_facts(self.calendars.take)

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
        for feed in self.feeds.values():
            feed.tell = self.telling.tell
        self.files.tell = self.telling.tell
        snapshot = self.store.load()
        for problem in self.store.set_aside:
            log(Event.STORE_ROW_SET_ASIDE, reason=problem)
            self._alert(Event.STORE_ROW_SET_ASIDE, problem)
        restore(self.loop, snapshot)
        if self._put_back is not None:
            await self.audit_log.put_back(self._put_back)
        await self.standby.begin([n for n in self.accounts if not is_simulated(n)])
        if self.standby.standing:
            self.telling.tell(standing_alert(self.standby))
        for feed in self.feeds.values():
            feed.watch_sources()
        silent = await recover(list(self.accounts.values()), self.loop)
        for account in silent:
            self.silent_venues.add(account.name)
            text = f"{account.name} does not answer: its stored state is used"
            self._alert(Event.VENUE_FAILED, text, about=account.name)
        for account in self.accounts.values():
            account.dispatcher.open()
            account.start()
        for feed in self.price_feeds.values():
            feed.start()
        # The stored set is on watch; only now do the files have their say.
        self.audit_log.reloaded("the start", await self.files.reload())
        self.is_recovered = True
        self._watch_sources()
        # What is known at the start stays: no collection has to walk it again.
        gc.freeze()
        self.spawn(self._audit(), "protection audit")
        self.spawn(self.calendars.run(), "trading sessions")
        self.spawn(self._beat(), "heartbeat of the loop")
        self.spawn(self.loop.past.run(), "forget what is done")

    async def wait(self) -> None:
        """Return when the daemon cannot go on; raises the bug that ended it."""
        assert self._crash is not None
        await self._crash

    def _follow_sources(self, facts: object) -> None:
        """Subscribe to what newly armed triggers watch, once per turn."""
        if self._is_watching_soon or not self.is_recovered:
            return
        if self.loop.engine.state.books_changed != self._sources_known:
            self._is_watching_soon = True
            asyncio.get_running_loop().call_soon(self._watch_sources)

    def _watch_sources(self) -> None:
        self._is_watching_soon = False
        self._sources_known = self.loop.engine.state.books_changed
        for feed in self.feeds.values():
            feed.watch_sources()

    async def _beat(self) -> None:
        """Show that the loop turns, and notice when it did not for a while."""
        may_look = partial(is_quiet, self.accounts)
        sweeper = Sweeper(self.clock, may_look, self.collect)
        while True:
            sweeper.sweep_if_due()
            before_ns = self.clock.monotonic_ns()
            await asyncio.sleep(_BEAT_S)
            now_ns = self.clock.monotonic_ns()
            lag_ns = now_ns - before_ns - int(_BEAT_S * NS_PER_S)
            self.ts_beat_ns = now_ns
            self.lag.note(lag_ns)
            if lag_ns > _LAG_NOTED_NS:
                log(Event.LOOP_LAGGED, lag_ms=lag_ns // 1_000_000)
            self.check_health()

    def check_health(self) -> None:
        """Say what went wrong with the store, the venues or readiness, and its end."""
        self._check_store()
        for name in [n for n in self.silent_venues if self.accounts[n].is_reconciled]:
            self.silent_venues.discard(name)
            log(Event.VENUE_RECOVERED, venue=name)
            self._clear(Event.VENUE_FAILED, f"{name} answers again", about=name)
        reasons = self.reasons_not_ready()
        lasted_s = self._note_unwell("ready", bool(reasons))
        if lasted_s is not None:
            log(Event.HEALTH_RECOVERED, lasted_s=lasted_s)
        elif reasons and self._ts_unwell_ns["ready"] == self.ts_beat_ns:
            log(Event.HEALTH_DEGRADED, reasons=list(reasons))

    def _check_store(self) -> None:
        health, before = self.store.health, self._health
        self._health = health
        lasted_s = self._note_unwell("store", health is not StoreHealth.WRITABLE)
        if health is before:
            return
        if health is StoreHealth.WRITABLE:
            log(Event.STORE_RECOVERED, lasted_s=lasted_s)
            self._clear(Event.STORE_FULL, "the store takes writes again", about="store")
            return
        is_full = health is StoreHealth.FULL
        event = Event.STORE_FULL if is_full else Event.STORE_FAILED
        text = (
            "the disk is full: nothing new can be armed, what is armed goes on; "
            "free some room"
            if is_full
            else "the store cannot write: what is decided now is kept in memory only"
        )
        log(event, reason=text)
        self._alert(Event.STORE_FULL, text, about="store")

    def _note_unwell(self, what: str, is_unwell: bool) -> int | None:
        """Keep since when something is unwell; how many seconds it was, at its end."""
        if is_unwell:
            self._ts_unwell_ns.setdefault(what, self.ts_beat_ns)
            return None
        since_ns = self._ts_unwell_ns.pop(what, None)
        return None if since_ns is None else (self.ts_beat_ns - since_ns) // NS_PER_S

    async def _audit(self) -> None:
        while True:
            if self.default_stops is not None:
                await self.default_stops.cover()
            self.audit_protection()
            await asyncio.sleep(_AUDIT_EVERY_S)

    def audit_protection(self) -> tuple[Hole, ...]:
        """Compare open positions with their stops; a hole is told and cleared."""
        stale = frozenset(s for f in self.feeds.values() for s in f.unjudged)
        now_ns = self.loop.clock.now_ns()
        started_ns = self.ts_started_ns
        state = self.loop.engine.state
        holes = audit(state, stale, now_ns=now_ns, ts_started_ns=started_ns)
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
        on_paper = is_simulated(hole.key.account)
        self.telling.tell(
            Alert(
                level=AlertLevel.INFO if on_paper else AlertLevel.CRITICAL,
                topic=Event.POSITION_UNPROTECTED.value,
                about=str(hole.key),
                text=f"{PAPER if on_paper else ''}unprotected: {hole}",
            )
        )

    def _alert(self, event: Event, text: str, about: str = "exitd") -> None:
        level = AlertLevel.CRITICAL
        self.telling.tell(Alert(level=level, topic=event.value, about=about, text=text))

    def _clear(self, event: Event, text: str, about: str) -> None:
        level, topic = AlertLevel.INFO, event.value
        self.telling.tell(
            Alert(level=level, topic=topic, about=about, text=text, cleared=True)
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
        reasons += self.loop.orphans.reasons(self.loop.engine.state)
        for name in self.standby.standing:
            reason = self.standby.accounts[name].reason
            reasons.append(f"{name} stands by until `exitd takeover`: {reason}")
        for account in self.accounts.values():
            if not account.is_reconciled:
                reasons.append(f"{account.name} has not been reconciled")
            if account.breaker.is_open:
                why = account.breaker.why
                reasons.append(f"{account.name} is sent no closes for now: {why}")
        for feed in self.feeds.values():
            for stale in feed.stale.values():
                asked = ", so REST is asked" if stale.is_asked else ""
                reasons.append(f"{stale.source}: {stale.reason}{asked}")
        return (*reasons, *self.calendars.waiting())

    async def stop(self) -> None:
        """Take nothing new, let what is in flight be answered, close the store."""
        self.is_stopping = True
        began_ns = self.clock.monotonic_ns()
        log(Event.DAEMON_STOPPING, reason="asked to")
        for account in self.accounts.values():
            account.dispatcher.stop()
        try:
            async with asyncio.timeout(_DRAIN_S):
                for account in self.accounts.values():
                    await account.dispatcher.drain()
        except TimeoutError:
            pass  # What is unanswered is in the store and resolved at the next start.
        self.loop.timer.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for account in self.accounts.values():
            await account.stop()
        for feed in self.price_feeds.values():
            await feed.stop()
        self.audit_log.close()
        self.loop.handle(RunEnded(self.clock.now_ns()))
        try:
            await self.store.close()
        finally:
            self.loop.tell_rest()
        took_ms = (self.clock.monotonic_ns() - began_ns) // 1_000_000
        log(Event.DAEMON_STOPPED, took_ms=took_ms)
