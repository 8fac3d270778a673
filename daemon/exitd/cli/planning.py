"""`plan` and `apply`: what the files would change, and doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from exitd.cli.asking import connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import FILES, DryRun, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.client import Client
    from exitd.runtime.views import PlanView


def add_to(app: typer.Typer) -> None:
    add_command(app, plan, panel=FILES)
    add_command(app, apply, panel=FILES)


def _planned(client: Client) -> PlanView:
    from exitd.client import DaemonUnreachable, calls

    try:
        return client.ask(calls.plan())
    except DaemonUnreachable as error:
        # A plan compares with what runs; without that there is still a check.
        raise DaemonUnreachable(
            f"{error}; `exitd check` says without a daemon what is wrong with the files"
        ) from error


def plan(json: Json = False) -> int:
    """
    Say what the files would change in the running set; changes nothing.

    Ends with 0 when there is nothing to do, 2 when there are changes, 78 when the
    files are not valid.

    \b
    Examples:
      exitd plan
      exitd plan --json | jq '.changes[] | select(.would_fire_now)'
    """
    with connect() as client:
        found = _planned(client)
    _say_plan(found, json=json)
    if found.is_refused:
        return ExitCode.CONFIGURATION
    return ExitCode.OK if found.is_empty else ExitCode.CHANGES


def apply(yes: Yes = False, dry_run: DryRun = False, json: Json = False) -> int:
    """
    Put the files in force, also what a reload by itself would not.

    That is: taking a stop of an open position away or loosening it. Levels that are
    crossed already fire at once, which needs --yes or your answer.

    \b
    Examples:
      exitd plan; exitd apply
      exitd apply --yes
    """
    from exitd.client import calls

    with connect() as client:
        found = _planned(client)
        if found.is_refused or found.is_empty or dry_run:
            _say_plan(found, json=json)
            return ExitCode.CONFIGURATION if found.is_refused else ExitCode.OK
        if found.fires_now and not yes:
            note(found.text)
            if not is_agreed("Some of these fire at once. Apply?", yes=yes):
                raise CommandFailed(
                    "nothing was applied, because some exits would fire at once; say"
                    " --yes to let them"
                )
        applied = client.ask(calls.apply(yes=yes or found.fires_now))
    _say_plan(applied, json=json)
    if applied.is_refused:
        return ExitCode.CONFIGURATION
    if applied.refused:
        raise CommandFailed(applied.refused)
    if not applied.is_applied:
        raise CommandFailed(
            "the files changed meanwhile and were not applied; look at `exitd plan`"
        )
    if not json:
        note("applied")
    return ExitCode.OK


def _say_plan(found: PlanView, *, json: bool) -> None:
    if json:
        own = {"drift": found.drift, "applied": found.is_applied}
        say_json({**found.plan, **own})
    else:
        say(found.text)
