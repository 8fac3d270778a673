"""`report`: what orders cost, as a table, as CSV, as a page and as a picture."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import KEEP, Json
from exitd.cli.printing import note, say, say_json, say_table
from exitd.cli.tree import add_command
from exitd.cli.wording import DASH, or_dash

if TYPE_CHECKING:
    from collections.abc import Callable

    from exitd.adapters.charts.costs import CostPicture
    from exitd.runtime.cost_views import CostGroupView, CostRow, CostsView

#: Digits of a price that fit a column.
_DIGITS = 8


def add_to(app: typer.Typer) -> None:
    add_command(app, report, panel=KEEP)


def report(
    since: Annotated[
        str,
        typer.Option(
            "--from", metavar="WHEN", help="30d, a date, or a time with its zone."
        ),
    ] = "30d",
    until: Annotated[
        str,
        typer.Option("--to", metavar="WHEN", help="The first instant left out."),
    ] = "",
    route: Annotated[
        str, typer.Option("--route", metavar="NAME", help="Alerts of this route only.")
    ] = "",
    symbol: Annotated[
        str, typer.Option("--symbol", metavar="SYMBOL", help="This market only.")
    ] = "",
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy", metavar="NAME", help="Alerts with this metadata.strategy."
        ),
    ] = "",
    mode: Annotated[
        str,
        typer.Option(
            "--mode", metavar="live|paper", help="What was sent, or simulated, only."
        ),
    ] = "",
    csv_file: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Every order as CSV; - prints it."),
    ] = None,
    html_file: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="A page with the distributions."),
    ] = None,
    png_file: Annotated[
        Path | None,
        typer.Option(
            "--png", metavar="FILE", help="A picture of them; needs the extra charts."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """
    Say what each entry and exit cost, from its alert to its fill.

    Costs are percent of the market price when the alert was raised, above zero when
    they are adverse; `docs/analytics.md` explains each column. What was simulated
    (PAPER) is never summed up with what was sent. A file that is there is replaced.

    \b
    Examples:
      exitd report --from 7d
      exitd report --strategy Breakout --html costs.html --png costs.png
      exitd report --from 2030-01-01 --csv - | cut -d, -f1-12
    """
    from exitd.client import book_calls

    if json and csv_file == Path("-"):
        raise WrongUsage("--json and --csv - both print; name a file for the CSV")
    if mode not in ("", "live", "paper"):
        raise WrongUsage(f"--mode is live or paper, not {mode!r}")
    start, end = _times(since, until)
    found = ask(
        book_calls.costs(
            since=start,
            until=end,
            route=route,
            symbol=symbol,
            strategy=strategy,
            mode=mode,
        )
    )
    about = _about(found, route=route, symbol=symbol, strategy=strategy, mode=mode)
    files = (csv_file, html_file, png_file)
    if csv_file == Path("-"):
        _write_rows(sys.stdout, found)
    elif csv_file is not None:
        _write_csv(csv_file, found)
    if html_file is not None:
        _write_picture(html_file, found, about, _page)
    if png_file is not None:
        _write_picture(png_file, found, about, _drawing)
    if json:
        say_json(found)
    elif not any(files):
        _say(found)
    return ExitCode.OK


def _times(since: str, until: str) -> tuple[str, str]:
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.instants import read_span

    return read_span(since, until, SystemClock().now_ns())


def _about(found: CostsView, **given: str) -> str:
    words = [f"{found.since[:16]}Z to {found.until[:16]}Z".replace("T", " ")]
    words += [f"{name} {value}" for name, value in given.items() if value]
    return ", ".join(words)


def _say(found: CostsView) -> None:
    if not found.rows:
        note("no entry and no exit in this time; see `exitd report --help`")
        return
    on_paper = sum(row.on_paper for row in found.rows)
    if on_paper:
        note(f"PAPER: {on_paper} of {len(found.rows)} orders were simulated")
    columns = (
        *("TIME", "(ORDER)", "(SYMBOL)", "[MARKET]"),
        *("ASKED", "FILL", "COST%", "QUALITY"),
    )
    say_table(
        columns, [_line(r) for r in found.rows], numbers="MARKET ASKED FILL COST%"
    )
    for by in ("strategy", "symbol"):
        say()
        _say_groups(by, [group for group in found.groups if group.by == by])
    if found.strangers:
        belong = "fill belongs" if found.strangers == 1 else "fills belong"
        note(f"{found.strangers} {belong} to no order of exitd")


def _line(row: CostRow) -> tuple[str, ...]:
    return (
        row.time[5:16].replace("T", " "),
        f"{'PAPER ' if row.on_paper else ''}{row.kind} {row.side}",
        row.symbol,
        _short(row.market_price),
        _short(row.intended_price),
        _short(row.fill_price),
        or_dash(row.total_cost_percent),
        row.quality or row.state,
    )


def _say_groups(by: str, groups: list[CostGroupView]) -> None:
    columns = (
        *("MODE", f"({by.upper()})", "ORDERS", "MEDIAN%", "P90%", "SLIPPAGE%"),
        *("(COST)", "E/G/F/P"),
    )
    rows = [
        (
            group.mode.upper(),
            group.name or DASH,
            str(group.orders),
            group.total_cost_percent.median if group.total_cost_percent else DASH,
            group.total_cost_percent.p90 if group.total_cost_percent else DASH,
            group.slippage_percent.median if group.slippage_percent else DASH,
            " ".join(f"{_short(t)} {q}".strip() for q, t in group.cash.items()) or DASH,
            "/".join(str(count) for count in group.qualities.values()),
        )
        for group in groups
    ]
    say_table(columns, rows, numbers="ORDERS MEDIAN% P90% SLIPPAGE%")


def _short(written: str | None) -> str:
    """Round a number to what a column holds; CSV and JSON have all of it."""
    from decimal import Context, Decimal

    from exitd.core.units import text

    if written is None:
        return DASH
    return text(Context(prec=_DIGITS).create_decimal(Decimal(written)))


def _write_csv(path: Path, found: CostsView) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            _write_rows(file, found)
    except OSError as error:
        raise _unwritable(path, error) from error
    note(f"{len(found.rows)} orders written to {path}")


def _write_rows(file: TextIO, found: CostsView) -> None:
    from exitd.runtime.cost_views import CostRow

    columns = CostRow.__struct_fields__
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [_cell(getattr(row, name)) for name in columns] for row in found.rows
    )


def _cell(value: object) -> object:
    """What is not known is empty; yes and no as JSON writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _page(picture: CostPicture) -> bytes:
    from exitd.adapters.charts.costs_page import costs_page

    return costs_page(picture)


def _drawing(picture: CostPicture) -> bytes:
    from exitd.adapters.charts.costs_drawing import draw_costs

    return draw_costs(picture, "png")


def _write_picture(
    path: Path, found: CostsView, about: str, draw: Callable[[CostPicture], bytes]
) -> None:
    from exitd.adapters.charts.costs import pictured_costs

    drawn = draw(pictured_costs(found, about))
    try:
        path.write_bytes(drawn)
    except OSError as error:
        raise _unwritable(path, error) from error
    note(f"written to {path}")


def _unwritable(path: Path, error: OSError) -> CommandFailed:
    return CommandFailed(
        f"{path} cannot be written ({error.strerror}); name another file"
    )
