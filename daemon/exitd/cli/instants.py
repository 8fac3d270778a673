"""Times as people write them on a command line."""

from __future__ import annotations

from datetime import UTC, datetime

from exitd.cli.failures import WrongUsage
from exitd.core.units import NS_PER_S

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOW = "write 30m, 1h or 2d, a date, or a time such as 2030-01-31T12:00:00Z"


def read_since(written: str, now_ns: int) -> int:
    """
    Read how long ago, a date (its first instant in UTC), or a time with its zone.

    Returns:
        UTC in nanoseconds.

    Raises:
        WrongUsage: It is none of these.
    """
    from exitd.configuration.values import read_duration_ns

    try:
        return now_ns - read_duration_ns(written)
    except ValueError:
        return read_time(written)


def read_time(written: str) -> int:
    """See `read_since`, without the durations."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise WrongUsage(f"'{written}' is no time; {_HOW}") from None
    if found.tzinfo is None:
        if "T" in written or " " in written:
            raise WrongUsage(f"'{written}' has no zone; end it with Z for UTC")
        found = found.replace(tzinfo=UTC)
    return int((found - _EPOCH).total_seconds()) * NS_PER_S


def read_span(since: str, until: str, now_ns: int) -> tuple[str, str]:
    """
    Read --from and --to, each as the API reads it; no --to leaves the end open.

    Raises:
        WrongUsage: One of them is no time, or nothing can lie between them.
    """
    start = as_timestamp(read_since(since, now_ns))
    if not until:
        return start, ""
    end = as_timestamp(read_since(until, now_ns))
    if end <= start:
        raise WrongUsage(f"--to {until} is not after --from {since}; exchange them")
    return start, end


def as_timestamp(ts_ns: int) -> str:
    """Write UTC nanoseconds as the API reads them, to the second."""
    found = datetime.fromtimestamp(ts_ns // NS_PER_S, UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def nanoseconds_of(timestamp: str) -> int:
    """Read back a time of the API: RFC 3339 in UTC with nine digits of the second."""
    whole, _, fraction = timestamp.rstrip("Z").partition(".")
    seconds = int((datetime.fromisoformat(f"{whole}+00:00") - _EPOCH).total_seconds())
    return seconds * NS_PER_S + int((fraction or "0").ljust(9, "0")[:9])
