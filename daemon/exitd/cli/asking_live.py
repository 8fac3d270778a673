"""`doctor --live`: a venue is asked by orders that only rest; answers are kept."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.printing import is_agreed, note, say, say_json, say_loud
from exitd.errors import ExitdError, VenueError

if TYPE_CHECKING:
    from exitd.app.doctor.live import Desk
    from exitd.app.doctor.scene import Scene
    from exitd.configuration.loaded import AccountSettings
    from exitd.ports.answers import VenueAnswer
    from exitd.runtime.asking.ground import Ground
    from exitd.runtime.asking.questions import Asking

#: A trigger that is nearer to its level may fire while orders of ours rest.
_NEAR_PERCENT = Decimal(1)
_BUSY = ("firing", "working", "confirming")
_PAGE = 500
NO_POSITION = (
    "no position can be asked with, so all of it stays unknown; open a position of "
    "minimum size and ask again"
)


def ask_live(
    scene: Scene, account: str, *, dry_run: bool, yes: bool, json: bool
) -> int:
    """Ask one account; see `doctor`.

    Raises:
        CommandFailed: Nothing was asked, nothing may be, or something may rest.
    """
    return asyncio.run(_ask(scene, account, dry_run=dry_run, yes=yes, json=json))


async def _ask(scene: Scene, name: str, *, dry_run: bool, yes: bool, json: bool) -> int:
    from exitd.app.doctor import live

    account = live.chosen_account(scene, name)
    with live.alone(scene, account):
        return await _ask_alone(scene, account, dry_run=dry_run, yes=yes, json=json)


async def _ask_alone(
    scene: Scene, account: AccountSettings, *, dry_run: bool, yes: bool, json: bool
) -> int:
    from exitd.app.doctor import live

    async with live.opened(scene, account) as desk:
        if not dry_run:
            await _clear_earlier(desk)
        ground = await live.find_ground(desk)
        if ground is None:
            _say_answers(account.name, (), json=json)
            raise CommandFailed(NO_POSITION)
        if dry_run:
            _say_plan(ground, json=json)
            return ExitCode.OK
        _refuse_busy(scene, ground)
        if not is_agreed(_question(ground), yes=yes):
            raise CommandFailed("nothing was sent; say --yes to do it without asking")
        asking = await live.prepare(desk, ground)
        why = await _carried_out(desk, asking)
    _say_answers(account.name, asking.answers, json=json)
    _keep(scene, account.name, asking.answers)
    if asking.orders.filled:
        note(f"{asking.orders.filled} filled, and the position is smaller by that")
    if why:
        raise CommandFailed(f"the asking was broken off: {why}; ask again")
    return ExitCode.OK


async def _clear_earlier(desk: Desk) -> None:
    from exitd.app.doctor.live import take_back_earlier

    left = await take_back_earlier(desk)
    if left is not None:
        _warn_of(left)
        _refuse_left(left)
        note("orders of an earlier asking that was killed are cancelled")


def _warn_of(left: Sequence[str]) -> None:
    for words in left:
        print(f"MAY STILL REST: {words}", file=sys.stderr)


def _refuse_left(left: Sequence[str]) -> None:
    """
    Raises:
        CommandFailed: Something may rest at the venue.
    """
    if left:
        raise CommandFailed(
            "orders of the asking may rest at the venue; cancel them there, or run "
            "`exitd doctor --live` again, which begins with that"
        )


async def _carried_out(desk: Desk, asking: Asking) -> str:
    """Ask, then take everything back, whatever came in between.

    Returns:
        Why it was broken off, or nothing.

    Raises:
        CommandFailed: Something may still rest.
    """
    from exitd.app.doctor.live import take_back

    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(asking.ask())

    def break_off() -> None:
        note("breaking off; what was placed is cancelled first")
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, break_off)
    try:
        await asyncio.wait({task})
        left = await take_back(desk, asking.orders)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
    _warn_of(left)
    why = _broken_off(task)
    _refuse_left(left)
    return why


def _broken_off(task: asyncio.Task[None]) -> str:
    """Say why an asking has ended early; nothing where it has not."""
    if task.cancelled():
        return "somebody stopped it"
    error = task.exception()
    if error is None:
        return ""
    if not isinstance(error, VenueError | OSError):
        raise error
    return str(error)


def _refuse_busy(scene: Scene, ground: Ground) -> None:
    """
    Raises:
        CommandFailed: A trigger of the market fires, or may while it is asked.
    """
    from exitd.cli.asking import connect
    from exitd.client import calls

    if scene.status is None:
        return
    after = ""
    with connect() as client:
        while True:
            page = client.ask(
                calls.search(
                    account=ground.account,
                    symbol=ground.symbol,
                    state="active",
                    limit=_PAGE,
                    after=after,
                )
            )
            for trigger in page.triggers:
                refuse_near(trigger.id, trigger.state, trigger.distance_percent)
            if page.next is None:
                return
            after = page.next


def refuse_near(id: str, state: str, distance_percent: str | None) -> None:
    if state in _BUSY:
        raise CommandFailed(f"{id} is {state}; ask again when it is done")
    if distance_percent is not None and abs(Decimal(distance_percent)) < _NEAR_PERCENT:
        raise CommandFailed(
            f"{id} is {distance_percent} % from its level and could fire while orders "
            "of the asking rest; ask again when it is not"
        )


def _question(ground: Ground) -> str:
    from exitd.core.units import text

    return (
        f"{ground.account}: up to {7 if ground.is_least else 5} reduce-only orders of "
        f"{text(ground.least)} {ground.symbol}, 8 % from the price, are placed and "
        "cancelled, two at a time at the most. Should the price get there meanwhile, "
        "they close that much of your position. Go on?"
    )


def _say_plan(ground: Ground, *, json: bool) -> None:
    from exitd.app.doctor.live import order_of, plan_of

    order, plan = order_of(ground), plan_of(ground)
    if json:
        say_json({"account": ground.account, "order": order, "plan": plan})
        return
    say(f"The order: {order}.")
    for number, line in enumerate(plan, 1):
        say(f"{number}. {line}")
    note("nothing was sent")


def _keep(scene: Scene, account: str, answers: Sequence[VenueAnswer]) -> None:
    """
    Raises:
        CommandFailed: They could not be kept.
    """
    from exitd.app.doctor.live import keep
    from exitd.cli.asking import ask
    from exitd.client import calls

    if not answers:
        return
    try:
        if scene.status is None:
            keep(scene, account, answers)
        else:
            ask(calls.keep_answers(account, answers))
    except ExitdError as error:
        raise CommandFailed(
            f"the answers could not be kept ({error}); nothing rests at the venue, ask "
            "again"
        ) from error


def _say_answers(account: str, answers: Sequence[VenueAnswer], *, json: bool) -> None:
    from exitd.app.doctor.answers_told import in_words
    from exitd.ports.answers import ASKED, joined

    found = joined((), answers)
    if json:
        say_json({"account": account, "answers": found})
        return
    for one in found:
        style = "" if one.is_known else "36"
        say_loud(f"{ASKED[one.question]}: {in_words(one)}", style)
