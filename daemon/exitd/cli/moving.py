"""`import` and `handover`: exits from the venue to exitd, and back for maintenance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import SET, Account, DryRun, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exitd.runtime.flow_views import StepView


def add_to(app: typer.Typer) -> None:
    add_command(app, import_exits, name="import", panel=SET)
    add_command(app, handover, panel=SET)


def import_exits(
    venue: Annotated[
        str,
        typer.Argument(
            metavar="VENUE", help="The account; needed where there are several."
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the YAML there instead."
        ),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply", help="Arm them here, then cancel each native order by its id."
        ),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Write the account's positions and their native stops and targets as YAML.

    With --apply, exitd takes over: it arms first, waits for a fresh price, and only
    then cancels the native orders, one by one. Ends with 1 when one of them may rest
    on.

    \b
    Examples:
      exitd import backpack > conf.d/imported.yaml
      exitd import backpack --apply --dry-run
      exitd import backpack --apply --yes
    """
    from exitd.client import calls

    is_done = apply and not dry_run
    if is_done and not is_agreed(
        "Arm these exits here and cancel the venue's own orders?", yes=yes
    ):
        raise CommandFailed("nothing was moved; say --yes to do it without asking")
    found = ask(calls.import_exits(account=venue, apply=is_done))
    if output is not None:
        _write(output, found.yaml)
    if json:
        say_json(found)
        return _exit_code(found.steps)
    if output is None:
        say(found.yaml.rstrip("\n"))
    _note_steps(found.steps)
    return _exit_code(found.steps)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise CommandFailed(
            f"{path} is there already and was left alone; name another file"
        ) from error
    except OSError as error:
        raise CommandFailed(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error


def handover(
    native: Annotated[
        bool,
        typer.Option("--native", help="To stop orders of the venue itself."),
    ] = False,
    back: Annotated[
        bool,
        typer.Option("--back", help="Undo it: resume here, cancel those orders."),
    ] = False,
    account: Account = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Put the venue's own stops in place of ours, before this machine is stopped.

    Each native order is confirmed before the trigger that it stands for is paused.
    Ends with 1 when an exit could not be handed over: it protects only while exitd
    runs. Afterwards `exitd handover --back` takes them back.

    \b
    Examples:
      exitd handover --native --dry-run
      exitd handover --native --yes
      exitd handover --back --yes
    """
    from exitd.client import calls

    if native == back:
        raise WrongUsage("say which way: `exitd handover --native`, or --back later")
    question = (
        "Resume the triggers here and cancel their native stops?"
        if back
        else "Place native stops and pause the triggers here?"
    )
    if not dry_run and not is_agreed(question, yes=yes):
        raise CommandFailed("nothing was moved; say --yes to do it without asking")
    found = ask(calls.handover(account=account, apply=not dry_run, back=back))
    if json:
        say_json(found)
    else:
        for step in found.steps:
            say(_step_line(step))
        if not found.steps:
            note("there is nothing to take back" if back else _NOTHING)
    return _exit_code(found.steps)


_NOTHING = "no open position has a trigger to hand over"


def _note_steps(steps: Iterable[StepView]) -> None:
    for step in steps:
        note(_step_line(step))


def _step_line(step: StepView) -> str:
    return f"{step.what}: {step.outcome}" if step.outcome else step.what


def _exit_code(steps: Iterable[StepView]) -> ExitCode:
    failed = any(step.failed for step in steps)
    return ExitCode.FAILED if failed else ExitCode.OK
