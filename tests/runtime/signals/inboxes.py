"""An inbox over a store of one's choice, and a broker that does what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.sqlite.store import SqliteStore
from exitd.configuration.secrets import SecretReference
from exitd.configuration.webhook import Route
from exitd.core.engine import Engine
from exitd.core.entry import SignalRecord, SignalState
from exitd.core.events import Fact
from exitd.errors import VenueUnavailable
from exitd.ports.alerts import Alert
from exitd.ports.clock import Clock
from exitd.ports.store import Store
from exitd.runtime.control.running import until
from exitd.runtime.loop import EngineLoop
from exitd.runtime.signals.inbox import COMMIT_PATIENCE_S, PATIENCE_S, Draft, Inbox

S = 1_000_000_000
ROUTE = Route(auth_key=SecretReference(env="A"), mode="paper", venues=["broker"])


class Broker:
    """Carries alerts out, once for each id, and notes in which order.

    `hold` keeps it from answering; `fail` makes it fail so many times; `refuse` are
    the tickers that it refuses.
    """

    def __init__(self) -> None:
        self.traded: list[str] = []
        self.asked: list[str] = []
        self.refused: set[str] = set()
        self.failures = 0
        self.bug: Exception | None = None
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def carry_out(
        self, record: SignalRecord, *, is_first: bool = False
    ) -> SignalRecord:
        # Nothing that it knows of may come as if it were new.
        assert not (is_first and record.id in self.asked)
        self.asked.append(record.id)
        await self.is_open.wait()
        if self.bug is not None:
            raise self.bug
        if self.failures:
            self.failures -= 1
            raise VenueUnavailable("the broker does not answer")
        if any(f'"{ticker}"' in record.body for ticker in self.refused):
            return replace(
                record, state=SignalState.REFUSED, outcome="it is not allowed"
            )
        if record.id not in self.traded:
            self.traded.append(record.id)
        return replace(
            record,
            state=SignalState.CARRIED_OUT,
            outcome="bought 10",
            entry_id=record.id,
        )


class Desk:
    """An inbox, the tasks that it began, and what was told to people."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        broker: Broker,
        routes: dict[str, Route] | None = None,
        *,
        patience_s: float = PATIENCE_S,
        commit_patience_s: float = COMMIT_PATIENCE_S,
        entry_state: str = "",
    ) -> None:
        self.store = store
        self.broker = broker
        self.told: list[Alert] = []
        self.lines: list[Fact] = []
        self.is_closed = False
        self.tasks: list[asyncio.Task[None]] = []
        loop = EngineLoop(Engine(), store, clock)
        loop.on_written(lambda facts, is_durable: self.lines.extend(facts))
        self.inbox = Inbox(
            routes if routes is not None else {"tv": ROUTE, "other": ROUTE},
            carry_out=broker.carry_out,
            store=store,
            clock=clock,
            spawn=self._spawn,
            tell=self.told.append,
            submit=loop.submit,
            waits=_waits,
            patience_s=patience_s,
            commit_patience_s=commit_patience_s,
            entry_state=lambda entry_id: entry_state if entry_id else "",
        )

    def close(self) -> None:
        self.inbox.close()
        self.is_closed = True

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    async def start(self) -> Desk:
        await self.inbox.load()
        self.inbox.open()
        return self

    async def rest(self) -> None:
        """Wait until everything that was begun is done; raises what went wrong."""
        while self.tasks:
            tasks, self.tasks = self.tasks, []
            await asyncio.gather(*tasks)
        if not self.is_closed:
            assert await until(self._is_idle, within_s=5)

    def _is_idle(self) -> bool:
        return not self.inbox.waiting and not self.store.backlog

    async def stored(self) -> tuple[SignalRecord, ...]:
        return await self.store.signals(0, 2**62)

    async def crash(self) -> None:
        """Lose what is not durable, as a kill does."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        assert isinstance(self.store, SqliteStore)
        await self.store.abandon()


def draft(
    ticker: str = "AAPL",
    *,
    route: str = "tv",
    client_order_id: str = "",
    digest: str = "",
) -> Draft:
    return Draft(
        route=route,
        ticker=ticker,
        body=f'{{"ticker":"{ticker}","direction":"long"}}',
        digest=digest or f"digest of {ticker}",
        client_order_id=client_order_id,
        is_paper=True,
    )


def open_file(folder: Path, clock: Clock) -> SqliteStore:
    """Open a real store, written where it is submitted, that a crash can hit."""
    return open_store(folder / "exitd.db", clock, inline=True, reserve_bytes=0)


def _waits() -> Iterator[float]:
    while True:
        yield 1.0
