"""The engine: inputs in, decisions out; pure, synchronous, deterministic.

It reads no clock, does no I/O and logs nothing. Time is in each input. What a
decision changes is in its records; restoring them gives the same engine.
"""

from msgspec.structs import replace

from exitd.core import (
    backstops,
    barrier,
    confirming,
    doubt,
    entries,
    exits,
    files,
    first_ids,
    forgetting,
    guard,
    holes,
    lifetimes,
    standby,
    watermarks,
)
from exitd.core.attempt import Capabilities
from exitd.core.ending import ask_slot
from exitd.core.handling import HANDLERS
from exitd.core.hits import ask_cancels
from exitd.core.inputs import (
    Input,
)
from exitd.core.intents import ProvePosition
from exitd.core.judging import take_in
from exitd.core.market import PriceSource, Tick
from exitd.core.moving import after_filled
from exitd.core.patience import watch_patience
from exitd.core.policy import Policies
from exitd.core.records import CounterRecord, FillRecord, Snapshot
from exitd.core.resting import rest_anew, watch_expiry, watch_time
from exitd.core.returning import expect_first_price
from exitd.core.state import QUIET, Decision, State, Timer, TimerKind
from exitd.core.trigger import (
    CancelAndClose,
    FireRecord,
    TriggerRecord,
    TriggerState,
)
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, ZERO

#: No pause between two attempts is longer; see the table of refusals.
_LONGEST_WAIT_NS = 60 * NS_PER_S


