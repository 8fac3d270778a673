"""What the page shows of triggers and prices, kept current while somebody looks.

A trigger is looked at again when a fact names it, when its feed goes stale or comes
back, and in turn: a few each time, so that neither a price nor a close waits for the
page. Nothing here changes anything.
"""

import asyncio
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.core.events import Fact
from exitd.core.market import PriceSource
from exitd.core.state import State
from exitd.core.trigger import TriggerState
from exitd.core.units import text
from exitd.runtime.control.nearest import active, nearest
from exitd.runtime.control.running import AllPrices
from exitd.runtime.daemon import Daemon
from exitd.web.rows import row_of

#: The nearest of them are listed where there are more.
ROWS_MAX = 2_000
#: Triggers looked at in one turn, and before others get the loop: half a millisecond.
_TURN, _CHUNK = 100, 20
_NAMED_MAX = 10_000


class Change(Struct, omit_defaults=True):
    """What is different since the change before; an empty one says nothing."""

    rows: list[msgspec.Raw] = []
    gone: list[str] = []
    prices: dict[str, str] = {}


class Picture:
    """The rows and prices that the page has been told."""

    def __init__(self, daemon: Daemon) -> None:
        self.left_out = 0
        self.has_news = False
        self._daemon = daemon
        self._is_kept = False
        self._rows: dict[str, tuple[bytes, PriceSource]] = {}
        self._sources: dict[str, PriceSource] = {}
        self._users: dict[PriceSource, dict[str, None]] = {}
        self._prices: dict[str, Decimal] = {}
        self._stale: set[PriceSource] = set()
        self._named: dict[str, None] = {}
        self._turns: list[str] = []
        daemon.loop.on_written(self._take)

    def _take(self, facts: Sequence[Fact], is_durable: bool) -> None:
        if not self._is_kept:
            return
        self.has_news = True
        for fact in facts:
            if fact.trigger_id and len(self._named) < _NAMED_MAX:
                self._named[fact.trigger_id] = None

    async def choose(self) -> Change:
        """Take the triggers to list, the nearest where there are too many."""
        self._is_kept = True
        records = await nearest(self._daemon, ROWS_MAX)
        self.left_out = max(0, active(self._state) - len(records))
        ids = {record.id for record in records}
        change = Change()
        for id in [id for id in self._rows if id not in ids]:
            self._drop(id)
            change.gone.append(id)
        await self._look_at([id for id in ids if id not in self._rows], change)
        return change

    def forget(self) -> None:
        """Nobody looks any more."""
        self._is_kept = False
        self._rows, self._sources, self._users = {}, {}, {}
        self._prices, self._named, self._stale = {}, {}, set()

    async def turn(self) -> Change:
        """Give what has changed, as far as it was looked at."""
        change = Change()
        self._tell_stale()
        ids = list(self._take_named(_TURN))
        await self._look_at([*ids, *self._next(_TURN - len(ids))], change)
        for name, source in self._sources.items():
            price = self._state.last_price(source)
            if price is not None and self._prices.get(name) is not price:
                self._prices[name] = price
                change.prices[name] = text(price)
        return change

    def whole(self) -> Iterator[Change]:
        """Give all of it, in parts."""
        rows = [encoded for encoded, _ in self._rows.values()]
        prices = {name: text(price) for name, price in self._prices.items()}
        yield Change(rows=[], prices=prices)
        for start in range(0, len(rows), _TURN):
            part = rows[start : start + _TURN]
            yield Change(rows=[msgspec.Raw(row) for row in part])

    def _tell_stale(self) -> None:
        prices = AllPrices(self._daemon)
        stale = {source for source in self._users if prices.is_stale(source)}
        for source in stale ^ self._stale:
            self._named.update(self._users.get(source, {}))
        self._stale = stale

    def _take_named(self, most: int) -> Iterator[str]:
        for _ in range(min(most, len(self._named))):
            id = next(iter(self._named))
            del self._named[id]
            yield id

    def _next(self, most: int) -> list[str]:
        """Take those whose turn it is: a trail moves without a fact."""
        if not self._turns:
            self._turns = list(self._rows)
        taken, self._turns = self._turns[:most], self._turns[most:]
        return taken

    async def _look_at(self, ids: Sequence[str], change: Change) -> None:
        for index, id in enumerate(ids):
            self._look(id, change)
            if index % _CHUNK == _CHUNK - 1:
                await asyncio.sleep(0)

    def _look(self, id: str, change: Change) -> None:
        record = self._state.triggers.get(id)
        known = self._rows.get(id)
        if record is None:
            if known is not None:
                self._drop(id)
                change.gone.append(id)
            return
        is_done = record.state is TriggerState.DONE
        if known is None and (is_done or len(self._rows) >= ROWS_MAX):
            return
        row = row_of(self._state, record, AllPrices(self._daemon))
        encoded = msgspec.json.encode(row)
        source = record.definition.source
        if known != (encoded, source):
            change.rows.append(msgspec.Raw(encoded))
            self._drop(id)
            self._keep(id, source, encoded)
        if is_done:
            # It is told once more, as done, and then the history's business.
            self._drop(id)

    def _keep(self, id: str, source: PriceSource, encoded: bytes) -> None:
        self._rows[id] = encoded, source
        self._sources[str(source)] = source
        self._users.setdefault(source, {})[id] = None

    def _drop(self, id: str) -> None:
        known = self._rows.pop(id, None)
        if known is None:
            return
        source = known[1]
        users = self._users[source]
        del users[id]
        if not users:
            del self._users[source], self._sources[str(source)]
            self._prices.pop(str(source), None)

    @property
    def sources(self) -> tuple[PriceSource, ...]:
        """The prices of what is listed."""
        return tuple(self._users)

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state
