"""From an entry of a broker to an account: live where that is proven, or on paper."""

import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from exitd.adapters.interactive_brokers.contracts import Listed
from exitd.adapters.interactive_brokers.feed import InteractiveBrokersFeed
from exitd.adapters.interactive_brokers.venue import InteractiveBrokersVenue
from exitd.adapters.network.rest import RestClient
from exitd.adapters.schwab.defaults import DEADLINE_S
from exitd.adapters.schwab.feed import schwab_feed
from exitd.adapters.schwab.oauth import log_in
from exitd.adapters.schwab.tokens import LoginFile
from exitd.adapters.schwab.venue import SchwabVenue
from exitd.adapters.system.chance import share
from exitd.adapters.system.clock import SystemClock
from exitd.app.files import Keys
from exitd.app.venues import fill_by_prices, keep_paper, on_paper
from exitd.configuration.loaded import AccountSettings
from exitd.configuration.unproven import why_not_live
from exitd.core.units import NS_PER_S
from exitd.errors import ConfigurationError
from exitd.logs import Event, log_at
from exitd.ports.clock import Clock
from exitd.ports.entries import Entries
from exitd.ports.feed import Feed
from exitd.ports.notices import Notice
from exitd.ports.store import Store
from exitd.ports.venue import Venue
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.daemon import Daemon
from exitd.runtime.supervise import backoff
from exitd.runtime.telling import alert_for_notice

#: Requests that may leave at once before the rate per minute holds them.
BURST = 20

OnNotice = Callable[[Notice], None]
Broker = InteractiveBrokersVenue | SchwabVenue


def is_broker(settings: AccountSettings) -> bool:
    return settings.interactive_brokers is not None or settings.schwab is not None


async def build_broker(
    daemon: Daemon,
    settings: AccountSettings,
    keys: Keys | None,
    *,
    is_live: bool,
    store: Store,
    folder: Path,
) -> Account:
    """Join a broker, its prices and its budget.

    Raises:
        ConfigurationError: It is not proven, and `mode: live` would trade there.
    """
    why = why_not_live(settings.type)
    if is_live and why:
        raise ConfigurationError(f"{settings.name}: {why}")
    market = broker_venue(
        settings, keys, daemon.clock, folder, partial(_on_notice, daemon, settings.name)
    )
    max_age_ns = daemon.loop.engine.state.policies.price_max_age_ns
    venue: Venue = market
    paper = None
    if not is_live:
        venue = paper = await on_paper(settings.name, market, daemon.clock, store)
        daemon.spawn(keep_paper(paper, store), f"{settings.name} on paper")
    account = Account(
        venue,
        broker_feed(settings, market, daemon.clock, max_age_ns),
        daemon.loop,
        budget=RateBudget(settings.requests_per_minute, BURST, BURST // 4),
        spawn=daemon.spawn,
        waits=lambda: backoff(share),
        before_tick=None if paper is None else paper.on_tick,
        before_catching_up=_recalling(daemon, venue),
        entries=venue if isinstance(venue, Entries) else None,
    )
    if paper is not None:
        fill_by_prices(paper, account)
    return account


def broker_venue(
    settings: AccountSettings,
    keys: Keys | None,
    clock: Clock,
    folder: Path,
    on_notice: OnNotice | None = None,
) -> Broker:
    """Make the venue of an entry; a login is kept in *folder* unless it says where."""
    at_ib, schwab = settings.interactive_brokers, settings.schwab
    if at_ib is not None:
        return InteractiveBrokersVenue(
            settings.name,
            broker_account=at_ib.broker_account,
            clock=clock,
            url=settings.url,
            symbols={
                name: Listed(
                    conid=stock.conid,
                    price_step=stock.price_step,
                    quantity_step=stock.quantity_step,
                )
                for name, stock in at_ib.symbols.items()
            },
            confirmed=at_ib.confirmed,
            poll_s=at_ib.poll_ns / NS_PER_S,
            lag_slack_ns=settings.lag_slack_ns,
            on_notice=on_notice,
        )
    assert schwab is not None
    assert keys is not None, "its key and secret are required"
    return SchwabVenue(
        settings.name,
        account_number=schwab.account_number,
        key=keys[0],
        secret=keys[1],
        login=LoginFile(login_path(settings, folder)),
        clock=clock,
        url=settings.url,
        symbols={name: stock.price_step for name, stock in schwab.symbols.items()},
        poll_s=schwab.poll_ns / NS_PER_S,
        lag_slack_ns=settings.lag_slack_ns,
        on_notice=on_notice,
    )


def login_path(settings: AccountSettings, folder: Path) -> Path:
    """Where the login of a person at Schwab is kept."""
    assert settings.schwab is not None
    named = settings.schwab.login_file
    return Path(named) if named else folder / f"schwab-{settings.name}.json"


async def log_in_at_schwab(
    settings: AccountSettings, keys: Keys, path: Path, code: str
) -> None:
    """Turn the code of a login into one that is kept at *path*, for the daemon's user.

    Raises:
        ConfigurationError: The code is refused.
        VenueUnavailable: There was no usable answer.
        OSError: The file cannot be written.
    """
    assert settings.schwab is not None
    rest = RestClient(settings.url, venue="Schwab", deadline_s=DEADLINE_S)
    try:
        await log_in(
            rest,
            key=keys[0],
            secret=keys[1],
            callback=settings.schwab.callback,
            code=code,
            file=LoginFile(path),
            clock=SystemClock(),
        )
    finally:
        await rest.close()
    if os.geteuid() == 0:
        # Root logs in, and the daemon's user reads: whose the directory is.
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def broker_feed(
    settings: AccountSettings, market: Broker, clock: Clock, max_age_ns: int
) -> Feed:
    """Make the prices of an entry, in the session of its venue."""
    if isinstance(market, InteractiveBrokersVenue):
        return InteractiveBrokersFeed(
            settings.name,
            session=market.session,
            contracts=market.contracts,
            clock=clock,
            url=settings.url,
            max_age_ns=max_age_ns,
        )
    assert settings.schwab is not None
    return schwab_feed(
        settings.name,
        market,
        clock=clock,
        every_s=settings.schwab.quotes_ns / NS_PER_S,
    )


def _recalling(daemon: Daemon, venue: Venue) -> Callable[[], Awaitable[None]] | None:
    """Let Schwab know its orders of before a start again: it has no ids of ours."""
    if not isinstance(venue, SchwabVenue):
        return None

    async def recall() -> None:
        state = daemon.loop.engine.state
        venue.ours.recall(
            (a for a in state.attempts.values() if a.order.account == venue.account),
            (e for e in state.entries.values() if e.order.account == venue.account),
        )

    return recall


def _on_notice(daemon: Daemon, account: str, notice: Notice) -> None:
    """Write down and tell what only a person can see to, or its end."""
    level = "info" if notice.is_over else "warning"
    log_at(level, Event.VENUE_FAILED, venue=account, reason=str(notice))
    daemon.telling.tell(alert_for_notice(notice))