class Engine:
    """Holds triggers and decides what fires; only one loop may call it."""

    def __init__(self, policies: Policies | None = None) -> None:
        self.state = State(policies or Policies())

    def add_account(
        self,
        account: str,
        tag: int,
        capabilities: Capabilities,
        *,
        is_overlapped: bool = False,
    ) -> None:
        """Make an account known; *tag* is its 8-bit client id tag (0 to 255).

        Its closes are strict, unless it is overlapped: that takes a venue whose
        requests end by a window, or nothing would ever end a doubt.
        """
        assert 0 <= tag <= 255
        assert capabilities.window_ns or not is_overlapped
        self.state.capabilities[account] = capabilities
        if is_overlapped:
            self.state.overlapped.add(account)
        if capabilities.ends_markets:
            self.state.market_ends.accounts.add(account)
        if account not in self.state.counters:
            self.state.counters[account] = CounterRecord(account, tag, 0)

    def handle(self, happened: Input) -> Decision:
        """Take in one input and say what follows from it."""
        if type(happened) is Tick:
            return self._on_tick(happened)
        turn = Turn(self.state, happened.now_ns)  # type: ignore[union-attr]
        HANDLERS[type(happened)](turn, happened)
        return self._finish(turn)

    def _on_tick(self, tick: Tick) -> Decision:
        book = self.state.books.get(tick.source)
        if book is None:
            return QUIET
        price = tick.price
        ts_venue_ns = tick.ts_venue_ns
        if ts_venue_ns <= book.ts_venue_ns and (
            ts_venue_ns < book.ts_venue_ns or tick.seq <= book.seq
        ):
            self.state.ignored_ticks += 1
            return QUIET
        if not price.is_finite() or price <= ZERO:
            self.state.ignored_ticks += 1
            return QUIET
        book.ts_venue_ns = ts_venue_ns
        book.seq = tick.seq
        book.ts_recv_ns = tick.ts_recv_ns
        if book.falling_at < price < book.rising_at and not (
            book.pending or book.counting or book.joined or book.is_back
        ):
            book.price = price
            book.held = None
            return QUIET
        if guard.holds(self.state, book, tick):
            turn = Turn(self.state, tick.ts_recv_ns)
            guard.hold(turn, tick)
            return self._finish(turn)
        book.price, book.held = price, None
        is_watched = book.pending or book.counting or book.is_back
        is_idle = not is_watched and book.follow(price)
        if is_idle and (book.is_saving or not book.is_unsaved) and not book.joined:
            return QUIET
        turn = Turn(self.state, tick.ts_recv_ns)
        take_in(turn, book, tick)
        return self._finish(turn)

    def _finish(self, turn: Turn) -> Decision:
        for trigger_id in turn.ended:
            after_filled(turn, self.state.triggers[trigger_id])
            exits.on_ended(turn, trigger_id)
            backstops.on_ended(turn, trigger_id)
            files.apply_deferred(turn, trigger_id)
            self._next_lifetime(turn, trigger_id)
        return turn.decision()

    def _next_lifetime(self, turn: Turn, trigger_id: str) -> None:
        """A firing that outlived its position: its template joins the next one."""
        record, key = turn.state.triggers[trigger_id], turn.state.roles[trigger_id].key
        if key is None:
            return
        position = turn.state.position(key)
        if position.held > ZERO and position.lifetime > record.lifetime:
            lifetimes.begin_arming(turn, record, position)

    def next_deadline_ns(self) -> int | None:
        """When `TimePassed` is wanted next, UTC; None while nothing is timed."""
        return self.state.next_deadline_ns()

    def sources(self) -> frozenset[PriceSource]:
        """Every stream that a trigger of this run has watched."""
        return frozenset(s for s in self.state.books if s.combined is None)

    def watched(self) -> frozenset[PriceSource]:
        """The streams that decide about a level which rests now."""
        watched = {
            part
            for source, book in self.state.books.items()
            if book.is_watched
            for part in source.parts
        }
        if self.state.policies.guard_percent is not None:
            for source in tuple(watched):
                for witness in guard.witnesses(source):
                    self.state.book(witness)
                    watched.add(witness)
        return frozenset(watched)

    def restore(self, snapshot: Snapshot) -> None:
        """Take up where the stored rows left off; positions count as unproven."""
        turn = Turn(self.state, 0)
        for instrument in snapshot.instruments:
            turn.put_instrument(instrument)
        for counter in snapshot.counters:
            turn.put_counter(counter)
        for idempotency in snapshot.idempotency:
            turn.put_idempotency(idempotency)
        for position in snapshot.positions:
            turn.put_position(position)
        for entry in snapshot.entries:
            turn.put_entry(entry)
            for definition in entry.exits:
                self.state.book(definition.source)
        for backstop in snapshot.backstops:
            backstops.restore(turn, backstop)
        for record in snapshot.triggers:
            turn.put_trigger(record)
            watch_expiry(turn, record)
            self._watch_again(turn, record)
        forgetting.in_order(self.state)
        self.state.seq = _highest_seq(snapshot)
        watermarks.restore_trails(self.state, snapshot)
        holes.restore_seen(self.state, snapshot)
        for book in self.state.books.values():
            expect_first_price(self.state, book)
        for attempt in snapshot.attempts:
            turn.put_attempt(attempt)
        for fired in snapshot.fires:
            turn.put_fire(fired)
            self._watch_fire(turn, fired)
        for fill in snapshot.fills:
            self._know_trade(fill)
        barrier.put_up(self.state)

    def _watch_again(self, turn: Turn, record: TriggerRecord) -> None:
        """Rest what is on watch; trails that had begun follow in their order."""
        if record.state not in (TriggerState.ARMED, TriggerState.WAITING):
            return
        if not watermarks.is_trailing(record):
            rest_anew(self.state, record)
        if record.state is TriggerState.ARMED:
            watch_time(turn, record)
            if record.confirm_ns:
                due_ns = record.confirm_ns
                turn.at(Timer(due_ns, TimerKind.CONFIRMED, record.id, record.arming))

    def _know_trade(self, fill: FillRecord) -> None:
        client_id = (fill.account, fill.client_order_id or 0)
        key = self.state.attempt_of_client_id.get(client_id)
        if key is not None:
            self.state.trades.setdefault(key, set()).add(fill.trade_id)

    def _watch_fire(self, turn: Turn, fired: FireRecord) -> None:
        """Set the timers of an open firing again."""
        trigger_id, arming = fired.trigger_id, fired.arming
        # Nothing of it rests, but a take-profit asks whether the price is still beyond.
        self.state.book(self.state.triggers[trigger_id].definition.source)
        role, policies = self.state.roles[trigger_id], self.state.policies
        if role.is_stop and role.key is not None:
            self.state.stops_firing.setdefault(role.key, {})[trigger_id] = None
            # What rests for take-profits, if anything, may have been sent since.
            self.state.passed.add(role.key)
        if fired.confirm_ns:
            turn.at(Timer(fired.confirm_ns, TimerKind.CONFIRM, trigger_id, arming))
        turn.at(Timer(fired.due_ns, TimerKind.RETRY, trigger_id, arming))
        watch_patience(turn, fired)
        budget_ns = (
            policies.stop_budget_ns if role.is_stop else policies.take_profit_budget_ns
        )
        if role.closes:
            due_ns = fired.ts_hit_ns + budget_ns
            turn.at(Timer(due_ns, TimerKind.BUDGET, trigger_id, arming))

    def resume(self, now_ns: int) -> Decision:
        """After recovery has reconciled: go on with every firing that is open."""
        turn = Turn(self.state, now_ns)
        standby.resume(turn)
        first_ids.begin_run(turn)
        confirming.mind_the_clock(turn)
        for attempt in list(self.state.attempts.values()):
            doubt.resume_unended(turn, attempt)
        for entry in list(self.state.entries.values()):
            entries.resume(turn, entry)
        backstops.resume(turn)
        for fired in list(self.state.fires.values()):
            record = self.state.triggers[fired.trigger_id]
            definition = record.definition
            cancels_first = definition.close is None or (
                isinstance(definition.action, CancelAndClose)
                and not fired.is_cancel_confirmed
            )
            if cancels_first:
                ask_cancels(turn, record)
            elif fired.confirm_ns:
                turn.intend(ProvePosition(fired.account, fired.symbol))
            elif fired.due_ns <= now_ns:
                ask_slot(turn, record)
            elif fired.due_ns > now_ns + _LONGEST_WAIT_NS:
                # The machine's clock was set back while we were down.
                turn.put_fire(replace(fired, due_ns=now_ns))
                ask_slot(turn, record)
        return self._finish(turn)


def _highest_seq(snapshot: Snapshot) -> int:
    """Give the highest number ever given: a mark outlives the trails it was for.

    A new trail with a number that a mark had would take over what others have seen.
    """
    of_triggers = (max(r.seq, r.trail_seq) for r in snapshot.triggers)
    of_marks = (seq for seen in snapshot.watermarks for seq, _ in seen.marks)
    return max((snapshot.seq, *of_triggers, *of_marks))
