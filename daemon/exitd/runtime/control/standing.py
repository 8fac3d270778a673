"""How the daemon stands: mode, readiness, counts, the last exit, the files."""

from exitd.core.units import NS_PER_S
from exitd.ports.store import FactQuery
from exitd.runtime.control.answers import Answers
from exitd.runtime.control.census import Census
from exitd.runtime.control.entries import Entries
from exitd.runtime.control.reading import Reading
from exitd.runtime.control.running import settle
from exitd.runtime.daemon import Daemon
from exitd.runtime.reload import Files
from exitd.runtime.shown import (
    fire_view,
    timestamp,
    timestamp_or_none,
)
from exitd.runtime.views import ConfigurationView, FireView, StatusView

LIVE, PAPER = "LIVE", "PAPER, NOT PROTECTING"
STANDBY = "STANDBY, NOT PROTECTING"
_FACTS_SEARCHED = 50


def banner_of(daemon: Daemon) -> str:
    """Give the words that head every page: whether anything is protected here."""
    if daemon.mode != "live":
        return PAPER
    return STANDBY if daemon.standby.standing else LIVE


class Standing:
    """Sums the daemon up."""

    def __init__(
        self, daemon: Daemon, reading: Reading, entries: Entries, census: Census
    ) -> None:
        self._daemon = daemon
        self._census = census
        self._reading = reading
        self._entries = entries
        self._answers = Answers(daemon)

    async def status(self) -> StatusView:
        daemon = self._daemon
        positions = daemon.loop.engine.state.positions
        reasons = daemon.reasons_not_ready()
        now_ns = daemon.clock.now_ns()
        return StatusView(
            mode=daemon.mode,
            banner=banner_of(daemon),
            version=daemon.version,
            is_ready=not reasons,
            reasons=reasons,
            uptime_s=(now_ns - daemon.ts_started_ns) // NS_PER_S,
            triggers=dict(sorted((await self._census.latest()).states.items())),
            entries=self._entries.counts(),
            positions=sum(p.is_open for p in positions.values()),
            unprotected=tuple(
                f"{hole.key}: {hole.reason}" for hole in self._reading.holes()
            ),
            feeds=(await self._reading.feeds()).feeds,
            last_exit=await self.last_exit(),
            configuration=await self.configuration(),
            store=daemon.store.health.value,
            store_backlog=daemon.store.backlog,
            answers=await self._answers.counted(),
            ts_now=timestamp(now_ns),
        )

    async def last_exit(self) -> FireView | None:
        """Give the latest firing that filled or acted."""
        store = self._daemon.store
        await settle(store)
        facts = await store.facts(
            FactQuery(event="trigger.done", limit=_FACTS_SEARCHED)
        )
        for stored in facts:
            fact = stored.fact
            if fact.fields.get("reason") not in ("filled", "acted"):
                continue
            for fired in await store.fires(fact.trigger_id):
                if fired.fire_id == fact.fire_id:
                    return fire_view(fired)
        return None

    async def configuration(self) -> ConfigurationView:
        files = self._daemon.files
        held, errors = _held(files), _errors(files)
        return ConfigurationView(
            path=str(files.path),
            digest=files.loaded.digest if files.loaded is not None else "",
            is_in_sync=files.loaded is not None and not held and not errors,
            held=held,
            errors=errors,
            drift=(await self._census.latest()).drift,
            restart_for=files.restart_for(),
            ts_applied=timestamp_or_none(files.ts_applied_ns),
        )


def _held(files: Files) -> tuple[str, ...]:
    if files.held is None:
        return ()
    return tuple(
        f"{change.id}: {change.waits_because}"
        for change in files.held.changes
        if change.waits_because
    )


def _errors(files: Files) -> tuple[str, ...]:
    if files.rejected is None:
        return ()
    return tuple(str(finding) for finding in files.rejected.findings)
