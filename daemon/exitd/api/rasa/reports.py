"""What becomes of orders, as `report` frames, for those who watch over a WebSocket.

Reports are made of facts that are on disk and whose orders have left, in a task of
their own that lets others have the loop after each: nothing here holds up a fire.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence

from exitd.api.rasa.callers import ANYBODY, Subject
from exitd.api.rasa.desk import Desk
from exitd.api.rasa.frames import (
    BEGUN,
    ENDED,
    REPORTED,
    Report,
    report_now,
    report_of,
)
from exitd.api.rasa.rows import is_live, kind_of, quote_of, triggers_of
from exitd.api.rasa.watchers import GOING, Watcher
from exitd.core.events import Fact
from exitd.core.trigger import TriggerRecord
from exitd.errors import StoreError
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import TooMany

#: Of one account, one token or one user of this machine.
_OF_ONE_MAX = 8
_OF_ANYBODY_MAX = 96
_TURNS_MAX = 10_000
_CHUNK = 500


class Reports:
    """Gives each watcher what it asked for and may see."""

    def __init__(self, daemon: Daemon, desk: Desk) -> None:
        self._daemon = daemon
        self._desk = desk
        self._watchers: list[Watcher] = []
        self._count: Counter[str] = Counter()
        self._told: deque[Sequence[Fact]] = deque()
        self._is_working = False
        daemon.loop.on_written(self._take_in)

    def join(self, subject: Subject) -> Watcher:
        """Begin to watch; what it gets is up to its patterns.

        Raises:
            TooMany: So many watch for *subject* already.
        """
        name = subject.caller.name
        most = _OF_ANYBODY_MAX if subject is ANYBODY else _OF_ONE_MAX
        if self._count[name] >= most:
            raise TooMany(
                "too_many_sockets", f"{most} WebSockets are open already", "close one"
            )
        watcher = Watcher(subject)
        self._count[name] += 1
        self._watchers.append(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        self._watchers.remove(watcher)
        name = watcher.subject.caller.name
        self._count[name] -= 1
        if not self._count[name]:
            del self._count[name]

    def _take_in(self, facts: Sequence[Fact], is_durable: bool) -> None:
        """Keep facts for later: this is where others wait to be told."""
        if not self._watchers or self._daemon.is_stopping:
            return
        if len(self._told) >= _TURNS_MAX:
            self._give_up("more happened than could be told")
            return
        self._told.append(facts)
        if not self._is_working:
            self._is_working = True
            self._daemon.spawn(self._work(), "reports of the Rasa-compatible API")

    def _give_up(self, why: str) -> None:
        self._told.clear()
        for watcher in self._watchers:
            watcher.let_go(GOING, f"{why}; read the orders, then watch again")

    async def _work(self) -> None:
        try:
            while self._told:
                for report in await self._reports_of(self._told.popleft()):
                    for watcher in self._watchers:
                        watcher.give(report)
                    await asyncio.sleep(0)
        except StoreError:
            self._give_up("the state could not be read")
        finally:
            self._is_working = False

    async def _reports_of(self, facts: Sequence[Fact]) -> list[Report]:
        """Make the reports of one turn of the engine.

        Of a kind whose orders were replaced they say that it was edited, not that it
        is gone; and while one of a kind lives, its end never has the last word.
        """
        ours = [pair async for pair in self._ours(facts)]
        begun = {_place(record) for fact, record in ours if fact.kind in BEGUN}
        ended = {_place(record) for fact, record in ours if fact.kind in ENDED}
        made: list[Report] = []
        for fact, record in ours:
            quote_id, kind = place = _place(record)
            holding = await self._desk.remembered(quote_id)
            if holding is None or (fact.kind in ENDED and place in begun):
                continue
            is_edit = fact.kind in BEGUN and place in ended
            made.append(report_of(fact, record, holding, is_edit=is_edit))
            if fact.kind not in ENDED:
                continue
            others = triggers_of(self._desk.state, holding)
            live = [one for one in others if is_live(one) and kind_of(one) == kind]
            for other in live[-1:]:
                made.append(report_now(self._desk.state, fact.ts_ns, other, holding))
        return made

    async def _ours(
        self, facts: Sequence[Fact]
    ) -> AsyncIterator[tuple[Fact, TriggerRecord]]:
        """Give the facts of orders of this API, with their triggers."""
        for index, fact in enumerate(facts):
            if index % _CHUNK == _CHUNK - 1:
                await asyncio.sleep(0)
            if fact.kind not in REPORTED or quote_of(fact.trigger_id) is None:
                continue
            record = self._desk.state.triggers.get(fact.trigger_id)
            if record is not None and fact.account == self._desk.settings.account:
                yield fact, record


def _place(record: TriggerRecord) -> tuple[int, str]:
    quote_id = quote_of(record.id)
    assert quote_id is not None
    return quote_id, kind_of(record)
