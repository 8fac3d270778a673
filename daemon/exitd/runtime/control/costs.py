"""What orders cost: every entry and exit of a time, and their alerts."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from exitd.core.events import FactKind
from exitd.core.units import NS_PER_HOUR
from exitd.ports.store import FactQuery
from exitd.runtime.analytics import Stored, Traded, join, strangers
from exitd.runtime.control.quotes import Quotes
from exitd.runtime.control.running import settle
from exitd.runtime.cost_groups import groups_of
from exitd.runtime.cost_views import CostsView, cost_group, cost_row
from exitd.runtime.daemon import Daemon
from exitd.runtime.shown import timestamp

#: A clock of a broker may be ahead, and an order may take its time to fill.
_LATER_NS = 400 * 24 * NS_PER_HOUR
_FACTS = 10_000
#: By the first of these an order has left; an answer can be quicker than our own note.
_AWAY = frozenset(
    {
        FactKind.ORDER_SENT,
        FactKind.ORDER_ACKED,
        FactKind.ORDER_PARTIALLY_FILLED,
        FactKind.ORDER_FILLED,
    }
)


class Only(Struct, frozen=True, kw_only=True):
    """Which orders are wanted; empty is any. A symbol is meant in any letter case.

    `mode` is `live` or `paper`.
    """

    route: str = ""
    symbol: str = ""
    strategy: str = ""
    mode: str = ""

    def of(self, rows: Iterable[Traded]) -> Iterable[Traded]:
        return (
            row
            for row in rows
            if self.route in ("", row.route)
            and self.symbol.upper() in ("", row.symbol.upper())
            and self.strategy in ("", row.strategy)
            and self.mode in ("", row.mode)
        )


class Costs:
    """Joins what the store has of orders; reads only."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._quotes = Quotes(daemon)

    async def between(
        self, ts_from_ns: int, ts_to_ns: int, only: Only | None = None
    ) -> CostsView:
        """Give what was asked for in [from, to), as far as it is wanted."""
        store = self._daemon.store
        await settle(store)
        exits = await store.exits(ts_from_ns, ts_to_ns)
        stored = Stored(
            signals=await store.signals(0, ts_to_ns),
            entries=await store.entries(0, ts_to_ns),
            exits=exits,
            fills=await store.fills(ts_from_ns, ts_to_ns + _LATER_NS),
            sent_ns=await self._sent(ts_from_ns, ts_to_ns) if exits else {},
        )
        quotes = await self._quotes.of(
            {
                *((row.fire.account, row.fire.symbol) for row in exits),
                *((e.order.account, e.order.ticket.symbol) for e in stored.entries),
            }
        )
        on_paper = self._daemon.mode != "live"

        def reckon() -> CostsView:
            found = join(stored, ts_from_ns, ts_to_ns, on_paper=on_paper)
            rows = tuple((only or Only()).of(found))
            return CostsView(
                since=timestamp(ts_from_ns),
                until=timestamp(ts_to_ns),
                rows=tuple(
                    cost_row(row, quotes.get((row.account, row.symbol), ""))
                    for row in rows
                ),
                groups=tuple(map(cost_group, groups_of(rows, quotes))),
                strangers=strangers(stored),
            )

        # A year of orders takes longer than the loop may be held.
        return await asyncio.to_thread(reckon)

    async def _sent(self, ts_from_ns: int, ts_to_ns: int) -> dict[str, int]:
        """When the first order of each firing left, as the history tells it."""
        first: dict[str, int] = {}
        seq = 0
        while True:
            page = await self._daemon.store.facts(
                FactQuery(
                    after_seq=seq,
                    ts_from_ns=ts_from_ns,
                    ts_to_ns=ts_to_ns + _LATER_NS,
                    event="order.*",
                    limit=_FACTS,
                    oldest_first=True,
                )
            )
            for stored in page:
                if stored.fact.kind in _AWAY:
                    first.setdefault(stored.fact.fire_id, stored.fact.ts_ns)
            if len(page) < _FACTS:
                return first
            seq = page[-1].seq
