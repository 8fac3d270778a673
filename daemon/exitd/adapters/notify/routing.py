"""Which kind of alert a topic is, and how loudly each kind is to be told."""

from typing import Literal

from exitd.configuration.daemon_file import AlertEvents
from exitd.ports.alerts import Alert

Kind = Literal[
    "hit",
    "filled",
    "trouble",
    "unprotected",
    "waiting",
    "feed",
    "configuration",
    "daemon",
]
Loudness = Literal["on", "silent", "off"]

# The longest beginning of a topic that is named here decides. What is not named is
# trouble: an alert that nobody foresaw is told rather than lost.
KINDS: dict[str, Kind] = {
    "trigger.hit": "hit",
    "trigger.done": "filled",
    "trigger.waiting": "waiting",
    "trigger.armed": "waiting",
    "trigger.moved": "waiting",
    "trigger.confirming": "hit",
    "trigger.condition_lost": "hit",
    "price.held": "feed",
    "price.unwatched": "waiting",
    "trigger.missed": "waiting",
    "order.filled": "filled",
    "order.partially_filled": "filled",
    "order.resolved": "trouble",
    "backstop.filled": "filled",
    "backstop.": "trouble",
    "entry.filled": "filled",
    "entry.cancelled": "filled",
    "exit.": "filled",
    "exits.": "unprotected",
    "position.unprotected": "unprotected",
    "position.protected": "unprotected",
    "chain.": "trouble",
    "broker.": "trouble",
    "feed.": "feed",
    "account.shared": "trouble",
    "account.standing_by": "trouble",
    "account.taken_over": "trouble",
    "account.": "feed",
    "venue.": "feed",
    "clock.": "feed",
    "config.": "configuration",
    "daemon.": "daemon",
    "health.": "daemon",
}


def kind_of(topic: str) -> Kind:
    """Give the key under `notify: events:` that decides about a topic."""
    if topic in KINDS:
        return KINDS[topic]
    return KINDS.get(f"{topic.partition('.')[0]}.", "trouble")


def loudness_of(alert: Alert, events: AlertEvents) -> Loudness:
    loudness: Loudness = getattr(events, kind_of(alert.topic))
    return loudness
