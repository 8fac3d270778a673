"""`init` and `schema`: what a new configuration starts from."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.first_position import asked_files
from exitd.cli.options import FILES, Json
from exitd.cli.printing import note, say, say_json
from exitd.cli.tree import add_command


def add_to(app: typer.Typer) -> None:
    add_command(app, init, panel=FILES)
    add_command(app, schema, panel=FILES)


def init(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Where to; made if it is not there."),
    ] = Path("config"),
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing: the example as it is.")
    ] = False,
    json: Json = False,
) -> int:
    """
    Write a commented configuration to start from: paper mode, one position.

    On a terminal it asks what the position is. Where there is an exitd.yaml, only the
    position is added. Nothing is overwritten: where one of the files is there already,
    none is written.

    \b
    Examples:
      exitd init                    into ./config
      exitd init /etc/exitd --defaults
    """
    files = starting_files()
    kept = _kept(directory, files)
    asks = not (defaults or json) and sys.stdin.isatty() and sys.stderr.isatty()
    if not (asks and kept):
        _refuse_present(directory, files.keys() - kept.keys())
    if asks:
        try:
            files = asked_files({**files, **kept})
        except EOFError:
            raise CommandFailed(
                "nothing was written; --defaults asks nothing"
            ) from None
    written = {name: text for name, text in files.items() if name not in kept}
    _refuse_present(directory, written.keys())
    for name, text in written.items():
        path = directory / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # "x": two of these at once must not overwrite one another either.
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise CommandFailed(
                f"{path} cannot be written ({error.strerror}); choose another directory"
            ) from error
    if json:
        say_json({"directory": str(directory), "files": list(written)})
        return ExitCode.OK
    for name in written:
        say(str(directory / name))
    position = next(name for name in written if name.startswith("conf.d/"))
    note(
        f"Edit {directory}/{position}, then: exitd check {directory}"
        f" && exitd run --config {directory}"
    )
    return ExitCode.OK


def _kept(directory: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Give the files that stay as they are where a daemon has some, as of a package."""
    if not (directory / "exitd.yaml").exists():
        return {}
    names = (name for name in files if not name.startswith("conf.d/"))
    try:
        return {
            name: (directory / name).read_text(encoding="utf-8")
            for name in names
            if (directory / name).exists()
        }
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(
            f"the files in {directory} cannot be read ({error}); name another directory"
        ) from error


def _refuse_present(directory: Path, names: Collection[str]) -> None:
    there = sorted(name for name in names if (directory / name).exists())
    if there:
        raise CommandFailed(
            f"{directory / there[0]} is there already, so nothing was written; name"
            " another directory, or move the files away"
        )


def starting_files() -> dict[str, str]:
    from exitd.configuration.schema import SCHEMA_FILES
    from exitd.configuration.venue_tables import shipped_directory

    shipped = shipped_directory()
    names = ["exitd.yaml", "conf.d/sol.yaml", *SCHEMA_FILES.values()]
    return {name: (shipped / name).read_text(encoding="utf-8") for name in names}


def schema(
    kind: Annotated[
        Literal["daemon", "positions"],
        typer.Argument(
            metavar="KIND", help="daemon for exitd.yaml, positions for conf.d/."
        ),
    ] = "daemon",
    json: Annotated[
        bool, typer.Option("--json", help="The schema is JSON with and without it.")
    ] = False,
) -> int:
    """
    Print the JSON Schema (2020-12) of a file, for editors.

    \b
    Examples:
      exitd schema > exitd.schema.json
      exitd schema positions > exitd.positions.schema.json
    """
    import json as text

    from exitd.configuration.schema import schema as make

    del json
    say(text.dumps(make(kind), indent=2))
    return ExitCode.OK
