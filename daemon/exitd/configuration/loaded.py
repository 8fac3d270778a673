"""A configuration as loaded: its settings, its positions, and what is wrong."""

from collections.abc import Mapping
from pathlib import Path as FilePath

from msgspec import Struct

from exitd.configuration.at_brokers import (
    AtInteractiveBrokers,
    AtSchwab,
    at_interactive_brokers,
    at_schwab,
)
from exitd.configuration.broker_tables import BrokerTable
from exitd.configuration.brokers import AlpacaAccount, AlpacaSettings
from exitd.configuration.chain_accounts import SymmioAccount
from exitd.configuration.chain_tables import PRICES_TYPE, ChainTables
from exitd.configuration.daemon_file import AnyAccount, DaemonFile
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity, has_errors
from exitd.configuration.interactive_brokers import InteractiveBrokersAccount
from exitd.configuration.on_chain import OnChain, on_chain
from exitd.configuration.positions import CheckedPosition
from exitd.configuration.schwab import SchwabAccount
from exitd.configuration.secrets import SecretReference
from exitd.configuration.sources import DAEMON_FILE
from exitd.configuration.venue_tables import AlpacaTable, VenueTable


class AccountSettings(Struct, frozen=True, kw_only=True):
    """An account with its venue's table applied; durations in nanoseconds.

    With `prices_only` it has no key and no secret, and zero where a number is about
    signed requests. Where its positions are quotes, `chain` says of which; `url`,
    `ws_url` and `requests_per_minute` are of its prices then, and it has no secret.
    `alpaca` says what only an account there has; so do `interactive_brokers` and
    `schwab`, whose requests have no window.
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
    is_overlapped: bool = False
    chain: OnChain | None = None
    alpaca: AlpacaSettings | None = None
    interactive_brokers: AtInteractiveBrokers | None = None
    schwab: AtSchwab | None = None

    @property
    def secrets(self) -> tuple[SecretReference, ...]:
        """Where all that it signs and asks with is to be found, the key first."""
        named = (self.key, self.secret)
        nodes = self.chain.private_nodes if self.chain is not None else ()
        return (*(one for one in named if one is not None), *nodes)


def account_settings(
    name: str,
    account: AnyAccount,
    tables: Mapping[str, VenueTable],
    chains: ChainTables,
    brokers: Mapping[str, BrokerTable],
) -> AccountSettings:
    """Apply a venue's table to an account; what the account says wins."""
    if isinstance(account, InteractiveBrokersAccount | SchwabAccount):
        return _broker(name, account, brokers[account.type])
    if isinstance(account, SymmioAccount):
        return _quotes(name, account, tables[PRICES_TYPE], on_chain(account, chains))
    if isinstance(account, AlpacaAccount):
        return _alpaca(name, account, tables[account.type])
    table = tables[account.type]
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
        is_overlapped=account.firing != "strict" and not table.prices_only,
    )


def _alpaca(name: str, account: AlpacaAccount, table: VenueTable) -> AccountSettings:
    assert isinstance(table, AlpacaTable)
    is_live = account.environment == "live"
    return AccountSettings(
        name=name,
        type=account.type,
        prices_only=False,
        key=account.key,
        secret=account.secret,
        url=account.url or (table.url if is_live else table.paper_url),
        ws_url=account.ws_url or (table.ws_url if is_live else table.paper_ws_url),
        request_window_ns=account.request_window or table.request_window or 0,
        lag_slack_ns=account.lag_slack or table.lag_slack or 0,
        requests_per_minute=account.requests_per_minute or table.requests_per_minute,
        history_requests_per_minute=account.history_requests_per_minute
        or table.history_requests_per_minute
        or 0,
        alpaca=AlpacaSettings(
            environment=account.environment,
            data_url=account.data_url or table.data_url,
            data_ws_url=account.data_ws_url or table.data_ws_url,
            data_feed=account.data_feed,
        ),
    )


def _broker(
    name: str, account: InteractiveBrokersAccount | SchwabAccount, table: BrokerTable
) -> AccountSettings:
    at_ib, schwab, key, secret = None, None, None, None
    if isinstance(account, SchwabAccount):
        schwab, key, secret = at_schwab(account, table), account.key, account.secret
    else:
        at_ib = at_interactive_brokers(account, table)
    return AccountSettings(
        name=name,
        type=account.type,
        prices_only=False,
        key=key,
        secret=secret,
        url=account.url or table.url,
        ws_url="",
        request_window_ns=0,
        lag_slack_ns=table.lag_slack,
        requests_per_minute=account.requests_per_minute or table.requests_per_minute,
        history_requests_per_minute=0,
        interactive_brokers=at_ib,
        schwab=schwab,
    )


def _quotes(
    name: str, account: SymmioAccount, prices: VenueTable, chain: OnChain
) -> AccountSettings:
    return AccountSettings(
        name=name,
        type=account.type,
        prices_only=False,
        key=account.key,
        secret=None,
        url=account.prices.url or prices.url,
        ws_url=account.prices.ws_url or prices.ws_url,
        request_window_ns=chain.request_window_ns,
        lag_slack_ns=chain.lag_slack_ns,
        requests_per_minute=prices.requests_per_minute,
        history_requests_per_minute=0,
        chain=chain,
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
