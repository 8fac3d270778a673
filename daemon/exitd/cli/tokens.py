"""`token new`, `token ls`, `token revoke`: who may ask over HTTP, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import wording
from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import KEEP, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json, say_table
from exitd.cli.tree import add_command, add_group, new_group

if TYPE_CHECKING:
    from exitd.runtime.views import TokenView


def add_to(app: typer.Typer) -> None:
    group = new_group("token", "Who may ask the daemon over HTTP, and for what.")
    for name, command in (("new", new), ("ls", ls), ("revoke", revoke)):
        add_command(group, command, name=name)
    add_group(app, group, panel=KEEP)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is.")],
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="read, phone, trade or admin; may be repeated. phone pauses"
            " take-profits and changes nothing else.",
        ),
    ],
    expires: Annotated[
        str, typer.Option("--expires", metavar="WHEN", help="30d, or a time.")
    ] = "",
    json: Json = False,
) -> int:
    """
    Make a token. It is shown this once: exitd keeps its hash only.

    \b
    Examples:
      exitd token new dashboard --scope read
      exitd token new pocket --scope phone
      export EXITD_TOKEN=$(exitd token new bot --scope trade --expires 30d)
    """
    from exitd.client import calls

    made = ask(calls.create_token(name, scope, expires=expires))
    if json:
        say_json(made)
        return ExitCode.OK
    assert made.secret is not None, "the answer that makes a token holds it"
    say(made.secret)
    until = f", until {made.expires}" if made.expires else ""
    note(f"{made.name} may {', '.join(made.scopes)}{until}; it is not shown again")
    return ExitCode.OK


def ls(json: Json = False) -> int:
    """List tokens, without their secrets."""
    from exitd.client import calls

    found = ask(calls.tokens())
    if json:
        say_json(found)
        return ExitCode.OK
    if not found.tokens:
        note("no tokens; `exitd token new NAME --scope read` makes one")
        return ExitCode.OK
    rows = [
        (
            token.name,
            " ".join(token.scopes),
            wording.clock_time(token.ts_created)[:10],
            _end_of(token),
        )
        for token in found.tokens
    ]
    say_table(("(NAME)", "SCOPES", "MADE", "EXPIRES"), rows)
    return ExitCode.OK


def _end_of(token: TokenView) -> str:
    if token.expires is None:
        return "never"
    when = wording.clock_time(token.expires)[:19]
    return f"expired {when}" if token.is_expired else when


def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    yes: Yes = False,
    json: Json = False,
) -> int:
    """
    Make a token void at once.

    \b
    Examples:
      exitd token revoke dashboard --yes
    """
    from exitd.client import calls

    if not is_agreed(f"Revoke the token {name}?", yes=yes):
        raise CommandFailed("nothing was revoked; say --yes to do it without asking")
    left = ask(calls.revoke_token(name))
    if json:
        say_json(left)
    else:
        say(f"{name} is void")
    return ExitCode.OK
