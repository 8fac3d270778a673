"""Commands that change triggers, and the close of a position."""

from collections.abc import Iterable, Sequence

from exitd.configuration.differences import differences
from exitd.core.inputs import (
    Arm,
    CancelTrigger,
    ClosePosition,
    Command,
    FireNow,
    IfCrossed,
    Pause,
    Rearm,
    Resume,
)
from exitd.core.position import PositionKey
from exitd.core.state import Accepted, Refused, State
from exitd.core.trigger import WHOLE, Quantity, TriggerDefinition, TriggerState
from exitd.errors import StoreFull
from exitd.logs import Event, log
from exitd.runtime.callers import Caller
from exitd.runtime.control.drafting import Drafting, IfNoPosition
from exitd.runtime.control.identities import (
    find_position,
    recalled,
    refuse_file_owned,
)
from exitd.runtime.control.keys import digest, own_key
from exitd.runtime.control.phones import refuse_phone
from exitd.runtime.control.refused import refusal_of
from exitd.runtime.control.requests import (
    TriggerChange,
    TriggerRequest,
)
from exitd.runtime.control.running import (
    AllPrices,
    refuse_while_recovering,
)
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import Conflict, NoRoom
from exitd.runtime.shown import trigger_view
from exitd.runtime.views import ArmedView


