"""Load a configuration: exitd.yaml, conf.d/*.yaml and the venue tables.

All or nothing over all files: one error anywhere and nothing is used, but every
file is read, so that all errors are told at once.
"""

from collections.abc import Mapping
from pathlib import Path as FilePath

from msgspec import Struct

from exitd.configuration.at_brokers import listed_symbols
from exitd.configuration.backstops import check_backstop
from exitd.configuration.broker_tables import (
    BROKERS,
    BrokerTable,
    read_broker_table,
    shipped_broker,
)
from exitd.configuration.chain_tables import (
    CHAINS_FILE,
    ChainTables,
    read_chains,
    shipped_chains,
)
from exitd.configuration.checks import (
    Placed,
    check_count,
    check_listed,
    check_quotes,
    check_unique,
    check_venue,
)
from exitd.configuration.daemon_checks import check_daemon
from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.document import Document
from exitd.configuration.exit_checks import check_position
from exitd.configuration.exit_rules import findings as grammar_findings
from exitd.configuration.findings import Finding, Severity, has_errors, in_order
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.loaded import Loaded, LoadedFile, Settings, account_settings
from exitd.configuration.masking import mask_secrets, mask_unknown_words
from exitd.configuration.policies import Policies
from exitd.configuration.position_file import PositionFile
from exitd.configuration.positions import checked
from exitd.configuration.sources import (
    Source,
    digest_of,
    find_sources,
    read_bytes,
    root_of,
)
from exitd.configuration.validation import validate
from exitd.configuration.venue_tables import (
    VenueTable,
    read_table,
    shipped_table,
    shipped_types,
)
from exitd.configuration.webhook_checks import check_route_prices
from exitd.configuration.yaml import parse

_DAEMON_SECTIONS = frozenset(DaemonFile.model_fields) - {
    "version",
    "mode",
    "venues",
}
_POSITION_SECTIONS = frozenset(PositionFile.model_fields)


class _Reading(Struct):
    """What has been read so far."""

    findings: list[Finding] = []
    files: list[LoadedFile] = []
    raw: list[tuple[str, bytes | None]] = []
    tables: dict[str, VenueTable] = {}
    brokers: dict[str, BrokerTable] = {}
    chains: ChainTables | None = None
    placed: list[Placed] = []
    daemon: DaemonFile | None = None
    accounts: dict[str, str] | None = None

    @property
    def defaults(self) -> ExitDefaults:
        return self.daemon.defaults if self.daemon is not None else ExitDefaults()

    @property
    def policies(self) -> Policies:
        return self.daemon.policies if self.daemon is not None else Policies()


def _read(source: Source, reading: _Reading) -> bytes | None:
    shown = str(source.path)
    try:
        return read_bytes(source.path)
    except FileNotFoundError:
        remedy = "`exitd init` writes one" if source.is_daemon else "check the path"
        message = f"there is no such file; {remedy}"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except ValueError:
        message = "this is not the name of a file"
    reading.findings.append(Finding(file=shown, message=message))
    return None


def _table(source: Source, raw: bytes, reading: _Reading) -> Document:
    """Take the user's own table of a venue type in place of the shipped one."""
    if source.path.stem == CHAINS_FILE:
        chains, document = read_chains(raw, str(source.path))
        reading.findings.extend(document.findings)
        reading.chains = chains or reading.chains
        return document
    kind = source.path.stem
    if kind in BROKERS:
        broker, document = read_broker_table(raw, str(source.path))
        reading.findings.extend(document.findings)
        if broker is not None:
            reading.brokers[kind] = broker
        return document
    table, document = read_table(raw, str(source.path), kind)
    reading.findings.extend(document.findings)
    if kind not in shipped_types():
        message = f"not used: exitd knows no venue type '{kind}'"
        reading.findings.append(
            document.finding((), message, severity=Severity.WARNING)
        )
    elif table is not None and table.prices_only is not shipped_table(kind).prices_only:
        is_only = shipped_table(kind).prices_only
        message = (
            f"{kind} gives prices only; write prices_only: true"
            if is_only
            else f"{kind} has accounts; remove prices_only"
        )
        reading.findings.append(document.finding(("prices_only",), message))
    elif table is not None:
        reading.tables[kind] = table
    return document


def _daemon(raw: bytes, source: Source, reading: _Reading) -> Document:
    document = parse(raw, str(source.path), mask_unknown_words)
    mask_secrets(document)
    if document.root is None and not document.findings:
        document.findings.append(document.finding((), "the file is empty"))
    model, found = validate(document, DaemonFile, sections=_DAEMON_SECTIONS, depth=1)
    reading.findings.extend((*document.findings, *found))
    reading.daemon = model
    if document.root is not None:
        reading.accounts = _accounts(document)
    return document


