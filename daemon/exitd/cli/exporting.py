"""`export csv`: every firing with its fills, for the books."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import KEEP
from exitd.cli.printing import note, say_json
from exitd.cli.tree import add_command, add_group, new_group

if TYPE_CHECKING:
    from exitd.runtime.views import ExitView

# One row for each fill; a firing without one has a row of its own. Times are UTC,
# quantities base units, prices and PnL the quote currency.
FIRE_COLUMNS = (
    "fire_id",
    "trigger_id",
    "account",
    "symbol",
    "side",
    "cause",
    "level",
    "observed",
    "ts_hit",
    "ts_done",
    "reason",
    "attempts",
    "filled",
    "average_price",
    "slippage_percent",
    "pnl",
)
FILL_COLUMNS = (
    "trade_id",
    "venue_order_id",
    "ts_venue",
    "quantity",
    "price",
    "fee",
    "fee_asset",
    "is_maker",
)


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
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of CSV.")
    ] = False,
) -> int:
    """
    Write every firing with its fills as CSV, one row for each fill.

    \b
    Examples:
      exitd export csv --from 2030-01-01 --to 2030-02-01 > january.csv
      exitd export csv --from 30d -o exits.csv
    """
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.instants import as_timestamp, read_since
    from exitd.client import calls

    now_ns = SystemClock().now_ns()
    start = as_timestamp(read_since(since, now_ns))
    end = as_timestamp(read_since(until, now_ns)) if until else ""
    found = ask(calls.exits(since=start, until=end)).exits
    if json:
        say_json({"exits": found})
        return ExitCode.OK
    if output is None:
        _write(sys.stdout, found)
        return ExitCode.OK
    try:
        with output.open("x", encoding="utf-8", newline="") as file:
            _write(file, found)
    except OSError as error:
        raise CommandFailed(
            f"{output} cannot be written ({error.strerror}); name another file"
        ) from error
    note(f"{len(found)} firings written to {output}")
    return ExitCode.OK


def _write(file: TextIO, exits: tuple[ExitView, ...]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow((*FIRE_COLUMNS, *(f"fill_{name}" for name in FILL_COLUMNS)))
    for found in exits:
        writer.writerows(_rows(found))


def _rows(found: ExitView) -> Iterator[tuple[object, ...]]:
    fire = tuple(_cell(getattr(found.fire, name)) for name in FIRE_COLUMNS)
    if not found.fills:
        yield (*fire, *("" for _ in FILL_COLUMNS))
    for fill in found.fills:
        yield (*fire, *(_cell(getattr(fill, name)) for name in FILL_COLUMNS))


def _cell(value: object) -> object:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value
