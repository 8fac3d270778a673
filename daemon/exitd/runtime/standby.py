"""Which accounts stand by and why; kept, so that a restart does not forget it."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from exitd.core.events import Fact, FactKind
from exitd.core.simulated import is_simulated
from exitd.core.state import State
from exitd.logs import Event, log
from exitd.ports.store import Store
from exitd.runtime.loop import EngineLoop

HOME, STANDBY = "home", "standby"
COPY = (
    "this state was put back from a copy, and another exitd may have gone on from "
    "where it was copied"
)
MOVED = (
    "this state was used on another machine or is a copied file, and another exitd may "
    "go on with it there"
)
SHARED = "another exitd with the same state sends orders on this account"

Spawn = Callable[[Coroutine[Any, Any, None], str], None]


class Standing(Struct, frozen=True):
    """Why an account stands by, and what this state knew when it last acted.

    An order with our tag is of another daemon if its id is above `counter`; or if it is
    at or below `began`, and the order was made after `since_ns`, by the venue's clock.
    """

    reason: str
    since_ns: int
    began: int
    counter: int


class Kept(Struct, frozen=True):
    """What is kept under the note `standby`, and the home where it was written."""

    home: str
    accounts: dict[str, Standing]


class Standby:
    """The accounts of one daemon that only watch."""

    def __init__(
        self,
        loop: EngineLoop,
        store: Store,
        spawn: Spawn,
        *,
        home: str = "",
        is_copy: bool = False,
    ) -> None:
        """
        Args:
            home: Where this state is; empty where nothing real can be sent.
            is_copy: Whether the state was put back from a copy just now.
        """
        self.accounts: dict[str, Standing] = {}
        self._loop = loop
        self._store = store
        self._spawn = spawn
        self._home = home
        self._is_copy = is_copy
        self._running: frozenset[str] = frozenset()
        loop.on_facts(self._take)

    async def begin(self, accounts: Iterable[str]) -> None:
        """At a start, before anything can leave: see whether this state may act.

        Raises:
            StoreError: What was found could not be written down.
        """
        self._running = frozenset(accounts)
        if not self._home:
            return
        kept = await self._read()
        known = await self._store.note(HOME)
        home = known.decode() if known is not None else ""
        is_elsewhere = self._home not in (home or self._home, kept.home)
        if self._is_copy or is_elsewhere:
            reason = COPY if self._is_copy else MOVED
            state = self._loop.engine.state
            self.accounts = {
                name: kept.accounts.get(name) or _standing(state, name, reason)
                for name in sorted({*self._running, *state.counters})
                if not is_simulated(name)
            }
            await self._keep()
        else:
            self.accounts = dict(kept.accounts)
            if not home and not self.standing:
                await self._store.put_note(HOME, self._home.encode())
        for name, standing in self.accounts.items():
            self._loop.engine.state.standing_by.add(name)
            log(Event.ACCOUNT_STANDING_BY, account=name, reason=standing.reason)

    @property
    def standing(self) -> tuple[str, ...]:
        """The accounts of this run that stand by; a file may bring back others."""
        return tuple(name for name in self.accounts if name in self._running)

    async def end(self, account: str) -> None:
        """An account acts again; with the last of them, this is the state's home.

        Raises:
            StoreError: It could not be written down.
        """
        self.accounts.pop(account, None)
        await self._keep()
        if self._home and not self.standing:
            await self._store.put_note(HOME, self._home.encode())

    def _take(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if fact.kind is FactKind.ACCOUNT_SHARED:
                self._stand_down(fact.account)

    def _stand_down(self, account: str) -> None:
        state = self._loop.engine.state
        began = state.began[account]
        assert began.ts_venue_ns is not None, "nothing is foreign before that is known"
        counter = state.counters[account].counter
        self.accounts[account] = Standing(
            SHARED, began.ts_venue_ns, began.counter, counter
        )
        self._spawn(self._keep(), f"keep that {account} stands by")

    async def _keep(self) -> None:
        kept = Kept(self._home, self.accounts)
        await self._store.put_note(STANDBY, msgspec.json.encode(kept))

    async def _read(self) -> Kept:
        note = await self._store.note(STANDBY)
        return Kept("", {}) if note is None else msgspec.json.decode(note, type=Kept)


def _standing(state: State, account: str, reason: str) -> Standing:
    counter = state.counters.get(account)
    number = counter.counter if counter is not None else 0
    return Standing(reason, newest_ns(state, account), number, number)


def newest_ns(state: State, account: str) -> int:
    """Give the newest instant that a state knows of on an account, UTC; 0 for none."""
    instants = [
        *(
            record.ts_changed_ns
            for record in state.triggers.values()
            if record.definition.account == account
        ),
        *(
            attempt.ts_changed_ns
            for attempt in state.attempts.values()
            if attempt.order.account == account
        ),
        *(
            position.ts_venue_ns
            for key, position in state.positions.items()
            if key.account == account
        ),
    ]
    return max(instants, default=0)
