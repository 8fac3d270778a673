"""What `check --online` asks the venues: markets and prices, without keys if it can."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from decimal import Decimal

from exitd.adapters.backpack.defaults import DEADLINE_S, VENUE
from exitd.adapters.backpack.queries import instruments
from exitd.adapters.binance.listing import read_instruments
from exitd.adapters.network.rest import RestClient
from exitd.adapters.prices.teller import MAX_AGE_NS
from exitd.adapters.system.clock import SystemClock
from exitd.app.brokers import is_broker
from exitd.app.chains import check_chain_online
from exitd.app.files import Keys, read_keys
from exitd.app.venues import alpaca_venue, feed_of, needs_keys
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.loaded import AccountSettings, Loaded
from exitd.configuration.market_checks import check_markets, markets
from exitd.configuration.triggers import price_source
from exitd.core.market import Instrument, PriceSource
from exitd.errors import ConfigurationError, VenueError


async def check_online(loaded: Loaded) -> list[Finding]:
    """
    Compare what was loaded with the venues' markets and present prices.

    A venue that does not answer is a warning: it says nothing about the files.
    """
    assert loaded.settings is not None
    accounts = loaded.settings.accounts
    asked = _sources(loaded)
    used = {position.venue for position in loaded.positions} | asked.keys()
    used |= {name for name, account in accounts.items() if account.chain is not None}
    findings: list[Finding] = []
    known: list[Instrument] = []
    prices: dict[PriceSource, Decimal] = {}
    for name in sorted(used & accounts.keys()):
        try:
            findings += await check_chain_online(loaded, accounts[name])
            keys = _keys(accounts[name])
            known += await _instruments(accounts[name], keys)
            prices |= await _prices(accounts[name], asked.get(name, set()), keys)
        except (VenueError, ConfigurationError) as error:
            findings.append(_unanswered(loaded, accounts[name], error))
    return [*findings, *check_markets(loaded, markets(tuple(known), prices))]


def _sources(loaded: Loaded) -> dict[str, set[PriceSource]]:
    """Give what is watched, by the venue that streams it."""
    found: dict[str, set[PriceSource]] = {}
    for position in loaded.positions:
        for exit_ in position.exits:
            for source in price_source(position, exit_).parts:
                found.setdefault(source.feed, set()).add(source)
    return found


def _keys(account: AccountSettings) -> Keys | None:
    """
    Raises:
        ConfigurationError: They are needed to ask, and not there.
    """
    if not needs_keys(account):
        return None
    return read_keys([account], os.environ)[account.name]


async def _instruments(
    account: AccountSettings, keys: Keys | None
) -> tuple[Instrument, ...]:
    if account.chain is not None or is_broker(account):
        # Its markets are quotes: those of people whom only the daemon knows. Those of
        # a broker are seen in a session or with a login only.
        return ()
    if account.type == "binance":
        return await read_instruments(
            account.name, account.url, SystemClock(), account.requests_per_minute
        )
    if account.alpaca is not None and keys is not None:
        async with AsyncExitStack() as stack:
            venue = alpaca_venue(account, keys, SystemClock())
            stack.push_async_callback(venue.close)
            return await venue.instruments()
    async with AsyncExitStack() as stack:
        rest = RestClient(account.url, venue=VENUE, deadline_s=DEADLINE_S)
        stack.push_async_callback(rest.close)
        return await instruments(rest, account.name)


async def _prices(
    account: AccountSettings, sources: set[PriceSource], keys: Keys | None
) -> dict[PriceSource, Decimal]:
    if is_broker(account):
        return {}
    async with AsyncExitStack() as stack:
        feed = feed_of(account, SystemClock(), MAX_AGE_NS, keys)
        stack.push_async_callback(feed.close)
        asked = sorted(sources, key=str)
        ticks = await asyncio.gather(*(feed.poll(source) for source in asked))
        return {tick.source: tick.price for tick in ticks if tick is not None}


def _unanswered(
    loaded: Loaded, account: AccountSettings, error: VenueError | ConfigurationError
) -> Finding:
    document = loaded.document("exitd.yaml")
    return document.finding(
        ("venues", account.name),
        f"not checked against {account.name}: {error}",
        severity=Severity.WARNING,
        key=True,
    )
