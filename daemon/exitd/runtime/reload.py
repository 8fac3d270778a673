"""The files and what runs: read, compare, and make them one; all or nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.at_start import changed_sections, waits_for_a_start
from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.findings import Finding
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.market_checks import Markets
from exitd.configuration.plan import Plan, plan
from exitd.core.inputs import ApplyFiles
from exitd.core.market import PriceSource, Tick
from exitd.core.narrowing import stop_beside
from exitd.core.state import Refused
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel
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
    `running` is the exitd.yaml that the daemon was started with, if that is known.
    """

    def __init__(
        self,
        path: Path,
        environment: Mapping[str, str],
        loop: EngineLoop,
        poll: Poll,
        *,
        running: DaemonFile | None = None,
    ) -> None:
        self.path = path
        self.loaded: Loaded | None = None
        self.held: Plan | None = None
        self.rejected: Plan | None = None
        self.ts_applied_ns = 0
        self.tell: Callable[[Alert], None] | None = None
        self._running = running
        self._environment = environment
        self._loop = loop
        self._poll = poll
        self._told: set[Event] = set()
        self._polled: dict[PriceSource, Decimal] = {}
        self._lock = asyncio.Lock()
        # What several read at once would be held several times over.
        self._reading = asyncio.Lock()

    async def plan(self) -> tuple[Loaded, Plan]:
        """Read the files and say what they would change; changes nothing."""
        now_ns = self._loop.clock.now_ns()
        async with self._reading:
            loaded = await asyncio.to_thread(
                load, self.path, self._environment, now_ns=now_ns
            )
        first = self._compare(loaded, {})
        self._polled = {}
        if first.is_refused or first.is_empty:
            return loaded, first
        self._polled = await self._prices(first)
        return loaded, self._compare(loaded, self._polled)

    def _compare(self, loaded: Loaded, polled: Mapping[PriceSource, Decimal]) -> Plan:
        state = self._loop.engine.state
        prices = {s: b.price for s, b in state.books.items() if b.price is not None}
        known = Markets(
            instruments=state.instruments,
            prices={**prices, **polled},
            positions=state.positions,
        )
        planned = plan(
            loaded,
            state.triggers.values(),
            now_ns=self._loop.clock.now_ns(),
            known=known,
            positions=state.positions,
            stop_of=partial(stop_beside, state),
            backstops=state.backstop_terms,
        )
        findings = planned.findings + self._waits_for_a_start(loaded)
        # It protects, or not, by the mode of its start: another one in the files waits.
        is_paper = planned.is_paper
        if self._running is not None:
            is_paper = self._running.mode == "paper"
        return replace(planned, findings=findings, is_paper=is_paper)

    def restart_for(self) -> tuple[str, ...]:
        """Name the sections of the files in force that another start would run with."""
        loaded = self.loaded
        if self._running is None or loaded is None or loaded.settings is None:
            return ()
        return tuple(changed_sections(self._running, loaded.settings.file))

    def _waits_for_a_start(self, loaded: Loaded) -> tuple[Finding, ...]:
        if self._running is None:
            return ()
        return waits_for_a_start(self._running, loaded)

    async def _prices(self, planned: Plan) -> dict[PriceSource, Decimal]:
        """Ask for the prices of new levels that nobody watches yet."""
        changed = {change.id for change in planned.changes}
        books = self._loop.engine.state.books
        unknown = {
            part
            for d in planned.definitions
            if d.id in changed
            for part in d.source.parts
            if part not in books or books[part].price is None
        }
        found: dict[PriceSource, Decimal] = {}
        for source in unknown:
            try:
                async with asyncio.timeout(_POLL_PATIENCE_S):
                    price = await self._poll(source)
            except (TimeoutError, VenueError) as error:
                # The level waits for the first price of its stream instead.
                reason = str(error) or "no answer"
                log(Event.VENUE_FAILED, venue=source.feed, reason=reason)
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
                self._alert(Event.CONFIG_REJECTED, _rejected(errors))
                return Outcome(planned, applied=False)
            self.rejected = None
            must_wait = planned.waits and not confirmed
            if must_wait or (planned.fires_now and not yes):
                self.held = planned
                held = [c.id for c in planned.changes if c.waits_because]
                log(Event.CONFIG_HELD, changes=held)
                self._alert(
                    Event.CONFIG_HELD,
                    f"the files wait for `exitd apply` because of {', '.join(held)}; "
                    "until then the set before them stays armed",
                )
                return Outcome(planned, applied=False)
            return await self._put_in_force(loaded, planned, may_fire=yes)

    async def _put_in_force(
        self, loaded: Loaded, planned: Plan, *, may_fire: bool
    ) -> Outcome:
        # A name that somebody has given before goes on from its numbers.
        known = self._loop.engine.state.triggers
        new = [d.id for d in planned.definitions if d.id not in known]
        await self._loop.past.recall(new)
        reply = await self._loop.command(
            ApplyFiles(
                definitions=planned.definitions,
                backstops=planned.backstops,
                may_fire=may_fire,
                now_ns=self._loop.clock.now_ns(),
            )
        )
        if isinstance(reply, Refused):
            log(Event.CONFIG_REJECTED, errors=[reply.sentence])
            self._alert(Event.CONFIG_REJECTED, _rejected([reply.sentence]))
            return Outcome(planned, applied=False, refused=reply.sentence)
        self._judge_by_polled()
        self.loaded, self.held = loaded, None
        self.ts_applied_ns = self._loop.clock.now_ns()
        event = Event.CONFIG_UNCHANGED if planned.is_empty else Event.CONFIG_APPLIED
        log(event, changes=[f"{c.kind} {c.id}" for c in planned.changes])
        for event in sorted(self._told):
            self._alert(event, "the files are in force", cleared=True)
        waiting = [str(finding) for finding in self._waits_for_a_start(loaded)]
        if waiting:
            log(Event.CONFIG_HELD, changes=waiting)
            self._alert(Event.CONFIG_HELD, waiting[0])
        return Outcome(planned, applied=True)

    def _judge_by_polled(self) -> None:
        """Let the prices that the plan went by judge what waits for its first one.

        Where other triggers rest, the stream's own prices decide alone.
        """
        for source, price in self._polled.items():
            book = self._loop.engine.state.books.get(source)
            if book is not None and book.pending and not len(book):
                # The oldest instant: any price of the stream is newer.
                now_ns = self._loop.clock.now_ns()
                self._loop.handle(Tick(source, price, 0, now_ns))

    def _alert(self, event: Event, text: str, *, cleared: bool = False) -> None:
        if cleared:
            self._told.discard(event)
        else:
            self._told.add(event)
        if self.tell is not None:
            level = AlertLevel.INFO if cleared else AlertLevel.WARNING
            self.tell(
                Alert(
                    level=level,
                    topic=event.value,
                    about="files",
                    text=text,
                    cleared=cleared,
                )
            )


def _rejected(errors: list[str]) -> str:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return (
        f"the files cannot be used, the set before them stays armed: {errors[0]}{more}"
    )
