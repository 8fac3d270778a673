"""The one place where concrete parts meet: from settings to a running daemon."""

import asyncio
import os
import random
import shutil
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from exitd import __version__
from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.sqlite.store import SqliteStore
from exitd.adapters.system.clock import SystemClock
from exitd.adapters.system.sdnotify import ServiceManager
from exitd.configuration.findings import render
from exitd.configuration.load import load
from exitd.configuration.loaded import AccountSettings, Loaded
from exitd.configuration.loaded import Settings as FileSettings
from exitd.configuration.secrets import resolve
from exitd.configuration.sources import root_of
from exitd.configuration.watch import changes
from exitd.core.engine import Engine
from exitd.core.market import PriceSource
from exitd.core.units import NS_PER_MS, NS_PER_S, trap_floats
from exitd.errors import ConfigurationError
from exitd.logs import Event, configure, log
from exitd.ports.alerts import Alert, Alerts
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.daemon import Daemon
from exitd.runtime.loop import EngineLoop
from exitd.runtime.reload import Files
from exitd.runtime.steady import SteadyClock
from exitd.runtime.supervise import backoff
from exitd.secret import Secret
from exitd.settings import Settings

LAST_GOOD = "last-good"
#: Requests that may leave at once before the rate per minute holds them.
BURST = 100

OnReady = Callable[[Daemon], None]


def state_directory(settings: Settings, loaded: FileSettings | None) -> Path:
    """Where the state is kept: the environment, then the file, then the home."""
    if settings.state_folder is not None:
        return settings.state_folder
    if loaded is not None and loaded.file.state.directory is not None:
        return Path(loaded.file.state.directory)
    return Path.home() / ".local/state/exitd"


def read_configuration(
    config: Path, settings: Settings, environment: Mapping[str, str]
) -> tuple[Loaded, FileSettings, Loaded | None]:
    """Read the files, or the last good ones where they cannot be used now.

    Returns:
        What is in force, its settings, and what was refused (None if nothing).

    Raises:
        ConfigurationError: The files are wrong and there is no earlier good set.
    """
    loaded = load(config, environment, now_ns=SystemClock().now_ns())
    if loaded.settings is not None:
        return loaded, loaded.settings, None
    kept = state_directory(settings, None) / LAST_GOOD
    if kept.is_dir():
        earlier = load(kept, environment)
        if earlier.settings is not None:
            return earlier, earlier.settings, loaded
    raise ConfigurationError(render(loaded.findings))


def keep_last_good(loaded: Loaded, state: Path) -> None:
    """Copy the files in force beside the state, for a start with broken ones."""
    kept, fresh = state / LAST_GOOD, state / f"{LAST_GOOD}.new"
    if loaded.directory.resolve() == kept.resolve():
        return
    shutil.rmtree(fresh, ignore_errors=True)
    for file in loaded.files:
        target = fresh / file.name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.write_bytes((loaded.directory / file.name).read_bytes())
    shutil.rmtree(kept, ignore_errors=True)
    fresh.rename(kept)


def read_secrets(
    accounts: Iterable[AccountSettings], environment: Mapping[str, str]
) -> dict[str, tuple[Secret, Secret]]:
    """Read key and secret of every account that has them.

    Raises:
        ConfigurationError: One of them is not there.
    """
    return {
        account.name: (
            resolve(account.key, environment),
            resolve(account.secret, environment),
        )
        for account in accounts
        if account.key is not None and account.secret is not None
    }


class Unheard:
    """Alerts when nobody is named under `notify:`."""

    def tell(self, alert: Alert) -> None:
        del alert


