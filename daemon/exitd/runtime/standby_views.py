"""What a takeover finds, as programs and people see it."""

from msgspec import Struct


class SiblingOrderView(Struct, frozen=True, kw_only=True, rename="camel"):
    """An order with our tag that this state has never signed."""

    id: str
    client_id: int
    symbol: str
    side: str
    quantity: str | None
    filled: str
    status: str
    ts_created: str | None


class AccountTakeoverView(Struct, frozen=True, kw_only=True):
    """What was found on one account that stands by.

    `alive` says why it cannot be taken over yet, empty where it can. `held_back` are
    the take-profits that may have fired elsewhere: they are paused, and those that
    were hit here meanwhile are given up.
    """

    account: str
    reason: str
    ts_since: str
    is_whole: bool
    orders: tuple[SiblingOrderView, ...]
    fills: int
    held_back: tuple[str, ...]
    alive: str


class TakeoverView(Struct, frozen=True, kw_only=True):
    accounts: tuple[AccountTakeoverView, ...]
    is_applied: bool
