"""What exitd.yaml says in several places, and where its secrets are."""

from collections.abc import Iterator, Mapping

from exitd.configuration.addresses import is_loopback
from exitd.configuration.brokers import AlpacaAccount
from exitd.configuration.chain_accounts import SymmioAccount
from exitd.configuration.chain_checks import check_served_quotes
from exitd.configuration.chain_tables import ChainTables
from exitd.configuration.daemon_file import Account, DaemonFile
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity, did_you_mean
from exitd.configuration.interactive_brokers import (
    InteractiveBrokersAccount,
    check_interactive_brokers,
)
from exitd.configuration.on_chain import check_chain
from exitd.configuration.schwab import SchwabAccount, check_schwab
from exitd.configuration.secrets import SecretReference, mode_complaint, secret_path
from exitd.configuration.venue_tables import VenueTable
from exitd.configuration.webhook_checks import check_webhook
from exitd.core.units import NS_PER_S

WARNING = Severity.WARNING

_SIGNED = (
    "key",
    "secret",
    "request_window",
    "firing",
    "lag_slack",
    "history_requests_per_minute",
)


def _references(file: DaemonFile) -> Iterator[tuple[Path, SecretReference]]:
    for name, account in file.venues.items():
        if isinstance(account, SymmioAccount):
            yield ("venues", name, "key"), account.key
            for index, reference in enumerate(account.private_nodes):
                yield ("venues", name, "private_nodes", index), reference
            continue
        if isinstance(account, InteractiveBrokersAccount):
            continue
        for word, named in (("key", account.key), ("secret", account.secret)):
            if named is not None:
                yield ("venues", name, word), named
    for name, target in file.notify.targets.items():
        yield ("notify", "targets", name, "url"), target.url
    if file.heartbeat is not None:
        yield ("heartbeat", "url"), file.heartbeat.url
    if file.telegram is not None:
        yield ("telegram", "bot_token"), file.telegram.bot_token
        if file.telegram.daemon_token is not None:
            yield ("telegram", "daemon_token"), file.telegram.daemon_token
    for name, route in file.webhook.routes.items():
        yield ("webhook", "routes", name, "auth_key"), route.auth_key


def _doors(document: Document, file: DaemonFile) -> Iterator[Finding]:
    address = file.http.bind
    if address != "off" and not is_loopback(address.rpartition(":")[0].strip("[]")):
        yield document.finding(
            ("http", "bind"),
            f"{address} can be reached from other machines, without TLS; "
            "bind 127.0.0.1 and put a reverse proxy in front",
            severity=WARNING,
        )
    telegram = file.telegram
    if telegram is not None and telegram.daemon_token is not None and address == "off":
        yield document.finding(
            ("telegram", "daemon_token"),
            "with http.bind off `exitd telegram` goes by the socket, where no token "
            "counts; bind 127.0.0.1, or remove it",
            severity=WARNING,
            key=True,
        )
    rasa = file.http.rasa
    if rasa is not None and rasa.account not in file.venues:
        yield document.finding(
            ("http", "rasa", "account"),
            f"venue '{rasa.account}' is not set up under venues:"
            f"{did_you_mean(rasa.account, file.venues)}",
        )


def _prices_only(document: Document, name: str, account: Account) -> Iterator[Finding]:
    for word in _SIGNED:
        if getattr(account, word) is not None:
            yield document.finding(
                ("venues", name, word),
                f"'{word}' has no effect: {account.type} gives prices only, and "
                "nothing is signed there; remove it",
                key=True,
            )


def _account(
    document: Document,
    name: str,
    account: Account | AlpacaAccount,
    table: VenueTable,
    *,
    mode: str,
) -> Iterator[Finding]:
    path: Path = ("venues", name)
    if mode == "live" and account.key is None:
        yield document.finding(path, "live mode needs 'key' and 'secret'", key=True)
    window, window_max = account.request_window, table.request_window_max
    if window is not None and window_max is not None and window > window_max:
        yield document.finding(
            (*path, "request_window"),
            f"{account.type} takes a window of at most {window_max // NS_PER_S}s",
        )


def check_daemon(
    document: Document,
    file: DaemonFile,
    tables: Mapping[str, VenueTable],
    chains: ChainTables,
    environment: Mapping[str, str],
) -> Iterator[Finding]:
    """Check what exitd.yaml says in several places."""
    for name, account in file.venues.items():
        if isinstance(account, SymmioAccount):
            yield from check_chain(document, name, account, chains, file.mode)
            continue
        if isinstance(account, InteractiveBrokersAccount):
            yield from check_interactive_brokers(document, name, account, file.mode)
            continue
        if isinstance(account, SchwabAccount):
            yield from check_schwab(document, name, account, file.mode)
            continue
        table = tables.get(account.type)
        if table is None:
            continue
        if table.prices_only:
            assert isinstance(account, Account)
            yield from _prices_only(document, name, account)
        else:
            yield from _account(document, name, account, table, mode=file.mode)
    for path, reference in _references(file):
        place = secret_path(reference, environment)
        complaint = None if place is None else mode_complaint(place)
        if complaint is not None:
            yield document.finding(path, complaint, severity=WARNING)
    yield from _doors(document, file)
    yield from check_webhook(document, file, tables)
    yield from check_served_quotes(document, file, chains)
