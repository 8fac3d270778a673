"""Entries: those that live, those that are over, one of them, and taking one back."""

from collections import Counter
from collections.abc import Collection, Iterable

from msgspec import Struct

from exitd.core.entry import EntryRecord, EntryState
from exitd.core.entry_inputs import WithdrawEntry
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord
from exitd.ports.store import FactQuery, StoredFact
from exitd.runtime.callers import Caller
from exitd.runtime.control.newest import Page, Place, newest, page_of, read_cursor
from exitd.runtime.control.running import AllPrices, settle
from exitd.runtime.control.triggers import Triggers
from exitd.runtime.daemon import Daemon
from exitd.runtime.entries_shown import entry_view, signal_view
from exitd.runtime.entry_views import (
    EntriesView,
    EntryChangedView,
    EntryDetailView,
)
from exitd.runtime.problems import Conflict, NotFound
from exitd.runtime.shown import fact_view, trigger_view
from exitd.runtime.views import FactView, TriggerView

_FACTS = 50
_EVENTS = ("entry.*", "exits.*")


class EntryFilter(Struct, frozen=True, kw_only=True):
    """Which entries; empty takes all. A symbol is meant in any letter case."""

    account: str = ""
    symbol: str = ""
    state: str = ""

    def takes(self, entry: EntryRecord) -> bool:
        order = entry.order
        return (
            self.account in ("", order.account)
            and self.symbol.upper() in ("", order.ticket.symbol.upper())
            and self.state in ("", entry.state.value)
        )


