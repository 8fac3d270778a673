"""Load a configuration: exitd.yaml, conf.d/*.yaml and the venue tables.

All or nothing over all files: one error anywhere and nothing is used, but every
file is read, so that all errors are told at once.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path as FilePath

from msgspec import Struct

from exitd.configuration import checks
from exitd.configuration.checks import Placed
from exitd.configuration.daemon_file import DaemonFile
from exitd.configuration.exit_rules import findings as grammar_findings
from exitd.configuration.findings import Finding, Severity, has_errors, in_order
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.loaded import (
    Loaded,
    LoadedFile,
    Settings,
    account_settings,
)
from exitd.configuration.masking import mask_secrets
from exitd.configuration.policies import Policies
from exitd.configuration.position_file import PositionFile
from exitd.configuration.positions import checked
from exitd.configuration.validation import validate
from exitd.configuration.venue_tables import VenueTable, read_table, shipped_table
from exitd.configuration.yaml import FILE_BYTES_MAX, Document, parse

DAEMON_FILE = "exitd.yaml"
POSITIONS_DIRECTORY = "conf.d"
VENUES_DIRECTORY = "venues"
FILES_MAX = 1_000

_DAEMON_SECTIONS = frozenset(DaemonFile.model_fields) - {"version", "mode"}
_POSITION_SECTIONS = frozenset(PositionFile.model_fields)


class _Source(Struct, frozen=True):
    """A file to read: its relative name, as shown to people, and where it is."""

    name: str
    shown: str
    path: FilePath


class _Reading(Struct):
    """What has been read so far."""

    sources: list[_Source]
    findings: list[Finding]
    files: list[LoadedFile]
    tables: dict[str, VenueTable]
    placed: list[Placed]


def _read_bytes(path: FilePath) -> bytes:
    """Read a regular file, at most one byte more than is allowed; `OSError` if not."""
    # Without O_NONBLOCK a FIFO would hold the daemon for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a file")
        return file.read(FILE_BYTES_MAX + 1)


def _positions_sources(
    root: FilePath, shown: FilePath, findings: list[Finding]
) -> list[_Source]:
    directory = root / POSITIONS_DIRECTORY
    sources: list[_Source] = []
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
    except FileNotFoundError:
        return sources
    except OSError as error:
        place = str(shown / POSITIONS_DIRECTORY)
        findings.append(
            Finding(file=place, message=f"cannot be read: {error.strerror}")
        )
        return sources
    for name in names:
        relative = f"{POSITIONS_DIRECTORY}/{name}"
        if name.startswith(".") or name.endswith("~"):
            continue
        if name.endswith(".yaml"):
            sources.append(_Source(relative, str(shown / relative), directory / name))
        elif name.endswith((".yml", ".json")):
            findings.append(
                Finding(
                    file=str(shown / relative),
                    severity=Severity.WARNING,
                    message="not read: only names that end in .yaml are",
                )
            )
    return sources


def _sources(path: FilePath, findings: list[Finding]) -> tuple[FilePath, list[_Source]]:
    """Find the files of a configuration from its directory or one of its files."""
    root = path if path.is_dir() else path.parent
    shown = root
    if not path.is_dir() and path.name != DAEMON_FILE:
        if root.name == POSITIONS_DIRECTORY:
            root = shown = root.parent
        daemon = root / DAEMON_FILE
        one = _Source(str(path.relative_to(root)), str(path), path)
        rest = [_Source(DAEMON_FILE, str(daemon), daemon)] if daemon.exists() else []
        return root, [*rest, one]
    daemon = root / DAEMON_FILE
    sources = [_Source(DAEMON_FILE, str(shown / DAEMON_FILE), daemon)]
    sources.extend(_positions_sources(root, shown, findings))
    if len(sources) > FILES_MAX:
        message = f"more than {FILES_MAX} files; put positions together"
        findings.append(Finding(file=str(shown / POSITIONS_DIRECTORY), message=message))
        del sources[FILES_MAX:]
    return root, sources


def _read(source: _Source, findings: list[Finding]) -> LoadedFile | None:
    try:
        raw = _read_bytes(source.path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it cannot be read"
        is_missing = isinstance(error, FileNotFoundError)
        message = (
            "there is no such file; `exitd init` writes one" if is_missing else why
        )
        findings.append(Finding(file=source.shown, message=message))
        return None
    document = parse(raw, source.shown)
    digest = hashlib.sha256(raw).hexdigest()
    return LoadedFile(name=source.name, digest=digest, document=document)


def _tables(root: FilePath, reading: _Reading, types: set[str]) -> None:
    """Load the table of each venue type: the user's own, or the shipped one."""
    for type_name in sorted(types):
        name = f"{VENUES_DIRECTORY}/{type_name}.yaml"
        own = root / name
        if not own.is_file():
            reading.tables[type_name] = shipped_table(type_name)
            continue
        try:
            raw = _read_bytes(own)
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
            reading.findings.append(Finding(file=str(own), message=message))
            continue
        table, document = read_table(raw, str(own))
        reading.findings.extend(document.findings)
        digest = hashlib.sha256(raw).hexdigest()
        reading.files.append(LoadedFile(name=name, digest=digest, document=document))
        if table is not None:
            reading.tables[type_name] = table


