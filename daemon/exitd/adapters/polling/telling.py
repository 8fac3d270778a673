"""What becomes of a notice that nobody asked for: a line in the log."""

from __future__ import annotations

from collections.abc import Callable

from exitd.logs import Event, log_at
from exitd.ports.notices import Notice


def log_notices(account: str) -> Callable[[Notice], None]:
    """Make what writes the notices of an account down."""

    def write(notice: Notice) -> None:
        level = "info" if notice.is_over else "warning"
        log_at(level, Event.VENUE_FAILED, venue=account, reason=str(notice))

    return write
