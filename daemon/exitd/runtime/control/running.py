"""What of the daemon every command looks at."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from exitd.configuration.policies import Policies
from exitd.configuration.positions import CheckedPosition
from exitd.core.combining import is_unjudged
from exitd.core.market import PriceSource
from exitd.core.trigger import TriggerRecord
from exitd.errors import StoreError
from exitd.ports.store import Batch, Store
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import NotReady

_RETRY_AFTER_S = 2
_LOOK_EVERY_S = 0.005
_SETTLE_S = 1.0
_CHUNK = 500


class AllPrices:
    """How old prices are, whichever feed streams them."""

    def __init__(self, daemon: Daemon) -> None:
        self._feeds = daemon.feeds

    def is_stale(self, source: PriceSource) -> bool:
        return is_unjudged(source, self._is_stale)

    def _is_stale(self, source: PriceSource) -> bool:
        feed = self._feeds.get(source.feed)
        return feed is None or feed.is_stale(source)

    def is_asked(self, source: PriceSource) -> bool:
        return any(
            part.feed in self._feeds and self._feeds[part.feed].is_asked(part)
            for part in source.parts
        )

    def price_age_ns(self, source: PriceSource) -> int | None:
        """How old a price is; the youngest of several, of a spread the oldest."""
        ages = [self._age_ns(part) for part in source.parts]
        known = [age_ns for age_ns in ages if age_ns is not None]
        if not known or (source.is_spread and len(known) < len(ages)):
            return None
        return max(known) if source.is_spread else min(known)

    def _age_ns(self, source: PriceSource) -> int | None:
        feed = self._feeds.get(source.feed)
        return feed.price_age_ns(source) if feed is not None else None


def file_positions(daemon: Daemon) -> tuple[CheckedPosition, ...]:
    """Give the positions of the files in force; none before there are any."""
    loaded = daemon.files.loaded
    return loaded.positions if loaded is not None else ()


def policies_of(daemon: Daemon) -> Policies:
    loaded = daemon.files.loaded
    settings = loaded.settings if loaded is not None else None
    return settings.file.policies if settings is not None else Policies()


def refuse_while_recovering(daemon: Daemon) -> None:
    """Half-known positions are no ground to arm on (behaviour 30).

    Raises:
        NotReady: The stored state and the venues do not agree yet, or an account
            stands by.
    """
    if not daemon.is_recovered or daemon.is_stopping:
        raise NotReady(
            "recovering" if not daemon.is_stopping else "stopping",
            "the daemon is still making its record agree with the venue"
            if not daemon.is_stopping
            else "the daemon is stopping",
            "ask again in a moment",
            retry_after_s=_RETRY_AFTER_S,
        )
    for name in daemon.standby.standing:
        raise NotReady(
            "standing_by",
            f"{name} stands by: {daemon.standby.accounts[name].reason}",
            "stop the other exitd, then run `exitd takeover` here",
        )


async def settle(store: Store) -> None:
    """Let what has been decided so far reach the store, for a second at most.

    Without this a reader who has just seen something happen would not find it.
    """
    if not store.backlog:
        return
    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def durable(_: StoreError | None) -> None:
        if not written.done():
            written.set_result(None)

    store.submit(Batch((), ()), durable)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SETTLE_S):
            await written


async def each_trigger(daemon: Daemon) -> AsyncIterator[TriggerRecord]:
    """Give every trigger, letting others have the loop in between.

    A million of them would hold up prices for a quarter of a second otherwise.
    """
    for index, record in enumerate(list(daemon.loop.engine.state.triggers.values())):
        yield record
        if index % _CHUNK == _CHUNK - 1:
            await asyncio.sleep(0)


async def until(holds: Callable[[], bool], *, within_s: float) -> bool:
    """Look every few milliseconds whether *holds* is true; says whether it was."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                if holds():
                    return True
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        return False


def follows_entry(daemon: Daemon) -> bool:
    """Whether levels relative to the entry follow it where nothing says so."""
    return policies_of(daemon).entry_change == "follow"
