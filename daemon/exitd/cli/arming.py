"""`add`: triggers by hand, in the words of the files; `amend` stands beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from exitd.cli import exit_options as option
from exitd.cli.amending import amend
from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.exit_words import (
    CONDITION_OPTIONS,
    OPTIONS,
    SHARED_OPTIONS,
    Words,
    picked,
    triggers_of,
)
from exitd.cli.failures import WrongUsage
from exitd.cli.holding import say_armed
from exitd.cli.options import SET, Account, Json
from exitd.cli.pasting import paste
from exitd.cli.printing import say_json
from exitd.cli.tree import add_command


def add_to(app: typer.Typer) -> None:
    add_command(app, add, panel=SET)
    add_command(app, amend, panel=SET)


def add(
    position: Annotated[
        str,
        typer.Argument(
            metavar="POSITION", help="A position of the files; else say --symbol."
        ),
    ] = "",
    sl: option.StopLoss = None,
    tp: option.TakeProfit = None,
    trailing: option.Trailing = None,
    above: option.Above = None,
    below: option.Below = None,
    at_time: option.AtTime = None,
    max_hold: option.MaxHold = None,
    calendar: option.Calendar = None,
    after: option.After = None,
    tighten: option.TightenOption = None,
    step: option.Step = None,
    deviation: option.Deviation = None,
    for_: option.For = None,
    prices: option.Prices = None,
    emergency: option.Emergency = None,
    missed: option.Missed = None,
    move: option.Moves = None,
    before_liquidation: option.BeforeLiquidation = None,
    entry: option.Entry = None,
    leverage: option.Leverage = None,
    do: option.Do = None,
    orders: option.Orders = None,
    close: option.Close = None,
    order: option.Order = None,
    slippage_limit: option.SlippageLimit = None,
    patience: option.Patience = None,
    hard: option.Hard = None,
    twap: option.TwapOption = None,
    price: option.Price = None,
    last_close: option.LastClose = None,
    candle: option.Candle = None,
    watch: option.Watch = None,
    symbol: option.Symbol = None,
    side: option.SideOption = None,
    account: Account = "",
    name: option.NameOption = None,
    expires: option.Expires = None,
    note_text: option.Note = None,
    if_crossed: option.IfCrossed = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help="Without a position, wait for one to be opened.",
            rich_help_panel=option.HOW,
        ),
    ] = False,
    key: Annotated[
        str,
        typer.Option(
            "--idempotency-key",
            metavar="TEXT",
            help="The same key twice arms once.",
            rich_help_panel=option.HOW,
        ),
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the YAML to paste, and arm nothing."),
    ] = False,
    json: Json = False,
) -> int:
    """
    Arm triggers by hand: all of them, or none. They end with the position.

    Those of one position know one another: what one closes, the others do not, and
    what is left of them is retired when the position is flat.

    \b
    Examples:
      exitd add sol-core --sl 131.25
      exitd add sol-core --sl -3% --tp +12% --close 50% --tp +20% --close rest
      exitd add sol-core --trailing 2.5% --after 150 --tighten '1% at +20%'
      exitd add sol-core --sl 131.25 --for 120s --emergency 128
      exitd add sol-core --sl 131.25 --missed fire
      exitd add sol-core --sl '-20% roi' --leverage 5 --move 'entry after tp1'
      exitd add sol-core --tp +12% --deviation 1% --close '50% initial'
      exitd add sol-core --tp 150 --order limit --slippage-limit 0.5%
      exitd add sol-core --at-time '15:55 America/New_York' --twap '5 every 30s'
      exitd add sol-core --at-time '5m before close' --calendar XNYS --close 50%
      exitd add sol-core --below 60000 --watch binance/BTCUSDT --do close
      exitd add --symbol BTC_USDC_PERP --side short --sl 104000 --price last
      exitd add --symbol SOL_USDC_PERP --below 120 --do cancel --orders limit
      exitd add sol-core --sl 131.25 --dry-run >> conf.d/sol.yaml
    """
    given = locals()
    conditions = picked(given, CONDITION_OPTIONS)
    options = picked(given, OPTIONS)
    shared = picked(given, SHARED_OPTIONS)
    found = triggers_of(conditions, options, close or [])
    triggers = [shared | words for words in found]
    if name is not None and len(triggers) > 1:
        raise WrongUsage("--name is for one trigger; add them one by one")
    if dry_run:
        return paste(triggers, json=json)
    return _arm(triggers, if_crossed, wait=wait, key=key, json=json)


def _arm(
    triggers: list[Words], if_crossed: str | None, *, wait: bool, key: str, json: bool
) -> int:
    from exitd.client import calls

    armed = ask(
        calls.arm(
            triggers,
            if_crossed=if_crossed,
            if_no_position="wait" if wait else None,
            idempotency_key=key,
        )
    )
    if json:
        say_json(armed)
    else:
        say_armed(armed)
    return ExitCode.OK
