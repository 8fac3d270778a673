"""What the store gives back when it is asked: history, books, tokens and notes."""

from collections.abc import Collection

from exitd.adapters.sqlite.books import Books
from exitd.adapters.sqlite.history import History, OnBadRows
from exitd.adapters.sqlite.readers import Readers
from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.market import Instrument
from exitd.core.records import FundingRecord
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.ports.store import (
    BookedFill,
    ExitRow,
    FactQuery,
    PastQuery,
    StoredFact,
    TokenRecord,
)


class Archive:
    """The reading half of the `Store` port."""

    def __init__(self, readers: Readers, on_bad: OnBadRows) -> None:
        self._readers = readers
        self._history = History(readers.lend, on_bad)
        self._books = Books(readers.lend, on_bad)

    async def facts(self, query: FactQuery) -> tuple[StoredFact, ...]:
        return await self._readers.ask(lambda: self._history.facts(query))

    async def exits(self, ts_from_ns: int, ts_to_ns: int) -> tuple[ExitRow, ...]:
        return await self._readers.ask(lambda: self._books.exits(ts_from_ns, ts_to_ns))

    async def fills(self, ts_from_ns: int, ts_to_ns: int) -> tuple[BookedFill, ...]:
        return await self._readers.ask(lambda: self._books.fills(ts_from_ns, ts_to_ns))

    async def funding(
        self, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[FundingRecord, ...]:
        return await self._readers.ask(
            lambda: self._books.funding(ts_from_ns, ts_to_ns)
        )

    async def entries(self, ts_from_ns: int, ts_to_ns: int) -> tuple[EntryRecord, ...]:
        return await self._readers.ask(
            lambda: self._books.entries(ts_from_ns, ts_to_ns)
        )

    async def signals(self, ts_from_ns: int, ts_to_ns: int) -> tuple[SignalRecord, ...]:
        return await self._readers.ask(
            lambda: self._books.signals(ts_from_ns, ts_to_ns)
        )

    async def inbox(self, ts_from_ns: int) -> tuple[SignalRecord, ...]:
        return await self._readers.ask(lambda: self._books.inbox(ts_from_ns))

    async def last_signal(
        self, route: str, client_order_id: str
    ) -> SignalRecord | None:
        return await self._readers.ask(
            lambda: self._books.last_signal(route, client_order_id)
        )

    async def entries_by_id(self, ids: Collection[str]) -> dict[str, EntryRecord]:
        return await self._readers.ask(lambda: self._books.entries_by_id(ids))

    async def signals_by_id(self, ids: Collection[str]) -> dict[str, SignalRecord]:
        return await self._readers.ask(lambda: self._books.signals_by_id(ids))

    async def fires(self, trigger_id: str) -> tuple[FireRecord, ...]:
        return await self._readers.ask(lambda: self._history.fires(trigger_id))

    async def past_triggers(self, query: PastQuery) -> tuple[TriggerRecord, ...]:
        return await self._readers.ask(lambda: self._history.past_triggers(query))

    async def past_instruments(
        self, markets: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], Instrument]:
        return await self._readers.ask(lambda: self._history.past_instruments(markets))

    async def past_triggers_by_id(
        self, ids: Collection[str]
    ) -> dict[str, TriggerRecord]:
        return await self._readers.ask(lambda: self._books.past_triggers_by_id(ids))

    async def tokens(self) -> tuple[TokenRecord, ...]:
        return await self._readers.ask(self._history.tokens)

    async def note(self, key: str) -> bytes | None:
        return await self._readers.ask(lambda: self._history.note(key))
