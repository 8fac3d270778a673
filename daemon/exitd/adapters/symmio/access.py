"""Who may close for a sub-account, and who is about to lose it."""

from __future__ import annotations

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.events import Log
from exitd.adapters.symmio.node import Head
from exitd.adapters.symmio.session import Session
from exitd.ports.chain import SubAccount


async def missing(session: Session, sub: SubAccount) -> tuple[str, ...]:
    """Name what the key may not call for a sub-account, of the two that it needs.

    Raises:
        VenueUnavailable: It could not be read.
    """
    closer = session.key.wallet.address
    names = []
    for function, name in calls.NEEDED_ACCESS.items():
        if not await session.contracts.has_access(
            sub.multi_account, sub.address, closer, function
        ):
            names.append(name)
    return tuple(names)


async def told_revocations(session: Session, told_to: int, depth: Head) -> int:
    """Tell of accesses of ours that somebody means to take away; give how far.

    From 0.8.4 on that is proposed some time before it is done: time to act.
    """
    first = max(told_to + 1, depth.number - session.settings.logs_per_query + 1, 0)
    if first > depth.number or not session.settings.multi_accounts:
        return told_to
    for log in await session.contracts.revocations(first, depth.number):
        about = _proposal(log)
        if about is None:
            continue
        account, target = about
        if target.lower() == session.key.wallet.address.lower():
            session.on_notice(
                f"the owner of {account} means to revoke the access of {target}: soon"
                " its closes will be refused"
            )
    return depth.number


def _proposal(log: Log) -> tuple[str, str] | None:
    data = bytes.fromhex(log.data.removeprefix("0x"))
    try:
        account, target, _ = decode(["address", "address", "bytes4[]"], data)
    except (DecodingError, OverflowError):
        return None
    return str(account), str(target)
