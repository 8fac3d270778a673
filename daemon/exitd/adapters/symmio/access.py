"""Who may close for a sub-account, who is about to lose it, and who has."""

from __future__ import annotations

from datetime import UTC, datetime

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from msgspec import Struct

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.events import Log
from exitd.adapters.symmio.node import Head
from exitd.adapters.symmio.session import Session
from exitd.core.units import ZERO
from exitd.ports.chain import SubAccount
from exitd.ports.notices import NoticeKind

#: So many sub-accounts are asked about in one look.
_CHECKED_AT_ONCE = 10


async def missing(session: Session, sub: SubAccount) -> tuple[str, ...]:
    """Name what the key may not call for a sub-account, of the two that it needs.

    Raises:
        VenueUnavailable: It could not be read.
    """
    closer = session.key.wallet.address
    names = []
    for function, name in calls.NEEDED_ACCESS.items():
        if not await session.multi_accounts.has_access(
            sub.multi_account, sub.address, closer, function
        ):
            names.append(name)
    return tuple(names)


async def why_undelegable(session: Session, sub: SubAccount) -> str:
    """Say why no delegation lets the key close for a sub-account; empty if one does.

    A MultiAccount passes calls on for the accounts that it made. Those of an
    AccountLayer, of 0.8.5 on, are moved by the InstantLayer, which takes batches from
    its own operators only.

    Raises:
        VenueUnavailable: It could not be read.
    """
    if await session.multi_accounts.owner(sub.multi_account, sub.address) is not None:
        return ""
    if not await session.contracts.is_contract(sub.address):
        return (
            f"{sub.address} is a wallet, and the contract takes closes of its quotes"
            " from nobody else"
        )
    return (
        f"{sub.address} was not made by the MultiAccount {sub.multi_account}: an"
        " account of an AccountLayer can be moved by the InstantLayer only, which takes"
        " nothing from exitd"
    )


class _Proposal(Struct, frozen=True):
    """What an owner means to take away, from whom, and where in the chain that stands:
    block and log index.
    """

    sub: SubAccount
    target: str
    functions: tuple[bytes, ...]
    place: tuple[int, int]

    @property
    def names(self) -> list[str]:
        needed = calls.NEEDED_ACCESS
        return [needed[f] for f in self.functions if f in needed]


