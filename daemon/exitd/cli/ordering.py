"""`flatten` and `take-profit`: orders that rest at the venue, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from exitd.cli import wording
from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import ACT, Account, DryRun, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.runtime.flow_views import OpenOrderView

WINDOW_MS = 5_000

Window = Annotated[
    int,
    typer.Option(
        "--window",
        min=1,
        max=60_000,
        metavar="MS",
        help="How long each signed request is valid, in milliseconds.",
    ),
]


def add_to(app: typer.Typer) -> None:
    add_command(app, flatten, panel=ACT)
    add_command(app, take_profit, name="take-profit", panel=ACT)


def flatten(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="The market.")],
    account: Account = "",
    including_ours: Annotated[
        bool,
        typer.Option(
            "--including-ours",
            help="Also exitd's own backstop and the closes that it has at work.",
        ),
    ] = False,
    window: Window = WINDOW_MS,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Cancel all open orders of a market and confirm that none remain.

    Positions stay open, and native stop orders go with the rest. Ends with 1 when
    orders remain.

    \b
    Examples:
      exitd flatten SOL_USDC_PERP
      exitd flatten SOL_USDC --json --yes | jq .cancelledOrders
    """
    from exitd.client import calls

    if not dry_run and not is_agreed(
        f"Cancel the open orders of {symbol}? Positions stay open.",
        yes=yes,
        for_scripts=True,
    ):
        raise CommandFailed("nothing was cancelled; say --yes to do it without asking")
    flat = ask(
        calls.flatten(
            symbol,
            account=account,
            including_ours=including_ours,
            window_ms=window,
            dry_run=dry_run,
        )
    )
    if json:
        say_json(flat)
    else:
        word = "would cancel" if dry_run else "cancelled"
        for order in flat.cancelled_orders:
            say(f"{word} {order_words(order)}")
        for order in flat.spared_orders:
            say(f"spared {order_words(order)}, exitd's own")
        for order in flat.remaining_orders:
            say(f"REMAINS {order_words(order)}")
        if not flat.cancelled_orders:
            note(f"no open orders of {symbol} to cancel")
        for sentence in flat.notes:
            note(f"note: {sentence}")
    return ExitCode.FAILED if flat.remaining_orders else ExitCode.OK


def order_words(order: OpenOrderView) -> str:
    """Say which order it is: its id, side, quantity and price."""
    price = f" at {order.price}" if order.price is not None else ""
    native = ", a native stop or target" if order.is_trigger else ""
    return f"{order.id}: {order.side} {wording.or_dash(order.quantity)}{price}{native}"


def take_profit(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="The market.")],
    side: Annotated[
        Literal["Ask", "Bid"],
        typer.Option(
            "--side", metavar="SIDE", help="Ask closes a long, Bid a short position."
        ),
    ],
    price: Annotated[str, typer.Option("--price", metavar="PRICE", help="The target.")],
    quantity: Annotated[
        str, typer.Option("--quantity", metavar="SIZE", help="In base units.")
    ],
    account: Account = "",
    window: Window = WINDOW_MS,
    key: Annotated[
        str,
        typer.Option(
            "--idempotency-key", metavar="TEXT", help="The same key twice orders once."
        ),
    ] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Rest a reduce-only limit order at the venue as a take-profit, GTC.

    Refused without a position that it would reduce, and on the wrong side of the mark
    price. A stop that is hit cancels it first; it ends with its position.

    \b
    Examples:
      exitd take-profit SOL_USDC_PERP --side Ask --price 150 --quantity 5
      exitd take-profit SOL_USDC_PERP --side Bid --price 120 --quantity 5 --yes --json
    """
    from exitd.client import calls

    said = f"{side} {quantity} {symbol} at {price}, reduce-only"
    if dry_run:
        return _would_rest(symbol, side, price, said, json=json)
    if not is_agreed(f"Rest an order: {said}?", yes=yes, for_scripts=True):
        raise CommandFailed("nothing was ordered; say --yes to do it without asking")
    placed = ask(
        calls.take_profit(
            symbol,
            side=side,
            price=price,
            quantity=quantity,
            account=account,
            window_ms=window,
            idempotency_key=key,
        )
    )
    # Without an order nothing rests at the venue, which a script has to know.
    ended = ExitCode.OK if placed.order_id else ExitCode.FAILED
    if json:
        say_json(placed)
        return ended
    say(f"{placed.order_id or 'no order yet'}: {said}, {placed.status}")
    note(f"`exitd cancel {placed.trigger_id} --abandon` takes it back.")
    for sentence in placed.notes:
        note(f"note: {sentence}")
    return ended


def _would_rest(symbol: str, side: str, price: str, said: str, *, json: bool) -> int:
    """Check the order against what the daemon knows; nothing is sent."""
    from decimal import Decimal, InvalidOperation

    from exitd.client import calls

    closes = "long" if side == "Ask" else "short"
    held = [
        position
        for position in ask(calls.positions()).positions
        if position.symbol == symbol and position.side == closes
    ]
    if not held:
        raise CommandFailed(
            f"no {closes} position is open on {symbol}, so {side} would reduce none;"
            " `exitd ls --positions` lists them"
        )
    try:
        target, mark = Decimal(price), Decimal(held[0].mark or "NaN")
    except InvalidOperation as error:
        raise WrongUsage(f"--price {price} is no number; write 150.25") from error
    if not mark.is_nan() and (target <= mark) == (closes == "long"):
        raise CommandFailed(
            f"{price} is not on the winning side of the mark price {held[0].mark};"
            " choose another, or `exitd close` to close now"
        )
    if json:
        say_json({"dry_run": True, "positions": held})
    else:
        say(f"would rest {said}; the mark is {held[0].mark or 'unknown'}")
    return ExitCode.OK
