"""Default stops: for positions that no file names and that no stop watches."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from decimal import Decimal
from typing import Any

from exitd.core.condition import Basis, ConditionKind, FixedLevel, Relative
from exitd.core.entry import EntryRecord
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import Arm, CancelTrigger, IfCrossed
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.state import Refused, State
from exitd.core.trigger import Close, TriggerDefinition, TriggerState
from exitd.core.units import ZERO
from exitd.errors import StoreFull
from exitd.logs import Event, log_at
from exitd.runtime.loop import EngineLoop

OWNER = "default:exitd.yaml"
#: What opens a position, by alert or by hand, has so long to arm a stop of its own.
_PATIENCE_S = 5.0


def default_id(key: PositionKey) -> str:
    return f"default/{key}"


def _has_stop_at_broker(entry: EntryRecord) -> bool:
    """Whether a broker guards what an entry has brought, if that brought anything."""
    attached = entry.order.ticket.attached
    has_stop = attached is not None and attached.stop_price is not None
    return has_stop and entry.is_held_by_broker and entry.left > ZERO


class DefaultStops:
    """Arms a stop-loss at a percentage of the entry where nobody else has one.

    One that a person cancels stays cancelled as long as its position lives.
    """

    def __init__(
        self,
        loop: EngineLoop,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
        named: Callable[[], Collection[PositionKey]],
        *,
        percent: Decimal,
        prices: Mapping[str, PriceKind],
    ) -> None:
        """
        Args:
            named: The positions of the files.
            percent: How far from the entry, above 0 and below 100.
            prices: What price a stop watches, by account; others are left alone.
        """
        self._loop = loop
        self._spawn = spawn
        self._named = named
        self._percent = percent
        self._prices = prices
        self._is_due = False
        loop.on_facts(self._take)

    def _take(self, facts: Iterable[Fact]) -> None:
        opened = FactKind.POSITION_OPENED
        if not self._is_due and any(fact.kind is opened for fact in facts):
            self._is_due = True
            asyncio.get_running_loop().call_later(_PATIENCE_S, self._come)

    def _come(self) -> None:
        self._is_due = False
        self._spawn(self.cover(), "default stops")

    async def cover(self) -> None:
        """Arm what is missing now."""
        state = self._loop.engine.state
        named = self._named()
        missing = [
            position
            for key, position in state.positions.items()
            if key.account in self._prices
            and key not in named
            and self._needs_one(state, position)
        ]
        for position in missing:
            await self._arm(position)
        for key in named:
            await self._give_way(key)

    async def _give_way(self, key: PositionKey) -> None:
        """Take ours back once a file names the position and a stop of its watches."""
        records = self._loop.engine.state.triggers_on(key)
        ours = [r for r in records if r.id == default_id(key)]
        if not ours or ours[0].state is TriggerState.DONE:
            return
        if any(record.protects for record in records if record.id != ours[0].id):
            await self._loop.command(
                CancelTrigger(
                    trigger_id=ours[0].id,
                    by="its file",
                    now_ns=self._loop.clock.now_ns(),
                )
            )

    def _needs_one(self, state: State, position: PositionRecord) -> bool:
        if not position.is_open or position.entry_price is None:
            return False
        if any(_has_stop_at_broker(e) for e in state.entries_on(position.key)):
            return False
        for record in state.triggers_on(position.key):
            is_done = record.state is TriggerState.DONE
            if record.definition.is_stop and not is_done:
                return False
            is_ours = record.id == default_id(position.key)
            if is_ours and record.lifetime == position.lifetime:
                return False
        return True

    async def _arm(self, position: PositionRecord) -> None:
        key = position.key
        away = -self._percent if key.side is Side.LONG else self._percent
        definition = TriggerDefinition(
            id=default_id(key),
            owner=OWNER,
            account=key.account,
            symbol=key.symbol,
            side=key.side,
            source=PriceSource(key.account, key.symbol, self._prices[key.account]),
            condition=FixedLevel(ConditionKind.STOP_LOSS, Relative(Basis.ENTRY, away)),
            action=Close(),
            note="no file names this position",
        )
        try:
            reply = await self._loop.command(
                Arm(
                    definitions=(definition,),
                    # A position that somebody holds beyond it is not closed unasked.
                    if_crossed=IfCrossed.WAIT,
                    now_ns=self._loop.clock.now_ns(),
                )
            )
        except StoreFull as error:
            reply = Refused("store_full", str(error))
        if isinstance(reply, Refused):
            log_at(
                "warning",
                Event.TRIGGER_REFUSED,
                trigger_id=definition.id,
                reason=reply.sentence,
            )
