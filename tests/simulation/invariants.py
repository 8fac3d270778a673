"""What must hold after every single decision, and of every order that leaves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from exitd.core.events import FactKind
from exitd.core.guard import witnesses
from exitd.core.inputs import AttemptSigned, Input
from exitd.core.market import PriceSource, Tick
from exitd.core.position import PositionKey
from exitd.core.records import MarketGone, Snapshot, TriggerGone
from exitd.core.state import QUIET, Decision, State
from exitd.core.trigger import FireRecord, TriggerRecord, TriggerState
from exitd.runtime.loop import EngineLoop
from fakes.archive import Disk
from simulation.alerts.watch import EntryWatch
from simulation.confirmations import ConfirmationWatch
from simulation.protection import ProtectionWatch
from simulation.shadow import Shadow
from simulation.takeover import OrderWatch
from simulation.trailing import TrailWatch
from simulation.violation import Violation


class Watch:
    """Looks at each decision of one world, across all its crashes.

    Args:
        seed: Decides which of its steps are compared with a restart.
        now_s: Tells the time of the world, which nobody can set.
        late_s: See `TrailWatch`.
    """

    def __init__(
        self, seed: int, now_s: Callable[[], float], late_s: float | None
    ) -> None:
        self.cancelled: set[str] = set()
        self.violated: list[Violation] = []
        self.decisions = 0
        self.forgotten = 0
        self.markets_forgotten = 0
        #: Who knows of the venue itself says whether a market has ended there.
        self.on_market_gone: Callable[[MarketGone], None] = lambda gone: None
        self.trails = TrailWatch(late_s)
        self.confirmations = ConfirmationWatch()
        self.orders = OrderWatch()
        self.entries = EntryWatch()
        self.protection = ProtectionWatch()
        self.shadow = Shadow(seed)
        self._now_s = now_s
        self._crashed_s = 0.0
        self._far: dict[PriceSource, bool] = {}

    def froze(self, for_s: float) -> None:
        """The machine is busy for a moment, or stands still for longer."""
        self.confirmations.froze(for_s)
        self.trails.froze(for_s)

    def after(self, state: State, happened: Input, decision: Decision) -> None:
        self.decisions += 1
        now_s = self._now_s()
        if isinstance(happened, AttemptSigned):
            self.orders.signed(state, happened)
        for fact in decision.facts:
            if fact.kind is FactKind.TRIGGER_HIT and fact.trigger_id in self.cancelled:
                raise Violation(f"{fact.trigger_id} was cancelled, and fired after it")
        for record in decision.records:
            if isinstance(record, TriggerRecord | FireRecord):
                _check_firing(state, record)
            elif isinstance(record, TriggerGone):
                self.forgotten += 1
                _check_gone(state, self.shadow.past(record.trigger_id))
            elif isinstance(record, MarketGone):
                self.markets_forgotten += 1
                _check_market_gone(state, record)
                self.on_market_gone(record)
        if isinstance(happened, Tick):
            self._check_guard(state, happened, decision)
        self.confirmations.note(state, decision.facts, now_s)
        self.confirmations.after(state, now_s)
        self.trails.after(state, decision, now_s)
        if not decision.is_quiet:
            self.shadow.after(state)
            self.protection.after(state, decision)

    def _check_guard(self, state: State, tick: Tick, decision: Decision) -> None:
        """One price that nothing bears out hits nothing (behaviour 128)."""
        percent = state.policies.guard_percent
        if percent is None:
            return
        far = _far_side(state, tick, percent)
        before = self._far.pop(tick.source, None)
        if far is None:
            return
        self._far[tick.source] = far
        kinds = {fact.kind for fact in decision.facts}
        if far is not before and FactKind.TRIGGER_HIT in kinds:
            raise Violation(f"{tick.price} hit, and the index does not bear it out")

    def crashed(self, durable: Disk) -> None:
        self._crashed_s = self._now_s()
        self._far.clear()
        self.shadow.crashed(durable)

    def restored(self, state: State, durable: Snapshot) -> None:
        """What was restored is what was durable: no more, no less."""
        triggers = {t.id: t for t in durable.triggers}
        if state.triggers != triggers:
            raise Violation("restored triggers are not those that were durable")
        fires = {f.trigger_id: f for f in durable.fires}
        if state.fires != fires:
            raise Violation("restored firings are not those that were durable")
        positions = {p.key: p for p in durable.positions}
        if state.positions != positions:
            raise Violation("restored positions are not those that were durable")
        counters = {c.account: c.counter for c in durable.counters}
        for account, counter in state.counters.items():
            if counter.counter != counters.get(account, 0):
                raise Violation(f"the counter of {account} went back")
        for attempt in durable.attempts:
            if state.attempts.get(attempt.order.attempt) != attempt:
                raise Violation(f"{attempt.order.attempt} was not restored as it was")
        self.trails.restored(state, durable, self._crashed_s)


def _check_firing(state: State, changed: TriggerRecord | FireRecord) -> None:
    """A trigger fires while, and only while, its firing is open."""
    if isinstance(changed, FireRecord):
        record = state.triggers.get(changed.trigger_id)
    else:
        record = state.triggers.get(changed.id)
    if record is None:
        return
    if (record.state is TriggerState.FIRING) is not (record.id in state.fires):
        raise Violation(f"{record.id} is {record.state} and its firing is not")


def _check_gone(state: State, gone: TriggerRecord) -> None:
    """Nothing is forgotten that may still act, or whose order may still fill."""
    if gone.state is not TriggerState.DONE or gone.id in state.fires:
        raise Violation(f"{gone.id} is forgotten, and is {gone.state}")
    for key, attempt in state.attempts.items():
        if key.trigger_id == gone.id:
            raise Violation(f"{gone.id} is forgotten, and {key} is {attempt.state}")


def _check_market_gone(state: State, gone: MarketGone) -> None:
    """No market is forgotten on which anything may still act, or that is watched."""
    market = (gone.account, gone.symbol)
    for record in state.triggers.values():
        definition = record.definition
        watched = [(part.feed, part.symbol) for part in definition.source.parts]
        if market in ((definition.account, definition.symbol), *watched):
            raise Violation(f"{market} is forgotten, and there is {record.id}")
    for key, attempt in state.attempts.items():
        if (attempt.order.account, attempt.order.symbol) == market:
            raise Violation(f"{market} is forgotten, and {key} is {attempt.state}")
    for source in state.books:
        if any((part.feed, part.symbol) == market for part in source.parts):
            raise Violation(f"{market} is forgotten, and {source} has a book")


def _far_side(state: State, tick: Tick, percent: Decimal) -> bool | None:
    """Whether a price lies far above its witness, or far below; None for neither."""
    for source in witnesses(tick.source):
        book = state.books.get(source)
        if book is None or book.price is None:
            continue
        if tick.ts_recv_ns - book.ts_recv_ns > state.policies.price_max_age_ns:
            continue
        gap = tick.price - book.price
        return gap > 0 if abs(gap) * 100 > book.price * percent else None
    return None


class DrawnBugError(Exception):
    """A mistake of ours, as a seed has drawn it."""


def is_drawn(raised: BaseException) -> bool:
    """Whether what a task has raised is, or comes of, a bug that was drawn."""
    if isinstance(raised, BaseExceptionGroup):
        return all(map(is_drawn, raised.exceptions))
    return isinstance(raised, DrawnBugError)


class WatchedLoop(EngineLoop):
    """An engine loop whose every decision is looked at."""

    watch: Watch
    is_free: Callable[[PositionKey], bool]
    on_violated: Callable[[Violation], None]
    #: Ends the machine at the next decision, as a bug does; None where there is none.
    raises: Callable[[], None] | None = None
    #: A process that is gone decides nothing; what still runs of it, nobody looks at.
    is_dead = False
    _nested = 0

    def handle(self, happened: Input) -> Decision:
        if self.is_dead:
            return super().handle(happened)
        self._nested += 1
        try:
            decision = super().handle(happened)
        finally:
            self._nested -= 1
        try:
            self._look_at(happened, decision)
        except Violation as found:
            # Whoever called might swallow it; the verdict will not.
            self.watch.violated.append(found)
            self.on_violated(found)
        return decision

    def _look_at(self, happened: Input, decision: Decision) -> None:
        is_quiet = decision is QUIET
        if not is_quiet:
            self.watch.orders.decided(happened, decision)
            self.watch.entries.decided(happened, decision)
        self.watch.after(self.engine.state, happened, decision)
        if not (self._nested or is_quiet):
            self.watch.orders.turn_over(self.engine.state, self.is_free)
            self.watch.entries.turn_over(self.engine.state)

    def take(self, decision: Decision) -> None:
        if self.raises is not None and decision.records:
            ends, self.raises = self.raises, None
            ends()
            raise DrawnBugError
        if not self.is_dead:
            self.watch.shadow.note(decision)
        super().take(decision)
