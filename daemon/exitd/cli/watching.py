"""`top`: what is nearest to firing, over and over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import wording
from exitd.cli.asking import PAGE, connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import LOOK, Json
from exitd.cli.printing import TABLE_WIDTH, say, say_json, shortened
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from rich.text import Text

    from exitd.client import Client
    from exitd.runtime.views import NearestView, StatusView, TriggerView

LINES_MIN = 10
#: Listed where no terminal says how many lines there are.
LISTED = 100
BAR = 12
#: A bar begins to fill at this distance, in percent of the price.
BAR_BEGINS = Decimal(5)
#: Nearer than this it stands out, and nearer than that it alarms; in percent.
NEAR, VERY_NEAR = Decimal(3), Decimal("1.5")
_COLOURS = {"armed": "green", "stale": "bold red", "paused": "yellow"}


def add_to(app: typer.Typer) -> None:
    add_command(app, top, panel=LOOK)


def top(
    every: Annotated[
        float,
        typer.Option(
            "--every", metavar="SECONDS", min=0.2, max=30, help="How often to look."
        ),
    ] = 1.0,
    once: Annotated[
        bool, typer.Option("--once", help="Look once; in a pipe it does so anyway.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            max=PAGE,
            help=f"How many triggers; as many as there is room for, or {LISTED}.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> int:
    """
    Show what is nearest to firing, live: the nearest first, a bar for how near.

    It looks again at once when something happens. Ctrl-C ends it.

    \b
    Examples:
      exitd top
      exitd top --every 5
      exitd top --once | head
    """
    with connect() as client:
        if json:
            status, near = _look(client, limit or LISTED)
            say_json(
                {
                    "banner": status.banner,
                    "status": status,
                    "triggers": near.triggers,
                    "more": near.more,
                }
            )
        elif once or not sys.stdout.isatty():
            for line in _lines(*_look(client, limit or LISTED), TABLE_WIDTH):
                say(line.plain.rstrip())
        else:
            _go_on(client, every, limit)
    return ExitCode.OK


def _look(client: Client, limit: int) -> tuple[StatusView, NearestView]:
    from exitd.client import calls

    return client.ask(calls.status()), client.ask(calls.nearest(limit=limit))


def _go_on(client: Client, every_s: float, limit: int | None) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from exitd.client import calls

    console = Console()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        try:
            while True:
                size = os.get_terminal_size(sys.stdout.fileno())
                most = min(max(size.lines - 1, LINES_MIN), PAGE)
                status, near = _look(client, limit or most)
                newest = client.ask(calls.facts(limit=1)).last_seq
                lines = list(_lines(status, near, size.columns))
                shown = lines[:most]
                live.update(Text("\n").join(shown), refresh=True)
                client.ask(calls.facts(after=newest, limit=1, wait_s=every_s))
        except KeyboardInterrupt:
            return


def _lines(status: StatusView, near: NearestView, columns: int) -> Iterator[Text]:
    from rich.text import Text

    ready = "ready" if status.is_ready else "NOT READY"
    head = f"{status.banner}  {ready}, up {wording.span(status.uptime_s)}"
    loud = "bold green" if status.is_ready else "bold red"
    yield Text(head, style=loud)
    for reason in status.reasons:
        yield Text(f"  {reason}", style="red")
    for hole in status.unprotected:
        yield Text(f"  not protected: {hole}", style="bold red")
    if status.last_exit is not None:
        yield Text(f"last exit {wording.fire_line(status.last_exit)}"[:columns])
    for feed in status.feeds:
        style = "red" if feed.is_stale else "dim"
        yield Text(wording.feed_line(feed)[:columns], style=style)
    yield Text()
    heads = f"{'LEVEL':>12} {'PRICE':>12} {'AWAY':>8} {'':{BAR}} STATE"
    name = max(columns - len(heads) - STATE - 1, NAME_MIN)
    yield Text(f"{'ID':<{name}} {heads}", style="bold")
    for trigger in near.triggers:
        yield _row(trigger, name)
    if near.more:
        yield Text(f"and {near.more:,} more that are farther away", style="dim")
    elif not near.triggers:
        yield Text("no triggers; see `exitd add --help`")


NAME_MIN = 14
#: Room for the longest state after its head.
STATE = 10


def _row(trigger: TriggerView, name: int) -> Text:
    from rich.text import Text

    away = trigger.distance_percent
    filled, colour = bar(None if away is None else Decimal(away))
    text = Text(f"{shortened(trigger.id, name):<{name}} ")
    text.append(f"{wording.level_or_time(trigger):>12} ")
    text.append(f"{wording.or_dash(trigger.price):>12} ")
    text.append(f"{f'{away}%' if away else wording.DASH:>8} ")
    text.append("█" * filled, style=colour)
    text.append("░" * (BAR - filled), style="dim")
    state = wording.shown_state(trigger)
    text.append(f" {state}", style=_COLOURS.get(state, ""))
    return text


def bar(percent: Decimal | None) -> tuple[int, str]:
    """Give how many of the 12 cells are filled at a distance, and their colour."""
    if percent is None:
        return 0, "dim"
    left = min(max(percent, Decimal(0)), BAR_BEGINS)
    filled = int(BAR * (1 - left / BAR_BEGINS))
    if percent < VERY_NEAR:
        return filled, "red"
    return filled, "yellow" if percent <= NEAR else "blue"
