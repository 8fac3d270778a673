"""How old an alert may be, on routes that ask for `{{timenow}}`."""

from datetime import UTC, datetime

from exitd.core.units import NS_PER_S
from exitd.signals.model import Signal

#: A clock may be off by this much, whatever the route asks for.
AHEAD_NS = 60 * NS_PER_S
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_of(signal: Signal) -> int | None:
    """Read `metadata.timestamp` as UTC nanoseconds; None where it is no instant."""
    written = signal.metadata.get("timestamp")
    if not isinstance(written, str):
        return None
    try:
        instant = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    elapsed = instant - _EPOCH
    seconds = elapsed.days * 86_400 + elapsed.seconds
    return seconds * NS_PER_S + elapsed.microseconds * 1_000


def too_old(signal: Signal, max_age_ns: int, now_ns: int) -> str:
    """Say why an alert is refused for its age; empty where it is not."""
    ts_ns = instant_of(signal)
    if ts_ns is None:
        return (
            "this route has a max_age, and metadata.timestamp is no time; write "
            '"timestamp": "{{timenow}}" into the metadata of the alert'
        )
    age_ns = now_ns - ts_ns
    if age_ns < -max(max_age_ns, AHEAD_NS):
        return (
            f"the alert is {-age_ns // NS_PER_S} s ahead of this machine's clock by "
            "its metadata.timestamp; that must be {{timenow}}: the end of a bar lies "
            "ahead, and the clock must be right"
        )
    if age_ns <= max_age_ns:
        return ""
    return (
        f"the alert is {age_ns // NS_PER_S} s old by its metadata.timestamp, and this "
        f"route takes none older than {max_age_ns // NS_PER_S} s; the timestamp must "
        "be {{timenow}}, as the time of a bar can be hours old"
    )
