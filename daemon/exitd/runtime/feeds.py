"""Every feed of the daemon by its name, whoever has it."""

from collections.abc import Iterator, Mapping

from exitd.runtime.accounts import Account
from exitd.runtime.prices import WatchedFeed


class Feeds(Mapping[str, WatchedFeed]):
    """The feeds of accounts and those that stand alone, as they are now."""

    def __init__(
        self, accounts: Mapping[str, Account], alone: Mapping[str, WatchedFeed]
    ) -> None:
        self._accounts = accounts
        self._alone = alone

    def __getitem__(self, name: str) -> WatchedFeed:
        account = self._accounts.get(name)
        return self._alone[name] if account is None else account.prices

    def __iter__(self) -> Iterator[str]:
        yield from self._accounts
        yield from self._alone

    def __len__(self) -> int:
        return len(self._accounts) + len(self._alone)
