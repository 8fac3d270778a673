"""Whether the parts that the files need are installed beside exitd."""

from __future__ import annotations

from exitd.adapters.calendars.asking import why_missing
from exitd.configuration.calendar_checks import check_calendars
from exitd.configuration.findings import Finding
from exitd.configuration.loaded import Loaded


def check_installed(loaded: Loaded) -> tuple[Finding, ...]:
    """Warn of each exit that needs an extra of exitd which is not installed here."""
    return tuple(check_calendars(loaded, why_missing()))