class AccessWatch:
    """Tells of accesses of ours that are to go, and that are gone.

    From 0.8.4 on owners propose that some time before they do it: time to act. Such
    proposals are looked for in the blocks before the start as well, some of them in
    each look. The contract has no way of taking one back.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._proposed: dict[str, SubAccount] = {}
        self._read_at: set[tuple[int, int]] = set()
        self._to = -1
        self._from = 0
        self._oldest = 0
        self._turn = 0

    async def look(self, depth: Head) -> None:
        """Read what is proposed, and whether it has been done.

        Raises:
            VenueUnavailable: Something could not be read; the next look goes on there.
        """
        if self._session.settings.multi_accounts:
            await self._read_new(depth)
            await self._read_old()
        for sub in self._next_subs():
            await self._check(sub)

    async def _read_new(self, depth: Head) -> None:
        settings = self._session.settings
        if self._to < 0:
            self._from = max(depth.number - settings.logs_per_query + 1, 0)
            self._oldest = max(depth.number - settings.history_blocks, 0)
            self._to = self._from - 1
        # Once more what a reorganisation may have changed: that is told already.
        first = max(self._to + 1 - settings.reorg_blocks, self._from)
        last = min(first + settings.logs_per_query - 1, depth.number)
        if first <= last:
            await self._read(first, last)
            self._to = last
            again = last + 1 - settings.reorg_blocks
            self._read_at = {place for place in self._read_at if place[0] >= again}

    async def _read_old(self) -> None:
        last = self._from - 1
        if last < self._oldest:
            return
        per_query = self._session.settings.logs_per_query
        first = max(last - per_query + 1, self._oldest)
        await self._read(first, last)
        self._from = first

    async def _read(self, first: int, last: int) -> None:
        closer = self._session.key.wallet.address.lower()
        for log in await self._session.multi_accounts.revocations(first, last):
            proposal = _proposal(log)
            if proposal is None or proposal.place in self._read_at:
                continue
            if proposal.target.lower() == closer and proposal.names:
                await self._warn(proposal)
                self._proposed[proposal.sub.address.lower()] = proposal.sub
            self._read_at.add(proposal.place)

    async def _warn(self, proposal: _Proposal) -> None:
        session, sub = self._session, proposal.sub
        if await missing(session, sub):
            # An old one that has been carried out.
            return
        cooldown_s = await session.multi_accounts.revoke_cooldown_s(sub.multi_account)
        when = "at any time"
        if cooldown_s is not None:
            proposed_s = await session.contracts.block_time_s(proposal.place[0])
            at = datetime.fromtimestamp(proposed_s + cooldown_s, UTC)
            when = f"from {at:%Y-%m-%d %H:%M:%S} UTC on"
        session.notices.begin(
            NoticeKind.REVOCATION_PROPOSED,
            sub.address,
            f"the owner of {sub.address} means to revoke our access to"
            f" {' and '.join(proposal.names)}; that can be done {when}, and closes are"
            " refused then. Close its positions before, or ask the owner",
        )

    def _next_subs(self) -> list[SubAccount]:
        """Give some of the sub-accounts that matter, all of them in turn."""
        followed = (f.sub for f in self._session.book.by_id.values())
        all_of_them = (*self._proposed.values(), *followed)
        subs = {sub.address.lower(): sub for sub in all_of_them}
        if not subs:
            return []
        ordered = [subs[address] for address in sorted(subs)]
        begin = self._turn % len(ordered)
        self._turn = begin + _CHECKED_AT_ONCE
        return (ordered[begin:] + ordered[:begin])[:_CHECKED_AT_ONCE]

    async def _check(self, sub: SubAccount) -> None:
        session, notices = self._session, self._session.notices
        names = await missing(session, sub)
        if names:
            self._proposed.pop(sub.address.lower(), None)
            notices.end(
                NoticeKind.REVOCATION_PROPOSED,
                to_checksum_address(sub.address),
                f"the owner of {sub.address} has revoked what was proposed",
            )
        if names and self._is_held(sub):
            notices.begin(NoticeKind.ACCESS_LOST, sub.address, self._loss(sub, names))
        elif not names:
            notices.end(
                NoticeKind.ACCESS_LOST, sub.address, f"we may close for {sub.address}"
            )
        else:
            notices.end(
                NoticeKind.ACCESS_LOST,
                sub.address,
                f"nothing is held for {sub.address} any more",
            )

    def _is_held(self, sub: SubAccount) -> bool:
        return any(
            f.sub.address.lower() == sub.address.lower() and f.state.held > ZERO
            for f in self._session.book.by_id.values()
        )

    def _loss(self, sub: SubAccount, names: tuple[str, ...]) -> str:
        is_close = calls.NEEDED_ACCESS[calls.CLOSE] in names
        what = "its closes are refused" if is_close else "closes cannot be taken back"
        return (
            f"we may not call {' and '.join(names)} for {sub.address} any more: {what}."
            f" Its owner has to delegate again, see `exitd symmio delegate"
            f" {sub.address} --to {self._session.key.wallet.address} --multi-account"
            f" {sub.multi_account}`"
        )


def _proposal(log: Log) -> _Proposal | None:
    """Read a log; None where it cannot be what it says."""
    data = bytes.fromhex(log.data.removeprefix("0x"))
    try:
        account, target, functions = decode(["address", "address", "bytes4[]"], data)
    except (DecodingError, OverflowError):
        return None
    return _Proposal(
        SubAccount(to_checksum_address(account), to_checksum_address(log.address)),
        str(target),
        tuple(functions),
        (int(log.block_number, 16), int(log.log_index, 16)),
    )
