"""Which wallet owns a sub-account, by the MultiAccounts that the operator names."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from exitd.api.rasa.holdings import chain_unavailable, undelegable
from exitd.errors import VenueError
from exitd.ports.chain import Chain, SubAccount


class Owned(Struct, frozen=True):
    """A sub-account, where it was made, and the wallet that owns it."""

    sub: SubAccount
    wallet: str


class Owners:
    """Asks the chain; what a request says of its MultiAccount is never believed."""

    def __init__(self, chain: Chain, multi_accounts: Sequence[str]) -> None:
        self._chain = chain
        self._multi_accounts = multi_accounts

    async def find(self, account: str) -> Owned | None:
        """Find the owner of a sub-account; None where nobody owns it.

        Raises:
            VenueFailed: No node answered.
        """
        found = await self._ask(account, self._chain.owner_of)
        return Owned(*found) if found is not None else None

    async def check_reach(self, account: str) -> None:
        """Say so where no MultiAccount has made an account that nobody owns here.

        Raises:
            MissingDelegation: It is out of reach, and why.
            VenueFailed: No node answered.
        """
        found = await self._ask(account, self._chain.why_undelegable)
        if found is not None:
            _, why = found
            raise undelegable(why)

    async def _ask(
        self, account: str, question: Callable[[SubAccount], Awaitable[str | None]]
    ) -> tuple[SubAccount, str] | None:
        """Give the first answer of a MultiAccount; None where none has one.

        Raises:
            VenueFailed: No node answered.
        """
        for multi_account in self._multi_accounts:
            sub = SubAccount(account, multi_account)
            try:
                answer = await question(sub)
            except VenueError as error:
                raise chain_unavailable() from error
            if answer:
                return sub, answer
        return None
