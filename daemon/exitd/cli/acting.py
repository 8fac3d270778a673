"""`close` and `fire`: what closes now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import wording
from exitd.cli.asking import connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import ACT, DryRun, Json, TriggerId, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.short_ids import whole_id
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.client import Address, AsyncClient, Client
    from exitd.runtime.views import ArmedView, OrderView, TriggerView

WAIT_S = 15.0
LOOK_EVERY_S = 0.1

NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Return once it is stored, not once it is done."),
]


def add_to(app: typer.Typer) -> None:
    add_command(app, close, panel=ACT)
    add_command(app, fire, panel=ACT)


def close(
    position: Annotated[
        str,
        typer.Argument(
            metavar="POSITION", help="A name of the files, a key, or the symbol."
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Every open position.")
    ] = False,
    quantity: Annotated[
        str | None,
        typer.Option(
            "--quantity",
            metavar="SIZE",
            help="2.5 or 50%; all, when not said. A share is, as in the files, also of"
            " what exits have closed already of the position, unless"
            " percentage_of: live.",
        ),
    ] = None,
    no_wait: NoWait = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Close a position now, at market and reduce-only, whatever its exits say.

    Waits until it is filled, at most 15 seconds; exitd goes on after that.

    \b
    Examples:
      exitd close sol-core
      exitd close backpack/SOL_USDC_PERP/long --quantity 50%
      exitd close --all --yes
    """
    from exitd.client import calls

    if bool(position) == everything:
        raise WrongUsage("name one position, or say --all")
    if everything and quantity is not None:
        raise WrongUsage("--quantity is for one position; --all closes all of each")
    with connect() as client:
        if dry_run:
            return _would_close(client, position, quantity, json=json)
        what = (
            "every open position"
            if everything
            else f"{quantity or 'all'} of {position}"
        )
        if not is_agreed(f"Close {what} now?", yes=yes):
            raise CommandFailed("nothing was closed; say --yes to do it without asking")
        closed = client.ask(
            calls.close("*" if everything else position, quantity=quantity)
        )
        return _finish(client, closed, no_wait=no_wait, json=json)


def _would_close(
    client: Client, position: str, quantity: str | None, *, json: bool
) -> int:
    from exitd.client import calls

    held = client.ask(calls.positions()).positions
    if position:
        owners = client.ask(calls.search(position=position)).triggers
        keys = {t.position for t in owners} | {position}
        held = tuple(p for p in held if p.key in keys or p.symbol == position)
        if not held:
            raise CommandFailed(
                f"no position {position} is open; `exitd ls --positions` lists them"
            )
    most = _absolute(quantity) if quantity else None
    if json:
        say_json({"dry_run": True, "quantity": quantity or "100%", "positions": held})
        return ExitCode.OK
    for each in held:
        is_above = most is not None and most > Decimal(each.quantity)
        size = each.quantity if quantity is None or is_above else quantity
        say(f"would close {size} of {each.key} at market")
        if is_above:
            note(f"note: {quantity} is above the position of {each.quantity}")
    if not held:
        note("no open positions")
    return ExitCode.OK


def _absolute(written: str) -> Decimal | None:
    """Give a quantity in base units; None for a share or an amount of money.

    Raises:
        CommandFailed: It is none of them.
    """
    from exitd.configuration.values import read_quantity
    from exitd.core.trigger import QuantityKind

    try:
        quantity = read_quantity(written)
    except ValueError as error:
        raise CommandFailed(f"quantity: {error}") from error
    return quantity.value if quantity.kind is QuantityKind.ABSOLUTE else None


def _finish(client: Client, closed: ArmedView, *, no_wait: bool, json: bool) -> int:
    """Wait for what was set off, and say what came of it."""
    ended = list(closed.triggers)
    if not no_wait:
        ended = asyncio.run(_outcomes(client.address, closed.triggers))
    if json:
        say_json({"triggers": ended, "notes": closed.notes})
    else:
        for trigger in ended:
            fired = trigger.fire
            say(wording.fire_line(fired) if fired else f"{trigger.id}: {trigger.state}")
        for sentence in closed.notes:
            note(f"note: {sentence}")
        if not ended:
            note("no open positions; nothing was closed")
    failed = [t for t in ended if t.is_done and t.state not in ("filled", "acted")]
    if failed:
        return ExitCode.FAILED
    open_ones = [trigger.id for trigger in ended if not trigger.is_done]
    if open_ones and not no_wait:
        note(
            f"not done within {WAIT_S:g} s; exitd goes on with it:"
            f" `exitd explain {open_ones[0]}`"
        )
        return ExitCode.FAILED
    return ExitCode.OK


async def _outcomes(
    address: Address, triggers: Sequence[TriggerView]
) -> list[TriggerView]:
    """Wait for all of them at once, so that the slowest decides and not their sum."""
    from exitd.client import AsyncClient

    async with AsyncClient(address) as client:
        return list(await asyncio.gather(*(_outcome(client, t) for t in triggers)))


async def _outcome(client: AsyncClient, trigger: TriggerView) -> TriggerView:
    from exitd.client import calls

    with suppress(TimeoutError):
        async with asyncio.timeout(WAIT_S):
            while not trigger.is_done:
                await asyncio.sleep(LOOK_EVERY_S)
                trigger = (await client.ask(calls.show(trigger.id))).trigger
            if trigger.fire is None:
                # Over before the first answer: what it came to is in its history.
                trigger = (await client.ask(calls.show(trigger.id))).trigger
    return trigger


def fire(
    trigger_id: TriggerId,
    no_wait: NoWait = False,
    yes: Yes = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Build, size and sign the exact order; send nothing."
        ),
    ] = False,
    json: Json = False,
) -> int:
    """
    Fire a trigger now, as if its price had crossed.

    \b
    Examples:
      exitd fire sol-core/sl --dry-run
      exitd fire sol-core/sl --yes
    """
    from exitd.client import calls

    if dry_run:
        with connect() as client:
            id = whole_id(client, trigger_id)
            order = client.ask(calls.order_if_fired(id))
        if json:
            say_json(order)
        else:
            _say_order(order)
        return ExitCode.OK
    if not is_agreed(f"Fire {trigger_id} now?", yes=yes):
        raise CommandFailed("nothing was fired; say --yes to do it without asking")
    with connect() as client:
        fired = client.ask(calls.fire(whole_id(client, trigger_id)))
        return _finish(client, fired, no_wait=no_wait, json=json)


def _say_order(order: OrderView) -> None:
    if order.order is None:
        say(f"{order.trigger_id} would send nothing")
    else:
        price = f" at {order.price}" if order.price is not None else ""
        only = ", reduce-only" if order.reduce_only else ""
        say(
            f"{order.trigger_id} would send: {order.side} {order.quantity}"
            f" {order.symbol}, {order.order}{price} {order.time_in_force or ''}{only}"
        )
    if order.request is not None:
        say(order.request)
    for sentence in order.notes:
        note(f"note: {sentence}")
