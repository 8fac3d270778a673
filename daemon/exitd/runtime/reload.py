"""The files and what runs: read, compare, and make them one; all or nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.market_checks import Markets
from exitd.configuration.plan import Plan, plan
from exitd.core.inputs import ApplyFiles
from exitd.core.market import PriceSource
from exitd.core.state import Refused
from exitd.logs import Event, log
from exitd.runtime.loop import EngineLoop

Poll = Callable[[PriceSource], Awaitable[Decimal | None]]

_POLL_PATIENCE_S = 2.0


class Outcome(Struct, frozen=True):
    """What a reload came to; `refused` is one sentence where the engine said no."""

    plan: Plan
    applied: bool
    refused: str = ""


class Files:
    """The configuration directory of a running daemon.

    `held` is a plan that waits for `exitd apply`; the set before it stays armed.
    """

    def __init__(
        self,
        path: Path,
        environment: Mapping[str, str],
        loop: EngineLoop,
        poll: Poll,
    ) -> None:
        self.path = path
        self.loaded: Loaded | None = None
        self.held: Plan | None = None
        self.rejected: Plan | None = None
        self.ts_applied_ns = 0
        self._environment = environment
        self._loop = loop
        self._poll = poll
        self._lock = asyncio.Lock()

    async def plan(self) -> tuple[Loaded, Plan]:
        """Read the files and say what they would change; changes nothing."""
        now_ns = self._loop.clock.now_ns()
        loaded = await asyncio.to_thread(
            load, self.path, self._environment, now_ns=now_ns
        )
        first = self._compare(loaded, {})
        if first.is_refused or first.is_empty:
            return loaded, first
        return loaded, self._compare(loaded, await self._prices(first))

    def _compare(self, loaded: Loaded, polled: Mapping[PriceSource, Decimal]) -> Plan:
        state = self._loop.engine.state
        prices = {s: b.price for s, b in state.books.items() if b.price is not None}
        known = Markets(
            instruments=state.instruments,
            prices={**prices, **polled},
            positions=state.positions,
        )
        return plan(
            loaded,
            state.triggers.values(),
            now_ns=self._loop.clock.now_ns(),
            known=known,
            positions=state.positions,
        )

    async def _prices(self, planned: Plan) -> dict[PriceSource, Decimal]:
        """Ask for the prices of new levels that nobody watches yet."""
        changed = {change.id for change in planned.changes}
        books = self._loop.engine.state.books
        unknown = {
            d.source
            for d in planned.definitions
            if d.id in changed
            and (d.source not in books or books[d.source].price is None)
        }
        found: dict[PriceSource, Decimal] = {}
        for source in unknown:
            try:
                async with asyncio.timeout(_POLL_PATIENCE_S):
                    price = await self._poll(source)
            except TimeoutError:
                price = None
            if price is not None:
                found[source] = price
        return found

    async def reload(self, *, confirmed: bool = False, yes: bool = False) -> Outcome:
        """Read the files again and put them in force, unless a person must agree.

        Args:
            confirmed: Somebody ran `exitd apply`: weakened stops may go through.
            yes: Levels that are crossed may fire at once.
        """
        async with self._lock:
            loaded, planned = await self.plan()
            if planned.is_refused:
                self.rejected = planned
                errors = [str(f) for f in planned.findings]
                log(Event.CONFIG_REJECTED, errors=errors)
                return Outcome(planned, applied=False)
            self.rejected = None
            must_wait = planned.waits and not confirmed
            if must_wait or (planned.fires_now and not yes):
                self.held = planned
                log(
                    Event.CONFIG_HELD,
                    changes=[c.id for c in planned.changes if c.waits_because],
                )
                return Outcome(planned, applied=False)
            return await self._put_in_force(loaded, planned, may_fire=yes)

    async def _put_in_force(
        self, loaded: Loaded, planned: Plan, *, may_fire: bool
    ) -> Outcome:
        reply = await self._loop.command(
            ApplyFiles(
                definitions=planned.definitions,
                may_fire=may_fire,
                now_ns=self._loop.clock.now_ns(),
            )
        )
        if isinstance(reply, Refused):
            log(Event.CONFIG_REJECTED, errors=[reply.sentence])
            return Outcome(planned, applied=False, refused=reply.sentence)
        self.loaded, self.held = loaded, None
        self.ts_applied_ns = self._loop.clock.now_ns()
        event = Event.CONFIG_UNCHANGED if planned.is_empty else Event.CONFIG_APPLIED
        log(event, changes=[f"{c.kind} {c.id}" for c in planned.changes])
        return Outcome(planned, applied=True)
