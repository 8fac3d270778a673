"""From an entry under `venues:` to an account, live or on paper, or to prices only."""

import asyncio

from exitd.adapters.alpaca.feed import AlpacaFeed
from exitd.adapters.alpaca.venue import AlpacaVenue
from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.signing import throwaway_keys
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.binance.feed import BinanceFeed
from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.paper.shared_feed import SharedFeed
from exitd.adapters.paper.venue import PaperVenue
from exitd.adapters.symmio.quote_prices import QuotePrices
from exitd.adapters.system.chance import share
from exitd.app.files import Keys
from exitd.configuration.loaded import AccountSettings
from exitd.core.engine import Engine
from exitd.core.inputs import PositionReport
from exitd.core.simulated import simulated_beside
from exitd.core.units import NS_PER_MS
from exitd.errors import ConfigurationError, VenueError
from exitd.logs import Event, log
from exitd.ports.clock import Clock
from exitd.ports.entries import Entries
from exitd.ports.feed import Feed
from exitd.ports.store import Store
from exitd.ports.venue import Venue
from exitd.runtime.accounts import Account
from exitd.runtime.budget import RateBudget
from exitd.runtime.daemon import Daemon
from exitd.runtime.prices import WatchedFeed
from exitd.runtime.supervise import backoff

#: A venue that gives the prices of its account too, and what is public.
Market = BackpackVenue | AlpacaVenue

#: Requests that may leave at once before the rate per minute holds them.
BURST = 100
HISTORY_BURST = 10
_COPY_PATIENCE_S = 10.0
_SAVE_EVERY_S = 1.0


def feed_of(
    settings: AccountSettings,
    clock: Clock,
    max_age_ns: int,
    keys: Keys | None = None,
    market: Market | None = None,
) -> Feed:
    """Make the price streams of an entry; *market* is its venue where it has one.

    *keys* are needed where `needs_keys` says so.
    """
    if settings.chain is not None:
        return quote_prices(settings, clock, max_age_ns)
    venue_clock = None if market is None else market.clock
    if settings.alpaca is not None:
        return _alpaca_feed(settings, keys, clock, max_age_ns, venue_clock)
    if settings.type == "binance":
        return _binance(settings, clock, max_age_ns)
    return BackpackFeed(
        settings.name,
        clock=clock,
        url=settings.url,
        ws_url=settings.ws_url,
        max_age_ns=max_age_ns,
        venue_clock=venue_clock,
    )


def needs_keys(settings: AccountSettings) -> bool:
    """Whether its prices are told to those with a key only."""
    return settings.alpaca is not None


def _alpaca_feed(
    settings: AccountSettings,
    keys: Keys | None,
    clock: Clock,
    max_age_ns: int,
    venue_clock: VenueClock | None,
) -> AlpacaFeed:
    assert settings.alpaca is not None
    assert keys is not None, "its key and secret are required"
    return AlpacaFeed(
        settings.name,
        key=keys[0],
        secret=keys[1],
        clock=clock,
        data_url=settings.alpaca.data_url,
        data_ws_url=settings.alpaca.data_ws_url,
        data_feed=settings.alpaca.data_feed,
        max_age_ns=max_age_ns,
        venue_clock=venue_clock,
    )


def _binance(settings: AccountSettings, clock: Clock, max_age_ns: int) -> BinanceFeed:
    return BinanceFeed(
        settings.name,
        clock=clock,
        url=settings.url,
        ws_url=settings.ws_url,
        max_age_ns=max_age_ns,
        weight_per_minute=settings.requests_per_minute,
    )


def quote_prices(
    settings: AccountSettings, clock: Clock, max_age_ns: int
) -> QuotePrices:
    """Make the prices of an account on a chain: Binance's, under its own markets."""
    assert settings.chain is not None
    symbols = settings.chain.symbols.items()
    return QuotePrices(
        _binance(settings, clock, max_age_ns),
        {name: symbol.watch for name, symbol in symbols if symbol.watch is not None},
    )


def build_price_feed(daemon: Daemon, settings: AccountSettings) -> WatchedFeed:
    """Make a feed that stands alone: no account, no positions, no keys."""
    max_age_ns = daemon.loop.engine.state.policies.price_max_age_ns
    return WatchedFeed(
        feed_of(settings, daemon.clock, max_age_ns),
        daemon.loop,
        spawn=daemon.spawn,
        waits=lambda: backoff(share),
    )


def backpack_venue(
    settings: AccountSettings, keys: Keys, clock: Clock
) -> BackpackVenue:
    return BackpackVenue(
        settings.name,
        key=keys[0].reveal(),
        secret=keys[1],
        clock=clock,
        url=settings.url,
        ws_url=settings.ws_url,
        window_ms=settings.request_window_ns // NS_PER_MS,
        lag_slack_ns=settings.lag_slack_ns,
    )


def alpaca_venue(settings: AccountSettings, keys: Keys, clock: Clock) -> AlpacaVenue:
    assert settings.alpaca is not None
    return AlpacaVenue(
        settings.name,
        key=keys[0],
        secret=keys[1],
        clock=clock,
        url=settings.url,
        ws_url=settings.ws_url,
        data_url=settings.alpaca.data_url,
        data_feed=settings.alpaca.data_feed,
        window_ms=settings.request_window_ns // NS_PER_MS,
        lag_slack_ns=settings.lag_slack_ns,
    )


