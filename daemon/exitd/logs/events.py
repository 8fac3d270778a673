"""
Every event that exitd logs, with the level that it has by default.

A name is a noun and what happened to it. Levels: `debug` detail, `info` a fact,
`warning` the outside world failed or somebody should look, `error` a mistake of ours.
What each means, and its fields, is in `catalogue`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

# Each line of these is wanted: two of them are never the same thing said twice.
NEVER_FOLDED = frozenset(
    (
        *("api", "chain", "change", "command", "config", "daemon", "entry", "exits"),
        *("order", "orders", "position", "sessions", "telegram", "token", "trigger"),
        "webhook",
    )
)


class Event(StrEnum):
    """What happened; `level` is how loudly it is said."""

    level: str
    is_folded: bool

    def __new__(cls, name: str, level: str = "info") -> Self:
        event = str.__new__(cls, name)
        event._value_ = name
        event.level = level
        event.is_folded = (
            name.partition(".")[0] not in NEVER_FOLDED and level != "error"
        )
        return event

    DAEMON_STARTED = "daemon.started"
    DAEMON_RECOVERED = "daemon.recovered"
    DAEMON_READY = "daemon.ready"
    DAEMON_RELOADED = "daemon.reloaded"
    DAEMON_STOPPING = "daemon.stopping"
    DAEMON_STOPPED = "daemon.stopped"
    DAEMON_CRASHED = "daemon.crashed", "error"

    CONFIG_UNCHANGED = "config.unchanged", "debug"
    CONFIG_REJECTED = "config.rejected", "warning"
    CONFIG_HELD = "config.held", "warning"
    CONFIG_APPLIED = "config.applied"

    STORE_OPENED = "store.opened"
    STORE_FAILED = "store.failed", "warning"
    STORE_FULL = "store.full", "warning"
    STORE_RECOVERED = "store.recovered"
    STORE_ROW_SET_ASIDE = "store.row_set_aside", "warning"

    FEED_CONNECTED = "feed.connected"
    FEED_LOST = "feed.lost", "warning"
    FEED_REFUSED = "feed.refused", "warning"
    FEED_GARBLED = "feed.garbled", "warning"
    FEED_STALE = "feed.stale", "warning"
    FEED_RECOVERED = "feed.recovered"
    FEED_SECOND_SOURCE = "feed.second_source", "warning"
    FEED_SECOND_FAILED = "feed.second_failed", "warning"
    FEED_GAP_FOUND = "feed.gap_found", "warning"
    FEED_GAP_FILLED = "feed.gap_filled"
    PRICE_HELD = "price.held", "warning"
    PRICE_UNWATCHED = "price.unwatched", "warning"

    ACCOUNT_CONNECTED = "account.connected"
    ACCOUNT_LOST = "account.lost", "warning"
    ACCOUNT_RECONCILED = "account.reconciled", "debug"
    ACCOUNT_CONTRADICTED = "account.contradicted", "warning"
    ACCOUNT_BARRED = "account.barred", "warning"
    ACCOUNT_UNBARRED = "account.unbarred"
    ACCOUNT_SHARED = "account.shared", "warning"
    ACCOUNT_STANDING_BY = "account.standing_by", "warning"
    ACCOUNT_TAKEN_OVER = "account.taken_over"
    VENUE_FAILED = "venue.failed", "warning"
    VENUE_RECOVERED = "venue.recovered"
    VENUE_PAUSED = "venue.paused", "warning"
    VENUE_RESUMED = "venue.resumed"
    CHAIN_NOTICED = "chain.noticed", "warning"
    CLOCK_MEASURED = "clock.measured", "debug"
    CLOCK_SKEWED = "clock.skewed", "warning"

    SESSIONS_KNOWN = "sessions.known"
    SESSIONS_UNKNOWN = "sessions.unknown", "warning"

    TRIGGER_WAITING = "trigger.waiting"
    TRIGGER_ARMED = "trigger.armed"
    TRIGGER_REFUSED = "trigger.refused"
    TRIGGER_AMENDED = "trigger.amended"
    TRIGGER_PAUSED = "trigger.paused"
    TRIGGER_RESUMED = "trigger.resumed"
    TRIGGER_CANCELLED = "trigger.cancelled"
    TRIGGER_EXPIRED = "trigger.expired"
    TRIGGER_RETIRED = "trigger.retired"
    TRIGGER_MOVED = "trigger.moved"
    TRIGGER_TRAILING = "trigger.trailing"
    TRIGGER_TIGHTENED = "trigger.tightened"
    TRIGGER_CONFIRMING = "trigger.confirming"
    TRIGGER_CONDITION_LOST = "trigger.condition_lost"
    TRIGGER_UNCERTAIN = "trigger.uncertain", "warning"
    TRIGGER_MISSED = "trigger.missed", "warning"
    TRIGGER_HIT = "trigger.hit", "warning"
    TRIGGER_HELD = "trigger.held", "warning"
    TRIGGER_DONE = "trigger.done"

    ORDER_SIGNED = "order.signed"
    ORDER_SENT = "order.sent"
    ORDER_ACKED = "order.acked"
    ORDER_PARTIALLY_FILLED = "order.partially_filled"
    ORDER_FILLED = "order.filled"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_REFUSED = "order.refused", "warning"
    ORDER_IN_DOUBT = "order.in_doubt", "warning"
    ORDER_RESOLVED = "order.resolved"
    ORDER_ESCALATED = "order.escalated", "warning"
    ORDER_UNCONFIRMED = "order.unconfirmed", "warning"
    ORDER_ALTERED = "order.altered", "warning"
    ORDERS_CANCELLED = "orders.cancelled"

    BACKSTOP_PLACED = "backstop.placed"
    BACKSTOP_WITHDRAWN = "backstop.withdrawn"
    BACKSTOP_FILLED = "backstop.filled", "warning"
    BACKSTOP_LOST = "backstop.lost", "warning"
    BACKSTOP_REFUSED = "backstop.refused", "warning"

    ENTRY_WANTED = "entry.wanted"
    ENTRY_SIGNED = "entry.signed"
    ENTRY_SENT = "entry.sent"
    ENTRY_ACKED = "entry.acked"
    ENTRY_PARTIALLY_FILLED = "entry.partially_filled"
    ENTRY_FILLED = "entry.filled"
    ENTRY_REFUSED = "entry.refused", "warning"
    ENTRY_WITHDRAWN = "entry.withdrawn"
    ENTRY_CANCELLED = "entry.cancelled"
    ENTRY_EXPIRED = "entry.expired", "warning"
    ENTRY_IN_DOUBT = "entry.in_doubt", "warning"
    ENTRY_RESOLVED = "entry.resolved"
    ENTRY_PUT_BACK = "entry.put_back", "warning"
    EXIT_FILLED_AT_BROKER = "exit.filled_at_broker"
    EXITS_TAKEN_OVER = "exits.taken_over", "warning"
    EXITS_REFUSED = "exits.refused", "warning"

    POSITION_OPENED = "position.opened"
    POSITION_CHANGED = "position.changed"
    POSITION_CLOSED = "position.closed"
    POSITION_DOUBTED = "position.doubted", "warning"
    POSITION_PROTECTED = "position.protected"
    POSITION_UNPROTECTED = "position.unprotected", "warning"

    CHANGE_MADE = "change.made"
    CHANGE_REFUSED = "change.refused"
    API_REQUESTED = "api.requested", "debug"
    API_READ = "api.read", "debug"
    AUTH_REFUSED = "auth.refused", "warning"
    TOKEN_CREATED = "token.created"
    TOKEN_REVOKED = "token.revoked"
    COMMAND_REFUSED = "command.refused"
    WATCHER_DROPPED = "watcher.dropped"
    PAGE_FAILED = "page.failed", "error"
    ORDER_UNFILLABLE = "order.unfillable", "warning"
    WEBHOOK_ACCEPTED = "webhook.accepted"
    WEBHOOK_REFUSED = "webhook.refused", "warning"
    WEBHOOK_DUPLICATED = "webhook.duplicated"
    WEBHOOK_DELAYED = "webhook.delayed", "warning"
    WEBHOOK_CARRIED_OUT = "webhook.carried_out"

    TELEGRAM_STARTED = "telegram.started"
    TELEGRAM_ASKED = "telegram.asked"
    TELEGRAM_CONFIRMED = "telegram.confirmed"
    TELEGRAM_REFUSED = "telegram.refused", "warning"
    TELEGRAM_DROPPED = "telegram.dropped", "warning"
    TELEGRAM_LOST = "telegram.lost", "warning"
    TELEGRAM_RECOVERED = "telegram.recovered"
    TELEGRAM_FAILED = "telegram.failed", "warning"
    TELEGRAM_STOPPED = "telegram.stopped"

    NOTIFY_SENT = "notify.sent", "debug"
    NOTIFY_FAILED = "notify.failed", "warning"
    HEARTBEAT_FAILED = "heartbeat.failed", "warning"
    HEALTH_DEGRADED = "health.degraded", "warning"
    HEALTH_RECOVERED = "health.recovered"
    LOOP_LAGGED = "loop.lagged", "warning"
    LIBRARY_WARNED = "library.warned", "warning"
    LOG_DROPPED = "log.dropped", "warning"
