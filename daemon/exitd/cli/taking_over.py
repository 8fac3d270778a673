"""`takeover`: a daemon that stands by acts again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from exitd.cli.asking import connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import ACT, Account, DryRun, Json, Yes
from exitd.cli.printing import is_agreed, note, say, say_json
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.runtime.standby_views import AccountTakeoverView, TakeoverView

_ORDERS_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    add_command(app, takeover, panel=ACT)


def takeover(
    account: Account = "", yes: Yes = False, dry_run: DryRun = False, json: Json = False
) -> int:
    """
    Act again with a state that stands by: one from a copy, or from another machine.

    First stop the exitd that used it before. This reads what was sent with its tag
    since, takes that in, pauses take-profits of a part that may have fired there, and
    goes on with other ids. It refuses while the other has sent within 2 minutes.

    \b
    Examples:
      exitd takeover --dry-run
      exitd takeover --account backpack --yes
    """
    from exitd.client import calls

    with connect() as client:
        found = client.ask(calls.takeover(account=account))
        if not json:
            _say(found)
        alive = [one.alive for one in found.accounts if one.alive]
        if dry_run or alive:
            if json:
                say_json(found)
            if alive:
                raise CommandFailed(f"{alive[0]}; stop it, and ask again in 2 minutes")
            return ExitCode.OK
        if not is_agreed(
            "Is the other exitd stopped, and shall this one send orders?", yes=yes
        ):
            raise CommandFailed(
                "it stands by still; say --yes to take over without being asked"
            )
        done = client.ask(calls.takeover(account=account, apply=True))
    if json:
        say_json(done)
    else:
        names = ", ".join(one.account for one in done.accounts)
        note(f"taken over: {names}; look at `exitd status` and `exitd ls`")
    return ExitCode.OK


def _say(found: TakeoverView) -> None:
    for one in found.accounts:
        say(f"{one.account} stands by: {one.reason}")
        for line in _lines(one):
            say(f"  {line}")


def _lines(one: AccountTakeoverView) -> list[str]:
    since = f"since {one.ts_since}"
    if not one.is_whole:
        since = f"in the last 7 days (nothing before {one.ts_since} was read)"
    lines = [f"{len(one.orders)} orders of another exitd, {one.fills} fills {since}"]
    lines += [
        f"order {order.id}: {order.side} {order.quantity or 'all'} {order.symbol}, "
        f"{order.filled} filled, {order.status}"
        for order in one.orders[:_ORDERS_SHOWN]
    ]
    left_out = len(one.orders) - _ORDERS_SHOWN
    if left_out > 0:
        lines.append(f"and {left_out} more; --json has all")
    lines += [
        f"{id} closes a part and may have fired there: it is held back"
        for id in one.held_back
    ]
    return lines
