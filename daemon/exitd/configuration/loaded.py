"""A configuration as loaded: its settings, its positions, and what is wrong."""

from pathlib import Path as FilePath

from msgspec import Struct

from exitd.configuration.daemon_file import Account, DaemonFile
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity, has_errors
from exitd.configuration.positions import CheckedPosition
from exitd.configuration.secrets import SecretReference
from exitd.configuration.sources import DAEMON_FILE
from exitd.configuration.venue_tables import VenueTable


class AccountSettings(Struct, frozen=True, kw_only=True):
    """An account with its venue's table applied; durations in nanoseconds.

    With `prices_only` it has no key and no secret, and zero where a number is about
    signed requests.
    """

    name: str
    type: str
    prices_only: bool
    key: SecretReference | None
    secret: SecretReference | None
    url: str
    ws_url: str
    request_window_ns: int
    lag_slack_ns: int
    requests_per_minute: int
    history_requests_per_minute: int


def account_settings(name: str, account: Account, table: VenueTable) -> AccountSettings:
    """Apply a venue's table to an account; what the account says wins."""
    return AccountSettings(
        name=name,
        type=account.type,
        prices_only=table.prices_only,
        key=account.key,
        secret=account.secret,
        url=account.url or table.url,
        ws_url=account.ws_url or table.ws_url,
        request_window_ns=account.request_window or table.request_window or 0,
        lag_slack_ns=account.lag_slack or table.lag_slack or 0,
        requests_per_minute=account.requests_per_minute or table.requests_per_minute,
        history_requests_per_minute=account.history_requests_per_minute
        or table.history_requests_per_minute
        or 0,
    )


class Settings(Struct, frozen=True, kw_only=True):
    """exitd.yaml, with the venue tables applied to its accounts."""

    file: DaemonFile
    accounts: dict[str, AccountSettings]

    @property
    def is_live(self) -> bool:
        return self.file.mode == "live"


class LoadedFile(Struct, frozen=True, kw_only=True):
    """One file that was read; `name` is relative to the configuration's directory."""

    name: str
    document: Document

    @property
    def is_daemon(self) -> bool:
        return self.name == DAEMON_FILE


class Loaded(Struct, frozen=True, kw_only=True):
    """All or nothing: with one error anywhere there are no settings, no positions.

    `digest` changes when a file does, comes or goes.
    """

    directory: FilePath
    settings: Settings | None
    positions: tuple[CheckedPosition, ...]
    findings: tuple[Finding, ...]
    files: tuple[LoadedFile, ...]
    digest: str

    @property
    def has_errors(self) -> bool:
        return has_errors(self.findings)

    def document(self, name: str) -> Document:
        """Give the document of a file by its relative name; `KeyError` without one."""
        for file in self.files:
            if file.name == name:
                return file.document
        raise KeyError(name)

    def finding(
        self,
        position: CheckedPosition,
        path: Path,
        message: str,
        *,
        severity: Severity = Severity.ERROR,
        key: bool = False,
    ) -> Finding:
        """Say something about a place in a position's file."""
        document = self.document(position.file)
        return document.finding(path, message, severity=severity, key=key)
