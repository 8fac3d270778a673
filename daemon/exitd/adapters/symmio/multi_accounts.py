"""Questions to the contracts that own sub-accounts and pass calls on for them."""

from __future__ import annotations

from eth_utils.address import to_checksum_address

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.events import REVOKE_PROPOSED, Log
from exitd.adapters.symmio.node import Reverted
from exitd.errors import VenueUnavailable

_WORD = 32
_NOBODY = "0x" + "00" * 20


class MultiAccounts:
    """Those that the operator named; everything may raise `VenueUnavailable`."""

    def __init__(self, contracts: Contracts, addresses: tuple[str, ...]) -> None:
        self._contracts = contracts
        self.addresses = addresses

    async def owner(self, multi_account: str, sub: str) -> str | None:
        """Read the wallet that owns a sub-account; None for one that is not there."""
        answer = await self._contracts.asked(multi_account, calls.owner_call(sub))
        if len(answer) != _WORD:
            raise VenueUnavailable(f"{multi_account} is not a MultiAccount")
        address = "0x" + answer[-20:].hex()
        return None if address == _NOBODY else str(to_checksum_address(address))

    async def has_access(
        self, multi_account: str, sub: str, target: str, function: bytes
    ) -> bool:
        data = calls.access_call(sub, target, function)
        return any(await self._contracts.asked(multi_account, data))

    async def symmio(self, multi_account: str) -> str | None:
        """Read where its closes go; None where it is no MultiAccount."""
        answer = await self._word(multi_account, calls.SYMMIO_ADDRESS)
        return None if answer is None else str(to_checksum_address(answer[-20:]))

    async def revoke_cooldown_s(self, multi_account: str) -> int | None:
        """How long after its proposal a revocation can be done; None where unknown."""
        answer = await self._word(multi_account, calls.REVOKE_COOLDOWN)
        return None if answer is None else int.from_bytes(answer, "big")

    async def revocations(self, first: int, last: int) -> list[Log]:
        """Read who meant to take which access away, of a range of blocks."""
        return await self._contracts.logs(
            list(self.addresses), [REVOKE_PROPOSED], first, last
        )

    async def _word(self, multi_account: str, data: bytes) -> bytes | None:
        try:
            answer = await self._contracts.call(multi_account, data)
        except Reverted:
            return None
        return answer if len(answer) == _WORD else None
