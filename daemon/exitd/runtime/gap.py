"""What was held when an account was last watched, for who asks after a gap."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from exitd.core.position import PositionKey, PositionRecord
from exitd.core.state import State
from exitd.core.units import NS_PER_S, ZERO

_CLOCKS_DIFFER_NS = 60 * NS_PER_S
_LOOK_BACK_MAX_NS = 3_600 * NS_PER_S


class Gap:
    """The open positions of one account as they were before nobody watched."""

    def __init__(self, account: str, state: State) -> None:
        self._account = account
        self._state = state
        self._before: dict[PositionKey, PositionRecord] = {}

    def note(self) -> None:
        """Remember the open positions as they are: from here on nobody watches."""
        for key, position in self._state.positions.items():
            # One that no report has shown yet has no instant to ask from.
            if (
                key.account == self._account
                and position.held > ZERO
                and position.ts_venue_ns
            ):
                self._before.setdefault(key, position)

    @contextmanager
    def being_closed(self) -> Iterator[Mapping[PositionKey, PositionRecord]]:
        """Lend what was held; it is forgotten unless the asking fails."""
        # A gap that begins while we ask is one of its own.
        gap, self._before = self._before, {}
        try:
            yield gap
        except BaseException:
            self._before = {**self._before, **gap}
            raise


def open_since_ns(state: State, account: str) -> int | None:
    """Since when closes are under way whose fate is not known; None without."""
    signed_ns = [
        a.ts_signed_venue_ns
        for a in state.attempts.values()
        if a.order.account == account and not a.is_ended
    ]
    return min(signed_ns) - _CLOCKS_DIFFER_NS if signed_ns else None


def last_sign_of_life_ns(state: State, account: str, venue_now_ns: int) -> int:
    """From when on an order with our tag would be news; an hour back at most."""
    newest_ns = max(
        (
            t.ts_changed_ns
            for t in state.triggers.values()
            if t.definition.account == account
        ),
        default=0,
    )
    return max(newest_ns - _CLOCKS_DIFFER_NS, venue_now_ns - _LOOK_BACK_MAX_NS)
