"""The files of a configuration: which there are, their bytes, one digest of all."""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from exitd.configuration.findings import Finding, Severity
from exitd.configuration.yaml import FILE_BYTES_MAX

DAEMON_FILE = "exitd.yaml"
POSITIONS_DIRECTORY = "conf.d"
VENUES_DIRECTORY = "venues"
FILES_MAX = 1_000
_SUFFIX = ".yaml"


class Source(Struct, frozen=True):
    """A file to read: its name relative to the root, and where it is."""

    name: str
    path: Path

    @property
    def is_daemon(self) -> bool:
        return self.name == DAEMON_FILE

    @property
    def is_venue(self) -> bool:
        return self.name.startswith(f"{VENUES_DIRECTORY}/")


def read_bytes(path: Path) -> bytes:
    """Read a regular file, at most one byte more than is allowed; or `OSError`."""
    # Without O_NONBLOCK a FIFO would hold the daemon for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "this is not a file")
        return file.read(FILE_BYTES_MAX + 1)


def _in_directory(root: Path, directory: str, findings: list[Finding]) -> list[Source]:
    """List a directory's YAML files by name; editors' own files are left out."""
    found: list[Source] = []
    place = root / directory
    try:
        with os.scandir(place) as entries:
            names = sorted(entry.name for entry in entries)
    except FileNotFoundError:
        return found
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        findings.append(Finding(file=str(place), message=message))
        return found
    for name in names:
        if name.startswith(".") or name.endswith("~"):
            continue
        if name.endswith(_SUFFIX):
            found.append(Source(f"{directory}/{name}", place / name))
        elif name.endswith((".yml", ".json")):
            message = "not read: only files whose names end in .yaml are"
            findings.append(
                Finding(
                    file=str(place / name), severity=Severity.WARNING, message=message
                )
            )
    return found


def root_of(path: Path) -> Path:
    """Give the directory of the configuration that a directory or a file is in."""
    if path.is_dir():
        return path
    if path.parent.name in (POSITIONS_DIRECTORY, VENUES_DIRECTORY):
        return path.parent.parent
    return path.parent


def find_sources(path: Path, findings: list[Finding]) -> list[Source]:
    """List what is to be read: exitd.yaml, tables, positions, in this order.

    For one file of positions: itself, and what it is checked against.
    """
    root = root_of(path)
    daemon = Source(DAEMON_FILE, root / DAEMON_FILE)
    tables = _in_directory(root, VENUES_DIRECTORY, findings)
    if not path.is_dir() and path.name != DAEMON_FILE:
        around = [daemon, *tables] if daemon.path.exists() else tables
        one = Source(str(path.relative_to(root)), path)
        return [*(source for source in around if source.path != path), one]
    positions = _in_directory(root, POSITIONS_DIRECTORY, findings)
    if len(positions) > FILES_MAX:
        message = f"more than {FILES_MAX} files; put positions together"
        place = str(root / POSITIONS_DIRECTORY)
        findings.append(Finding(file=place, message=message))
    return [daemon, *tables, *positions[:FILES_MAX]]


def digest_of(files: Iterable[tuple[str, bytes | None]]) -> str:
    """Give one SHA-256 of names and bytes; None stands for an unreadable file."""
    total = hashlib.sha256()
    for name, raw in sorted(files):
        inner = "unreadable" if raw is None else hashlib.sha256(raw).hexdigest()
        total.update(f"{name}\0{inner}\n".encode(errors="surrogateescape"))
    return total.hexdigest()


def directory_digest(root: Path) -> str:
    """Read the files as they are now; equal to the digest that `load` gives."""
    files: list[tuple[str, bytes | None]] = []
    for source in find_sources(root, []):
        try:
            files.append((source.name, read_bytes(source.path)))
        except (OSError, ValueError):
            files.append((source.name, None))
    return digest_of(files)