class Entries:
    """Shows entries, and takes them back."""

    def __init__(self, daemon: Daemon, triggers: Triggers) -> None:
        self._daemon = daemon
        self._triggers = triggers

    async def live(
        self, wanted: EntryFilter, *, limit: int, after: str = ""
    ) -> EntriesView:
        """Give a page of those that are not over, newest first."""
        rows = filter(wanted.takes, self._live())
        page = page_of(rows, _place_of, limit=limit, after=read_cursor(after))
        return await self._shown(page)

    async def every(
        self,
        wanted: EntryFilter,
        *,
        ts_from_ns: int,
        ts_to_ns: int,
        limit: int,
        after: str = "",
    ) -> EntriesView:
        """Give a page of those wanted in [from, to), newest first."""
        await settle(self._daemon.store)

        async def read(low_ns: int, high_ns: int) -> Iterable[EntryRecord]:
            stored = await self._daemon.store.entries(low_ns, high_ns)
            return filter(wanted.takes, map(self._now, stored))

        page = await newest(
            read,
            _place_of,
            ts_from_ns=ts_from_ns,
            ts_to_ns=ts_to_ns,
            limit=limit,
            after=read_cursor(after),
        )
        return await self._shown(page)

    def counts(self) -> dict[str, int]:
        """Count those that are not over by their state."""
        return dict(
            sorted(Counter(entry.state.value for entry in self._live()).items())
        )

    async def show(self, entry_id: str, *, account: str = "") -> EntryDetailView:
        entry = await self._find(entry_id, account)
        signals = await self._daemon.store.signals_by_id([entry_id])
        signal = signals.get(entry_id)
        ids = [definition.id for definition in entry.exits]
        exits = await exits_of(self._daemon, [entry])
        return EntryDetailView(
            entry=entry_view(self._state, entry, self._prices, exits),
            signal=signal_view(signal, entry) if signal is not None else None,
            triggers=await triggers_shown(self._daemon, ids),
            facts=await self._facts(entry),
        )

    async def _facts(self, entry: EntryRecord) -> tuple[FactView, ...]:
        found: list[StoredFact] = []
        for event in _EVENTS:
            query = FactQuery(
                entry=entry.id,
                ts_from_ns=entry.ts_wanted_ns,
                event=event,
                limit=_FACTS,
            )
            found += await self._daemon.store.facts(query)
        latest = sorted(found, key=lambda stored: stored.seq, reverse=True)
        return tuple(fact_view(stored) for stored in latest[:_FACTS])

    async def withdraw(
        self, entry_id: str, by: Caller, *, account: str = ""
    ) -> EntryChangedView:
        """Take back what has not filled; what has filled keeps its exits.

        Returns once it is written down that it is taken back. The broker is asked to
        cancel it until it says that it is over.

        Raises:
            NotFound: There is no such entry.
            Conflict: It has filled, so that there is nothing to take back.
        """
        entry = await self._find(entry_id, account)
        if entry.state is EntryState.FILLED:
            raise Conflict(
                "ended",
                f"{entry_id} has filled, so nothing of it is left to take back",
                f"close the position with `exitd close {entry.order.key}`",
            )
        if entry_id not in self._state.entries:
            note = f"{entry_id} is {entry.state.value} already"
            return await self._changed(entry, (note,))
        command = WithdrawEntry(
            entry_id=entry_id,
            why=f"taken back by {by.name}",
            now_ns=self._daemon.loop.clock.now_ns(),
        )
        reply = await self._triggers.carry_out(command, by)
        return await self._changed(self._now(entry), reply.notes)

    async def _changed(
        self, entry: EntryRecord, notes: tuple[str, ...]
    ) -> EntryChangedView:
        exits = await exits_of(self._daemon, [entry])
        view = entry_view(self._state, entry, self._prices, exits)
        return EntryChangedView(entry=view, notes=notes)

    async def _find(self, entry_id: str, account: str) -> EntryRecord:
        """Give an entry's record as it is now; with *account*, only of that one.

        Raises:
            NotFound: There is none; the same words whether it is unknown or foreign.
        """
        found = await entries_now(self._daemon, [entry_id])
        entry = found.get(entry_id)
        if entry is None or account not in ("", entry.order.account):
            raise NotFound(
                "unknown",
                f"there is no entry {entry_id}",
                "`exitd entries --all` lists them",
            )
        return entry

    async def _shown(self, page: Page[EntryRecord]) -> EntriesView:
        state, prices = self._state, self._prices
        exits = await exits_of(self._daemon, page.rows)
        entries = tuple(entry_view(state, entry, prices, exits) for entry in page.rows)
        return EntriesView(entries=entries, next=page.next)

    def _live(self) -> list[EntryRecord]:
        return [e for e in self._state.entries.values() if not e.is_over]

    def _now(self, entry: EntryRecord) -> EntryRecord:
        """Give what is in memory, which is never behind what is stored."""
        return self._state.entries.get(entry.id, entry)

    @property
    def _prices(self) -> AllPrices:
        return AllPrices(self._daemon)

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state


def _place_of(entry: EntryRecord) -> Place:
    return Place(entry.ts_wanted_ns, entry.id)


async def entries_now(daemon: Daemon, ids: Collection[str]) -> dict[str, EntryRecord]:
    """Give entries by their ids: from memory, those that are over from the store."""
    await settle(daemon.store)
    known = daemon.loop.engine.state.entries
    found = {id: known[id] for id in ids if id in known}
    over = [id for id in ids if id not in found]
    return found | (await daemon.store.entries_by_id(over) if over else {})


async def triggers_shown(
    daemon: Daemon, ids: Collection[str]
) -> tuple[TriggerView, ...]:
    """Show triggers by their ids, those that are still known."""
    state, prices = daemon.loop.engine.state, AllPrices(daemon)
    found = await daemon.loop.past.find(ids)
    return tuple(trigger_view(state, record, prices) for record in found.values())


async def exits_of(
    daemon: Daemon, entries: Iterable[EntryRecord]
) -> dict[str, TriggerRecord]:
    """Give the exits of entries, as they are or ended; those that were armed."""
    ids = [definition.id for entry in entries for definition in entry.exits]
    return await daemon.loop.past.find(ids)