def market_of(settings: AccountSettings, keys: Keys, clock: Clock) -> Market:
    if settings.alpaca is not None:
        return alpaca_venue(settings, keys, clock)
    return backpack_venue(settings, keys, clock)


def build_account(
    daemon: Daemon,
    settings: AccountSettings,
    keys: Keys | None,
    venue: Venue,
    market: Market,
) -> Account:
    """Join a venue, its prices and its budget.

    Args:
        daemon: Who runs it.
        settings: The entry under `venues:`.
        keys: What its prices are asked with, where a venue wants to know by whom.
        venue: Where closes go: the market itself, or a paper account.
        market: Where prices come from.
    """
    max_age_ns = daemon.loop.engine.state.policies.price_max_age_ns
    # With what flows in during a minute, a burst may not exceed what one allows.
    burst = min(BURST, max(settings.requests_per_minute // 3, 4))
    return Account(
        venue,
        feed_of(settings, daemon.clock, max_age_ns, keys, market),
        daemon.loop,
        budget=RateBudget(settings.requests_per_minute, burst, burst // 4),
        history_budget=RateBudget(
            settings.history_requests_per_minute, HISTORY_BURST, reserve=0
        ),
        spawn=daemon.spawn,
        waits=lambda: backoff(share),
        before_tick=venue.on_tick if isinstance(venue, PaperVenue) else None,
        entries=venue if isinstance(venue, Entries) else None,
        status=venue.maintenance if isinstance(venue, BackpackVenue) else None,
    )


def live_venue(settings: AccountSettings, keys: Keys | None, clock: Clock) -> Market:
    """
    Raises:
        ConfigurationError: The account names no keys.
    """
    if keys is None:
        raise ConfigurationError(
            f"account {settings.name} has no key and secret, which live mode needs; "
            "name them under venues:"
        )
    return market_of(settings, keys, clock)


async def paper_venue(
    settings: AccountSettings, keys: Keys | None, clock: Clock, store: Store
) -> tuple[PaperVenue, Market]:
    """Make a paper account: as it was left, else a copy of the real positions.

    Without keys it starts flat. The real venue is only read.
    """
    market = market_of(settings, keys or throwaway_keys(), clock)
    paper = await on_paper(settings.name, market, clock, store, copies=keys is not None)
    return paper, market


async def on_paper(
    name: str, market: Venue, clock: Clock, store: Store, *, copies: bool = True
) -> PaperVenue:
    """Make a paper account of a venue that is only read.

    It is as it was left, else, where it *copies*, the real positions, else flat.
    """
    state = await store.note(_note_of(name)) or b""
    positions: tuple[PositionReport, ...] = ()
    if not state and copies:
        try:
            async with asyncio.timeout(_COPY_PATIENCE_S):
                await market.sync_clock()
                positions = await market.positions()
        except (VenueError, TimeoutError) as error:
            log(
                Event.VENUE_FAILED,
                venue=name,
                reason=f"the paper account starts flat: {error or 'no answer'}",
            )
    return PaperVenue(
        name, clock=clock, market=market, positions=positions, state=state
    )


def _note_of(account: str) -> str:
    return f"paper:{account}"


def fill_by_prices(venue: PaperVenue, account: Account) -> None:
    """Have the prices told by which the orders of a paper account fill."""
    venue.follow_prices(account.prices.wrap(SharedFeed).want)


async def paper_beside(
    daemon: Daemon, settings: AccountSettings, live: Account, store: Store
) -> Account:
    """Make the simulated account beside a real one, as it was left, else flat.

    It has the real one's prices, by the same connection, and a state of its own that
    is kept from now on. Nothing is asked of the real account but public data.
    """
    name = simulated_beside(settings.name)
    state = await store.note(_note_of(name)) or b""
    venue = PaperVenue(name, clock=daemon.clock, market=live.venue, state=state)
    feed = live.prices.wrap(SharedFeed).lend(name)
    venue.follow_prices(feed.want)
    daemon.spawn(keep_paper(venue, store), f"{name} on paper")
    return Account(
        venue,
        feed,
        daemon.loop,
        budget=RateBudget(settings.requests_per_minute, BURST, BURST // 4),
        spawn=daemon.spawn,
        waits=lambda: backoff(share),
        before_tick=venue.on_tick,
        entries=venue,
    )


async def keep_paper(venue: PaperVenue, store: Store) -> None:
    """Write a paper account down whenever it has changed."""
    known = b""
    while True:
        state = venue.state()
        if state != known:
            await store.put_note(_note_of(venue.account), state)
            known = state
        await asyncio.sleep(_SAVE_EVERY_S)


def make_known(
    engine: Engine, account: Account, tag: int, settings: AccountSettings | None
) -> None:
    """Tell the engine of an account; *settings* None: it simulates another."""
    capabilities = account.venue.capabilities
    engine.add_account(
        account.name,
        tag,
        capabilities,
        # On paper, as wherever an id is taken once, nothing is sent ahead.
        is_overlapped=settings is not None
        and settings.is_overlapped
        and capabilities.window_ns > 0,
    )
