"""Everything the engine knows, and the decisions it gives.

Records are immutable; a change puts a new one in place through `Turn`, which
also notes it for the store. So what is stored is what is known.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import IntEnum
from heapq import heappop

from msgspec import Struct

from exitd.core.attempt import AttemptKey, AttemptRecord, Capabilities
from exitd.core.backstop import BackstopRecord
from exitd.core.book import Book
from exitd.core.combining import combined_price
from exitd.core.entry import EntryRecord
from exitd.core.events import Fact
from exitd.core.intents import Intent
from exitd.core.market import Instrument, PriceSource
from exitd.core.market_ends import MarketEnds
from exitd.core.neighbours import Neighbours
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.records import CounterRecord, IdempotencyRecord, Record
from exitd.core.role import Role
from exitd.core.roster import Roster
from exitd.core.trigger import FireRecord, TriggerDefinition, TriggerRecord
from exitd.core.under_way import UnderWay


class Accepted(Struct, frozen=True):
    """A command was carried out; `notes` are sentences for the person."""

    trigger_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Refused(Struct, frozen=True):
    """A command changed nothing. `code` is stable, `sentence` is for people."""

    code: str
    sentence: str
    trigger_id: str = ""


Reply = Accepted | Refused


class Decision(Struct, frozen=True):
    """What one input led to: rows and facts to store, intents to carry out."""

    facts: tuple[Fact, ...] = ()
    intents: tuple[Intent, ...] = ()
    records: tuple[Record, ...] = ()
    reply: Reply | None = None

    @property
    def is_quiet(self) -> bool:
        return not (self.facts or self.intents or self.records)


QUIET = Decision()


class TimerKind(IntEnum):
    EXPIRE = 0
    RETRY = 1
    RESOLVE = 2
    CONFIRM = 3
    BUDGET = 4
    FORGET = 5
    PATIENCE = 6
    DUE = 7
    CONFIRMED = 8
    WATERMARKS = 9
    GUARD = 10
    ENTRY_LAPSES = 11
    ENTRY_DOUBT = 12
    ENTRY_PROOF = 13
    ENTRY_FORGET = 14
    ENTRY_WITHDRAWN = 15
    BACKSTOP = 16
    BACKSTOP_ASK = 17
    ENTRY_LEGS = 18


class Began(Struct, frozen=True):
    """The last id of an account before this run, and the venue's time at its start.

    The time is None as long as the venue's clock is not known.
    """

    counter: int
    ts_venue_ns: int | None


class Timer(Struct, frozen=True, gc=False):
    """Due at `due_ns`; `n` is the attempt, `source` the price, where there is one.

    `trigger_id` is the id of the entry in those of entries, and the key of the position
    in those of backstops.
    """

    due_ns: int
    kind: TimerKind
    trigger_id: str
    arming: int
    n: int = 0
    source: PriceSource | None = None


class Barrier(Struct, eq=False):
    """One account after an unclean stop, see `barrier`.

    `ids` are the triggers by the ids that were reserved with their armings, as they
    were restored; `keys` their positions, and `positions` what those were then.
    `since_venue_ns` is the venue's first good
    time after the start: nothing of the run before was signed later. Once it
    `is_passed`, the ids that are left are spent, and replaced bit by bit.
    """

    ids: dict[int, TriggerRecord]
    keys: frozenset[PositionKey]
    window_ns: int
    since_venue_ns: int | None = None
    is_passed: bool = False
    positions: dict[PositionKey, PositionRecord] = {}


class LegsAsked(Struct, frozen=True, gc=False):
    """Since when a broker is asked to let go of the exits of an entry; how often."""

    since_ns: int
    n: int


class State:
    """The engine's memory; records are written to it by `Turn` only.

    What follows `books` is derived from the records: indexes, what waits, timers.
    `passed` are positions where a take-profit was sent although stops fire; `ahead_ns`
    is how far the clock of an account's venue is ahead of ours. `missed` is when a
    broker first did not list an order that it had taken, by its clock. `standing_by`
    are the accounts on which nothing may be sent: another daemon may act there.
    `overlapped` are those whose closes may leave while they are written down, and
    `unreserved` the armings on them that have no id for that yet; `first_ids_used` are
    those that were reserved before this run and used in it.
    """

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self.capabilities: dict[str, Capabilities] = {}
        self.triggers: dict[str, TriggerRecord] = {}
        #: From when on each that is done may be forgotten, the first to come first;
        #: and which of an account was the last to be done.
        self.done: dict[str, int] = {}
        self.last_done: dict[str, str] = {}
        self.fires: dict[str, FireRecord] = {}
        self.ended: dict[tuple[str, int], FireRecord] = {}
        self.attempts: dict[AttemptKey, AttemptRecord] = {}
        self.entries: dict[str, EntryRecord] = {}
        self.positions: dict[PositionKey, PositionRecord] = {}
        self.backstops: dict[PositionKey, BackstopRecord] = {}
        self.backstop_terms: dict[PositionKey, Decimal] = {}
        self.instruments: dict[tuple[str, str], Instrument] = {}
        #: When each market was last told, in this run.
        self.markets_read_ns: dict[tuple[str, str], int] = {}
        self.counters: dict[str, CounterRecord] = {}
        self.idempotency: dict[str, IdempotencyRecord] = {}
        self.sessions: dict[str, tuple[tuple[int, int], ...]] = {}
        self.stale: set[PriceSource] = set()
        self.books: dict[PriceSource, Book] = {}
        #: Another number after any book has come or gone.
        self.books_changed = 0
        self.market_ends = MarketEnds()
        self.roles: dict[str, Role] = {}
        self.shared_roles: dict[Role, Role] = {}
        self.by_position: dict[PositionKey, Roster] = {}
        self.followers: dict[PositionKey, dict[str, None]] = {}
        self.by_calendar: dict[str, dict[str, None]] = {}
        self.neighbours: dict[PositionKey, Neighbours] = {}
        self.under_way: dict[PositionKey, UnderWay] = {}
        self.active: dict[str, int] = {}
        self.attempt_of_client_id: dict[tuple[str, int], AttemptKey] = {}
        self.backstop_of_client_id: dict[tuple[str, int], PositionKey] = {}
        self.entry_of_reference: dict[tuple[str, str], str] = {}
        self.entry_of_order: dict[tuple[str, str], str] = {}
        self.entry_of_exit: dict[str, str] = {}
        self.entries_by_key: dict[PositionKey, dict[str, None]] = {}
        self.trades: dict[AttemptKey, set[str]] = {}
        self.stops_firing: dict[PositionKey, dict[str, None]] = {}
        self.held: dict[PositionKey, dict[str, None]] = {}
        self.passed: set[PositionKey] = set()
        self.ahead_ns: dict[str, int] = {}
        self.standing_by: set[str] = set()
        self.began: dict[str, Began] = {}
        self.overlapped: set[str] = set()
        self.first_ids_used: set[tuple[str, int]] = set()
        self.barriers: dict[str, Barrier] = {}
        self.unreserved: dict[str, list[str]] = {}
        self.legs_asked: dict[str, LegsAsked] = {}
        self.missed: dict[tuple[str, str], int] = {}
        self.deferred: dict[str, TriggerDefinition | None] = {}
        self.timers: list[tuple[int, int, Timer]] = []
        self.timers_set = 0
        #: About how many of them are for triggers that are forgotten.
        self.timers_idle = 0
        self.seq = 0
        self.ignored_ticks = 0

    def book(self, source: PriceSource) -> Book:
        found = self.books.get(source)
        if found is None:
            found = Book()
            if source.combined is not None:
                found.price = self.last_price(source)
                found.ts_recv_ns = self.ts_seen_ns(source)
                for part in source.parts:
                    self.book(part).joined += (source,)
            self.books[source] = found
            self.books_changed += 1
            self.market_ends.note_source(source)
        return found

    def trailed(self, record: TriggerRecord) -> tuple[Decimal, Decimal] | None:
        """Give what a trail on watch has seen, and its stop; makes nobody watch."""
        book = self.books.get(record.definition.source)
        return book.trailed(record.id) if book is not None else None

    def last_price(self, source: PriceSource) -> Decimal | None:
        """Give the last price of a source, however old."""
        book = self.books.get(source)
        if book is not None:
            return book.price
        if source.combined is None:
            return None
        return combined_price(source, self.last_price, self.stale.__contains__)

    def ts_seen_ns(self, source: PriceSource) -> int:
        """Say when the last price of a source came, UTC; zero for none."""
        book = self.books.get(source)
        if book is not None:
            return book.ts_recv_ns
        if source.combined is None:
            return 0
        seen = [self.ts_seen_ns(part) for part in source.parts]
        # A spread is as old as the older of its two prices.
        return min(seen) if source.is_spread else max(seen)

    def position(self, key: PositionKey) -> PositionRecord:
        return self.positions.get(key) or PositionRecord(key=key)

    def instrument_of(self, definition: TriggerDefinition) -> Instrument | None:
        return self.instruments.get((definition.account, definition.symbol))

    def triggers_on(self, key: PositionKey) -> list[TriggerRecord]:
        return [self.triggers[i] for i in self.by_position.get(key, ())]

    def followers_on(self, key: PositionKey) -> list[TriggerRecord]:
        """Those that something of the position decides, beyond its being there."""
        return [self.triggers[i] for i in self.followers.get(key, ())]

    def goers_by(self, calendar: str) -> list[TriggerRecord]:
        """Those whose time depends on the sessions of a calendar."""
        return [self.triggers[i] for i in self.by_calendar.get(calendar, ())]

    def neighbours_on(self, key: PositionKey) -> Neighbours:
        found = self.neighbours.get(key)
        if found is None:
            found = self.neighbours[key] = Neighbours(key)
        return found

    def under_way_on(self, key: PositionKey) -> UnderWay:
        found = self.under_way.get(key)
        if found is None:
            found = self.under_way[key] = UnderWay()
        return found

    def entries_on(self, key: PositionKey) -> list[EntryRecord]:
        """Entries into a position that are not over, or lately ended."""
        return [self.entries[i] for i in self.entries_by_key.get(key, ())]

    def waiting_fires_on(self, key: PositionKey) -> list[FireRecord]:
        """Firings on hold, or filled and not yet shown by the position."""
        found = self.under_way.get(key)
        return [self.fires[i] for i in found.waiting] if found is not None else []

    def open_attempts_on(self, key: PositionKey) -> list[AttemptRecord]:
        found = self.under_way.get(key)
        return [self.attempts[k] for k in found.attempts] if found is not None else []

    def firing_of(self, key: AttemptKey) -> FireRecord | None:
        """Find the firing that an attempt belongs to, open or lately ended."""
        fired = self.fires.get(key.trigger_id)
        if fired is not None and fired.arming == key.arming:
            return fired
        return self.ended.get((key.trigger_id, key.arming))

    def open_attempt_of(self, fire: FireRecord) -> AttemptRecord | None:
        if not fire.attempts:
            return None
        last = self.attempts.get(
            AttemptKey(fire.trigger_id, fire.arming, fire.attempts)
        )
        return last if last is not None and not last.is_ended else None

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def next_deadline_ns(self) -> int | None:
        return self.timers[0][0] if self.timers else None

    def pop_due(self, now_ns: int) -> Iterator[Timer]:
        while self.timers and self.timers[0][0] <= now_ns:
            yield heappop(self.timers)[2]
