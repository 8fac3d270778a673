"""What would come of arming or amending, said before it is done; nothing is changed.

It is decided by the engine's own rules, in a sandbox, so a preview that is not refused
is an order that is not refused, as long as the price stays where it is.
"""

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from exitd.configuration.differences import differences, summary
from exitd.core.engine import Engine
from exitd.core.inputs import Amend, Arm, FireNow, IfCrossed
from exitd.core.market import PriceSource
from exitd.core.state import Accepted, Decision, Refused, State
from exitd.core.trigger import TriggerDefinition, TriggerState
from exitd.runtime.callers import Caller
from exitd.runtime.control.drafting import Drafted, Drafting, IfNoPosition
from exitd.runtime.control.dry_run import order_view
from exitd.runtime.control.explaining import sentences
from exitd.runtime.control.refused import refusal_of
from exitd.runtime.control.requests import TriggerChange, TriggerRequest
from exitd.runtime.control.running import (
    AllPrices,
    refuse_while_recovering,
)
from exitd.runtime.control.sandbox import (
    Copied,
    copied_for,
    follow,
    sandbox,
    why_nothing,
)
from exitd.runtime.daemon import Daemon
from exitd.runtime.preview_views import ChangeView, PreviewsView, PreviewView
from exitd.runtime.problems import Unusable
from exitd.runtime.shown import trigger_view
from exitd.runtime.views import OrderView

#: Each is tried by itself, with all that stands around it.
PREVIEWED_MAX = 20


class _Prices(AllPrices):
    """As they are, but that what nobody watches yet is not too old by that."""

    def __init__(self, daemon: Daemon) -> None:
        super().__init__(daemon)
        self._books = daemon.loop.engine.state.books

    def is_stale(self, source: PriceSource) -> bool:
        book = self._books.get(source)
        return book is not None and book.is_watched and super().is_stale(source)


class Previews:
    """Says what `arm` and `amend` would do, and raises what they would raise."""

    def __init__(self, daemon: Daemon, drafting: Drafting) -> None:
        self._daemon = daemon
        self._drafting = drafting

    async def arm(
        self,
        requests: Sequence[TriggerRequest],
        by: Caller,
        *,
        if_crossed: IfCrossed | None = None,
        if_no_position: IfNoPosition | None = None,
    ) -> PreviewsView:
        refuse_while_recovering(self._daemon)
        if len(requests) > PREVIEWED_MAX:
            raise Unusable(
                "too_many",
                f"{len(requests)} triggers are more than a preview shows",
                f"preview {PREVIEWED_MAX} at once, or arm them without",
            )
        drafted = await self._drafting.new(requests, by, if_no_position)
        command = Arm(
            definitions=drafted.definitions,
            if_crossed=if_crossed or self._drafting.if_crossed(),
            now_ns=self._daemon.loop.clock.now_ns(),
        )
        return await self._tried(drafted, command, command.now_ns)

    async def amend(
        self,
        trigger_id: str,
        change: TriggerChange,
        *,
        if_crossed: IfCrossed | None = None,
        account: str = "",
    ) -> PreviewsView:
        drafted, command = await self._drafting.amendment(
            trigger_id, change, if_crossed, account
        )
        return await self._tried(drafted, command, command.now_ns)

    async def _tried(
        self, drafted: Drafted, command: Arm | Amend, now_ns: int
    ) -> PreviewsView:
        copied = copied_for(self._state, drafted.definitions)
        tried = await asyncio.to_thread(_try, copied, command, now_ns)
        return PreviewsView(
            previews=tuple([self._preview(one) for one in tried]),
            notes=(*drafted.notes, *tried[0].reply.notes),
        )

    def _preview(self, tried: "_Tried") -> PreviewView:
        state, definition = tried.stands, tried.definition
        record = state.triggers[definition.id]
        view = trigger_view(state, record, _Prices(self._daemon))
        why_no_time = self._daemon.calendars.why_no_time(record)
        said = sentences(state, record, view, why_no_time=why_no_time)
        before = self._state.triggers.get(definition.id)
        differs = differences(before.definition, definition) if before else ()
        return PreviewView(
            trigger=view,
            summary=summary(definition),
            differences=tuple(
                ChangeView(one.key, one.before, one.after) for one in differs
            ),
            sentences=tuple(said),
            fires_now=record.state is TriggerState.FIRING,
            order=tried.order,
        )

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state


class _Tried(Struct, frozen=True):
    """One trigger after a command that was tried; `order` is what it would send."""

    definition: TriggerDefinition
    reply: Accepted
    stands: State
    order: OrderView


def _try(copied: Copied, command: Arm | Amend, now_ns: int) -> list[_Tried]:
    """Carry a command out in sandboxes, and fire each of its triggers in its own.

    Raises:
        ControlError: It would be refused.
    """
    stands, reply, decision = _carried_out(copied, command)
    definitions = (
        command.definitions if isinstance(command, Arm) else (command.definition,)
    )
    found = []
    for definition in definitions:
        # What fires there changes what the next one would send.
        engine, _, decision = _carried_out(copied, command)
        order = _order(engine, definition, decision, now_ns)
        found.append(_Tried(definition, reply, stands.state, order))
    return found


def _carried_out(
    copied: Copied, command: Arm | Amend
) -> tuple[Engine, Accepted, Decision]:
    engine = sandbox(copied)
    decision = engine.handle(command)
    if isinstance(decision.reply, Refused):
        raise refusal_of(command, decision.reply)
    assert isinstance(decision.reply, Accepted)
    return engine, decision.reply, decision


def _order(
    engine: Engine, definition: TriggerDefinition, decision: Decision, now_ns: int
) -> OrderView:
    """Give the order that it would send, were it to fire at the price of now."""
    notes: list[str] = []
    if engine.state.triggers[definition.id].state is not TriggerState.FIRING:
        fire = FireNow(trigger_id=definition.id, by="preview", now_ns=now_ns)
        decision = engine.handle(fire)
        if isinstance(decision.reply, Refused):
            return order_view(definition, None, None, (decision.reply.sentence,))
    order = follow(engine, decision, definition.id, notes, now_ns)
    if order is None and definition.close is not None:
        notes.append(why_nothing(engine, definition.id))
    return order_view(definition, order, None, notes)
