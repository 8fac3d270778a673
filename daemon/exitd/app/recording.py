"""Recording prices: the feeds of the venues, kept up, into a file.

Keys are read only where a venue gives its prices to nobody without one.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from exitd.adapters.recording.errors import RecordingUnwritable
from exitd.adapters.recording.writing import Recorder
from exitd.adapters.system.chance import share
from exitd.app.files import read_keys
from exitd.app.venues import feed_of, needs_keys
from exitd.configuration.loaded import AccountSettings
from exitd.core.market import PriceSource, Tick
from exitd.core.units import NS_PER_S
from exitd.ports.clock import Clock
from exitd.ports.feed import Feed, FeedNotice, FeedSignal
from exitd.runtime.supervise import CameUp, backoff, keep_running

_FLUSH_EVERY_S = 1.0
#: A peer that has proved nothing for this long is dropped without a handshake.
_SILENCE_MAX_NS = 4 * NS_PER_S
#: Older prices are not written: they are of before the recording.
_MAX_AGE_NS = 60 * NS_PER_S


class Listener:
    """One feed of a recording."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.is_up = False
        self.came_up = CameUp()


class Recording:
    """Writes every tick of some sources down, until it is told to stop.

    `counts` says how many there were of each source.

    Args:
        accounts: The entries under `venues:` by name; all that sources name are there.
        sources: What is recorded.
        recorder: The file; it is closed at the end.
        tell: Takes one sentence whenever a connection comes up or is lost.
        show: Called once a second, after what came is in the file.
    """

    def __init__(
        self,
        accounts: Mapping[str, AccountSettings],
        sources: Iterable[PriceSource],
        recorder: Recorder,
        clock: Clock,
        *,
        tell: Callable[[str], None],
        show: Callable[[], None],
    ) -> None:
        self.counts: dict[PriceSource, int] = dict.fromkeys(sources, 0)
        self._accounts = accounts
        self._recorder = recorder
        self._clock = clock
        self._tell = tell
        self._show = show
        self._failure: RecordingUnwritable | None = None

    async def run(self, stop: asyncio.Event, for_s: float | None) -> None:
        """Record until *stop* is set, or for so long; then the file is complete.

        Raises:
            RecordingUnwritable: The file cannot be written any more.
        """
        names = sorted({source.feed for source in self.counts})
        listeners = [Listener(self._feed(name)) for name in names]
        try:
            async with asyncio.TaskGroup() as tasks:
                keeping = [
                    tasks.create_task(self._keep(one), name=f"{one.feed.name} prices")
                    for one in listeners
                ]
                await self._write_until(stop, for_s, listeners)
                for task in keeping:
                    task.cancel()
        finally:
            for one in listeners:
                await one.feed.close()
            self._recorder.close()
        if self._failure is not None:
            raise self._failure

    def _feed(self, name: str) -> Feed:
        account = self._accounts[name]
        keys = read_keys([account], os.environ)[name] if needs_keys(account) else None
        feed = feed_of(account, self._clock, _MAX_AGE_NS, keys)
        feed.watch(frozenset(s for s in self.counts if s.feed == name))
        return feed

    async def _keep(self, listener: Listener) -> None:
        await keep_running(
            partial(listener.feed.run, self._take, partial(self._on_notice, listener)),
            partial(self._on_lost, listener),
            was_up=listener.came_up.take,
            waits=lambda: backoff(share),
        )

    def _take(self, tick: Tick) -> None:
        self.counts[tick.source] += 1
        self._recorder.take(tick)

    def _on_notice(self, listener: Listener, notice: FeedNotice) -> None:
        match notice.signal:
            case FeedSignal.CONNECTED:
                listener.is_up = True
                listener.came_up.note()
                self._tell(f"{listener.feed.name}: connected")
            case FeedSignal.REFUSED:
                self._tell(f"{listener.feed.name}: refused: {notice.detail}")
            case FeedSignal.LOST:
                listener.is_up = False
            case FeedSignal.GARBAGE:
                # Not a price, so nothing of it belongs into the file.
                pass

    def _on_lost(self, listener: Listener, reason: str) -> None:
        listener.is_up = False
        self._tell(f"{listener.feed.name}: connection lost, trying again: {reason}")

    async def _write_until(
        self, stop: asyncio.Event, for_s: float | None, listeners: list[Listener]
    ) -> None:
        began_ns = self._clock.monotonic_ns()
        while not stop.is_set() and self._failure is None:
            wait_s = _FLUSH_EVERY_S
            if for_s is not None:
                passed_s = (self._clock.monotonic_ns() - began_ns) / NS_PER_S
                if passed_s >= for_s:
                    return
                wait_s = min(wait_s, for_s - passed_s)
            try:
                async with asyncio.timeout(wait_s):
                    await stop.wait()
            except TimeoutError:
                pass
            self._flush()
            self._drop_dead(listeners)

    def _flush(self) -> None:
        try:
            self._recorder.flush()
        except RecordingUnwritable as error:
            self._failure = error
        self._show()

    def _drop_dead(self, listeners: list[Listener]) -> None:
        for one in listeners:
            silent_ns = self._clock.monotonic_ns() - one.feed.ts_alive_ns
            if one.is_up and silent_ns > _SILENCE_MAX_NS:
                one.feed.abort()
