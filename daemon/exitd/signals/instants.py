"""Timestamps in `metadata`: Pine writes counts of milliseconds, others ISO 8601."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

# A count with more digits is one of milliseconds.
_SECONDS_DIGITS_MAX = 11
_DIGITS_MAX = 15
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_of(written: object) -> object:
    """Write a count of seconds or milliseconds as ISO 8601; leave anything else."""
    digits = written
    if isinstance(written, Decimal):
        whole = written == written.to_integral_value()
        digits = format(written, "f").partition(".")[0] if whole else ""
    elif isinstance(written, int) and not isinstance(written, bool):
        digits = str(written)
    if not isinstance(digits, str):
        return written
    digits = digits.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS_MAX:
        return written
    ms = int(digits) * (1_000 if len(digits) <= _SECONDS_DIGITS_MAX else 1)
    try:
        moment = _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return written
    spec = "milliseconds" if ms % 1_000 else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")
