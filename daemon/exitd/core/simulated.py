"""Accounts that a live daemon simulates beside the real ones, told apart by name.

A route with `mode: paper` trades there. The name is one that nobody can give to an
account under `venues:`, so that whatever bears it is marked, in each line and row.
"""

_MARK = ":paper"


def simulated_beside(account: str) -> str:
    """Give the name of the simulated account beside a real one."""
    return account + _MARK


def is_simulated(account: str) -> bool:
    return account.endswith(_MARK)


def real_account(account: str) -> str:
    """Give the real account that one is beside; a real one is its own."""
    return account.removesuffix(_MARK)


def route_account(account: str, *, on_paper: bool, in_live_daemon: bool) -> str:
    """Give the account that a route trades on for one under `venues:`.

    In a paper daemon every account is simulated already.
    """
    return simulated_beside(account) if on_paper and in_live_daemon else account
