"""`service`: exitd as a service of systemd, put in, taken out and looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from exitd.adapters.system.time_service import runs_systemd
from exitd.adapters.system.unit_kinds import UNIT, for_one_of_several
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import RUN, DryRun, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.tree import add_command, add_group, new_group
from exitd.cli.unit import (
    Place,
    Step,
    first_files,
    install_steps,
    machine,
    person,
    program,
    start_steps,
)
from exitd.cli.writing import starting_files

User = Annotated[
    bool | None,
    typer.Option(
        "--user/--system",
        help="A service of yours alone, or of the machine; by default the machine's"
        " for root and yours for everybody else.",
        show_default=False,
    ),
]
#: What `service status` asks systemd for (systemctl(1), show).
_ASKED = ("LoadState", "UnitFileState", "ActiveState", "SubState", "MainPID")
_WITHOUT = "let another supervisor start `exitd run`"


def add_to(app: typer.Typer) -> None:
    group = new_group("service", "exitd as a service of systemd.")
    for command in (install, uninstall, status, unit):
        add_command(group, command)
    add_group(app, group, panel=RUN)


def install(
    user: User = None,
    start: Annotated[
        bool, typer.Option("--start/--no-start", help="Start it, now and at each boot.")
    ] = True,
    root: Annotated[
        Path,
        typer.Option(
            "--root", metavar="DIR", help="Write below DIR and run nothing: a package."
        ),
    ] = Path("/"),
    yes: Yes = False,
    dry_run: DryRun = False,
) -> int:
    """
    Make exitd a service: its unit, its folders, and files to start from.

    Configuration and keys that are there stay as they are. The machine gets the unit of
    `exitd telegram` as well, which is started once it is set up. A service of your own
    runs while you are logged in; `loginctl enable-linger` lets it run always.

    \b
    Examples:
      exitd service install --dry-run
      sudo exitd service install
    """
    place = _place(user, root)
    steps = install_steps(place, root, _shipped(), program())
    if not (place.config / "exitd.yaml").exists():
        steps += first_files(place, root, starting_files())
    if root == Path("/") and start:
        steps += start_steps(place)
    if dry_run:
        for step in steps:
            say(str(step))
        return ExitCode.OK
    what = "and start it" if start else "and not start it yet"
    if root == Path("/") and start:
        _need_systemd()
    if not is_agreed(f"Install {place.unit} {what}?", yes=yes, for_scripts=True):
        return ExitCode.FAILED
    for step in steps:
        _take(step)
    say(str(place.unit))
    note(f"Its files are in {place.config}; `exitd service status` says how it does.")
    return ExitCode.OK


def uninstall(user: User = None, yes: Yes = False, dry_run: DryRun = False) -> int:
    """
    Stop the service and remove its unit. Configuration, keys and state stay.

    What is armed no longer fires; `exitd handover --native` first leaves the venue's
    own stops in its place.

    \b
    Examples:
      exitd service uninstall --dry-run
    """
    place = _place(user, Path("/"))
    if not place.unit.exists():
        raise CommandFailed(
            f"{place.unit} is not there, so nothing is to be removed; try"
            f" {'--system' if place.is_user else '--user'}"
        )
    units = [path for path in place.units if path.exists()]
    names = (path.name for path in units)
    stop = Step(command=(*place.control, "disable", "--now", *names))
    reload = Step(command=(*place.control, "daemon-reload"))
    if dry_run:
        for line in (stop, *(f"remove {path}" for path in units), reload):
            say(str(line))
        return ExitCode.OK
    _need_systemd()
    if not is_agreed("Stop exitd? What it guards is not guarded then.", yes=yes):
        note("nothing was done; --yes does it without asking")
        return ExitCode.FAILED
    _take(stop)
    for path in units:
        path.unlink()
    _take(reload)
    note(f"{place.config} and {place.state} are as they were")
    return ExitCode.OK


def status(user: User = None, json: Json = False) -> int:
    """
    Say whether the service is installed, starts at boot, and runs.

    \b
    Examples:
      exitd service status
      exitd service status --json | jq .ActiveState
    """
    place = _place(user, Path("/"))
    _need_systemd()
    asked = [f"--property={','.join(_ASKED)}", "show", UNIT]
    lines = _run((*place.control, *asked)).splitlines()
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    is_active = found.get("ActiveState") == "active"
    if json:
        say_json({"unit": str(place.unit), "is_active": is_active, **found})
    elif found.get("LoadState") == "not-found":
        say(f"{UNIT} is not installed; `exitd service install` does that")
    else:
        boot = (
            "starts at boot" if found.get("UnitFileState") == "enabled" else "by hand"
        )
        runs = f"{found.get('ActiveState')} ({found.get('SubState')})"
        pid = f", process {found['MainPID']}" if is_active else ""
        say(f"{place.unit}: {runs}, {boot}{pid}")
    return ExitCode.OK if is_active else ExitCode.FAILED


def unit(
    several: Annotated[
        bool,
        typer.Option(
            "--several",
            help="That of exitd@NAME, for several daemons on one machine.",
        ),
    ] = False,
) -> int:
    """
    Print the unit of the machine, for those who install it themselves.

    \b
    Examples:
      exitd service unit
      exitd service unit --several > /etc/systemd/system/exitd@.service
    """
    text = (_shipped() / UNIT).read_text(encoding="utf-8")
    typer.echo(for_one_of_several(text) if several else text, nl=False)
    return ExitCode.OK


def _place(user: bool | None, root: Path) -> Place:
    is_user = user if user is not None else os.geteuid() != 0 and root == Path("/")
    return person(Path.home()) if is_user else machine(root)


def _shipped() -> Path:
    from exitd.configuration.venue_tables import shipped_directory

    return shipped_directory().parent / "systemd"


def _take(step: Step) -> None:
    if step.path is None:
        _run(step.command)
        return
    if step.is_kept and step.path.exists():
        return
    try:
        step.path.parent.mkdir(parents=True, exist_ok=True)
        # Never for a moment readable by more than it may be in the end.
        with open(step.path, "w", opener=_private, encoding="utf-8") as file:
            file.write(step.text)
        step.path.chmod(step.mode)
    except OSError as error:
        raise CommandFailed(
            f"{step.path} cannot be written ({error.strerror}); run it as root, or with"
            " --user"
        ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _need_systemd() -> None:
    """
    Raises:
        CommandFailed: It does not run this machine, as in most containers.
    """
    if not runs_systemd():
        raise CommandFailed(f"systemd does not run this machine; {_WITHOUT}")


def _run(command: tuple[str, ...]) -> str:
    """Run one of systemd's programs and give what it wrote.

    Raises:
        CommandFailed: It is not there, or said no.
    """
    if shutil.which(command[0]) is None:
        raise CommandFailed(f"{command[0]} is not on this machine; {_WITHOUT}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise CommandFailed(f"`{' '.join(command)}` failed: {said}")
    return done.stdout
