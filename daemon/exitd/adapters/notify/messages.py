"""Alerts as messages that people read on a phone."""

from collections.abc import Sequence

from msgspec import Struct

from exitd.adapters.notify.throttle import Repeated
from exitd.ports.alerts import AlertLevel

LINES_MAX = 12
LINE_CHARACTERS_MAX = 400
_RANKS = {AlertLevel.INFO: 0, AlertLevel.WARNING: 1, AlertLevel.CRITICAL: 2}


class Message(Struct, frozen=True, kw_only=True):
    """One message; `topic` is that of its alert, or `digest` for several."""

    title: str
    body: str
    level: AlertLevel
    topic: str
    is_silent: bool = False


def message_of(repeated: Repeated, *, is_silent: bool) -> Message:
    """Write one alert."""
    alert = repeated.alert
    text = alert.text[:LINE_CHARACTERS_MAX]
    if repeated.again:
        times = "once" if repeated.again == 1 else f"{repeated.again} times"
        text = f"{text} (and {times} before this, not told one by one)"
    word = "cleared" if alert.cleared else alert.level.value
    return Message(
        title=f"exitd {word}: {alert.about}",
        body=text,
        level=AlertLevel.INFO if alert.cleared else alert.level,
        topic=alert.topic,
        is_silent=is_silent,
    )


def digest_of(messages: Sequence[Message]) -> Message:
    """Put what has piled up into one message, the most urgent first."""
    ordered = sorted(messages, key=lambda m: -_RANKS[m.level])
    lines = [f"- {message.body}" for message in ordered[:LINES_MAX]]
    if len(ordered) > LINES_MAX:
        lines.append(f"… and {len(ordered) - LINES_MAX} more; see `exitd tail`")
    worst = ordered[0].level
    return Message(
        title=f"exitd {worst.value}: {len(ordered)} messages",
        body="\n".join(lines),
        level=worst,
        topic="digest",
        is_silent=all(message.is_silent for message in messages),
    )
