"""Inputs about closes that may leave before they are written down."""

from msgspec import Struct


class FirstIdsSearched(Struct, frozen=True):
    """Open orders and history were read, and what they showed was reported.

    Both instants are by the venue's clock: when the open orders were asked for, the
    first time since no request of the run before can be valid, and when history was.
    """

    account: str
    resting_venue_ns: int
    history_venue_ns: int
    now_ns: int


class FirstIdsWanted(Struct, frozen=True):
    """There is time to reserve ids for armings that have none, a few at a time."""

    account: str
    now_ns: int


class RunEnded(Struct, frozen=True):
    """Nothing is sent any more: what is decided so far is all that there is."""

    now_ns: int
