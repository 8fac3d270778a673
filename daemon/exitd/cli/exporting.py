"""`export csv`: every fill and every funding payment, for the books."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import KEEP
from exitd.cli.printing import complain, note, say_json
from exitd.cli.tree import add_command, add_group, new_group

if TYPE_CHECKING:
    from exitd.runtime.book_views import BookRow, DifferenceView, ReconciledView


def add_to(app: typer.Typer) -> None:
    group = new_group("export", "Write the history for other programs.")
    add_command(group, export_csv, name="csv")

    add_group(app, group, panel=KEEP)


def export_csv(
    since: Annotated[
        str,
        typer.Option(
            "--from", metavar="WHEN", help="30d, a date, or a time with its zone."
        ),
    ] = "1970-01-01",
    until: Annotated[
        str,
        typer.Option("--to", metavar="WHEN", help="The first instant left out."),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there instead."),
    ] = None,
    reconcile: Annotated[
        bool,
        typer.Option(
            "--reconcile",
            help="Read the venue's own history too, and say what is not the same.",
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of CSV.")
    ] = False,
) -> int:
    """
    Write every fill and every funding payment as CSV, oldest first.

    Times are UTC. With --reconcile, the exit code is 1 when a row exists on one
    side only, or says different things on both.

    \b
    Examples:
      exitd export csv --from 2030-01-01 --to 2030-02-01 > january.csv
      exitd export csv --from 30d -o fills.csv --reconcile
    """
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.instants import read_span
    from exitd.client import book_calls

    start, end = read_span(since, until, SystemClock().now_ns())
    rows = ask(book_calls.books(since=start, until=end)).rows
    compared = None
    if reconcile:
        compared = ask(book_calls.differences(since=start, until=end))
    if json:
        document: dict[str, object] = {"rows": rows}
        say_json(document if compared is None else {**document, "reconciled": compared})
    elif output is None:
        _write(sys.stdout, rows)
    else:
        _write_file(output, rows)
    return ExitCode.OK if compared is None else _judge(compared)


def _write_file(output: Path, rows: tuple[BookRow, ...]) -> None:
    try:
        with output.open("x", encoding="utf-8", newline="") as file:
            _write(file, rows)
    except OSError as error:
        raise CommandFailed(
            f"{output} cannot be written ({error.strerror}); name another file"
        ) from error
    note(f"{len(rows)} rows written to {output}")


def _write(file: TextIO, rows: tuple[BookRow, ...]) -> None:
    from exitd.runtime.book_views import BookRow

    columns = BookRow.__struct_fields__
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(row, name) for name in columns] for row in rows)


def _judge(compared: ReconciledView) -> int:
    """Say on standard error how the two sides agree."""
    for difference in compared.differences:
        note(_sentence(difference))
    recent = f", {compared.recent} too recent to tell" if compared.recent else ""
    if not compared.differences:
        note(f"reconciled: {compared.agreed} rows agree{recent}")
        return ExitCode.OK
    complain(
        f"{compared.agreed} rows agree and {len(compared.differences)} do not{recent};"
        " the lines above name them"
    )
    return ExitCode.FAILED


_WHERE = {"here": "only here", "venue": "only at the venue", "both": "not the same"}


def _sentence(found: DifferenceView) -> str:
    price = f" at {found.price}" if found.price else ""
    return (
        f"{_WHERE[found.found]}: {found.kind} {found.id} of {found.account}"
        f" {found.symbol}, {found.quantity}{price}, {found.time}: {found.why}"
    )
