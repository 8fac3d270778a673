"""Before anything is evaluated: load, ask the venue what happened, then go on."""

import asyncio

from exitd.core.records import Snapshot
from exitd.core.units import ZERO
from exitd.errors import VenueError
from exitd.logs import Event, log, log_at
from exitd.runtime.accounts import Account
from exitd.runtime.loop import EngineLoop

_PATIENCE_S = 10.0
_RETRY_S = 0.5


def restore(loop: EngineLoop, snapshot: Snapshot) -> None:
    """Put back what was stored; nothing is sent and nothing judged by this."""
    loop.engine.restore(snapshot)
    loop.note_restored()


async def recover_account(account: Account) -> bool:
    """Reconcile one account; gives up waiting after ten seconds.

    Returns:
        Whether the venue answered. If not, the stored state is evaluated as it
        is, the account is not ready, and its reconcile goes on trying.
    """
    account.gap.note()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await _until_answered(account)
    except TimeoutError:
        log_at(
            "warning",
            Event.ACCOUNT_CONTRADICTED,
            account=account.name,
            reason="the venue did not answer within 10 s: going on with what is "
            "stored, which may be out of date",
        )
        return False
    return True


async def _until_answered(account: Account) -> None:
    while True:
        try:
            await account.catch_up()
        except VenueError as error:
            log(Event.VENUE_FAILED, venue=account.name, reason=str(error))
            await asyncio.sleep(_RETRY_S)
        else:
            return


async def recover(accounts: list[Account], loop: EngineLoop) -> tuple[Account, ...]:
    """Recover every account at once, then go on with every open firing.

    Returns:
        The accounts whose venue did not answer.
    """
    answered = await asyncio.gather(*(recover_account(a) for a in accounts))
    decision = loop.engine.resume(loop.clock.now_ns())
    if not decision.is_quiet:
        loop.take(decision)
    loop.timer.set()
    state = loop.engine.state
    log(
        Event.DAEMON_RECOVERED,
        triggers=len(state.triggers),
        in_doubt=sum(not a.is_ended for a in state.attempts.values()),
        positions=sum(p.held > ZERO for p in state.positions.values()),
    )
    return tuple(a for a, ok in zip(accounts, answered, strict=True) if not ok)
