"""
What is counted as it happens: out of facts, log events and requests, in one place.

Facts come once they are on disk and their order has left, so that nothing waits for a
count. What is counted has no lock: an event that another thread logs at the very same
moment may be missed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from exitd.api.guard import Answered
from exitd.core.attempt import RefusalKind
from exitd.core.condition import ConditionKind
from exitd.core.events import Fact, FactKind
from exitd.core.state import State
from exitd.core.units import NS_PER_US
from exitd.core.wording import condition_word
from exitd.logs import Event
from exitd.runtime.durations import Durations

Labels = tuple[str, ...]
K = FactKind
Key = TypeVar("Key")
Kept = TypeVar("Kept")

#: Of so many firings and orders it is kept what came before; more are not under way.
KEPT_MAX = 10_000
_OUTCOMES = {
    kind: kind.value.partition(".")
    for kind in FactKind
    if kind.value.startswith(("order.", "entry.", "backstop."))
}
_COUNTERS = {
    "order": "exitd_orders_total",
    "entry": "exitd_entries_total",
    "backstop": "exitd_backstops_total",
}
#: The first of these that follows an order is the venue's answer to it.
_ANSWERS = frozenset(
    {K.ORDER_ACKED, K.ORDER_PARTIALLY_FILLED, K.ORDER_FILLED, K.ORDER_REFUSED}
)
_RELOADED = frozenset({Event.CONFIG_APPLIED, Event.CONFIG_UNCHANGED, Event.CONFIG_HELD})
_RESULTS = {
    Event.NOTIFY_SENT: ("exitd_notifications_total", "sent"),
    Event.NOTIFY_FAILED: ("exitd_notifications_total", "failed"),
    Event.WEBHOOK_ACCEPTED: ("exitd_webhooks_total", "accepted"),
    Event.WEBHOOK_REFUSED: ("exitd_webhooks_total", "refused"),
    Event.WEBHOOK_DUPLICATED: ("exitd_webhooks_total", "duplicated"),
    Event.WEBHOOK_DELAYED: ("exitd_webhooks_total", "delayed"),
    Event.WEBHOOK_CARRIED_OUT: ("exitd_webhooks_total", "carried_out"),
}
#: What the text of a lost connection begins with or holds, and its word.
_LOST = (
    ("no connection", "not_opened"),
    ("closed", "closed"),
    ("close frame", "closed"),
    ("silent", "silent"),
    ("no longer", "ended"),
)
_FAILED = "failed"
#: Why a close is signed again, beside the kinds of a refusal.
_REMAINDER, _REFUSED, _CANCELLED, _MISSING = "remainder", "refused", "cancelled", "lost"
#: What may happen on an account, by metric: every word of its second label.
_OF_ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "exitd_triggers_fired_total": (
        *ConditionKind,
        *("trailing", "at_time", "max_hold", "now"),
    ),
    **{
        metric: tuple(outcome for of, _, outcome in _OUTCOMES.values() if of == what)
        for what, metric in _COUNTERS.items()
    },
    "exitd_order_retries_total": (
        *RefusalKind,
        *(_REMAINDER, _CANCELLED, _MISSING),
    ),
}
_WHY_LOST = (*dict.fromkeys(word for _, word in _LOST), _FAILED)
_DURATIONS_OF_ACCOUNTS = (
    "exitd_trigger_to_order_sent_seconds",
    "exitd_order_ack_seconds",
)


class Counts:
    """Numbers that only rise, by metric and labels, and how long things took."""

    def __init__(self) -> None:
        self.totals: dict[str, Counter[Labels]] = {}
        self.durations: dict[str, dict[Labels, Durations]] = {}
        self.is_config_good = True
        self._sent_ns: dict[tuple[str, str], int] = {}
        self._reasons: dict[str, str] = {}

    def begin(self, accounts: Iterable[str], feeds: Iterable[str]) -> None:
        """Tell of what has not happened yet, with a zero.

        Prometheus sees no increase in what it sees for the first time: nobody would
        be told of the first order that is refused.
        """
        for feed in feeds:
            for word in _WHY_LOST:
                self._counter("exitd_feed_reconnects_total")[feed, word] += 0
        for account in accounts:
            for metric, words in _OF_ACCOUNTS.items():
                for word in words:
                    self._counter(metric)[account, word] += 0
            for metric in _DURATIONS_OF_ACCOUNTS:
                self._durations(metric, (account,))
        for metric, word in _RESULTS.values():
            self._counter(metric)[(word,)] += 0

    def _counter(self, metric: str) -> Counter[Labels]:
        return self.totals.setdefault(metric, Counter())

    def _durations(self, metric: str, labels: Labels) -> Durations:
        of_metric = self.durations.setdefault(metric, {})
        if labels not in of_metric:
            of_metric[labels] = Durations()
        return of_metric[labels]

    def add(self, metric: str, *labels: str) -> None:
        self._counter(metric)[labels] += 1

    def note(self, metric: str, took_ns: int, *labels: str) -> None:
        self._durations(metric, labels).note(took_ns)

    def facts_of(self, state: State) -> Callable[[Sequence[Fact], bool], None]:
        """Give what takes facts; *state* knows the triggers that they are about."""

        def take(facts: Sequence[Fact], is_durable: bool) -> None:
            for fact in facts:
                self._take_fact(fact, state)

        return take

    def _take_fact(self, fact: Fact, state: State) -> None:
        if fact.kind is K.TRIGGER_HIT:
            record = state.triggers.get(fact.trigger_id)
            kind = condition_word(record.definition.condition) if record else "unknown"
            self.add("exitd_triggers_fired_total", fact.account, kind)
            return
        named = _OUTCOMES.get(fact.kind)
        if named is None:
            return
        what, _, outcome = named
        self.add(_COUNTERS[what], fact.account, outcome)
        if what == "order":
            self._follow_order(fact)

    def _follow_order(self, fact: Fact) -> None:
        """Measure what lies between two facts of one firing."""
        fields, account = fact.fields, fact.account
        order = account, str(fields.get("client_order_id") or fact.fire_id)
        attempt = fields.get("attempt")
        is_retry = isinstance(attempt, int) and attempt > 1
        if fact.kind is K.ORDER_SIGNED and is_retry:
            reason = self._reasons.pop(fact.fire_id, _REMAINDER)
            self.add("exitd_order_retries_total", account, reason)
        elif fact.kind is K.ORDER_SENT:
            waited_us = fields.get("hit_to_sent_us")
            if isinstance(waited_us, int) and not is_retry:
                waited_ns = waited_us * NS_PER_US
                self.note("exitd_trigger_to_order_sent_seconds", waited_ns, account)
            _keep(self._sent_ns, order, fact.ts_ns)
        elif fact.kind in _ANSWERS:
            sent_ns = self._sent_ns.pop(order, None)
            if sent_ns is not None:
                self.note("exitd_order_ack_seconds", fact.ts_ns - sent_ns, account)
        if fact.kind is K.ORDER_REFUSED:
            _keep(self._reasons, fact.fire_id, str(fields.get("refusal") or _REFUSED))
        elif fact.kind is K.ORDER_CANCELLED:
            _keep(self._reasons, fact.fire_id, _CANCELLED)
        elif fact.kind is K.ORDER_RESOLVED and fields.get("found") is False:
            _keep(self._reasons, fact.fire_id, _MISSING)

    def observe(self, event: Event, fields: Mapping[str, object]) -> None:
        """Count a log event."""
        self.add("exitd_events_total", event.value)
        if event in _RESULTS:
            self.add(*_RESULTS[event])
        elif event is Event.FEED_LOST:
            reason = _word_for(str(fields.get("reason", "")))
            self.add("exitd_feed_reconnects_total", str(fields["venue"]), reason)
        elif event is Event.CONFIG_REJECTED:
            self.is_config_good = False
        elif event in _RELOADED:
            self.is_config_good = True

    def answered(self, one: Answered) -> None:
        """Count a request; how long a WebSocket was open says nothing of an answer."""
        labels = one.route, one.method
        self.add("exitd_http_requests_total", *labels, str(one.status))
        if not one.is_socket:
            self.note("exitd_http_request_duration_seconds", one.took_ns, *labels)


def _word_for(reason: str) -> str:
    """Sum up why a connection was lost: what a library says has no end of words."""
    for part, word in _LOST:
        if part in reason:
            return word
    return _FAILED


def _keep(kept: dict[Key, Kept], key: Key, value: Kept) -> None:
    """Keep one more, and let go of the oldest when they are too many."""
    kept[key] = value
    if len(kept) > KEPT_MAX:
        del kept[next(iter(kept))]
