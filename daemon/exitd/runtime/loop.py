"""The one place that calls the engine.

An input goes in where it arrives, synchronously. Its facts and rows go to the
store, its intents to the dispatcher of their account, and whatever those call
back with at once (a free slot, a signature) joins the same commit: a hit and
its signed close are durable together, and the close leaves after that. What is
told of them, in the log or to a person, is told after that too.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from exitd.core.engine import Engine
from exitd.core.events import Fact
from exitd.core.inputs import Arm, CancelTrigger, Command, Input, TimePassed
from exitd.core.intents import Intent
from exitd.core.records import Record
from exitd.core.state import QUIET, Accepted, Decision, Reply
from exitd.core.trigger import FireRecord
from exitd.errors import CoreError, StoreError, StoreFull
from exitd.logs import Event, log
from exitd.ports.clock import Clock
from exitd.ports.store import Batch, OnDurable, Store, StoreHealth
from exitd.runtime.deadline import DeadlineTimer
from exitd.runtime.orphans import Orphans
from exitd.runtime.past import Past
from exitd.runtime.unwritten import Unwritten, WrittenSink

IntentSink = Callable[[Intent], None]
T = TypeVar("T", Record, Fact)
FactSink = Callable[[Sequence[Fact]], None]


class EngineLoop:
    """Feeds the engine, keeps what it says, passes on what it wants.

    Only the event loop's own thread may call it.
    """

    def __init__(self, engine: Engine, store: Store, clock: Clock) -> None:
        self.engine = engine
        self.store = store
        self.clock = clock
        self.turns = 0
        self.orphans = Orphans()
        self.past = Past(self)
        self.timer = DeadlineTimer(
            engine.next_deadline_ns,
            lambda now_ns: self.handle(TimePassed(now_ns)),
            clock,
        )
        self._sinks: dict[str, IntentSink] = {}
        self._fact_sinks: list[FactSink] = []
        self._on_contradiction: list[Callable[[], None]] = []
        self._depth = 0
        self._decisions: list[Decision] = []
        self._waiting: list[Callable[[], None]] = []
        self._leaving: list[Callable[[], None]] = []
        self._deferred: tuple[Batch, OnDurable | None] | None = None
        self._seq_submitted = 0
        self._unwritten = Unwritten()
        self._may_fail = False
        self._on_refused: Callable[[StoreError], None] | None = None

    def attach(self, account: str, sink: IntentSink) -> None:
        """Send the intents of an account to *sink*."""
        self._sinks[account] = sink

    def on_facts(self, sink: FactSink) -> None:
        """Show every fact to *sink*, in order, in the turn that decided it.

        For what the daemon itself does about it, and quick: an order may be waiting,
        and the fact may not outlive a crash.
        """
        self._fact_sinks.append(sink)

    def on_written(self, sink: WrittenSink) -> None:
        """Tell *sink* every fact, in order, once it is on disk and its order has left.

        For whatever leaves the process. See `Unwritten` for a disk that fails.
        """
        self._unwritten.attach(sink)

    def on_contradiction(self, then: Callable[[], None]) -> None:
        """Call *then* when a report contradicts what is known: time to reconcile."""
        self._on_contradiction.append(then)

    def handle(self, happened: Input) -> Decision:
        """Let the engine decide, and see to everything that follows from it."""
        try:
            decision = self.engine.handle(happened)
        except CoreError as error:
            log(Event.ACCOUNT_CONTRADICTED, reason=str(error))
            for contradicted in self._on_contradiction:
                contradicted()
            return QUIET
        if not decision.is_quiet:
            self.take(decision)
        return decision

    def take(self, decision: Decision) -> None:
        """Store a decision and carry out its intents."""
        self._decisions.append(decision)
        self._depth += 1
        try:
            for intent in decision.intents:
                self._pass_on(intent)
        finally:
            self._depth -= 1
        if not self._depth:
            self._flush()

    def _pass_on(self, intent: Intent) -> None:
        sink = self._sinks.get(intent.account)
        if sink is not None:
            sink(intent)
            return
        self.orphans.note(intent)

    def when_durable(self, then: Callable[[], None]) -> None:
        """Call *then* once everything decided in this turn is on disk."""
        self._waiting.append(then)

    def with_commit(self, then: Callable[[], None]) -> None:
        """Call *then* at once; what was decided in this turn goes to disk meanwhile."""
        self._leaving.append(then)

    def is_durable(self, seq: int) -> bool:
        """Whether an arming is on disk, and all else that was decided before now."""
        is_well = self.store.health is StoreHealth.WRITABLE
        is_idle = self._deferred is None and not self.store.backlog
        return is_well and is_idle and seq <= self._seq_submitted

    def note_restored(self) -> None:
        """What the engine knows now came from disk."""
        self._seq_submitted = self.engine.state.seq

    async def command(self, command: Command) -> Reply:
        """Carry out a command; returns once its outcome is durable.

        Raises:
            StoreFull: The disk has no room for a new trigger; it is not armed.
        """
        if isinstance(command, Arm) and self.store.health is not StoreHealth.WRITABLE:
            raise StoreFull(
                "the disk has no room for a new trigger, so nothing was armed; free "
                "some and arm again"
            )
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if isinstance(command, Arm):
            self._may_fail = True
            self._on_refused = done.set_exception

        def durable() -> None:
            if not done.done():
                done.set_result(None)

        self.when_durable(durable)
        decision = self.handle(command)
        if decision.is_quiet:
            self._flush()
        assert decision.reply is not None, "every command is answered"
        try:
            await done
        except StoreFull:
            self._withdraw(command, decision.reply)
            raise
        return decision.reply

    def _withdraw(self, command: Command, reply: Reply) -> None:
        """Take back an arming that the store could not keep (behaviour 31)."""
        if not isinstance(reply, Accepted):
            return
        if isinstance(command, Arm):
            # Its first answer was no: the same key must be able to try again.
            self.engine.state.idempotency.pop(command.idempotency_key, None)
        for trigger_id in reply.trigger_ids:
            self.handle(
                CancelTrigger(
                    trigger_id=trigger_id,
                    by="a full disk",
                    now_ns=self.clock.now_ns(),
                )
            )

    def _flush(self) -> None:
        decisions, self._decisions = self._decisions, []
        waiting, self._waiting = self._waiting, []
        leaving, self._leaving = self._leaving, []
        may_fail, self._may_fail = self._may_fail, False
        refused, self._on_refused = self._on_refused, None
        self.turns += 1
        records = tuple(_each(decisions, lambda d: d.records))
        facts = tuple(_each(decisions, lambda d: d.facts))
        # What fires as it is armed has a close under way: that waits for room.
        may_fail = may_fail and not any(isinstance(r, FireRecord) for r in records)
        if not records and not facts:
            for then in waiting:
                then()
            return
        untold = self._unwritten.add(facts) if facts else None

        def settled(error: StoreError | None) -> None:
            if error is not None:
                assert refused is not None, "only an arm may be refused by the store"
                refused(error)
            else:
                for then in waiting:
                    then()
            if untold is not None:
                self._unwritten.settle(untold, is_durable=error is None)

        is_awaited = bool(waiting or refused or facts)
        self._submit_deferred()
        on_durable = settled if is_awaited else None
        self._deferred = Batch(records, facts, may_fail), on_durable
        self._seq_submitted = self.engine.state.seq
        if leaving:
            for then in leaving:
                then()
            # After the first step of what leaves: all this would take its time.
            asyncio.get_running_loop().call_soon(self._submit_deferred)
        else:
            self._submit_deferred()

    def _submit_deferred(self) -> None:
        """Hand the last turn to the store, and show what it concluded."""
        deferred, self._deferred = self._deferred, None
        if deferred is None:
            return
        batch, _ = deferred
        self.store.submit(*deferred)
        for sink in self._fact_sinks:
            sink(batch.facts)
        self.timer.set()

    def submit(self, batch: Batch, then: OnDurable) -> None:
        """Store what the engine has no part in, and tell its facts as any others.

        But never before they are on disk, however long that takes: what was taken back
        did not happen.
        """
        self._submit_deferred()
        place = self._unwritten.reserve()

        def settled(error: StoreError | None) -> None:
            then(error)
            self._unwritten.fill(place, batch.facts if error is None else ())

        self.store.submit(batch, settled)

    def tell_rest(self) -> None:
        """Tell what the store has not answered for: it is closed."""
        self._unwritten.tell_rest()


def _each(
    decisions: Sequence[Decision], part: Callable[[Decision], Sequence[T]]
) -> Iterator[T]:
    for decision in decisions:
        yield from part(decision)
