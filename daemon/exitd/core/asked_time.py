"""How long a limit close may work at its venue, where somebody asked for that.

Closes that nobody gave a time are none of this: how long they rest is decided by
`patience`, and is written by each adapter as ever.
"""

from msgspec import Struct

from exitd.core.ticket import TicketTime

_AT_ONCE = frozenset({TicketTime.IOC, TicketTime.FOK})
_AUCTIONS = frozenset({TicketTime.OPG, TicketTime.CLS})


class AskedTime(Struct, frozen=True, gc=False):
    """What an adapter writes into a limit close, as far as its venue has words for it.

    `time` None leaves it to the engine. With `is_extended` it may fill outside the
    regular hours. What rests is taken back at `until_ns` (UTC; 0: never).
    """

    time: TicketTime | None = None
    is_extended: bool = False
    until_ns: int = 0

    @property
    def is_once(self) -> bool:
        """Whether what does not fill at once is over, and is not asked for again."""
        return self.time in _AT_ONCE

    @property
    def is_for_good(self) -> bool:
        """Whether it rests until it fills, or its position ends."""
        return self.time is TicketTime.GTC

    @property
    def is_for_a_day(self) -> bool:
        return self.time is TicketTime.DAY

    @property
    def is_auction(self) -> bool:
        return self.time in _AUCTIONS


def wrong_asked_time(asked: AskedTime, *, rests: bool, is_stop: bool) -> str:
    """Say in one sentence why a close cannot have this; nothing if it can.

    Args:
        rests: Whether it is a limit close, in one piece.
    """
    if asked.is_auction:
        return f"no close takes part in an auction ({asked.time})"
    if not rests:
        return "a time in force goes with a limit close in one piece"
    if is_stop and (asked.is_once or asked.until_ns):
        return f"a stop goes on until it has filled, so it cannot be {asked.time}"
    return ""
