"""Instants as people read them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_text(ts_ns: int) -> str:
    """Write an instant in RFC 3339, UTC, to the second."""
    instant = _EPOCH + timedelta(seconds=ts_ns // 1_000_000_000)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
