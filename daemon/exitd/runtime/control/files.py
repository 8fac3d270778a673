"""Plan, apply and reload: the files and what runs."""

from exitd.configuration.plan import Plan
from exitd.configuration.plan_text import plan_as_json, render_plan
from exitd.errors import StoreFull
from exitd.logs import Event, log
from exitd.runtime.callers import Caller
from exitd.runtime.control.census import count
from exitd.runtime.control.running import refuse_while_recovering
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import NoRoom
from exitd.runtime.reload import Outcome
from exitd.runtime.views import PlanView


class FileCommands:
    """What `exitd plan`, `exitd apply` and a reload do."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def plan(self) -> PlanView:
        """Read the files and say what they would change; changes nothing."""
        _, planned = await self._daemon.files.plan()
        return await self._view(planned, is_applied=False, refused="")

    async def apply(self, by: Caller, *, yes: bool = False) -> PlanView:
        """Put the files in force, weakened stops too; *yes* lets levels fire now."""
        return await self._reload("apply", by, confirmed=True, yes=yes)

    async def reload(self, by: Caller) -> PlanView:
        """Read the files again; what needs a person's agreement waits."""
        return await self._reload("reload", by, confirmed=False, yes=False)

    async def _reload(
        self, what: str, by: Caller, *, confirmed: bool, yes: bool
    ) -> PlanView:
        refuse_while_recovering(self._daemon)
        try:
            outcome: Outcome = await self._daemon.files.reload(
                confirmed=confirmed, yes=yes
            )
        except StoreFull as error:
            sentence, _, remedy = str(error).partition("; ")
            raise NoRoom("store_full", sentence, remedy) from error
        if outcome.applied:
            by.touched.extend(change.id for change in outcome.plan.changes)
            by.differences.extend(outcome.plan.differences())
        log(Event.DAEMON_RELOADED, reason=f"{what} by {by.name}")
        return await self._view(
            outcome.plan, is_applied=outcome.applied, refused=outcome.refused
        )

    async def _view(self, planned: Plan, *, is_applied: bool, refused: str) -> PlanView:
        return PlanView(
            text=render_plan(planned),
            plan=plan_as_json(planned),
            is_empty=planned.is_empty,
            is_refused=planned.is_refused,
            waits=planned.waits,
            fires_now=planned.fires_now,
            drift=(await count(self._daemon)).drift,
            is_applied=is_applied,
            refused=refused,
        )
