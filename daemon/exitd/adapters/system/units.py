"""The systemd unit as it is installed: its file, what overrides it, and its state."""

import subprocess
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

#: Where systemd looks for units, the first that has one wins (systemd.unit(5)).
FOLDERS = (
    Path("/etc/systemd/system"),
    Path("/run/systemd/system"),
    Path("/usr/local/lib/systemd/system"),
    Path("/usr/lib/systemd/system"),
    Path("/lib/systemd/system"),
)
_ASK_S = 3.0


class Unit(Struct, frozen=True, kw_only=True):
    """One unit on this machine; the states are empty where systemd does not answer."""

    path: Path
    text: str
    drop_ins: tuple[Path, ...]
    enabled: str
    active: str

    def setting(self, key: str) -> str:
        """Give the last value of a key, drop-ins included; empty without one."""
        texts = [self.text]
        for path in self.drop_ins:
            with suppress(OSError):
                texts.append(path.read_text())
        found = ""
        for line in "\n".join(texts).splitlines():
            name, is_there, value = line.strip().partition("=")
            if is_there and name == key:
                found = value.strip()
        return found


def find_unit(name: str, folders: tuple[Path, ...] = FOLDERS) -> Unit | None:
    """Read a unit; None when none of this name is installed.

    One of several (`exitd@second.service`) is read from its template, unless it has a
    file of its own.

    Raises:
        OSError: It is there and cannot be read.
    """
    names = _files_of(name)
    for file in names:
        for folder in folders:
            path = folder / file
            if path.is_file():
                drop_ins = [
                    each
                    for each_name in reversed(names)
                    for one in folders
                    for each in sorted((one / f"{each_name}.d").glob("*.conf"))
                ]
                return Unit(
                    path=path,
                    text=path.read_text(),
                    drop_ins=tuple(drop_ins),
                    enabled=_asked("is-enabled", name),
                    active=_asked("is-active", name),
                )
    return None


def _files_of(name: str) -> tuple[str, ...]:
    """Give the files that a unit may be read from, the first that is there."""
    prefix, is_template, instance = name.partition("@")
    if not is_template:
        return (name,)
    return (name, f"{prefix}@.{instance.rpartition('.')[2]}")


def settings_of(text: str) -> tuple[str, ...]:
    """Give what a unit's file sets, in order: without comments and empty lines."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and line[0] not in "#;")


def _asked(question: str, name: str) -> str:
    try:
        answer = subprocess.run(
            ["systemctl", question, name],
            capture_output=True,
            text=True,
            timeout=_ASK_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()
