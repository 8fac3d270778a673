"""Each account's venue: its hosts, its clock, our key there, and its history."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from exitd.adapters.backpack.signing import throwaway_keys
from exitd.adapters.network.certificates import Seen, look_at, place_of
from exitd.adapters.sqlite.inspecting import inspect
from exitd.app.brokers import is_broker
from exitd.app.chains import check_chain_online
from exitd.app.doctor import brokers
from exitd.app.doctor.answers_told import answers_of
from exitd.app.doctor.carrying_out import in_thread
from exitd.app.doctor.counting import counted
from exitd.app.doctor.files import owner_complaint, owners
from exitd.app.doctor.scene import Scene
from exitd.app.doctor.verdict import Check, fail, ok, unknown, warn
from exitd.app.files import Keys
from exitd.app.venues import Market, market_of
from exitd.configuration.findings import Severity
from exitd.configuration.loaded import AccountSettings
from exitd.configuration.secrets import mode_complaint, resolve, secret_path
from exitd.core.units import NS_PER_HOUR, NS_PER_MS, NS_PER_S
from exitd.errors import ConfigurationError, StoreError, VenueError, VenueUnavailable
from exitd.ports.answers import Question

_CONNECT_S = 5.0
_DAY_S = 86_400
_DAYS_WISHED = 7
_OFFSET_WISHED_NS, _OFFSET_MOST_NS = NS_PER_S, 5 * NS_PER_S


def has_market(account: AccountSettings) -> bool:
    """Whether it is of a venue that can be asked with nothing but a key."""
    return account.type in ("backpack", "alpaca")


def urls(scene: Scene) -> list[str]:
    """List the addresses that the files name, each host and port once."""
    found: dict[tuple[str, int, bool], str] = {}
    for account in scene.accounts:
        for url in _urls_of(account):
            found.setdefault(place_of(url), url)
    return list(found.values())


def _urls_of(account: AccountSettings) -> Iterator[str]:
    yield from (url for url in (account.url, account.ws_url) if url)
    if account.alpaca is not None:
        yield account.alpaca.data_url
        yield account.alpaca.data_ws_url
    if account.chain is not None:
        # Private nodes are left out: their addresses are secrets.
        yield from account.chain.nodes
        if account.chain.solver_url:
            yield account.chain.solver_url


async def host(scene: Scene, url: str) -> list[Check]:
    """Look a host up, connect to it, and read its certificate."""
    name, port, _ = place_of(url)
    about = f"{name}:{port}"
    try:
        seen = await in_thread(lambda: look_at(url, _CONNECT_S))
    except VenueUnavailable as error:
        remedy = "check the address, the network and the firewall"
        return [fail("host", str(error), remedy, about)]
    return [seen_as_check(scene, seen, about)]


def seen_as_check(scene: Scene, seen: Seen, about: str) -> Check:
    """Judge what was seen of a host."""
    where = counted(len(seen.addresses), "address")
    if seen.ends_s is None:
        if seen.is_encrypted or seen.is_loopback:
            return ok("host", f"{where}, on this machine", about)
        remedy = "write https:// and wss://"
        return warn("host", "not encrypted: anybody on the way reads it", remedy, about)
    days = (seen.ends_s - scene.clock.now_ns() // NS_PER_S) // _DAY_S
    text = f"{where}, certificate valid for {days} days"
    if days < _DAYS_WISHED:
        remedy = "its owner has to renew it; see that your clock is right"
        return warn("host", text, remedy, about, facts={"days": days})
    return ok("host", text, about, facts={"days": days})


@asynccontextmanager
async def opened(
    scene: Scene, account: AccountSettings, keys: Keys | None
) -> AsyncIterator[Market]:
    """Give a venue to read from, without keys where it is asked for public things."""
    market = market_of(account, keys or throwaway_keys(), scene.clock)
    try:
        yield market
    finally:
        await market.close()


async def clock(scene: Scene, account: AccountSettings) -> list[Check]:
    """How far the venue's clock is from this machine's."""
    keys = _keys_or_none(scene, account)
    if account.alpaca is not None and keys is None:
        return [unknown("clock", "told to those with a key only", about=account.name)]
    try:
        async with opened(scene, account, keys) as market:
            offset_ns = await market.sync_clock()
    except VenueError as error:
        return [fail("clock", str(error), "see its host above", account.name)]
    offset_ms = offset_ns // NS_PER_MS
    way = "ahead of" if offset_ms > 0 else "behind"
    text = f"the venue's is {abs(offset_ms)} ms {way} ours"
    remedy = "have this machine's clock set; requests go by the venue's meanwhile"
    if abs(offset_ns) > _OFFSET_MOST_NS:
        return [
            fail("clock", text, remedy, account.name, facts={"offset_ms": offset_ms})
        ]
    if abs(offset_ns) > _OFFSET_WISHED_NS:
        return [
            warn("clock", text, remedy, account.name, facts={"offset_ms": offset_ms})
        ]
    return [ok("clock", text, account.name, facts={"offset_ms": offset_ms})]


async def keys(scene: Scene, account: AccountSettings) -> list[Check]:
    """Whether the secrets are there, theirs alone, and taken by the venue."""
    name = account.name
    if not account.secrets and not is_broker(account):
        if account.prices_only or not scene.is_live:
            return [ok("key", "none named, none needed", name)]
        return [fail("key", "none named", "name key and secret under venues:", name)]
    complaints = list(_secret_complaints(scene, account))
    if any(check.verdict == "fail" for check in complaints):
        return complaints
    asked = await _is_taken(scene, account)
    return [*complaints, *asked]


def _secret_complaints(scene: Scene, account: AccountSettings) -> Iterator[Check]:
    for reference in account.secrets:
        path = secret_path(reference, scene.environment)
        if path is not None and path.exists():
            wrong = mode_complaint(path)
            if wrong is not None:
                yield warn("key", wrong, f"chmod 600 {path}", account.name)
            stranger = owner_complaint(path, owners(scene))
            if stranger:
                yield warn("key", stranger, f"chown root: {path}", account.name)
        try:
            resolve(reference, scene.environment)
        except ConfigurationError as error:
            remedy = "put it there; as another user, ask again as root"
            yield fail("key", str(error), remedy, account.name)


async def _is_taken(scene: Scene, account: AccountSettings) -> list[Check]:
    name = account.name
    if account.chain is not None:
        findings = await check_chain_online(scene.loaded, account)
        wrong = [each for each in findings if each.severity is Severity.ERROR]
        checks = [
            fail("key", each.message, "mend the entry under venues:", name)
            for each in wrong
        ]
        return checks or [ok("key", "the chain has what the files say", name)]
    if is_broker(account):
        return await brokers.way_in(scene, account)
    if not has_market(account):
        return [unknown("key", "there; not asked whether it is taken", about=name)]
    try:
        async with opened(scene, account, _keys_or_none(scene, account)) as market:
            await market.sync_clock()
            positions = await market.positions()
    except (VenueError, ConfigurationError) as error:
        remedy = "make a new key at the venue, or correct the files of this one"
        return [fail("key", f"not taken: {error}", remedy, name)]
    text = (
        f"taken, {counted(len(positions), 'position')} seen; the venue does not say"
        " what else it may do: see there that it cannot withdraw"
    )
    return [
        ok("key", text, name, facts={"positions": len(positions), "may_withdraw": None})
    ]


def _keys_or_none(scene: Scene, account: AccountSettings) -> Keys | None:
    try:
        found = tuple(resolve(one, scene.environment) for one in account.secrets)
    except ConfigurationError:
        return None
    return found or None


async def history(scene: Scene, account: AccountSettings) -> list[Check]:
    """Whether the venue's history shows the last fill that we know of."""
    name = account.name
    try:
        newest_ns = inspect(scene.state).newest_fill_ns.get(name)
    except (StoreError, OSError, sqlite3.Error):
        newest_ns = None
    keys = _keys_or_none(scene, account)
    measured = {one.question: one for one in answers_of(scene, account)}
    lag = measured.get(Question.HISTORY_LAG)
    said = ""
    if lag is not None and lag.number_ns is not None:
        said = f"; {lag.number_ns // NS_PER_MS} ms behind when it was measured"
    if newest_ns is None or keys is None or not scene.is_live:
        text = f"no fill is known that it could show{said}"
        return [unknown("history", text, about=name)]
    age_ns = max(scene.clock.now_ns() - newest_ns, 0)
    try:
        async with opened(scene, account, keys) as market:
            await market.sync_clock()
            fills = await market.fills_since(newest_ns)
    except VenueError as error:
        return [fail("history", str(error), "see its host above", name)]
    age = f"{age_ns // NS_PER_S} s"
    facts = {"fill_age_s": age_ns // NS_PER_S}
    # A stream tells microseconds, a history milliseconds.
    newest_ms = newest_ns // NS_PER_MS
    if any(fill.ts_venue_ns // NS_PER_MS == newest_ms for fill in fills):
        old = f"{age_ns // NS_PER_HOUR} h" if age_ns > 2 * NS_PER_HOUR else age
        text = f"shows the last fill, {old} old{said}"
        return [ok("history", text, name, facts=facts)]
    text = f"does not show a fill that is {age} old"
    if age_ns <= account.lag_slack_ns:
        return [unknown("history", text, "ask again in a minute", name)]
    remedy = f"set lag_slack of {name} higher, and tell the venue"
    return [fail("history", text, remedy, name, facts=facts)]
