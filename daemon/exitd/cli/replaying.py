"""`replay`: what the exits would have done on prices that were kept in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.drawing_charts import chart_kind, write_chart
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import WrongUsage
from exitd.cli.instants import read_time
from exitd.cli.options import FILES, Config, Json
from exitd.cli.printing import note, say, say_json, say_table
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.adapters.recording.reading import PriceFile
    from exitd.configuration.loaded import Loaded
    from exitd.runtime.rehearsal.prices import Candle, Price
    from exitd.runtime.rehearsal.rehearsal import Rehearsal
    from exitd.runtime.rehearsal.replaying import Openings
    from exitd.runtime.rehearsal.report import Fired, Report
    from exitd.runtime.rehearsal.venue import Costs

#: How many rows go by before somebody is told how far it is.
_ROWS_A_LOOK = 2_000


def add_to(app: typer.Typer) -> None:
    add_command(app, replay, panel=FILES)


def replay(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Prices or candles: CSV, .csv.gz or Parquet; columns by their names.",
        ),
    ],
    config: Config = None,
    position: Annotated[
        list[str] | None,
        typer.Option(
            "--position",
            metavar="NAME=SIDE:SIZE@ENTRY",
            help="A position that is there from the first price on; may be repeated. "
            "Without @ENTRY it is opened at that price.  [default: each of the files, "
            "with a size of 1]",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str,
        typer.Option("--from", metavar="WHEN", help="A date, or a time with its zone."),
    ] = "",
    until: Annotated[
        str,
        typer.Option("--to", metavar="WHEN", help="The first instant left out."),
    ] = "",
    symbol: Annotated[
        str,
        typer.Option(
            "--symbol",
            metavar="SYMBOL",
            help="The market of prices that do not name one.",
        ),
    ] = "",
    slippage: Annotated[
        str,
        typer.Option(
            "--slippage", metavar="PERCENT", help="Make each fill worse by so much."
        ),
    ] = "0%",
    delay: Annotated[
        str,
        typer.Option(
            "--delay", metavar="DURATION", help="Execute each close so much later."
        ),
    ] = "0s",
    chart: Annotated[
        Path | None,
        typer.Option(
            "--chart", metavar="OUT", help="Draw it: a .png, .svg or .html file."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """
    Say what the exits would have done on prices from a file.

    The engine is the one that runs live, on a clock that only the prices move. Closes
    fill at once, at the price that was seen. Candles take the worst way for what is
    held: open, the extreme that hurts, the other one, close; a stop that is jumped
    over fills at the open. Nothing is sent. `exitd record` writes such files.

    \b
    Examples:
      exitd replay sol.csv --config config --position sol-core=long:10@140
      exitd replay prices.parquet --from 2030-01-01 --chart out.html
      exitd replay sol-1m.csv.gz --slippage 0.05% --delay 200ms --json
    """
    from exitd.adapters.recording.reading import PriceFile
    from exitd.runtime.rehearsal.replaying import openings_of
    from exitd.runtime.rehearsal.views import report_view
    from exitd.runtime.rehearsal.wording import instant_words

    if chart is not None:
        chart_kind(chart)
    span = (read_time(since) if since else 0, read_time(until) if until else 1 << 63)
    costs = _costs(slippage, delay)
    with PriceFile(file) as prices:
        rows = _between(prices.read(), *span)
        first = next(rows, None)
        if first is None:
            raise WrongUsage(f"{file} has no prices between --from and --to")
        loaded = _loaded(config, first.ts_ns)
        openings = openings_of(position or [], loaded.positions)
        rehearsal = _begun(loaded, openings, first.ts_ns, symbol, costs, chart)
        report = _run(rehearsal, chain([first], rows), prices)
    if chart is not None:
        title = f"{file.name}, from {instant_words(report.start_ns)} UTC"
        _draw(chart, title, rehearsal, report)
    notes = _notes(report, openings, prices)
    if json:
        document = {"file": str(file), "notes": notes, "report": report_view(report)}
        say_json(document)
        return ExitCode.OK
    _say(report, loaded, prices)
    for sentence in notes:
        note(f"note: {sentence}")
    if chart is not None:
        note(f"drawn: {chart}")
    return ExitCode.OK


def _costs(slippage: str, delay: str) -> Costs:
    from exitd.configuration.values import (
        read_duration_ns,
        read_percent_under_hundred,
    )
    from exitd.runtime.rehearsal.venue import Costs

    try:
        percent = read_percent_under_hundred(slippage)
    except ValueError as wrong:
        raise WrongUsage(f"--slippage {slippage}: {wrong}") from None
    try:
        return Costs(slippage_percent=percent, delay_ns=read_duration_ns(delay))
    except ValueError as wrong:
        raise WrongUsage(f"--delay {delay}: {wrong}") from None


def _loaded(config: Path | None, now_ns: int) -> Loaded:
    """Read the files as if it were then."""
    import os

    from exitd.configuration.load import load
    from exitd.errors import ConfigurationError
    from exitd.settings import read_settings

    loaded = load(config or read_settings().config, dict(os.environ), now_ns=now_ns)
    if loaded.has_errors:
        raise ConfigurationError(one for one in loaded.findings if one.is_error)
    return loaded


def _between(
    rows: Iterator[Price | Candle], since_ns: int, until_ns: int
) -> Iterator[Price | Candle]:
    for row in rows:
        if row.ts_ns >= until_ns:
            return
        if row.ts_ns >= since_ns:
            yield row


def _begun(
    loaded: Loaded,
    openings: Openings,
    start_ns: int,
    symbol: str,
    costs: Costs,
    chart: Path | None,
) -> Rehearsal:
    from exitd.configuration.policies import Policies
    from exitd.configuration.triggers import definitions
    from exitd.runtime.rehearsal.rehearsal import Rehearsal
    from exitd.runtime.rehearsal.track import Track

    file = loaded.settings.file if loaded.settings is not None else None
    rehearsal = Rehearsal(
        definitions(loaded, now_ns=start_ns),
        start_ns=start_ns,
        policies=(file.policies if file is not None else Policies()).for_core(),
        costs=costs,
        symbol=symbol,
        track=Track() if chart is not None else None,
    )
    for opening in openings.openings:
        rehearsal.open_at_first_price(opening)
    return rehearsal


def _run(
    rehearsal: Rehearsal, rows: Iterable[Price | Candle], prices: PriceFile
) -> Report:
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.waiting import Waiting
    from exitd.runtime.rehearsal.prices import Price

    with Waiting(f"replaying {prices.path.name}", SystemClock()) as waiting:
        for number, row in enumerate(rows):
            if isinstance(row, Price):
                rehearsal.price(row)
            else:
                rehearsal.candle(row)
            if not number % _ROWS_A_LOOK:
                waiting.tell(prices.read_bytes(), prices.size_bytes)
    return rehearsal.finish()


def _draw(chart: Path, title: str, rehearsal: Rehearsal, report: Report) -> None:
    from exitd.adapters.charts.picture import pictured

    assert rehearsal.track is not None
    write_chart(chart, pictured(title, rehearsal.track, report, rehearsal.definitions))


def _notes(report: Report, openings: Openings, prices: PriceFile) -> list[str]:
    """Say what somebody should know who goes by the answer."""
    from exitd.runtime.rehearsal.wording import missing_words

    found: list[str] = []
    if openings.assumed:
        found.append(
            "no --position was given, so each position of the files was opened at the"
            " first price, with a size of 1"
        )
    if prices.has_candles:
        found.append(
            "inside each candle the price went the worst way for what is held: open,"
            " the extreme that hurts, the other one, close"
        )
    if missing := missing_words(report):
        found.append(missing)
    if report.ignored_prices:
        many = report.ignored_prices
        were = "1 price was" if many == 1 else f"{many:,} prices were"
        found.append(f"{were} old or none, and left out")
    if prices.is_cut:
        found.append("the file ends in the middle of a row; what came before was used")
    return found


def _say(report: Report, loaded: Loaded, prices: PriceFile) -> None:
    from exitd.core.units import text
    from exitd.runtime.rehearsal.wording import instant_words, standing_words

    what = "candles" if prices.has_candles else "prices"
    say(
        f"{report.prices:,} {what}, {instant_words(report.start_ns)} to"
        f" {instant_words(report.end_ns)} UTC"
    )
    if report.fired:
        say()
        say_table(
            ("time (UTC)", "exit", "(what it did)", "level", "slippage"),
            [_fired_cells(fired) for fired in report.fired],
            numbers="level slippage",
        )
    else:
        say("nothing fired")
    names = {(p.venue, p.symbol, p.side): p.name for p in loaded.positions}
    if report.positions:
        say()
    for held in report.positions:
        key = held.key
        name = names.get((key.account, key.symbol, key.side), str(key))
        entry = "" if held.entry_price is None else f" at {text(held.entry_price)}"
        say(
            f"{name}: {key.side} {text(held.before)}{entry}, then"
            f" {text(held.after) if held.after else 'flat'}"
        )
    if report.standing:
        say()
    for standing in report.standing:
        say(f"{standing.trigger_id} {standing_words(standing)}")


def _fired_cells(fired: Fired) -> tuple[str, ...]:
    from exitd.runtime.rehearsal.wording import (
        did_words,
        instant_words,
        number_words,
        percent_words,
    )

    slippage = fired.slippage_percent
    return (
        instant_words(fired.ts_ns),
        fired.trigger_id,
        did_words(fired),
        "" if fired.level is None else number_words(fired.level),
        "" if slippage is None else percent_words(slippage),
    )
