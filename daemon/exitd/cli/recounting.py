"""`events`: the history as a table, and what each event means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import wording
from exitd.cli.asking import connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import LOOK, Json, OfEvent, OfTrigger
from exitd.cli.past_facts import past_facts
from exitd.cli.printing import note, say_json, say_table
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.runtime.views import FactView


def add_to(app: typer.Typer) -> None:
    add_command(app, events, panel=LOOK)


def events(
    trigger: OfTrigger = "",
    fire: Annotated[
        str, typer.Option("--fire", metavar="ID", help="Of one firing.")
    ] = "",
    event: OfEvent = "",
    by: Annotated[
        str,
        typer.Option("--by", metavar="WHO", help="Asked for by, such as api:phone."),
    ] = "",
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="1h, 2d, a date or a time."),
    ] = None,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="List every event there is, and say why.")
    ] = False,
    json: Json = False,
) -> int:
    """
    List what happened, one line each, the oldest first; the last 50 if not said.

    `exitd tail` has the same as blocks, one for each firing. With --kinds it needs no
    daemon: it says what each event means, also those that only the log has.

    \b
    Examples:
      exitd events --since 1d
      exitd events --event 'order.*' --json | jq '.facts[].fields'
      exitd events --event 'change.*' --since 7d       # who has changed what
      exitd events --by api:phone
      exitd events --kinds
    """
    if kinds:
        return _say_kinds(event, json=json)
    with connect() as client:
        facts, _ = past_facts(
            client, since, trigger=trigger, fire=fire, event=event, by=by
        )
    if json:
        say_json({"facts": facts})
        return ExitCode.OK
    if not facts:
        note("nothing of that kind has happened")
        return ExitCode.OK
    rows = [
        (
            wording.clock_time(fact.ts),
            fact.event,
            _whom(fact),
            wording.fields(fact),
        )
        for fact in facts
    ]
    say_table(("TIME", "EVENT", "(WHOM)", "(WHAT)"), rows)
    return ExitCode.OK


def _whom(fact: FactView) -> str:
    place = "/".join(filter(None, (fact.account, fact.symbol)))
    return fact.fire_id or fact.trigger_id or wording.or_dash(place)


def _say_kinds(pattern: str, *, json: bool) -> int:
    from fnmatch import fnmatchcase

    from exitd.logs.catalogue import catalogue

    found = [entry for entry in catalogue() if fnmatchcase(entry.event, pattern or "*")]
    if json:
        say_json({"events": found})
        return ExitCode.OK
    rows = [(str(entry.event), entry.event.level, entry.meaning) for entry in found]
    if rows:
        say_table(("EVENT", "LEVEL", "(MEANING)"), rows)
    else:
        note(f"there is no event of the name {pattern!r}; leave --event out for all")
    return ExitCode.OK