def _accounts(document: Document) -> dict[str, str]:
    """Give name and type of every account that was written, right or wrong."""
    accounts: dict[str, str] = {}
    root = document.root.value if document.root is not None else None
    venues = root.get("venues") if isinstance(root, dict) else None
    if venues is not None and isinstance(venues.node.value, dict):
        for name, entry in venues.node.value.items():
            account = entry.node.value
            kind = account.get("type") if isinstance(account, dict) else None
            accounts[name] = str(kind.node.value) if kind is not None else ""
    return accounts


def _positions(raw: bytes, source: Source, reading: _Reading) -> Document:
    document = parse(raw, str(source.path))
    reading.findings.extend(document.findings)
    if document.root is None and not document.findings:
        reading.findings.append(
            document.finding((), "holds no positions", severity=Severity.WARNING)
        )
    model, found = validate(
        document, PositionFile, sections=_POSITION_SECTIONS, depth=2
    )
    reading.findings.extend(found)
    if model is None:
        return document
    layers = (model.defaults, reading.defaults)
    once = reading.policies.file_lifetimes == "first"
    follows = reading.policies.entry_change == "follow"
    for name, position in model.positions.items():
        wrong = grammar_findings(document, name, position, layers)
        reading.findings.extend(wrong)
        if not wrong:
            complete = checked(
                document,
                source.name,
                name,
                position,
                layers,
                once=once,
                follows=follows,
            )
            reading.placed.append(Placed(complete, document))
    return document


def _check_together(
    reading: _Reading, environment: Mapping[str, str], now_ns: int | None
) -> None:
    found, policies = reading.findings, reading.policies
    tables: dict[str, VenueTable | BrokerTable] = {**reading.tables}
    tables |= reading.brokers
    if reading.daemon is not None:
        (document,) = (file.document for file in reading.files if file.is_daemon)
        found.extend(
            check_daemon(
                document,
                reading.daemon,
                reading.tables,
                reading.chains or shipped_chains(),
                environment,
            )
        )
        found.extend(check_route_prices(document, reading.daemon, tables))
    listed = {} if reading.daemon is None else listed_symbols(reading.daemon.venues)
    found.extend(check_unique(reading.placed))
    found.extend(check_count(reading.placed, policies))
    for item in reading.placed:
        if reading.accounts is not None:
            found.extend(check_quotes(item, reading.accounts))
            found.extend(check_listed(item, listed))
            found.extend(check_venue(item, reading.accounts, tables))
            found.extend(check_backstop(item, reading.accounts))
        found.extend(check_position(item, policies, now_ns))


def _settings(reading: _Reading) -> Settings | None:
    if reading.daemon is None:
        return None
    return Settings(
        file=reading.daemon,
        accounts={
            name: account_settings(
                name,
                account,
                reading.tables,
                reading.chains or shipped_chains(),
                reading.brokers,
            )
            for name, account in reading.daemon.venues.items()
        },
    )


def load(
    path: FilePath | str,
    environment: Mapping[str, str],
    *,
    now_ns: int | None = None,
    with_positions: bool = True,
) -> Loaded:
    """
    Load a configuration directory, its exitd.yaml, or one file of positions.

    Never raises for what a file holds: everything wrong is in `findings`. With
    *now_ns* (UTC), what has expired is named too. Secrets are not read here. Not
    *with_positions*: for a program that a mistake in conf.d does not concern.
    """
    reading = _Reading()
    reading.tables.update({kind: shipped_table(kind) for kind in shipped_types()})
    reading.brokers.update({kind: shipped_broker(kind) for kind in BROKERS})
    path = FilePath(path)
    for source in find_sources(path, reading.findings):
        if not (with_positions or source.is_daemon or source.is_venue):
            continue
        raw = _read(source, reading)
        reading.raw.append((source.name, raw))
        if raw is None:
            continue
        if source.is_daemon:
            document = _daemon(raw, source, reading)
        elif source.is_venue:
            document = _table(source, raw, reading)
        else:
            document = _positions(raw, source, reading)
        reading.files.append(LoadedFile(name=source.name, document=document))
    _check_together(reading, environment, now_ns)
    is_usable = not has_errors(reading.findings)
    return Loaded(
        directory=root_of(path),
        settings=_settings(reading) if is_usable else None,
        positions=tuple(item.position for item in reading.placed) if is_usable else (),
        findings=in_order(reading.findings),
        files=tuple(reading.files),
        digest=digest_of(reading.raw),
    )