class Application:
    """Builds a daemon from settings, runs it, and follows signals and files."""

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

    async def run(self, on_ready: OnReady | None = None) -> int:
        """Run until told to stop; returns the exit status."""
        loaded, files, refused = read_configuration(
            self.config, self.settings, self.environment
        )
        secrets = read_secrets(files.accounts.values(), self.environment)
        self.state = state = state_directory(self.settings, files)
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        logs = configure(
            format=files.file.log.format,
            level=files.file.log.level,
            secrets=[secret for pair in secrets.values() for secret in pair],
            now_ns=self.clock.now_ns,
            monotonic_ns=self.clock.monotonic_ns,
            journal_stream=self.settings.journal_stream,
        )
        with closing(logs):
            log(
                Event.DAEMON_STARTED,
                version=__version__,
                mode=files.file.mode,
                pid=os.getpid(),
            )
            if refused is not None:
                log(Event.CONFIG_REJECTED, errors=[str(f) for f in refused.findings])
            else:
                keep_last_good(loaded, state)
            name = "exitd.db" if files.is_live else "exitd-paper.db"
            store = open_store(state / name, self.clock, asyncio.get_running_loop())
            daemon = self.build(files, secrets, store, Unheard())
            return await self.serve(daemon, on_ready)

    def build(
        self,
        files: FileSettings,
        secrets: Mapping[str, tuple[Secret, Secret]],
        store: SqliteStore,
        alerts: Alerts,
    ) -> Daemon:
        """Put the parts together; nothing runs yet."""
        engine = Engine(files.file.policies.for_core())
        loop = EngineLoop(engine, store, self.clock)
        accounts: dict[str, Account] = {}
        daemon = Daemon(
            loop=loop,
            store=store,
            clock=self.clock,
            alerts=alerts,
            files=Files(self.config, self.environment, loop, poller(accounts)),
            accounts=accounts,
            mode=files.file.mode,
            version=__version__,
        )
        for settings in files.accounts.values():
            keys = secrets.get(settings.name)
            accounts[settings.name] = self.build_account(settings, keys, daemon)
            engine.add_account(
                settings.name,
                store.tag(settings.name),
                accounts[settings.name].venue.capabilities,
            )
        return daemon

    def build_account(
        self,
        settings: AccountSettings,
        keys: tuple[Secret, Secret] | None,
        daemon: Daemon,
    ) -> Account:
        if keys is None:
            raise ConfigurationError(
                f"account {settings.name} has no key and secret, which live mode "
                "needs; name them under venues:"
            )
        venue = BackpackVenue(
            settings.name,
            key=keys[0].reveal(),
            secret=keys[1],
            clock=self.clock,
            url=settings.url,
            ws_url=settings.ws_url,
            window_ms=settings.request_window_ns // NS_PER_MS,
            lag_slack_ns=settings.lag_slack_ns,
        )
        feed = BackpackFeed(
            settings.name,
            clock=self.clock,
            url=settings.url,
            ws_url=settings.ws_url,
            max_age_ns=daemon.loop.engine.state.policies.price_max_age_ns,
            venue_clock=venue.clock,
        )
        return Account(
            venue,
            feed,
            daemon.loop,
            budget=RateBudget(settings.requests_per_minute, BURST, BURST // 4),
            spawn=daemon.spawn,
            waits=lambda: backoff(random.random),
        )

    async def serve(self, daemon: Daemon, on_ready: OnReady | None) -> int:
        """Run the daemon until a signal, then stop it in order."""
        self._follow_signals()
        await daemon.start()
        daemon.spawn(self._reload_on_request(daemon), "reload on request")
        daemon.spawn(self._watch_files(daemon), "watch the files")
        daemon.spawn(self._feed_watchdog(daemon), "systemd watchdog")
        triggers = len(daemon.loop.engine.state.triggers)
        log(
            Event.DAEMON_READY,
            triggers=triggers,
            took_ms=(self.clock.now_ns() - daemon.ts_started_ns) // NS_PER_MS,
        )
        self.service.ready(f"{daemon.mode}: {triggers} triggers")
        if on_ready is not None:
            on_ready(daemon)
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
            await daemon.stop()
        return 0

    def _follow_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)

    async def _reload_on_request(self, daemon: Daemon) -> None:
        while True:
            await self.reload.wait()
            self.reload.clear()
            self.service.reloading(self.clock.monotonic_ns())
            await self._reload(daemon, "SIGHUP")
            self.service.ready("reloaded")

    async def _reload(self, daemon: Daemon, why: str) -> None:
        outcome = await daemon.files.reload()
        log(Event.DAEMON_RELOADED, reason=why, applied=outcome.applied)
        if outcome.applied and daemon.files.loaded is not None:
            keep_last_good(daemon.files.loaded, self.state)

    async def _watch_files(self, daemon: Daemon) -> None:
        known = daemon.files.loaded.digest if daemon.files.loaded is not None else ""
        directory = root_of(self.config)
        async for _ in changes(directory, known, stop=self.stop):
            await self._reload(daemon, "the files changed")

    async def _feed_watchdog(self, daemon: Daemon) -> None:
        """Ping systemd from the loop that evaluates, and only while it turns."""
        interval_ns = self.service.ping_interval_ns
        if interval_ns is None:
            return
        while True:
            if daemon.is_turning():
                self.service.ping()
            await asyncio.sleep(interval_ns / NS_PER_S)


def poller(
    accounts: Mapping[str, Account],
) -> Callable[[PriceSource], Awaitable[Decimal | None]]:
    """Make what asks a feed for one price by REST."""

    async def poll(source: PriceSource) -> Decimal | None:
        account = accounts.get(source.feed)
        tick = await account.feed.poll(source) if account is not None else None
        return None if tick is None else tick.price

    return poll


async def run_daemon(
    config: Path, settings: Settings, *, on_ready: OnReady | None = None
) -> int:
    """Run the daemon until it is told to stop; returns the exit status.

    Raises:
        ConfigurationError: The files cannot be used and there is no earlier set.
        StoreError: The state cannot be opened.
    """
    trap_floats()
    return await Application(config, settings).run(on_ready)
