"""`entries`: what alerts asked to open, and what of it works, has filled or is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import entry_wording, wording
from exitd.cli.asking import connect, note_mode
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import LOOK, Account, Json
from exitd.cli.printing import note, say, say_json, say_table
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.client import Client
    from exitd.runtime.entry_views import EntryDetailView, EntryView

_PAGE = 500


def add_to(app: typer.Typer) -> None:
    add_command(app, entries, panel=LOOK)


def entries(
    account: Account = "",
    symbol: Annotated[str, typer.Option("--symbol", metavar="SYMBOL")] = "",
    state: Annotated[
        str,
        typer.Option(
            "--state",
            metavar="STATE",
            help="wanted, signed, sent, in_doubt, working, partially_filled, filled,"
            " refused, cancelled, expired.",
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Those that are over as well.")
    ] = False,
    json: Json = False,
) -> int:
    """
    List entries: orders that alerts asked for, which may open a position.

    Those that may still fill, or whose exits may still close, newest first. The price
    is the average of the fills; before, what was asked for.

    \b
    Examples:
      exitd entries
      exitd entries --all --symbol AAPL
      exitd entries --state refused --json
    """
    from exitd.client import calls

    with connect() as client:
        status = client.ask(calls.status())
        found = all_entries(
            client,
            account=account,
            symbol=symbol,
            state=state,
            everything=everything,
        )
    if json:
        say_json({"banner": status.banner, "entries": found})
        return ExitCode.OK
    note_mode(status.banner, (entry.account for entry in found))
    if found:
        say_entries(found, status.ts_now)
    else:
        note("no entries; `exitd entries --all` lists those that are over")
    return ExitCode.OK


def all_entries(
    client: Client,
    *,
    account: str = "",
    symbol: str = "",
    state: str = "",
    everything: bool = False,
) -> list[EntryView]:
    """Give every entry that a search finds, page after page."""
    from exitd.client import entry_calls

    found: list[EntryView] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.ask(
            entry_calls.entries(
                account=account,
                symbol=symbol,
                state=state,
                everything=everything,
                limit=_PAGE,
                after=cursor,
            )
        )
        found += page.entries
        cursor = page.next
    return found


def say_entries(found: list[EntryView], ts_now: str) -> None:
    """Write a table of entries; *ts_now* is the daemon's clock, RFC 3339."""
    columns = ("(ID)", "[ACCOUNT]", "(SYMBOL)", "SIDE", "FILLED", "PRICE", "AGE")
    rows = [
        (
            entry.id,
            entry.account,
            entry.symbol,
            entry.side,
            entry_wording.filled(entry),
            entry_wording.price(entry),
            entry_wording.age(entry, ts_now),
            entry_wording.shown_state(entry),
        )
        for entry in found
    ]
    say_table((*columns, "STATE"), rows, numbers="FILLED PRICE AGE")


def is_entry_id(id: str) -> bool:
    """Whether an id is an entry's: `<route>-<number>`, as no trigger is called."""
    name, _, number = id.rpartition("-")
    return bool(name) and number.isdigit() and "/" not in id


def say_entry(found: EntryDetailView) -> None:
    """Write one entry with its exits and its alert."""
    for head, text in entry_wording.entry_lines(found.entry):
        say(f"{head:<10} {text}")
    if found.signal is not None:
        signal = found.signal
        came = wording.clock_time(signal.ts_received)
        say(f"{'alert':<10} {signal.route}, {came}, {signal.state}")
        say(f"{'':<10} {signal.outcome}")
