"""From what somebody asks to definitions that can be armed; nothing is armed here."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.inputs import Amend, IfCrossed
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import ZERO
from exitd.runtime.callers import Caller
from exitd.runtime.control.amending import changed
from exitd.runtime.control.asked_exit import AskedExit
from exitd.runtime.control.asked_markets import fit_to_markets
from exitd.runtime.control.asked_moves import names_in, refuse_unknown_triggers
from exitd.runtime.control.definitions import asked_for
from exitd.runtime.control.identifiers import Identifiers
from exitd.runtime.control.identities import recalled, refuse_file_owned
from exitd.runtime.control.pricing import Pricing
from exitd.runtime.control.requests import (
    TriggerChange,
    TriggerRequest,
    market_of,
)
from exitd.runtime.control.running import (
    file_positions,
    follows_entry,
    policies_of,
    refuse_while_recovering,
)
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import Conflict, Unusable

#: Triggers that are read before others get the loop: about a millisecond.
_CHUNK = 16

IfNoPosition = Literal["refuse", "wait"]


class Drafted(Struct, frozen=True):
    """What was asked for, as far as it can be judged without arming it.

    `notes` are sentences for the person.
    """

    definitions: tuple[TriggerDefinition, ...]
    notes: tuple[str, ...]


class Drafting:
    """Reads requests by the rules of the files, and sees to prices to judge them by."""

    def __init__(self, daemon: Daemon, identifiers: Identifiers) -> None:
        self._daemon = daemon
        self._identifiers = identifiers
        self.pricing = Pricing(daemon)

    def next_id(self, prefix: str) -> str:
        return self._identifiers.next(prefix)

    def if_crossed(self) -> IfCrossed:
        """What the configuration says becomes of a level that is crossed already."""
        return IfCrossed(policies_of(self._daemon).crossed_at_arm_by_api)

    async def new(
        self,
        requests: Sequence[TriggerRequest],
        by: Caller,
        if_no_position: IfNoPosition | None,
    ) -> Drafted:
        """Read triggers that are to be armed together.

        Raises:
            ControlError: One of them cannot be armed, and why.
        """
        now_ns = self._daemon.loop.clock.now_ns()
        many = len(requests) > 1
        drafts = []
        for index, request in enumerate(requests):
            with _naming(index if many else None):
                drafts.append(self.draft(request, by, if_no_position, now_ns))
            await _let_others(index)
        definitions = tuple(draft.definition for draft in drafts)
        await self._know(definitions)
        notes: list[str] = []
        for index, draft in enumerate(drafts):
            with _naming(index if many else None):
                notes += self.notes_of(draft)
            await _let_others(index)
        return Drafted(definitions, tuple(notes))

    async def amendment(
        self,
        trigger_id: str,
        change: TriggerChange,
        if_crossed: IfCrossed | None,
        account: str,
    ) -> tuple[Drafted, Amend]:
        """Read what a trigger is to become, and give the command that makes it so.

        Raises:
            ControlError: It cannot become that, and why.
        """
        refuse_while_recovering(self._daemon)
        drafted = await self._changed(trigger_id, change, account)
        command = Amend(
            definition=drafted.definitions[0],
            if_crossed=if_crossed or self.if_crossed(),
            now_ns=self._daemon.loop.clock.now_ns(),
        )
        return drafted, command

    async def _changed(
        self, trigger_id: str, change: TriggerChange, account: str
    ) -> Drafted:
        """Read what a trigger that is there is to become.

        Raises:
            ControlError: It cannot become that, and why.
        """
        record = await recalled(self._daemon, trigger_id, account)
        refuse_file_owned(record, "amended")
        definition, draft = changed(
            record.definition,
            change,
            now_ns=self._daemon.loop.clock.now_ns(),
            follows=follows_entry(self._daemon),
        )
        await self._know((definition,))
        notes = tuple(self.notes_of(draft)) if draft is not None else ()
        return Drafted((definition,), notes)

    def draft(
        self,
        request: TriggerRequest,
        by: Caller,
        if_no_position: IfNoPosition | None,
        now_ns: int,
        prefix: str = "trg",
    ) -> AskedExit:
        daemon = self._daemon
        market = market_of(request, file_positions(daemon), daemon.accounts)
        if request.position and request.name:
            id = f"{request.position}/{request.name}"
        else:
            id = self.next_id(prefix)
        draft = asked_for(
            request,
            market,
            id=id,
            owner=by.name,
            now_ns=now_ns,
            follows=follows_entry(self._daemon),
        )
        made = draft.definition
        if made.key is None or if_no_position is None:
            return draft
        if daemon.loop.engine.state.position(made.key).held > ZERO:
            return draft
        if if_no_position == "refuse":
            raise Conflict(
                "no_position",
                f"there is no {made.side} position in {made.symbol} to protect",
                "open it first, or let the trigger wait for it",
            )
        # It waits for one position and ends with it, as other commands' triggers do.
        return replace(draft, definition=replace(made, template=True, once=True))

    def notes_of(self, draft: AskedExit) -> Iterator[str]:
        """Check an exit against its markets, and say what a person should know."""
        for note in (*draft.warnings, *fit_to_markets(self._daemon, draft)):
            yield f"{draft.definition.id}: {note}"

    async def _know(self, definitions: tuple[TriggerDefinition, ...]) -> None:
        """See to the triggers and prices that they are judged by."""
        await self._daemon.loop.past.recall(names_in(definitions))
        refuse_unknown_triggers(definitions, self._daemon.loop.engine.state)
        await self.pricing.know(definitions)


async def _let_others(index: int) -> None:
    """Let prices through now and then: a large batch takes many milliseconds."""
    if index % _CHUNK == _CHUNK - 1:
        await asyncio.sleep(0)


@contextmanager
def _naming(index: int | None) -> Iterator[None]:
    """Say of which trigger of a batch it is that something is wrong."""
    try:
        yield
    except Unusable as error:
        if index is None:
            raise
        raise error.within(f"triggers.{index}") from error
