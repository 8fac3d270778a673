"""`pause`, `resume`, `cancel` and `rearm`: what becomes of what is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import entry_wording, wording
from exitd.cli.asking import all_triggers, connect
from exitd.cli.entering import is_entry_id
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import SET, DryRun, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.short_ids import whole_ids
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.client.calls import Call
    from exitd.runtime.entry_views import EntryChangedView
    from exitd.runtime.views import ArmedView, TriggerView

Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID...", help="Triggers, such as sol-core/sl or trg_…."),
]


def add_to(app: typer.Typer) -> None:
    for command in (pause, resume, cancel, rearm):
        add_command(app, command, panel=SET)


def pause(ids: Ids, json: Json = False) -> int:
    """
    Stop watching until resumed; a stop that is paused protects nothing.

    \b
    Examples:
      exitd pause sol-core/tp1
    """
    from exitd.client import calls

    return _each(ids, calls.pause, json=json)


def resume(ids: Ids, json: Json = False) -> int:
    """
    Watch again; a level that was crossed meanwhile fires at the next price.

    \b
    Examples:
      exitd resume sol-core/tp1
    """
    from exitd.client import calls

    return _each(ids, calls.resume, json=json)


def rearm(ids: Ids, json: Json = False) -> int:
    """
    Arm a trigger that is done once more, for the position that is open.

    \b
    Examples:
      exitd rearm sol-core/sl
    """
    from exitd.client import calls

    return _each(ids, calls.rearm, json=json)


def cancel(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID...]",
            help="Triggers, such as trg_…, and entries, such as tv-1795946400123.",
        ),
    ] = None,
    position: Annotated[
        str,
        typer.Option(
            "--position",
            metavar="POSITION",
            help="Every trigger of a position that no file owns: stop and targets.",
        ),
    ] = "",
    abandon: Annotated[
        bool,
        typer.Option(
            "--abandon",
            help="Give up a firing as well: exitd sends nothing more for it.",
        ),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Remove triggers, and take back entries. A trigger of a file is removed in the file.

    What has not filled of an entry is cancelled at the broker; what has filled keeps
    its exits.

    \b
    Examples:
      exitd cancel trg_01JG5K
      exitd cancel tv-1795946400123 --dry-run
      exitd cancel sol-core/sl --abandon --yes
      exitd cancel --position sol-core
    """
    from exitd.client import calls, entry_calls

    if bool(ids) == bool(position):
        raise WrongUsage("name triggers or entries, or a --position")
    if abandon and any(map(is_entry_id, ids or ())):
        raise WrongUsage("--abandon is for triggers; an entry is taken back without")
    if ids is None or position:
        ids = _of_position(position)
    if dry_run:
        return _show_only(ids, json=json)
    word = "Give up and cancel" if abandon else "Cancel"
    if not is_agreed(f"{word} {', '.join(ids)}?", yes=yes):
        raise CommandFailed("nothing was cancelled; say --yes to do it without asking")
    return _each(
        ids,
        lambda id: (
            entry_calls.withdraw(id)
            if is_entry_id(id)
            else calls.cancel(id, abandon=abandon)
        ),
        json=json,
    )


def _of_position(position: str) -> list[str]:
    """Name the triggers of a position that can be cancelled here."""
    with connect() as client:
        found = all_triggers(client, position=position)
    ids = [trigger.id for trigger in found if not trigger.is_done and not trigger.file]
    if not ids:
        of_files = any(not trigger.is_done for trigger in found)
        raise CommandFailed(
            f"every trigger of {position} is of a file; remove them there"
            if of_files
            else f"no trigger of {position} is there; `exitd ls` lists them"
        )
    return ids


def _each(
    ids: list[str],
    call: Callable[[str], Call[ArmedView] | Call[EntryChangedView]],
    *,
    json: bool,
) -> int:
    """Do the same to each; stops at the first that is refused."""
    answers: list[ArmedView | EntryChangedView] = []
    with connect() as client:
        for id in whole_ids(client, ids):
            # The two calls are one to it, and it gives what each is answered with.
            asked: Call[ArmedView | EntryChangedView] = call(id)  # type: ignore[assignment]
            answers.append(client.ask(asked))
            if not json:
                _say_changed(answers[-1])
    if json:
        say_json(answers[0] if len(answers) == 1 else answers)
    return ExitCode.OK


def _show_only(ids: list[str], *, json: bool) -> int:
    from exitd.client import calls, entry_calls

    with connect() as client:
        ids = whole_ids(client, ids)
        entries = [
            client.ask(entry_calls.entry(id)).entry for id in ids if is_entry_id(id)
        ]
        found = [
            client.ask(calls.show(id)).trigger for id in ids if not is_entry_id(id)
        ]
    if json:
        say_json({"dry_run": True, "triggers": found, "entries": entries})
    else:
        for entry in entries:
            say(entry_wording.taking_back(entry))
        for trigger in found:
            place = (
                f"; it is of {trigger.file}, remove it there" if trigger.file else ""
            )
            say(f"would cancel {trigger.id}, which is {trigger.state}{place}")
    return ExitCode.OK


def _say_changed(answer: ArmedView | EntryChangedView) -> None:
    from exitd.runtime.views import ArmedView

    if isinstance(answer, ArmedView):
        say_armed(answer)
        return
    entry = answer.entry
    say(f"{entry.id}: {entry_wording.what_it_asks(entry)}, {entry.state}")
    for sentence in answer.notes:
        note(f"note: {sentence}")


def armed_words(trigger: TriggerView) -> str:
    """Say at what level it does what."""
    level = f"{trigger.kind} {trigger.level} " if trigger.level else ""
    return f"{level}{wording.what_it_does(trigger)}"


def say_armed(answer: ArmedView) -> None:
    """Write what a change did, one line for each trigger, and the notes apart."""
    for trigger in answer.triggers:
        say(f"{trigger.id}: {armed_words(trigger)}, {trigger.state}")
    for sentence in answer.notes:
        note(f"note: {sentence}")
