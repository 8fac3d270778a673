"""The durable inbox: an alert is stored, then answered, then carried out, once.

What is answered with success is on disk and is carried out, whatever happens next.
What is answered with failure is not stored: where the disk does not get to an alert in
time, it is taken back. There is one exception, and no sender can do harm with it: the
very commit of an alert hangs. Then nobody knows, the sender is told to send the same
again, and what comes is a repetition of the alert that is under way, or the only one
if that was lost.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.webhook import Route
from exitd.core.entry import SignalRecord, SignalState
from exitd.core.units import NS_PER_MS
from exitd.errors import StoreError, VenueError, Withdrawn
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel
from exitd.ports.clock import Clock
from exitd.ports.store import Batch, Claim, OnDurable, Store
from exitd.runtime.audit_log import change_made
from exitd.runtime.callers import sender_of_alert
from exitd.runtime.problems import NotReady, Unusable
from exitd.runtime.signals.lanes import CarryOut, Lanes, Spawn
from exitd.runtime.signals.seen import Arrival, Seen

PATIENCE_S = 2.0
"""How long the disk may take to begin on an alert; then it is taken back."""

COMMIT_PATIENCE_S = 0.7
"""How much longer one that it has begun on. TradingView hangs up after 3 s, and sends
again only what was answered with 5xx."""

WAITING_MAX = 10_000
"""Alerts that are not carried out yet; more of them are not taken."""

ENDED_S = 0.02
"""How alerts ended is written together, at most so long after the first of them."""


class Draft(Struct, frozen=True, kw_only=True):
    """An alert that is valid and may come in; `body` and `digest` are without its key.

    `ticker` is what it is about: alerts of one route about the same one are carried
    out in the order in which they came. `sender` is an address, for the logs.
    """

    route: str
    ticker: str
    body: str
    digest: str
    client_order_id: str = ""
    is_paper: bool = False
    sender: str = ""


class Taken(Struct, frozen=True, kw_only=True):
    """What became of an alert: its record, or that of the one it repeats.

    `is_same` is False for a repetition by `clientOrderId` whose body is another.
    """

    record: SignalRecord
    is_duplicate: bool = False
    is_same: bool = True


class Inbox:
    """Made before the daemon starts; `load`, then `receive` any time, then `open`."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        *,
        carry_out: CarryOut,
        store: Store,
        clock: Clock,
        spawn: Spawn,
        tell: Callable[[Alert], None],
        submit: Callable[[Batch, OnDurable], None],
        waits: Callable[[], Iterator[float]],
        patience_s: float = PATIENCE_S,
        commit_patience_s: float = COMMIT_PATIENCE_S,
        entry_state: Callable[[str], str] = lambda entry_id: "",
    ) -> None:
        """
        Args:
            submit: Stores an alert, and tells its line of the audit log after that.
            entry_state: What became of an entry so far; empty where nobody knows. An
                outcome says what was begun, and the broker may have refused it since.
        """
        self._entry_state = entry_state
        self._store = store
        self._clock = clock
        self._tell = tell
        self._submit = submit
        self._is_closed = False
        self._unwritten: list[SignalRecord] = []
        self._timer: asyncio.TimerHandle | None = None
        self._patience_s = patience_s
        self._commit_patience_s = commit_patience_s
        self._number = 0
        self._routes = tuple(routes.values())
        self._turns = {name: asyncio.Lock() for name in routes}
        self._seen = {
            name: Seen(
                window_ns=route.duplicate_window, horizon_ns=route.duplicate_horizon
            )
            for name, route in routes.items()
        }
        self._lanes = Lanes(
            carry_out, done=self._ended, late=self._late, spawn=spawn, waits=waits
        )

    @property
    def waiting(self) -> int:
        """Alerts that are not carried out, or whose end is not on its way to disk."""
        return self._lanes.waiting + len(self._unwritten)

    async def load(self) -> None:
        """Read what came in before: what is left to do, and what would repeat it.

        What is older than every horizon is not read; it is asked for by its name when
        that comes again.
        """
        horizons = (max(r.duplicate_horizon, r.duplicate_window) for r in self._routes)
        since_ns = self._clock.now_ns() - max(horizons, default=0)
        records = await self._store.inbox(since_ns)
        for record in sorted(records, key=_number_of):
            self._number = max(self._number, _number_of(record))
            seen = self._seen.get(record.route)
            if seen is not None:
                arrival = Arrival(record)
                arrival.settled.set()
                seen.add(arrival)
            if record.state is SignalState.ACCEPTED:
                lane = (record.route, ticker_of(record))
                self._lanes.add(lane, record, is_new=False)

    def open(self) -> None:
        """Begin to carry out; the daemon has recovered."""
        self._lanes.open()

    def close(self) -> None:
        """Begin nothing more; from now on nothing is taken in either."""
        self._is_closed = True
        self._lanes.close()
        self._write_ended()

    async def receive(self, draft: Draft, *, stale: str = "") -> Taken:
        """Store an alert, or recognise it as a repetition; nothing is traded here.

        *stale* is why it comes too late, if it does: a repetition may.

        Raises:
            Unusable: It is stale.
            NotReady: It was not stored, or nobody knows yet; it is to be sent again.
        """
        if self._is_closed:
            raise not_taken("stopping", "exitd is stopping")
        seen, now_ns = self._seen[draft.route], self._clock.now_ns()
        earlier = seen.find(draft.client_order_id, draft.digest, now_ns)
        if earlier is not None:
            await self._settle(earlier)
            record = earlier.record
            is_same = record.digest == draft.digest
            log(
                Event.WEBHOOK_DUPLICATED,
                route=draft.route,
                webhook_id=record.id,
                same_body=is_same,
                ip=draft.sender,
            )
            return Taken(record=record, is_duplicate=True, is_same=is_same)
        if stale:
            raise Unusable("too_old", stale)
        if self._lanes.waiting >= WAITING_MAX:
            raise not_taken("busy", f"{WAITING_MAX} alerts wait to be carried out")
        claim = Claim()
        arrival = Arrival(self._record(draft, now_ns), claim)
        seen.add(arrival)
        # One after another: alerts of a route are stored in the order of arrival.
        async with self._turns[draft.route]:
            await self._count_again(arrival)
            self._write(draft, arrival)
        await self._settle(arrival)
        return Taken(record=arrival.record)

    def _write(self, draft: Draft, arrival: Arrival) -> None:
        """Store an alert and its line in the audit log: together, so in one commit."""
        record = arrival.record
        by = sender_of_alert(draft.route, draft.sender, record.id)
        line = change_made(by, f"alert for {draft.ticker}", record.ts_received_ns)
        self._submit(
            Batch((record,), (line,), may_fail=True, claim=arrival.claim),
            lambda error: self._stored(draft, arrival, error),
        )

    async def _count_again(self, arrival: Arrival) -> None:
        """Give an alert whose id was used long ago a number of its own.

        Raises:
            NotReady: The disk does not say how often, or exitd stops meanwhile.
        """
        record = arrival.record
        if not record.client_order_id:
            return
        error: StoreError | None = None
        earlier: SignalRecord | None = None
        try:
            async with asyncio.timeout(self._patience_s):
                earlier = await self._store.last_signal(
                    record.route, record.client_order_id
                )
        except TimeoutError:
            error = Withdrawn("the disk is too slow")
        except StoreError as unread:
            error = unread
        if self._is_closed:
            error = error or StoreError("exitd is stopping")
        if error is not None and arrival.is_under_way:
            self._not_stored(arrival, error)
        if arrival.error is not None:
            raise not_taken("not_stored", str(arrival.error)) from arrival.error
        if earlier is not None:
            arrival.record = replace(record, again=earlier.again + 1)

    def _record(self, draft: Draft, now_ns: int) -> SignalRecord:
        # Milliseconds, so that a number is unique also where a clock was set back or
        # the rows of long ago are gone; and it rises with every alert.
        self._number = max(self._number + 1, now_ns // NS_PER_MS)
        return SignalRecord(
            id=f"{draft.route}-{self._number}",
            route=draft.route,
            body=draft.body,
            digest=draft.digest,
            client_order_id=draft.client_order_id,
            is_paper=draft.is_paper,
            ts_received_ns=now_ns,
        )

    def _stored(self, draft: Draft, arrival: Arrival, error: StoreError | None) -> None:
        record = arrival.record
        if isinstance(error, Withdrawn):
            return
        if error is not None:
            self._not_stored(arrival, error)
            return
        log(
            Event.WEBHOOK_ACCEPTED,
            route=record.route,
            webhook_id=record.id,
            ip=draft.sender,
        )
        self._lanes.add((record.route, draft.ticker), record, is_new=True)
        arrival.settled.set()

    def _not_stored(self, arrival: Arrival, error: StoreError) -> None:
        """Let everybody know who waits for it; the next that comes is the first."""
        arrival.error = error
        self._seen[arrival.record.route].drop(arrival)
        arrival.settled.set()

    async def _settle(self, arrival: Arrival) -> None:
        """Wait until an alert is on disk, as long as its sender does.

        Raises:
            NotReady: It is not, or nobody knows.
        """
        if not await _within(self._patience_s, arrival):
            assert arrival.claim is not None, "what was loaded is on disk"
            if arrival.claim.withdraw():
                self._not_stored(arrival, Withdrawn("the disk is too slow"))
            elif not await _within(self._commit_patience_s, arrival):
                # It comes again within the window, counted from this answer.
                arrival.ts_last_ns = self._clock.now_ns()
                raise not_taken(
                    "slow_disk",
                    "the disk has begun to write the alert and does not end",
                    "send the same again: it is carried out once at the most",
                )
        if isinstance(arrival.error, Withdrawn):
            raise not_taken("slow_disk", str(arrival.error))
        if arrival.error is not None:
            raise not_taken("not_stored", "the disk is full") from arrival.error

    def _ended(self, ended: SignalRecord) -> None:
        """Keep how an alert ended: soon, as a crash before only has it found again.

        Each by itself would make the next alert wait for a commit that is not its own.
        """
        if ended.ts_done_ns == 0:
            ended = replace(ended, ts_done_ns=self._clock.now_ns())
        self._unwritten.append(ended)
        if self._is_closed:
            self._write_ended()
        elif len(self._unwritten) == 1:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(ENDED_S, self._write_ended)

    def _write_ended(self) -> None:
        written, self._unwritten = tuple(self._unwritten), []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if written:
            self._store.submit(Batch(written, ()), lambda _: self._tell_ended(written))

    def _tell_ended(self, records: tuple[SignalRecord, ...]) -> None:
        for record in records:
            place = {"route": record.route, "webhook_id": record.id}
            if record.state is SignalState.CARRIED_OUT:
                became = self._entry_state(record.entry_id) if record.entry_id else ""
                if became:
                    place["entry_state"] = became
                log(Event.WEBHOOK_CARRIED_OUT, **place, outcome=record.outcome)
                continue
            log(Event.WEBHOOK_REFUSED, **place, reason=record.outcome)
            # The sender has its answer, and would not show it anyway.
            self._say(record, Event.WEBHOOK_REFUSED, f"was not done: {record.outcome}")

    def _late(self, record: SignalRecord, error: VenueError) -> None:
        text = f"is not done yet, and is tried again: {error}"
        self._say(record, Event.WEBHOOK_DELAYED, text)

    def _say(self, record: SignalRecord, event: Event, text: str) -> None:
        paper = "paper " if record.is_paper else ""
        self._tell(
            Alert(
                level=AlertLevel.WARNING,
                topic=event.value,
                about=record.id,
                text=f"{paper}alert {record.id} ({ticker_of(record)}) {text}",
            )
        )


async def _within(seconds: float, arrival: Arrival) -> bool:
    """Wait at most so long until it is known what became of an alert; says whether."""
    try:
        async with asyncio.timeout(seconds):
            await arrival.settled.wait()
    except TimeoutError:
        return not arrival.is_under_way
    return True


def _number_of(record: SignalRecord) -> int:
    """Give the number in an id; it rises with every alert, whatever the clock did."""
    return int(record.id.rpartition("-")[2])


def ticker_of(record: SignalRecord) -> str:
    """Give what a stored alert is about."""
    ticker = msgspec.json.decode(record.body).get("ticker", "")
    return str(ticker)


def not_taken(
    code: str, why: str, remedy: str = "nothing was stored; send it again"
) -> NotReady:
    return NotReady(code, why, remedy, retry_after_s=5)
