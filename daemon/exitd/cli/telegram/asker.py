"""How a chat asks the daemon: as itself, so that the record names it."""

from __future__ import annotations

from typing import TypeVar

from exitd.cli.short_ids import beginning_of, only_one
from exitd.client import AsyncClient, calls
from exitd.client.calls import Call
from exitd.runtime.views import TriggerView

T = TypeVar("T")
PAGE = 500
#: More are not looked through for a phone.
_PAGES_MAX = 4


class Asker:
    """Asks for one chat; *asks_for* such as `telegram:123456789`."""

    def __init__(self, daemon: AsyncClient, asks_for: str) -> None:
        self._daemon = daemon
        self._asks_for = asks_for

    async def ask(self, call: Call[T]) -> T:
        """Raises ClientError as the client does."""
        return await self._daemon.ask(call, asks_for=self._asks_for)

    async def active_triggers(self) -> tuple[list[TriggerView], bool]:
        """Give triggers that are not done, and whether these are all of them."""
        page = await self.ask(calls.search(state="active", limit=PAGE))
        found = list(page.triggers)
        for _ in range(_PAGES_MAX - 1):
            if page.next is None:
                break
            page = await self.ask(
                calls.search(state="active", limit=PAGE, after=page.next)
            )
            found += page.triggers
        return found, page.next is None

    async def trigger(self, written: str) -> TriggerView:
        """Find the trigger that somebody means: a phone writes `Sol-core/sl`.

        Raises:
            ClientError: There is none, or nobody answers.
            CommandFailed: Several begin so.
        """
        begun = beginning_of(written)
        active, _ = await self.active_triggers()
        if begun is not None:
            found = [each for each in active if each.id.startswith(begun)]
        else:
            wanted = written.casefold()
            found = [each for each in active if each.id == written] or [
                each for each in active if each.id.casefold() == wanted
            ]
        only_one([each.id for each in found], written)
        if found:
            return found[0]
        return (await self.ask(calls.show(begun or written))).trigger
