"""Whether what exits go by, trading calendars, can be looked up on this machine."""

from collections.abc import Iterator

from exitd.configuration.findings import Finding, Severity
from exitd.configuration.loaded import Loaded
from exitd.core.condition import calendar_of


def check_calendars(loaded: Loaded, why_missing: str) -> Iterator[Finding]:
    """
    Warn at each exit that goes by a calendar, for the reason in *why_missing*.

    A sentence with the remedy; empty when calendars can be looked up. No error: such
    an exit waits, and everything else is as good as ever.
    """
    if not why_missing:
        return
    for position in loaded.positions:
        for exit_ in position.exits:
            if calendar_of(exit_.condition):
                yield loaded.finding(
                    position,
                    (*exit_.path, "calendar"),
                    f"this exit would wait and never act: {why_missing}",
                    severity=Severity.WARNING,
                )
