"""What must hold after every single decision, and of every order that leaves."""

from __future__ import annotations

from exitd.core.events import FactKind
from exitd.core.inputs import AttemptSigned, Input
from exitd.core.position import PositionKey
from exitd.core.records import Snapshot
from exitd.core.state import Decision, State
from exitd.core.trigger import TriggerState
from exitd.runtime.loop import EngineLoop


class Violation(AssertionError):
    """An invariant does not hold; the message names it."""


class Watch:
    """Looks at each decision of one world, across all its crashes."""

    def __init__(self) -> None:
        self.cancelled: set[str] = set()
        self.decisions = 0

    def after(self, state: State, happened: Input, decision: Decision) -> None:
        self.decisions += 1
        if isinstance(happened, AttemptSigned):
            self._check_attempt(state, happened)
        for fact in decision.facts:
            if fact.kind is FactKind.TRIGGER_HIT and fact.trigger_id in self.cancelled:
                raise Violation(f"{fact.trigger_id} was cancelled, and fired after it")
        for record in state.triggers.values():
            if (record.state is TriggerState.FIRING) is not (record.id in state.fires):
                raise Violation(f"{record.id} is {record.state} and its firing is not")

    def _check_attempt(self, state: State, signed: AttemptSigned) -> None:
        key = signed.order.attempt
        attempt = state.attempts[key]
        position = state.position(attempt.key)
        unresolved = sum(a.unresolved for a in state.open_attempts_on(attempt.key))
        if unresolved > position.live:
            raise Violation(
                f"{key} makes {unresolved} under way for a position of {position.live}"
            )
        _check_index(state, attempt.key)
        mine = [
            a
            for a in state.open_attempts_on(attempt.key)
            if a.order.attempt.trigger_id == key.trigger_id
        ]
        if len(mine) > 1:
            raise Violation(f"{key.trigger_id} has {len(mine)} attempts at once")

    def check_restored(self, state: State, durable: Snapshot) -> None:
        """What was restored is what was durable: no more, no less."""
        triggers = {t.id: t for t in durable.triggers}
        if state.triggers != triggers:
            raise Violation("restored triggers are not those that were durable")
        fires = {f.trigger_id: f for f in durable.fires}
        if state.fires != fires:
            raise Violation("restored firings are not those that were durable")
        counters = {c.account: c.counter for c in durable.counters}
        for account, counter in state.counters.items():
            if counter.counter != counters.get(account, 0):
                raise Violation(f"the counter of {account} went back")
        for attempt in durable.attempts:
            if state.attempts.get(attempt.order.attempt) != attempt:
                raise Violation(f"{attempt.order.attempt} was not restored as it was")


def _check_index(state: State, key: PositionKey) -> None:
    """The sums kept per position are those of its attempts."""
    attempts = [a for a in state.attempts.values() if a.key == key and not a.is_ended]
    if state.under_way_on(key).unresolved != sum(a.unresolved for a in attempts):
        raise Violation(f"the sum of what is under way on {key} is wrong")


class WatchedLoop(EngineLoop):
    """An engine loop whose every decision is looked at."""

    watch: Watch

    def handle(self, happened: Input) -> Decision:
        decision = super().handle(happened)
        self.watch.after(self.engine.state, happened, decision)
        return decision
