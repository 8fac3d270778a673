"""Putting one set of triggers in the place of another, all or none."""

from collections.abc import Sequence
from decimal import Decimal

from exitd.core.inputs import ReplaceTriggers
from exitd.core.market import PriceSource
from exitd.runtime.callers import Caller
from exitd.runtime.control.asked_moves import names_in
from exitd.runtime.control.drafting import Drafting, IfNoPosition
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.control.running import refuse_while_recovering
from exitd.runtime.control.triggers import Triggers
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import Unusable
from exitd.runtime.views import ArmedView


class Replacing:
    """Arms new triggers as it takes others away; there is no moment without either."""

    def __init__(self, daemon: Daemon, triggers: Triggers, drafting: Drafting) -> None:
        self._daemon = daemon
        self._triggers = triggers
        self._drafting = drafting

    async def price_of(self, source: PriceSource) -> Decimal | None:
        """Give the last price of a stream, asked for where it is not fresh.

        Raises:
            Unusable: There will never be one: its venue has no such market.
        """
        await self._drafting.pricing.see_to((source,))
        why = self._drafting.pricing.unknown.get(source)
        if why is not None:
            raise Unusable("no_price", f"nobody gives prices of {source.symbol}: {why}")
        return self._daemon.loop.engine.state.last_price(source)

    async def replace(
        self,
        old: Sequence[str],
        requests: Sequence[TriggerRequest],
        by: Caller,
        *,
        if_no_position: IfNoPosition | None = None,
        prefix: str = "trg",
    ) -> ArmedView:
        """Do both, or change nothing; without *requests* the old ones only go.

        Args:
            old: Ids of triggers; those that are done already are passed over.
            prefix: What the ids of the new ones begin with.

        Raises:
            ControlError: Nothing was changed, and why.
        """
        refuse_while_recovering(self._daemon)
        now_ns = self._daemon.loop.clock.now_ns()
        drafts = [
            self._drafting.draft(request, by, if_no_position, now_ns, prefix)
            for request in requests
        ]
        definitions = tuple(draft.definition for draft in drafts)
        await self._daemon.loop.past.recall([*old, *names_in(definitions)])
        await self._drafting.pricing.know(definitions)
        notes = [note for draft in drafts for note in self._drafting.notes_of(draft)]
        reply = await self._triggers.carry_out(
            ReplaceTriggers(
                replaces=tuple(old),
                definitions=definitions,
                if_crossed=self._drafting.if_crossed(),
                by=by.name,
                now_ns=self._daemon.loop.clock.now_ns(),
            ),
            by,
        )
        return self._triggers.view(reply.trigger_ids, (*notes, *reply.notes))
