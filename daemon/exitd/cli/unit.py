"""The steps that make exitd a service, for the machine or for one person."""

from __future__ import annotations

import sys
from pathlib import Path

from msgspec import Struct

from exitd.adapters.system.unit_kinds import TELEGRAM_UNIT, UNIT, for_one_person
from exitd.cli.failures import CommandFailed

_HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"))


class Place(Struct, frozen=True):
    """Where one kind of service has its files; *root* is put in front of each.

    `control` is systemctl with what it needs to speak to the right manager.
    """

    is_user: bool
    unit: Path
    config: Path
    state: Path
    credentials: Path
    control: tuple[str, ...]

    @property
    def units(self) -> list[Path]:
        """The unit of the daemon, then those that can run beside it."""
        beside = [] if self.is_user else [self.unit.with_name(TELEGRAM_UNIT)]
        return [self.unit, *beside]


class Step(Struct, frozen=True):
    """One thing to do: write a file unless one is kept there, or run a program."""

    path: Path | None = None
    text: str = ""
    mode: int = 0o644
    is_kept: bool = False
    command: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.path is None:
            return " ".join(self.command)
        return f"write {self.path}{', unless it is there' if self.is_kept else ''}"


def machine(root: Path) -> Place:
    return Place(
        is_user=False,
        unit=root / "etc/systemd/system" / UNIT,
        config=root / "etc/exitd",
        state=root / "var/lib/exitd",
        credentials=root / "etc/exitd/credentials",
        control=("systemctl",),
    )


def person(home: Path) -> Place:
    return Place(
        is_user=True,
        unit=home / ".config/systemd/user" / UNIT,
        config=home / ".config/exitd",
        state=home / ".local/state/exitd",
        credentials=home / ".config/exitd/credentials",
        control=("systemctl", "--user"),
    )


def program() -> Path:
    """Give the command of this installation that a unit can start.

    Raises:
        CommandFailed: There is none beside this Python.
    """
    found = Path(sys.executable).parent / "exitd"
    if not found.exists():
        raise CommandFailed(
            f"{found} is not there, and a unit starts a program by its path; install"
            " exitd into an environment, such as a checkout's .venv or by pipx"
        )
    return found


def install_steps(place: Place, root: Path, shipped: Path, start: Path) -> list[Step]:
    """Give what makes the service, in order.

    Args:
        root: What all paths of the machine begin with; `/` but for a package.
        shipped: The folder of the units, their user and its folders.
        start: The program that the unit starts.

    Raises:
        CommandFailed: The unit could not see the program.
    """
    if place.is_user:
        steps = [
            Step(place.credentials / name, mode=0o600, is_kept=True)
            for name in ("backpack_key", "backpack_secret")
        ]
    else:
        if any(start.is_relative_to(hidden) for hidden in _HIDDEN):
            raise CommandFailed(
                f"{start} lies in a home folder, which the unit hides from the daemon;"
                " install exitd in /opt/exitd, or take --user"
            )
        places = {"sysusers": "sysusers.d", "tmpfiles": "tmpfiles.d"}
        steps = [
            Step(
                root / "etc" / folder / "exitd.conf",
                (shipped / f"exitd.{kind}").read_text(encoding="utf-8"),
            )
            for kind, folder in places.items()
        ]
        if root == Path("/"):
            steps.append(Step(command=("systemd-sysusers", "exitd.conf")))
            steps.append(Step(command=("systemd-tmpfiles", "--create", "exitd.conf")))
    for path in place.units:
        unit = (shipped / path.name).read_text(encoding="utf-8")
        if place.is_user:
            unit = for_one_person(unit)
        unit = unit.replace("/opt/exitd/.venv/bin/exitd", str(start))
        steps.append(Step(path, unit))
    return steps


def first_files(place: Place, root: Path, files: dict[str, str]) -> list[Step]:
    """Give what writes a configuration to start from, readable by the daemon.

    Only where there is none: beside files of somebody's own, its example would arm.
    """
    steps = [
        Step(place.config / name, text, mode=0o640, is_kept=True)
        for name, text in files.items()
    ]
    if not place.is_user and root == Path("/"):
        names = sorted({name.split("/")[0] for name in files})
        paths = (str(place.config / name) for name in names)
        steps.append(Step(command=("chown", "-R", "root:exitd", *paths)))
    return steps


def start_steps(place: Place) -> list[Step]:
    return [
        Step(command=(*place.control, "daemon-reload")),
        Step(command=(*place.control, "enable", "--now", UNIT)),
    ]
