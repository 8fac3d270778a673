"""Where facts and rows are kept.

Rows are the truth at start-up, facts are the history; both of one decision go
into one transaction. There is one writer, and memory never rolls back: a batch
whose commit failed is read back and written again, in order.
"""

import threading
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.events import Fact
from exitd.core.market import Instrument
from exitd.core.records import FillRecord, FundingRecord, Record, Snapshot
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.errors import StoreError


class Claim:
    """Whose a batch is that may be taken back: its submitter's, until it is begun.

    The writer is another thread; of the two, the first to ask has it for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = ""

    def begin(self) -> bool:
        """For the writer, as often as it likes: whether the batch may be written."""
        return self._take("writer")

    def withdraw(self) -> bool:
        """For the submitter: whether it is certain that it is never written."""
        return self._take("submitter")

    def _take(self, who: str) -> bool:
        with self._lock:
            self._owner = self._owner or who
            return self._owner == who


class Batch(Struct, frozen=True):
    """The records and facts of one decision.

    `may_fail` marks what somebody can be told about and repeat (an arm): with
    a full disk it is refused. Everything else waits for room and is written, unless
    it has a `claim` by which it was withdrawn before.
    """

    records: tuple[Record, ...]
    facts: tuple[Fact, ...]
    may_fail: bool = False
    claim: Claim | None = None

    @property
    def is_withdrawn(self) -> bool:
        """For the writer, which begins on it if it is not."""
        return self.claim is not None and not self.claim.begin()


OnDurable = Callable[[StoreError | None], None]


class StoreHealth(StrEnum):
    WRITABLE = "writable"
    FULL = "full"
    FAILING = "failing"


class StoredFact(Struct, frozen=True):
    """A fact as history gives it back; `seq` rises by one with each."""

    seq: int
    fact: Fact


class FactQuery(Struct, frozen=True, kw_only=True):
    """Which facts; `event` may end in `*`. Newest first unless `oldest_first`.

    `entry` is the id of an entry, in the facts about it and about its exits; `by` is
    who asked for what they tell, such as `api:phone`.
    """

    after_seq: int = 0
    ts_from_ns: int = 0
    ts_to_ns: int | None = None
    trigger_id: str = ""
    fire_id: str = ""
    entry: str = ""
    by: str = ""
    event: str = ""
    limit: int = 100
    oldest_first: bool = False


class ExitRow(Struct, frozen=True):
    """A firing with its fills, oldest first.

    A fill that was stored before anybody knew whose it was is joined by the client
    order id of its attempt.
    """

    fire: FireRecord
    fills: tuple[FillRecord, ...]


class BookedFill(Struct, frozen=True):
    """A fill of the account, with its firing where it is ours."""

    fill: FillRecord
    fire: FireRecord | None


class TokenRecord(Struct, frozen=True):
    """An API token; only the SHA-256 of its secret is kept.

    `scopes` are `read`, `trade` and `admin`; `expires_ns` None never expires. One that
    a login gave has no scopes: it is for one sub-account, in lower case, and its door.
    """

    name: str
    digest: str
    scopes: tuple[str, ...]
    ts_created_ns: int
    expires_ns: int | None = None
    sub_account: str = ""


class PutBack(Struct, frozen=True):
    """Who put a copy in the place of this state, from where, and which copy."""

    by: str
    place: str
    copy: str
    ts_ns: int


class EntryArchive(Protocol):
    """What is kept of alerts and of the entries that they became, for ever."""

    async def entries(self, ts_from_ns: int, ts_to_ns: int) -> tuple[EntryRecord, ...]:
        """Read the entries wanted in [from, to), oldest first."""
        ...

    async def signals(self, ts_from_ns: int, ts_to_ns: int) -> tuple[SignalRecord, ...]:
        """Read the alerts received in [from, to), oldest first."""
        ...

    async def inbox(self, ts_from_ns: int) -> tuple[SignalRecord, ...]:
        """Read the alerts that a start needs, in the order in which they were stored.

        Those that are still to be carried out, those received from *ts_from_ns* on, and
        the newest; not as many as there ever were.
        """
        ...

    async def last_signal(
        self, route: str, client_order_id: str
    ) -> SignalRecord | None:
        """Read the newest alert of a route with this id, which is not empty."""
        ...

    async def entries_by_id(self, ids: Collection[str]) -> dict[str, EntryRecord]:
        """Read entries by their ids, those there are."""
        ...

    async def signals_by_id(self, ids: Collection[str]) -> dict[str, SignalRecord]:
        """Read alerts by their ids, those there are."""
        ...


class PastQuery(Struct, frozen=True, kw_only=True):
    """Which triggers of the past, in the order of their ids, after `after`.

    `prefix` is what their ids begin with; empty takes all.
    """

    account: str = ""
    symbol: str = ""
    prefix: str = ""
    after: str = ""
    limit: int = 100


class TriggerArchive(Protocol):
    """What is kept of triggers that are done and that no start restores.

    Each is as it was when a `TriggerGone` came for it; one that was put back since, and
    is done anew, is here as it was before.
    """

    async def past_triggers(self, query: PastQuery) -> tuple[TriggerRecord, ...]: ...

    async def past_triggers_by_id(
        self, ids: Collection[str]
    ) -> dict[str, TriggerRecord]:
        """Read triggers of the past by their ids, those there are."""
        ...


class MarketArchive(Protocol):
    """What is kept of markets that ended, and that no start restores, for ever."""

    async def past_instruments(
        self, markets: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], Instrument]:
        """Read markets of the past by account and symbol, those there are.

        Each is as the last `MarketGone` of it told.
        """
        ...


class Store(EntryArchive, TriggerArchive, MarketArchive, Protocol):
    """One store, opened by one daemon.

    Opening raises `StoreLocked` when another daemon holds it and
    `StoreDamaged` when the file cannot be trusted; both name the next step.
    """

    def load(self) -> Snapshot:
        """Read what a start restores; an undecodable row is set aside.

        What was set aside is listed by `set_aside` and alerted by the caller.
        """
        ...

    @property
    def set_aside(self) -> tuple[str, ...]: ...

    def submit(self, batch: Batch, on_durable: OnDurable | None = None) -> None:
        """Queue a batch; *on_durable* is called on the loop once it is on disk.

        Batches become durable in the order they were submitted, several in one
        commit. *on_durable* gets a `StoreFull` only for a `may_fail` batch, and a
        `Withdrawn` only for one that its submitter has withdrawn.
        """
        ...

    @property
    def health(self) -> StoreHealth: ...

    @property
    def backlog(self) -> int:
        """Batches submitted and not yet durable."""
        ...

    def ts_committed_ns(self) -> int:
        """When the writer last proved that it can commit, monotonic."""
        ...

    def tag(self, account: str) -> int:
        """This deployment's 8-bit client id tag, chosen at random once."""
        ...

    async def facts(self, query: FactQuery) -> tuple[StoredFact, ...]: ...

    async def exits(self, ts_from_ns: int, ts_to_ns: int) -> tuple[ExitRow, ...]:
        """Read the firings hit in [from, to), oldest first."""
        ...

    async def fills(self, ts_from_ns: int, ts_to_ns: int) -> tuple[BookedFill, ...]:
        """Read every fill executed in [from, to), ours or not, oldest first."""
        ...

    async def funding(
        self, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[FundingRecord, ...]:
        """Read the funding paid in [from, to), oldest first."""
        ...

    async def fires(self, trigger_id: str) -> tuple[FireRecord, ...]: ...

    async def put_token(self, token: TokenRecord) -> None: ...

    async def drop_token(self, name: str) -> bool: ...

    async def tokens(self) -> tuple[TokenRecord, ...]: ...

    async def put_note(self, key: str, value: bytes) -> None:
        """Keep a small named value: the last good file set, for one."""
        ...

    async def note(self, key: str) -> bytes | None: ...

    async def close(self) -> None:
        """Drain what was submitted, then close."""
        ...
