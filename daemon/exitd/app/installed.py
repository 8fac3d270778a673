"""Whether the parts that the files need are installed beside exitd."""

from __future__ import annotations

from collections.abc import Iterator

from exitd.adapters.calendars.asking import why_missing
from exitd.app.chains import why_no_chains
from exitd.configuration.calendar_checks import check_calendars
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.loaded import Loaded
from exitd.configuration.sources import DAEMON_FILE


def check_installed(loaded: Loaded) -> tuple[Finding, ...]:
    """Warn of all that needs an extra of exitd which is not installed here."""
    return (
        *check_calendars(loaded, why_missing()),
        *_check_chains(loaded, why_no_chains()),
    )


def _check_chains(loaded: Loaded, why: str) -> Iterator[Finding]:
    if not why or loaded.settings is None:
        return
    for name, account in loaded.settings.accounts.items():
        if account.chain is not None:
            yield loaded.document(DAEMON_FILE).finding(
                ("venues", name, "type"),
                f"the daemon would not start here: {why}",
                severity=Severity.WARNING,
            )
