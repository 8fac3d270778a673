"""Who looks at the page: each has a short queue, and whoever is too slow is let go.

One task makes what is new, once for all of them, five times a second at the most. It
reads; nothing waits for it, and a mistake in it ends the streams and not the daemon.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator
from typing import Any

import msgspec
from msgspec import Struct, structs

from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.store import FactQuery
from exitd.runtime.control import Control
from exitd.runtime.problems import NotReady
from exitd.runtime.views import FactView, PositionsView, StatusView
from exitd.web.picture import Change, Picture
from exitd.web.samples import EVERY_S, Sample, Samples

WATCHERS_MAX = 20
#: Messages that wait for one watcher: ten seconds of them, and the whole in parts.
_QUEUE_MAX, _WHOLE_MAX = 50, 25
_TURN_S = 0.2
_STATUS_S = 1.0
_CHOOSE_S = 2.0
#: What takes long is made seldom: two hundredths of a core at the most.
_REST = 50
_FACTS_MAX = 200
_RETRY_S = 10.0


class Message(Struct, omit_defaults=True):
    """What the stream says at once; what is left out has not changed.

    `is_whole` begins anew: forget what was told before. `history` is the prices of the
    last minutes by source, `facts` are what happened, the oldest first.
    """

    is_whole: bool = False
    rows: list[msgspec.Raw] = []
    gone: list[str] = []
    left_out: int | None = None
    prices: dict[str, str] = {}
    history: dict[str, list[Sample]] = {}
    status: StatusView | None = None
    positions: PositionsView | None = None
    facts: list[FactView] = []


class Watcher:
    """One who looks; `next` gives what to send, None once it is over."""

    def __init__(self) -> None:
        self.is_new = True
        self.is_over = False
        self.is_slow = False
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()

    def give(self, message: bytes) -> None:
        if self.is_over:
            return
        if len(self._waiting) >= _QUEUE_MAX + _WHOLE_MAX * self.is_new:
            self.is_slow = True
            self.end()
        else:
            self._waiting.append(message)
            self._news.set()

    def end(self) -> None:
        self.is_over = True
        self._waiting.clear()
        self._news.set()

    async def next(self) -> bytes | None:
        while not self._waiting:
            if self.is_over:
                return None
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()


class Audience:
    """Everybody who looks, and the task that keeps them up to date."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._daemon = control.daemon
        self._picture = Picture(control.daemon)
        self._samples = Samples()
        self.watchers: set[Watcher] = set()
        self._came = asyncio.Event()
        self._due_ns: dict[str, int] = {}
        self._seq = 0
        self._is_over = False
        self._left_out = 0
        self._status: Message | None = None

    def join(self) -> Watcher:
        """Take somebody in; the whole picture comes first.

        Raises:
            NotReady: So many look already that one more would cost the others.
        """
        if len(self.watchers) >= WATCHERS_MAX or self._is_over:
            raise NotReady(
                "busy",
                f"{WATCHERS_MAX} pages are open already",
                "close one of them",
                retry_after_s=5,
            )
        watcher = Watcher()
        self.watchers.add(watcher)
        self._came.set()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        self.watchers.discard(watcher)

    async def keep(self) -> None:
        """Work until cancelled."""
        while True:
            work = asyncio.ensure_future(self._work())
            try:
                await asyncio.wait((work,))
            except asyncio.CancelledError:
                work.cancel()
                self._is_over = True
                self._end_all()
                raise
            error = work.exception()
            log(Event.PAGE_FAILED, exc_info=error)
            self._end_all()
            await asyncio.sleep(_RETRY_S)

    def _end_all(self) -> None:
        for watcher in self.watchers:
            watcher.end()
        self.watchers.clear()
        self._picture.forget()

    async def _work(self) -> None:
        clock = self._daemon.clock
        while True:
            self._samples.take(self._daemon.loop.engine.state, clock.now_ns())
            if self._control.history.is_over:
                self._is_over = True
                self._end_all()
            if self.watchers:
                await self._turn()
                await asyncio.sleep(_TURN_S)
                continue
            self._came.clear()
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._came.wait()
            except TimeoutError:
                continue
            self._due_ns.clear()
            self._seq = await self._control.history.last_seq()

    async def _turn(self) -> None:
        message = Message()
        if self._is_due("choose"):
            await self._timed("choose", _CHOOSE_S, self._choose(message))
        _add(message, await self._picture.turn())
        if self._is_due("status"):
            await self._timed("status", _STATUS_S, self._sum_up(message))
        if self._picture.has_news:
            self._picture.has_news = False
            message.facts = await self._news()
        # From here on nobody else has the loop: what is whole is not older than this.
        new = [watcher for watcher in self.watchers if watcher.is_new]
        encoded = _encode(message) if message != Message() else b""
        for watcher in self.watchers:
            if encoded and not watcher.is_new:
                watcher.give(encoded)
        if new:
            parts = list(self._whole())
            for watcher in new:
                for part in parts:
                    watcher.give(part)
                watcher.is_new = False
        for watcher in [each for each in self.watchers if each.is_slow]:
            self.watchers.discard(watcher)
            log(Event.WATCHER_DROPPED, reason="it read too slowly")
        if not self.watchers:
            self._picture.forget()

    async def _choose(self, message: Message) -> None:
        _add(message, await self._picture.choose())
        if self._picture.left_out != self._left_out:
            self._left_out = message.left_out = self._picture.left_out

    async def _sum_up(self, message: Message) -> None:
        message.status = await self._control.standing.status()
        message.positions = _in_short(await self._control.reading.positions())
        self._status = Message(status=message.status, positions=message.positions)

    async def _news(self) -> list[FactView]:
        query = FactQuery(after_seq=self._seq, limit=_FACTS_MAX, oldest_first=True)
        page = await self._control.history.facts(query)
        self._seq = page.last_seq
        self._picture.has_news |= len(page.facts) == _FACTS_MAX
        return list(page.facts)

    def _is_due(self, what: str) -> bool:
        return self._daemon.clock.monotonic_ns() >= self._due_ns.get(what, 0)

    async def _timed(
        self, what: str, every_s: float, work: Coroutine[Any, Any, None]
    ) -> None:
        monotonic_ns = self._daemon.clock.monotonic_ns
        began_ns = monotonic_ns()
        await work
        took_ns = monotonic_ns() - began_ns
        pause_ns = max(int(every_s * NS_PER_S), _REST * took_ns)
        self._due_ns[what] = monotonic_ns() + pause_ns

    def _history(self) -> dict[str, list[Sample]]:
        return self._samples.of(self._picture.sources)

    def _whole(self) -> Iterator[bytes]:
        first = Message(is_whole=True, history=self._history())
        first.left_out = self._picture.left_out
        if self._status is not None:
            first = structs.replace(
                first, status=self._status.status, positions=self._status.positions
            )
        yield _encode(first)
        for change in self._picture.whole():
            message = Message()
            _add(message, change)
            yield _encode(message)


def _in_short(positions: PositionsView) -> PositionsView:
    """Leave out the names of triggers, which may be thousands: they have rows."""
    return PositionsView(
        positions=tuple(
            structs.replace(one, triggers=(), protected_by=())
            for one in positions.positions
        )
    )


def _add(message: Message, change: Change) -> None:
    message.rows = [*message.rows, *change.rows]
    message.gone = [*message.gone, *change.gone]
    message.prices = {**message.prices, **change.prices}


def _encode(message: Message) -> bytes:
    return b"data: " + msgspec.json.encode(message) + b"\n\n"
