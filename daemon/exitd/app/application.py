"""Builds a daemon from settings, runs it, and follows signals and files."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from exitd import __version__
from exitd.adapters.calendars.asking import ExchangeCalendars
from exitd.adapters.notify.heartbeat import Heartbeat
from exitd.adapters.notify.messenger import open_messenger, read_targets
from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.sqlite.store import SqliteStore
from exitd.adapters.system.clock import SystemClock, awake_ns
from exitd.adapters.system.home import home_of
from exitd.adapters.system.memory import forbid_dumps
from exitd.adapters.system.sdnotify import ServiceManager
from exitd.api.serving import HttpServer
from exitd.app.answered import as_answered
from exitd.app.brokers import build_broker, is_broker
from exitd.app.chains import build_chain_account, with_multi_accounts
from exitd.app.copies import state_name
from exitd.app.default_stops import default_stops
from exitd.app.doors import open_doors, place_of
from exitd.app.files import (
    Keys,
    keep_last_good,
    read_configuration,
    read_keys,
    read_route_keys,
    state_directory,
)
from exitd.app.price_poller import poller
from exitd.app.threads import give_back, share_heaps, workers
from exitd.app.trouble import take_trouble
from exitd.app.venues import (
    build_account,
    build_price_feed,
    fill_by_prices,
    keep_paper,
    live_venue,
    make_known,
    paper_beside,
    paper_venue,
)
from exitd.app.webhook import load_inbox, open_webhook
from exitd.configuration.loaded import Loaded
from exitd.configuration.loaded import Settings as FileSettings
from exitd.configuration.secrets import resolve
from exitd.configuration.sources import root_of
from exitd.configuration.watch import changes
from exitd.core.engine import Engine
from exitd.core.units import NS_PER_MS, NS_PER_S, trap_floats
from exitd.logs import Event, configure, log
from exitd.metrics.counts import Counts
from exitd.metrics.scraping import Scrapes
from exitd.ports.alerts import Alerts
from exitd.ports.chain import Chain
from exitd.runtime.accounts import Account
from exitd.runtime.control import Control
from exitd.runtime.daemon import Daemon
from exitd.runtime.feeds import Feeds
from exitd.runtime.loop import EngineLoop
from exitd.runtime.prices import WatchedFeed
from exitd.runtime.reload import Files
from exitd.runtime.signals.inbox import Inbox
from exitd.runtime.steady import SteadyClock
from exitd.secret import Secret
from exitd.settings import Settings

#: A firing's commit must not wait while another thread computes (default 5 ms).
SWITCH_S = 0.0005
GC_THRESHOLDS = (50_000, 20, 50)
HISTORY_KEPT_NS = 90 * 86_400 * NS_PER_S
_DAY_S = 86_400
PAPER = "PAPER, NOT PROTECTING"

OnReady = Callable[["Application"], None]


class Application:
    """One run of the daemon; `places` are the socket and each `host:port` it serves."""

    def __init__(self, config: Path, settings: Settings) -> None:
        self.config = config
        self.settings = settings
        self.environment = dict(os.environ)
        self.clock = SteadyClock(SystemClock())
        self.service = ServiceManager(
            settings.notify_socket,
            watchdog_usec=settings.watchdog_usec,
            watchdog_pid=settings.watchdog_pid,
        )
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()
        self.counts = Counts()
        self.places: tuple[str, ...] = ()
        self.state = Path()
        self.chains: dict[str, Chain] = {}
        self.route_keys: dict[str, Secret] = {}
        self.inbox: Inbox
        self.daemon: Daemon
        self.store: SqliteStore

    async def run(self, on_ready: OnReady | None = None) -> int:
        """Run until told to stop; returns the exit status.

        Raises:
            ConfigurationError: The files cannot be used, and no earlier set can.
            StoreError: The state cannot be opened.
        """
        loaded, files, refused = read_configuration(
            self.config, self.settings, self.environment
        )
        keys = read_keys(files.accounts.values(), self.environment)
        targets = read_targets(files.file.notify, self.environment)
        self.route_keys = read_route_keys(files.file.webhook, self.environment)
        self.state = state_directory(self.settings, files)
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with configure(
            format=files.file.log.format,
            level=files.file.log.level,
            secrets=[
                *(s for pair in keys.values() for s in pair),
                *targets.values(),
                *self.route_keys.values(),
            ],
            now_ns=self.clock.now_ns,
            monotonic_ns=self.clock.monotonic_ns,
            journal_stream=self.settings.journal_stream,
            no_color=self.settings.no_color is not None,
            constants={} if files.is_live else {"mode": PAPER},
            observe=self.counts.observe,
        ):
            log(
                Event.DAEMON_STARTED,
                version=__version__,
                mode="live" if files.is_live else PAPER,
                pid=os.getpid(),
            )
            self._note_files(loaded, refused)
            return await self._open_and_serve(files, keys, targets, on_ready)

    def _note_files(self, loaded: Loaded, refused: Loaded | None) -> None:
        if refused is None:
            keep_last_good(loaded, self.state)
            return
        log(Event.CONFIG_REJECTED, errors=[str(f) for f in refused.findings])

    async def _open_and_serve(
        self,
        files: FileSettings,
        keys: Mapping[str, Keys],
        targets: Mapping[str, Secret],
        on_ready: OnReady | None,
    ) -> int:
        path = self.state / state_name(is_live=files.is_live)
        loop = asyncio.get_running_loop()
        store = self.store = open_store(path, self.clock, loop)
        for notice in store.notices:
            log(Event.STORE_OPENED, path=str(store.path), notice=notice)
        messenger = open_messenger(files.file.notify, targets, self.clock)
        try:
            self.daemon = await self._build(files, keys, store, messenger)
            self.inbox = await load_inbox(self.daemon, files)
            servers = await self._open_doors(files)
            served = [asyncio.ensure_future(one.run_until_stopped()) for one in servers]
            try:
                return await self._serve(files, on_ready)
            finally:
                for server in servers:
                    server.stop()
                await asyncio.gather(*served)
        finally:
            await messenger.close()
            await store.close()

    async def _open_doors(self, files: FileSettings) -> list[HttpServer]:
        """Bind every socket; `places` lists them, that of the webhook last."""
        control = Control(self.daemon)
        server, listeners = await open_doors(
            self.daemon,
            control,
            with_multi_accounts(files.file.http, files.accounts),
            self.settings,
            self.state,
            self.chains,
            scrapes=Scrapes(control, self.counts, self.store.commits),
        )
        self.places = tuple(place_of(listener) for listener in listeners)
        try:
            webhook = open_webhook(self.daemon, files.file, self.route_keys, self.inbox)
        except BaseException:
            for listener in listeners:
                listener.remove()
            raise
        if webhook is None:
            return [server]
        self.places += (place_of(webhook[1]),)
        return [server, webhook[0]]

    async def _build(
        self,
        files: FileSettings,
        keys: Mapping[str, Keys],
        store: SqliteStore,
        alerts: Alerts,
    ) -> Daemon:
        """Put the parts together; nothing runs yet."""
        engine = Engine(files.file.policies.for_core())
        loop = EngineLoop(engine, store, self.clock)
        accounts: dict[str, Account] = {}
        price_feeds: dict[str, WatchedFeed] = {}
        daemon = Daemon(
            loop=loop,
            store=store,
            clock=self.clock,
            alerts=alerts,
            files=Files(
                self.config,
                self.environment,
                loop,
                poller(Feeds(accounts, price_feeds)),
                running=files.file,
            ),
            accounts=accounts,
            price_feeds=price_feeds,
            sessions=ExchangeCalendars(self.environment),
            mode=files.file.mode,
            version=__version__,
            home=home_of(store.path) if files.is_live else "",
            is_copy=store.is_from_backup,
            put_back=store.put_back,
        )
        await self._add_accounts(daemon, files, keys, store)
        for name, account in accounts.items():
            make_known(engine, account, store.tag(name), files.accounts.get(name))
        daemon.default_stops = default_stops(daemon, files)
        daemon.collect = give_back
        return daemon

    async def _add_accounts(
        self,
        daemon: Daemon,
        files: FileSettings,
        keys: Mapping[str, Keys],
        store: SqliteStore,
    ) -> None:
        accounts = daemon.accounts
        simulated = files.file.webhook.paper_venues if files.is_live else frozenset()
        async for settings in as_answered(files.accounts.values(), store):
            name, mine = settings.name, keys.get(settings.name)
            if settings.prices_only:
                daemon.price_feeds[name] = build_price_feed(daemon, settings)
                continue
            if settings.chain is not None:
                assert mine is not None, "its key is required"
                accounts[name], self.chains[name] = build_chain_account(
                    daemon, settings, mine, self.state
                )
            elif is_broker(settings):
                accounts[name] = await build_broker(
                    daemon,
                    settings,
                    mine,
                    is_live=files.is_live,
                    store=store,
                    folder=self.state,
                )
            elif files.is_live:
                market = live_venue(settings, mine, self.clock)
                accounts[name] = build_account(daemon, settings, mine, market, market)
            else:
                paper, market = await paper_venue(settings, mine, self.clock, store)
                accounts[name] = build_account(daemon, settings, mine, paper, market)
                fill_by_prices(paper, accounts[name])
                daemon.spawn(keep_paper(paper, store), f"{name} on paper")
            if name in simulated:
                beside = await paper_beside(daemon, settings, accounts[name], store)
                accounts[beside.name] = beside

    async def _serve(self, files: FileSettings, on_ready: OnReady | None) -> int:
        """Run until a signal, then stop in order; a bug ends it at once."""
        self._follow_signals()
        daemon = self.daemon
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: take_trouble(daemon, context)
        )
        # Nothing that a start loads is garbage, and to look costs as much as to load.
        gc.disable()
        try:
            await daemon.start()
        finally:
            gc.enable()
        self.inbox.open()
        self._spawn_companions(files)
        # What is loaded now stays; the collector need not walk it at every firing.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        triggers = len(daemon.loop.engine.state.triggers)
        took_ms = (self.clock.now_ns() - daemon.ts_started_ns) // NS_PER_MS
        log(Event.DAEMON_READY, triggers=triggers, took_ms=took_ms)
        self.service.ready(f"{daemon.mode}: {triggers} triggers")
        if on_ready is not None:
            on_ready(self)
        stopped = asyncio.ensure_future(self.stop.wait())
        crashed = asyncio.ensure_future(daemon.wait())
        try:
            await asyncio.wait((stopped, crashed), return_when=asyncio.FIRST_COMPLETED)
            self.service.stopping("stopping")
            if crashed.done():
                await crashed
        finally:
            stopped.cancel()
            crashed.cancel()
            self.inbox.close()
            await daemon.stop()
        return 0

    def _spawn_companions(self, files: FileSettings) -> None:
        daemon = self.daemon
        daemon.spawn(self._reload_on_request(), "reload on request")
        daemon.spawn(self._watch_files(), "watch the files")
        daemon.spawn(self._feed_watchdog(), "systemd watchdog")
        daemon.spawn(self._prune(), "prune history")
        if files.file.heartbeat is not None:
            heartbeat = Heartbeat(
                resolve(files.file.heartbeat.url, self.environment),
                interval_ns=files.file.heartbeat.interval,
                is_ready=lambda: not daemon.reasons_not_ready(),
            )
            daemon.spawn(heartbeat.run(), "heartbeat")

    async def _prune(self) -> None:
        """Let go of old history; firings, fills and their facts stay for ever."""
        while True:
            self.store.prune(self.clock.now_ns() - HISTORY_KEPT_NS)
            await asyncio.sleep(_DAY_S)

    def _follow_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)

    async def _reload_on_request(self) -> None:
        while True:
            await self.reload.wait()
            self.reload.clear()
            self.service.reloading(awake_ns())
            await self._reload("SIGHUP")
            self.service.ready("reloaded")

    async def _reload(self, why: str) -> None:
        files = self.daemon.files
        outcome = await files.reload()
        log(Event.DAEMON_RELOADED, reason=why, applied=outcome.applied)
        self.daemon.audit_log.reloaded(why, outcome)
        if outcome.applied and files.loaded is not None:
            keep_last_good(files.loaded, self.state)

    async def _watch_files(self) -> None:
        loaded = self.daemon.files.loaded
        known = loaded.digest if loaded is not None else ""
        async for _ in changes(root_of(self.config), known, stop=self.stop):
            await self._reload("the files changed")

    async def _feed_watchdog(self) -> None:
        """Ping systemd from the loop that evaluates, and only while it turns."""
        interval_ns = self.service.ping_interval_ns
        if interval_ns is None:
            return
        while True:
            if self.daemon.is_turning():
                self.service.ping()
            await asyncio.sleep(interval_ns / NS_PER_S)


async def run_daemon(
    config: Path, settings: Settings, *, on_ready: OnReady | None = None
) -> int:
    """Run the daemon until it is told to stop; returns the exit status.

    Raises:
        ConfigurationError: The files cannot be used and there is no earlier set.
        StoreError: The state cannot be opened.
    """
    forbid_dumps()
    trap_floats()
    sys.setswitchinterval(SWITCH_S)
    share_heaps()
    asyncio.get_running_loop().set_default_executor(workers())
    return await Application(config, settings).run(on_ready)
