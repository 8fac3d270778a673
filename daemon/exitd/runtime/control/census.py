"""Triggers counted: by what they are, what they watch, and which differ from the files.

One walk over all of them serves everybody who asks, so that a page, a terminal and a
scrape together cost no more than one of them.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from msgspec import Struct

from exitd.core.files import is_from_file
from exitd.core.market import PriceSource
from exitd.core.trigger import TriggerState
from exitd.core.units import NS_PER_MS
from exitd.core.wording import condition_word
from exitd.runtime.control.running import AllPrices, each_trigger
from exitd.runtime.daemon import Daemon
from exitd.runtime.shown import shown_state

_QUICK_NS = 20 * NS_PER_MS
_RESTS = 20

Kind = tuple[str, str, str]


class Counted(Struct, frozen=True):
    """Triggers by account, state and kind; those not done by each price they watch.

    `drift` are those of files that a command has paused.
    """

    kinds: Counter[Kind]
    watched: Counter[PriceSource]
    drift: tuple[str, ...]

    @property
    def states(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (_, state, _), count in self.kinds.items():
            found[state] += count
        return found


async def count(daemon: Daemon) -> Counted:
    """Walk over all of them, letting prices have the loop in between."""
    state, prices = daemon.loop.engine.state, AllPrices(daemon)
    kinds: Counter[Kind] = Counter()
    watched: Counter[PriceSource] = Counter()
    drift = []
    async for record in each_trigger(daemon):
        definition = record.definition
        shown = shown_state(state, record, prices)
        kinds[definition.account, shown, condition_word(definition.condition)] += 1
        if record.state is TriggerState.DONE:
            continue
        if definition.watches_price:
            watched[definition.source] += 1
        if record.paused and is_from_file(definition):
            drift.append(record.id)
    return Counted(kinds, watched, tuple(drift))


class Rest:
    """How long what looks at all triggers is not done again.

    What took longer than twenty milliseconds rests for twenty times as long: whoever
    asks often takes a twentieth of the processor at most.
    """

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._monotonic_ns = monotonic_ns
        self._began_ns = self._due_ns = 0

    def is_over(self) -> bool:
        """Whether it may be done again; if so, it begins now."""
        self._began_ns = self._monotonic_ns()
        return self._began_ns >= self._due_ns

    def begin(self) -> None:
        """It is done."""
        ended_ns = self._monotonic_ns()
        took_ns = ended_ns - self._began_ns
        self._due_ns = ended_ns + (took_ns * _RESTS if took_ns > _QUICK_NS else 0)


class Census:
    """The latest count, and a new one where that is cheap or due."""

    def __init__(
        self, count: Callable[[], Awaitable[Counted]], monotonic_ns: Callable[[], int]
    ) -> None:
        self._count = count
        self._rest = Rest(monotonic_ns)
        self._turn = asyncio.Lock()
        self._latest: Counted | None = None

    async def latest(self) -> Counted:
        async with self._turn:
            if self._rest.is_over() or self._latest is None:
                self._latest = await self._count()
                self._rest.begin()
            return self._latest
