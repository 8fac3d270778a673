"""The history: facts as they come, and exits with their fills."""

import asyncio
from collections.abc import Sequence

from exitd.core.events import Fact
from exitd.core.units import text
from exitd.ports.store import ExitRow, FactQuery
from exitd.runtime.control.running import settle
from exitd.runtime.daemon import Daemon
from exitd.runtime.shown import fact_view, fire_view, timestamp
from exitd.runtime.views import ExitFillView, ExitsView, ExitView, FactsView

FACTS_MAX = 1_000
WAIT_S_MAX = 30.0


class History:
    """Reads facts and firings from the store, and waits for new ones."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._news = asyncio.Event()
        self.is_over = False
        daemon.loop.on_written(self._wake)

    def _wake(self, facts: Sequence[Fact], is_durable: bool) -> None:
        self._let_go()

    def _let_go(self) -> None:
        # Whoever waits now is let go; the next one waits on a fresh event.
        news, self._news = self._news, asyncio.Event()
        news.set()

    def close(self) -> None:
        """Let everybody go who waits for facts, with what there is."""
        self.is_over = True
        self._let_go()

    async def facts(self, query: FactQuery, *, wait_s: float = 0.0) -> FactsView:
        """Give facts; with *wait_s*, wait so long for one if there is none yet."""
        if wait_s:
            try:
                async with asyncio.timeout(min(wait_s, WAIT_S_MAX)):
                    return await self.next_facts(query)
            except TimeoutError:
                return FactsView(facts=(), last_seq=query.after_seq)
        await settle(self._daemon.store)
        found = await self._daemon.store.facts(query)
        return FactsView(
            facts=tuple(fact_view(fact) for fact in found),
            last_seq=max((fact.seq for fact in found), default=query.after_seq),
        )

    async def next_facts(self, query: FactQuery) -> FactsView:
        """Wait until there is at least one fact that fits, or the daemon stops."""
        while True:
            news = self._news
            found = await self.facts(query)
            if found.facts or self.is_over:
                return found
            await news.wait()

    async def last_seq(self) -> int:
        """Give the number of the newest fact, 0 when there is none."""
        return (await self.facts(FactQuery(limit=1))).last_seq

    async def exits(self, ts_from_ns: int, ts_to_ns: int) -> ExitsView:
        """Give the firings hit in [from, to), oldest first, with their fills."""
        await settle(self._daemon.store)
        rows = await self._daemon.store.exits(ts_from_ns, ts_to_ns)
        return ExitsView(exits=tuple(_exit_view(row) for row in rows))


def _exit_view(row: ExitRow) -> ExitView:
    return ExitView(
        fire=fire_view(row.fire),
        fills=tuple(
            ExitFillView(
                trade_id=fill.trade_id,
                venue_order_id=fill.venue_order_id,
                quantity=text(fill.quantity),
                price=text(fill.price),
                fee=text(fill.fee),
                fee_asset=fill.fee_asset,
                is_maker=fill.is_maker,
                ts_venue=timestamp(fill.ts_venue_ns),
            )
            for fill in row.fills
        ),
    )
