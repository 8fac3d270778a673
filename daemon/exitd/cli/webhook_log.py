"""`webhook log`: the last alerts, what was begun for them and what it became."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import wording
from exitd.cli.asking import connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import Json
from exitd.cli.printing import note, say, say_json

if TYPE_CHECKING:
    from exitd.runtime.entry_views import SignalView

_PAGE = 500


def log(
    route: Annotated[
        str, typer.Option("--route", metavar="ROUTE", help="Those of one route.")
    ] = "",
    symbol: Annotated[
        str, typer.Option("--symbol", metavar="SYMBOL", help="The ticker.")
    ] = "",
    state: Annotated[
        str,
        typer.Option(
            "--state", metavar="STATE", help="accepted, carried_out or refused."
        ),
    ] = "",
    last: Annotated[
        int,
        typer.Option("-n", "--last", min=1, metavar="COUNT", help="How many."),
    ] = 20,
    json: Json = False,
) -> int:
    """
    List the last alerts that were taken, the newest below.

    What is said of one is what was begun for it, or why nothing was; behind it the
    state of its entry, and why that was refused. An alert that was not taken is none
    here: its sender was told, and `exitd tail` and the log have it.

    \b
    Examples:
      exitd webhook log
      exitd webhook log --route tv --state refused -n 50
      exitd webhook log --json | jq '.signals[0].entry_state'
    """
    found = _last(last, route=route, symbol=symbol, state=state)
    if json:
        say_json({"signals": found})
        return ExitCode.OK
    for signal in reversed(found):
        say(_line(signal))
    if not found:
        note("no alerts; `exitd webhook url ROUTE` says where they are sent to")
    return ExitCode.OK


def _last(last: int, *, route: str, symbol: str, state: str) -> list[SignalView]:
    from exitd.client import entry_calls

    found: list[SignalView] = []
    cursor: str | None = ""
    with connect() as client:
        while cursor is not None and len(found) < last:
            page = client.ask(
                entry_calls.signals(
                    route=route,
                    symbol=symbol,
                    state=state,
                    limit=min(last - len(found), _PAGE),
                    after=cursor,
                )
            )
            found += page.signals
            cursor = page.next
    return found


def _line(signal: SignalView) -> str:
    """Write one alert: when, which, about what, and what became of it."""
    mark = "PAPER " if signal.is_paper else ""
    head = f"{wording.clock_time(signal.ts_received)}  {signal.id}"
    about = f"{mark}{signal.direction} {signal.ticker}"
    outcome = f": {signal.outcome}" if signal.outcome else ""
    line = f"{head}  {about}  {signal.state}{outcome}"
    if signal.entry_state is not None:
        line += f"; its entry: {signal.entry_state}"
    if signal.entry_refusal:
        line += f", {signal.entry_refusal}"
    return line
