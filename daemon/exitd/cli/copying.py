"""`backup` and `restore`: copies of the state, and how one is put back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import KEEP, Config, DryRun, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.ports.store import PutBack
    from exitd.settings import Settings

STANDS_BY = (
    "the next start stands by: it watches and sends nothing until `exitd takeover`"
)


def add_to(app: typer.Typer) -> None:
    add_command(app, backup, panel=KEEP)
    add_command(app, restore, panel=KEEP)


def _state(config: Path | None) -> tuple[Path, Settings]:
    from exitd.app.copies import state_file
    from exitd.settings import read_settings

    settings = read_settings()
    return state_file(config or settings.config, settings), settings


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="The copy.  [default: exitd.db.<date> beside the state]",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> int:
    """
    Copy the state into one file, whole, whether or not the daemon runs.

    It holds what is armed and all history. Copy the files under /etc/exitd as well,
    and their keys somewhere safer. A daemon that is started on a copy stands by.

    \b
    Examples:
      exitd backup
      exitd backup /var/backups/exitd-$(date +%F).db
    """
    from exitd.adapters.sqlite.backup import back_up
    from exitd.adapters.system.clock import SystemClock

    state, _ = _state(config)
    if not state.exists():
        raise CommandFailed(
            f"{state} is not there, so there is nothing to copy; name the files of the "
            "daemon with --config"
        )
    target = file or state.with_name(f"{state.name}.{_stamp()}")
    if target.exists():
        raise CommandFailed(f"{target} is there already; name another file")
    back_up(state, target.absolute(), SystemClock().now_ns())
    if json:
        size = target.stat().st_size
        say_json({"state": str(state), "copy": str(target), "bytes": size})
    else:
        say(str(target))
    return ExitCode.OK


def _stamp() -> str:
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.instants import as_timestamp

    now = as_timestamp(SystemClock().now_ns())
    return now.replace("-", "").replace(":", "")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy of a state.")],
    config: Config = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Put a copy in the place of the state; the daemon has to be stopped.

    What is there now is kept beside it as exitd.db.replaced. The next start stands by:
    look at what was done since the copy, then `exitd takeover`. It also writes down who
    has put the copy back, for `exitd events --event change.made`.

    \b
    Examples:
      systemctl stop exitd; exitd restore /var/backups/exitd-2026-07-01.db
      exitd restore exitd.db.20260701T060000Z --dry-run
    """
    from exitd.adapters.sqlite.backup import restore as put_back

    state, _ = _state(config)
    if not file.exists():
        raise CommandFailed(f"{file} is not there; name a copy of a state")
    if file.absolute() == state.absolute():
        raise WrongUsage(f"{file} is the state itself; name a copy of it")
    if dry_run:
        _check(file)
        _note_holder(state)
        would = "replace" if state.exists() else "become"
        if json:
            say_json({"state": str(state), "copy": str(file), "applied": False})
        else:
            say(f"{file} would {would} {state}")
        return ExitCode.OK
    if state.exists() and not is_agreed(f"Replace {state}?", yes=yes):
        raise CommandFailed("nothing was replaced; say --yes to do it without asking")
    kept = put_back(file.absolute(), state.absolute(), _told(file.absolute()))
    if json:
        before = str(kept) if kept is not None else None
        say_json(
            {"state": str(state), "copy": str(file), "kept": before, "applied": True}
        )
    elif kept is not None:
        say(f"{state} is that of {file}; what was there is kept as {kept}")
    else:
        say(f"{state} is that of {file}")
    note(STANDS_BY)
    return ExitCode.OK


def _told(file: Path) -> PutBack:
    """Say who puts a copy back, as the audit log will have it."""
    from exitd.adapters.system.clock import SystemClock
    from exitd.adapters.system.users import name_of
    from exitd.ports.store import PutBack

    uid = os.geteuid()
    place = f"this machine, uid {uid}, pid {os.getpid()}"
    return PutBack(f"cli:{name_of(uid)}", place, str(file), SystemClock().now_ns())


def _note_holder(state: Path) -> None:
    """Say that a daemon would have to be stopped first."""
    from exitd.adapters.sqlite.inspecting import holder_of

    try:
        holder = holder_of(state)
    except OSError:
        return
    if holder is not None:
        note(f"process {holder} runs on {state}: stop exitd before you do it")


def _check(file: Path) -> None:
    """
    Raises:
        StoreDamaged: The copy cannot be trusted.
    """
    from exitd.adapters.sqlite.backup import check_copy

    check_copy(file.absolute())