class Triggers:
    """Arms, amends, cancels, pauses, resumes, rearms, fires and closes.

    Every method returns once what it did is durable, and raises a
    `ControlError` where nothing was done.
    """

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
        idempotency_key: str = "",
    ) -> ArmedView:
        """Arm all or none.

        With an *idempotency_key* that was used before, the same requests give
        the first answer again and other ones are a conflict. What is None is
        decided by the policies of the configuration.
        """
        refuse_while_recovering(self._daemon)
        key = own_key(by, idempotency_key)
        said = (tuple(requests), if_crossed, if_no_position)
        digested = digest(said) if key else ""
        if key and self._was_answered(key, digested):
            ids = self._state.idempotency[key].trigger_ids
            await self._daemon.loop.past.recall(ids)
            return self.view(ids, ())
        drafted = await self._drafting.new(requests, by, if_no_position)
        reply = await self.carry_out(
            Arm(
                definitions=drafted.definitions,
                if_crossed=if_crossed or self._drafting.if_crossed(),
                idempotency_key=key,
                digest=digested,
                now_ns=self._daemon.loop.clock.now_ns(),
            ),
            by,
        )
        return self.view(reply.trigger_ids, (*drafted.notes, *reply.notes))

    def _was_answered(self, key: str, digested: str) -> bool:
        """Whether the same was asked before, so that nothing is judged anew."""
        earlier, policies = self._state.idempotency.get(key), self._state.policies
        if earlier is None or earlier.digest != digested:
            return False
        age_ns = self._daemon.loop.clock.now_ns() - earlier.ts_ns
        return age_ns <= policies.idempotency_kept_ns

    async def amend(
        self,
        trigger_id: str,
        change: TriggerChange,
        by: Caller,
        *,
        if_crossed: IfCrossed | None = None,
        account: str = "",
    ) -> ArmedView:
        drafted, command = await self._drafting.amendment(
            trigger_id, change, if_crossed, account
        )
        before = self._state.triggers[trigger_id].definition
        reply = await self.carry_out(command, by)
        after = self._state.triggers[trigger_id].definition
        by.differences.extend(str(one) for one in differences(before, after))
        return self.view(reply.trigger_ids, (*drafted.notes, *reply.notes))

    async def cancel(
        self,
        trigger_id: str,
        by: Caller,
        *,
        abandon: bool = False,
        account: str = "",
    ) -> ArmedView:
        """Watch no longer; with *abandon*, give up a firing too.

        Giving up is a person's emergency exit, so it is open for triggers that
        a file owns as well.
        """
        record = await recalled(self._daemon, trigger_id, account)
        if not (abandon and record.state is TriggerState.FIRING):
            refuse_file_owned(record, "cancelled")
        return await self._by_id(
            CancelTrigger(
                trigger_id=trigger_id,
                by=by.name,
                abandon=abandon,
                now_ns=self._daemon.loop.clock.now_ns(),
            ),
            by,
        )

    async def pause(
        self, trigger_id: str, by: Caller, *, account: str = ""
    ) -> ArmedView:
        """Stop watching until resumed; a file-owned one then shows as drift."""
        record = await recalled(self._daemon, trigger_id, account)
        refuse_phone(by, record.definition)
        now_ns = self._daemon.loop.clock.now_ns()
        return await self._by_id(
            Pause(trigger_id=trigger_id, by=by.name, now_ns=now_ns), by
        )

    async def resume(
        self, trigger_id: str, by: Caller, *, account: str = ""
    ) -> ArmedView:
        record = await recalled(self._daemon, trigger_id, account)
        await self._drafting.pricing.know([record.definition])
        now_ns = self._daemon.loop.clock.now_ns()
        return await self._by_id(
            Resume(trigger_id=trigger_id, by=by.name, now_ns=now_ns), by
        )

    async def rearm(
        self, trigger_id: str, by: Caller, *, account: str = ""
    ) -> ArmedView:
        refuse_while_recovering(self._daemon)
        record = await recalled(self._daemon, trigger_id, account)
        await self._drafting.pricing.know([record.definition])
        now_ns = self._daemon.loop.clock.now_ns()
        return await self._by_id(
            Rearm(trigger_id=trigger_id, by=by.name, now_ns=now_ns), by
        )

    async def fire(
        self, trigger_id: str, by: Caller, *, account: str = ""
    ) -> ArmedView:
        """Fire an armed trigger as if its price had crossed."""
        refuse_while_recovering(self._daemon)
        await recalled(self._daemon, trigger_id, account)
        now_ns = self._daemon.loop.clock.now_ns()
        return await self._by_id(
            FireNow(trigger_id=trigger_id, by=by.name, now_ns=now_ns), by
        )

    async def close(
        self,
        position: str,
        by: Caller,
        *,
        quantity: Quantity = WHOLE,
        account: str = "",
        idempotency_key: str = "",
    ) -> ArmedView:
        """Close a position now, reduce-only, by a trigger of its own."""
        refuse_while_recovering(self._daemon)
        id = self._drafting.next_id("cls")
        if idempotency_key:
            id = f"cls_{digest(own_key(by, idempotency_key))[:26]}"
            await self._daemon.loop.past.recall([id])
            earlier = self._state.triggers.get(id)
            if earlier is not None:
                return self._earlier_close(earlier.definition, quantity, position)
        key = find_position(self._daemon, position, account)
        return await self._close(key, id, quantity, by)

    async def close_all(
        self, by: Caller, *, account: str = ""
    ) -> tuple[ArmedView, ...]:
        """Close every open position whole, those that can be."""
        refuse_while_recovering(self._daemon)
        keys = [
            key
            for key, position in self._state.positions.items()
            if position.is_open and account in ("", key.account)
        ]
        return tuple(
            [
                await self._close(key, self._drafting.next_id("cls"), WHOLE, by)
                for key in keys
            ]
        )

    async def _close(
        self, key: PositionKey, id: str, quantity: Quantity, by: Caller
    ) -> ArmedView:
        command = ClosePosition(
            id=id,
            owner=by.name,
            key=key,
            quantity=quantity,
            now_ns=self._daemon.loop.clock.now_ns(),
        )
        return await self._by_id(command, by)

    def _earlier_close(
        self, earlier: TriggerDefinition, quantity: Quantity, position: str
    ) -> ArmedView:
        close, key = earlier.close, earlier.key
        asked = close is not None and close.quantity == quantity
        if not asked or position not in (str(key), earlier.symbol):
            raise Conflict(
                "idempotency_conflict",
                "this idempotency key was used before with another body",
                "use a new key for a new request",
            )
        return self.view((earlier.id,), ())

    async def _by_id(self, command: Command, by: Caller) -> ArmedView:
        reply = await self.carry_out(command, by)
        return self.view(reply.trigger_ids, reply.notes)

    async def carry_out(self, command: Command, by: Caller) -> Accepted:
        """Carry out a command, or raise what stood against it."""
        try:
            reply = await self._daemon.loop.command(command)
        except StoreFull as error:
            sentence, _, remedy = str(error).partition("; ")
            raise NoRoom("store_full", sentence, remedy) from error
        if isinstance(reply, Refused):
            log(
                Event.COMMAND_REFUSED,
                name=type(command).__name__,
                reason=reply.sentence,
                by=by.name,
            )
            raise refusal_of(command, reply)
        by.touched.extend(reply.trigger_ids)
        return reply

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state

    def view(self, ids: Iterable[str], notes: tuple[str, ...]) -> ArmedView:
        state = self._daemon.loop.engine.state
        prices = AllPrices(self._daemon)
        return ArmedView(
            triggers=tuple(
                trigger_view(state, state.triggers[id], prices)
                for id in ids
                if id in state.triggers
            ),
            notes=notes,
        )