def _daemon(
    root: FilePath,
    file: LoadedFile,
    reading: _Reading,
    environment: Mapping[str, str],
) -> DaemonFile | None:
    document = file.document
    mask_secrets(document)
    if document.root is None and not document.findings:
        document.findings.append(document.finding((), "the file is empty"))
    model, found = validate(document, DaemonFile, sections=_DAEMON_SECTIONS, depth=1)
    reading.findings.extend((*document.findings, *found))
    if model is not None:
        _tables(root, reading, {account.type for account in model.venues.values()})
        reading.findings.extend(
            checks.check_daemon(document, model, reading.tables, environment)
        )
    return model


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


def _positions(
    file: LoadedFile, reading: _Reading, defaults: ExitDefaults, policies: Policies
) -> None:
    document = file.document
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
        return
    layers = (model.defaults, defaults)
    for name, position in model.positions.items():
        wrong = grammar_findings(document, name, position, layers)
        reading.findings.extend(wrong)
        if not wrong:
            once = policies.file_lifetimes == "first"
            complete = checked(document, file.name, name, position, layers, once=once)
            reading.placed.append(Placed(complete, document))


def _check_together(
    reading: _Reading,
    accounts: Mapping[str, str] | None,
    policies: Policies,
    now_ns: int | None,
) -> None:
    found = reading.findings
    found.extend(checks.check_unique(reading.placed))
    found.extend(checks.check_count(reading.placed, policies))
    for item in reading.placed:
        if accounts is not None:
            found.extend(checks.check_venue(item, accounts, reading.tables))
        found.extend(checks.check_position(item, policies, now_ns))


def _digest(files: list[LoadedFile]) -> str:
    total = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.name):
        total.update(f"{file.name}\0{file.digest}\n".encode())
    return total.hexdigest()


def load(
    path: FilePath | str, environment: Mapping[str, str], *, now_ns: int | None = None
) -> Loaded:
    """
    Load a configuration directory, its exitd.yaml, or one file of positions.

    Never raises for what a file holds: everything wrong is in `findings`. With
    *now_ns* (UTC), what has expired is named too. Secrets are not read here.
    """
    reading = _Reading([], [], [], {}, [])
    root, reading.sources = _sources(FilePath(path), reading.findings)
    daemon: DaemonFile | None = None
    accounts: dict[str, str] | None = None
    defaults, policies = ExitDefaults(), Policies()
    for source in reading.sources:
        file = _read(source, reading.findings)
        if file is None:
            continue
        reading.files.append(file)
        if source.name != DAEMON_FILE:
            _positions(file, reading, defaults, policies)
            continue
        daemon = _daemon(root, file, reading, environment)
        if file.document.root is not None:
            accounts = _accounts(file.document)
        if daemon is not None:
            defaults, policies = daemon.defaults, daemon.policies
    _check_together(reading, accounts, policies, now_ns)
    is_usable = not has_errors(reading.findings)
    settings = None
    if daemon is not None and is_usable:
        settings = Settings(
            file=daemon,
            accounts={
                name: account_settings(name, account, reading.tables[account.type])
                for name, account in daemon.venues.items()
            },
        )
    return Loaded(
        directory=root,
        settings=settings,
        positions=tuple(item.position for item in reading.placed) if is_usable else (),
        findings=in_order(reading.findings),
        files=tuple(reading.files),
        digest=_digest(reading.files),
    )
