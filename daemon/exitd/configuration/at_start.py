"""What of exitd.yaml holds from a start to the next: changed meanwhile, it waits."""

from collections.abc import Iterator
from typing import Any

from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.loaded import Loaded
from exitd.configuration.sources import DAEMON_FILE

_SECTIONS = ("mode", "venues", "state", "http", "webhook", "notify", "heartbeat", "log")


def waits_for_a_start(running: DaemonFile, loaded: Loaded) -> tuple[Finding, ...]:
    """Warn of each section that differs from the one that the daemon runs with."""
    if loaded.settings is None:
        return ()
    document = loaded.document(DAEMON_FILE)
    return tuple(
        document.finding(
            (section,),
            f"the daemon runs with another '{section}'; restart it for this one",
            severity=Severity.WARNING,
            key=True,
        )
        for section in changed_sections(running, loaded.settings.file)
    )


def changed_sections(running: DaemonFile, written: DaemonFile) -> Iterator[str]:
    """Name the sections that another start would run with."""
    for section in _SECTIONS:
        before: Any = getattr(running, section)
        if before != getattr(written, section):
            yield section
    if running.policies.for_core() != written.policies.for_core():
        yield "policies"
