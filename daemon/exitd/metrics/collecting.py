"""What is looked up at each scrape, and everything that was counted, as families."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from exitd.core.attempt import AttemptState
from exitd.core.units import NS_PER_S
from exitd.metrics.catalogue import METRICS, Shape
from exitd.metrics.counts import Counts, Labels
from exitd.ports.store import StoreHealth
from exitd.runtime.control.census import Counted
from exitd.runtime.control.nearest import ratio
from exitd.runtime.daemon import Daemon
from exitd.runtime.durations import Durations

#: The nearest to their levels, where so many markets are watched.
SYMBOLS_MAX = 200

Values = Iterable[tuple[Labels, float]]


class DaemonCollector(Collector):
    """Gives every family of the catalogue, whole, for one scrape."""

    def __init__(
        self,
        daemon: Daemon,
        counts: Counts,
        commits: Durations,
        triggers: Counted,
        python: str,
    ) -> None:
        self._daemon = daemon
        self._counts = counts
        self._commits = commits
        self._triggers = triggers
        self._python = python

    def collect(self) -> Iterator[Family]:
        gauges = dict(self._gauges())
        totals = {**self._counts.totals, "exitd_feed_messages_total": self._messages()}
        durations = {**self._counts.durations, **self._measured()}
        for name, metric in METRICS.items():
            match metric.shape:
                case Shape.COUNTER:
                    yield _counter(name, totals.get(name, {}))
                case Shape.GAUGE:
                    yield _gauge(name, gauges[name])
                case Shape.HISTOGRAM:
                    yield _histogram(name, durations.get(name, {}))

    def _messages(self) -> Counter[Labels]:
        feeds = self._daemon.feeds.items()
        return Counter({(name, "prices"): feed.samples.taken for name, feed in feeds})

    def _measured(self) -> dict[str, dict[Labels, Durations]]:
        feeds = self._daemon.feeds.items()
        return {
            "exitd_trigger_evaluation_seconds": {
                (name,): feed.samples.evaluation for name, feed in feeds
            },
            "exitd_feed_transport_seconds": {
                (name,): feed.samples.transport for name, feed in feeds
            },
            "exitd_event_loop_lag_seconds": {(): self._daemon.lag},
            "exitd_journal_commit_seconds": {(): self._commits},
        }

    def _gauges(self) -> Iterator[tuple[str, Values]]:
        daemon, files = self._daemon, self._daemon.files
        version = daemon.version, self._python
        yield "exitd_build_info", [(version, 1)]
        yield "exitd_live", [((), daemon.mode == "live")]
        yield "exitd_ready", [((), not daemon.reasons_not_ready())]
        yield "exitd_triggers", self._triggers.kinds.items()
        yield "exitd_config_drift_triggers", [((), len(self._triggers.drift))]
        yield (
            "exitd_config_last_reload_successful",
            [((), self._counts.is_config_good)],
        )
        yield (
            "exitd_config_last_reload_success_timestamp_seconds",
            [((), (files.ts_applied_ns or 0) / NS_PER_S)],
        )
        held = 0 if files.held is None else len(files.held.changes)
        yield "exitd_config_held_changes", [((), held)]
        is_writable = daemon.store.health is StoreHealth.WRITABLE
        yield "exitd_store_writable", [((), is_writable)]
        yield "exitd_store_backlog", [((), daemon.store.backlog)]
        yield from self._gauges_of_feeds()
        yield from self._gauges_of_accounts()

    def _gauges_of_feeds(self) -> Iterator[tuple[str, Values]]:
        feeds = self._daemon.feeds
        yield (
            "exitd_feed_up",
            [((name,), feed.since_ns is not None) for name, feed in feeds.items()],
        )
        yield (
            "exitd_feed_last_message_timestamp_seconds",
            [
                ((name,), feed.samples.ts_alive_ns / NS_PER_S)
                for name, feed in feeds.items()
                if feed.samples.ts_alive_ns
            ],
        )
        yield (
            "exitd_feed_stale_prices",
            [((name,), len(feed.unjudged)) for name, feed in feeds.items()],
        )
        yield "exitd_trigger_distance_ratio", self._distances()

    def _gauges_of_accounts(self) -> Iterator[tuple[str, Values]]:
        daemon = self._daemon
        state, now_ns = daemon.loop.engine.state, daemon.clock.now_ns()
        opened: Counter[Labels] = Counter({(name,): 0 for name in daemon.accounts})
        doubtful = Counter(opened)
        unprotected: dict[Labels, float] = {}
        for key, position in state.positions.items():
            if position.is_open:
                opened[(key.account,)] += 1
                unprotected[key.account, key.symbol] = 0
        for hole in daemon.holes:
            unprotected[hole.key.account, hole.key.symbol] = 1
        for attempt in state.attempts.values():
            if attempt.state is AttemptState.IN_DOUBT:
                doubtful[(attempt.order.account,)] += 1
        yield "exitd_positions", opened.items()
        yield "exitd_position_unprotected", unprotected.items()
        yield "exitd_orders_in_doubt", doubtful.items()
        yield (
            "exitd_venue_clock_offset_seconds",
            [
                ((name,), (account.venue.venue_now_ns() - now_ns) / NS_PER_S)
                for name, account in daemon.accounts.items()
                if account.time.is_measured
            ],
        )

    def _distances(self) -> Values:
        """Find for each market how near the price is to a level that it would hit."""
        nearest: dict[Labels, float] = {}
        for source, book in self._daemon.loop.engine.state.books.items():
            share = ratio(source, book) if source.combined is None else None
            if share is not None:
                labels = source.feed, source.symbol
                nearest[labels] = min(float(share), nearest.get(labels, float(share)))
        by_distance = sorted(nearest.items(), key=lambda one: one[1])
        return by_distance[:SYMBOLS_MAX]


def _gauge(name: str, values: Values) -> Family:
    metric = METRICS[name]
    family = GaugeMetricFamily(name, metric.meaning, labels=metric.labels)
    for labels, value in values:
        family.add_metric(labels, float(value))
    return family


def _counter(name: str, values: dict[Labels, int] | Counter[Labels]) -> Family:
    metric = METRICS[name]
    family = CounterMetricFamily(name, metric.meaning, labels=metric.labels)
    # A copy: another thread may log something for the first time meanwhile.
    for labels, value in list(values.items()):
        family.add_metric(labels, value)
    return family


def _histogram(name: str, values: dict[Labels, Durations]) -> Family:
    metric = METRICS[name]
    family = HistogramMetricFamily(name, metric.meaning, labels=metric.labels)
    for labels, durations in values.items():
        buckets = [
            ("+Inf" if bound is None else str(bound / NS_PER_S), count)
            for bound, count in durations.cumulative()
        ]
        family.add_metric(labels, buckets, durations.sum_ns / NS_PER_S)
    return family
