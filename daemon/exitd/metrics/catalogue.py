"""
Every metric that exitd tells, with its labels and what it means; made into
docs/metrics.md, and all that alert rules and the dashboard may speak of.

Names are Prometheus' conventions: base units, `_total` for what only rises. Labels have
few values each: accounts, markets, kinds, states, routes; never a trigger or an order.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Shape(StrEnum):
    """What can be done with the numbers, in the words of Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


# name | shape | labels | meaning; an indented line goes on with the one before
TABLE = """
exitd_build_info | gauge | version python | the running version; the number is always
  1
exitd_live | gauge | | 1 while it trades, 0 on paper, where nothing is protected
exitd_ready | gauge | | 1 while /-/ready says 200
exitd_triggers | gauge | venue state kind | triggers, by the state that people see
exitd_triggers_fired_total | counter | venue kind | levels hit, each once per arming
exitd_trigger_distance_ratio | gauge | venue symbol | how far the price has to go to
  the nearest armed level, as a share of the price; venue is where the price comes
  from
exitd_trigger_evaluation_seconds | histogram | venue | from a price to the decision
  about it; two of them are measured each second
exitd_trigger_to_order_sent_seconds | histogram | venue | from the hit to the first
  order on its way
exitd_order_ack_seconds | histogram | venue | from an order on its way to the first
  that the venue says of it
exitd_orders_total | counter | venue outcome | what became of closes
exitd_order_retries_total | counter | venue reason | closes signed after the first one
  of a firing
exitd_orders_in_doubt | gauge | venue | closes of which nobody knows whether the venue
  has them
exitd_entries_total | counter | venue outcome | what became of orders that may open
exitd_backstops_total | counter | venue outcome | what became of stops that rest at
  the venue
exitd_positions | gauge | venue | open positions
exitd_position_unprotected | gauge | venue symbol | 1 for a position that no stop
  watches in full; looked at every minute
exitd_feed_up | gauge | venue | 1 while the prices' connection is up
exitd_feed_messages_total | counter | venue channel | prices taken in
exitd_feed_last_message_timestamp_seconds | gauge | venue | when the connection last
  proved to be alive
exitd_feed_reconnects_total | counter | venue reason | connections that were lost or
  did not come about
exitd_feed_stale_prices | gauge | venue | watched prices that are too old to be judged
exitd_feed_transport_seconds | histogram | venue | from the venue's instant of a price
  to ours; two of them are measured each second
exitd_venue_clock_offset_seconds | gauge | venue | the venue's clock less this
  machine's
exitd_event_loop_lag_seconds | histogram | | how much later than asked for the loop
  came round, twice a second
exitd_journal_commit_seconds | histogram | | how long the disk took to keep a group of
  decisions
exitd_store_writable | gauge | | 1 while the store takes writes
exitd_store_backlog | gauge | | decisions that are not on disk yet
exitd_http_requests_total | counter | route method code | requests answered;
  WebSockets have 101
exitd_http_request_duration_seconds | histogram | route method | how long an answer
  took; without WebSockets
exitd_webhooks_total | counter | result | what became of alerts
exitd_notifications_total | counter | result | messages to people
exitd_config_last_reload_successful | gauge | | 0 after files that are not valid; the
  old set stays armed
exitd_config_last_reload_success_timestamp_seconds | gauge | | when files last came
  into force
exitd_config_held_changes | gauge | | changes that wait for `exitd apply`
exitd_config_drift_triggers | gauge | | triggers of files that a command has paused
exitd_events_total | counter | event | log events, written or not; docs/log-events.md
  says what each means
"""


class Metric(Struct, frozen=True):
    name: str
    shape: Shape
    labels: tuple[str, ...]
    meaning: str


def catalogue() -> tuple[Metric, ...]:
    """Give every row of the table; an unknown shape is a `ValueError`."""
    metrics = []
    for line in TABLE.replace("\n  ", " ").splitlines():
        if line:
            name, shape, labels, meaning = (part.strip() for part in line.split("|"))
            metrics.append(Metric(name, Shape(shape), tuple(labels.split()), meaning))
    return tuple(metrics)


METRICS = {metric.name: metric for metric in catalogue()}
