"""The gate of an account: shut while it stands by, and nothing leaves."""

import asyncio

from exitd.core.backstop import CancelBackstop, PlaceBackstop
from exitd.core.intents import (
    CancelEntry,
    CancelLeg,
    CancelOrder,
    CancelOrders,
    Intent,
)
from exitd.core.state import State

#: What takes something back or rests it: done at the takeover. What asks for a slot
#: waits by itself, and what goes again is asked for again.
_PUT_OFF = (
    CancelOrder
    | CancelOrders
    | CancelEntry
    | CancelLeg
    | PlaceBackstop
    | CancelBackstop
)


class Gate:
    """What may leave, and what was put off because it may not."""

    def __init__(self, state: State, account: str) -> None:
        self._state = state
        self._account = account
        self._opened = asyncio.Event()
        self._put_off: dict[tuple[type, str], Intent] = {}

    @property
    def is_shut(self) -> bool:
        return self._account in self._state.standing_by

    def puts_off(self, intent: Intent) -> bool:
        """Keep what would write, the newest of each kind; says whether it did."""
        if not (self.is_shut and isinstance(intent, _PUT_OFF)):
            return False
        self._put_off[type(intent), _about(intent)] = intent
        return True

    def take_all(self) -> tuple[Intent, ...]:
        """Give what was put off, oldest first, and let go who waits in `opened`."""
        put_off, self._put_off = tuple(self._put_off.values()), {}
        self._opened.set()
        return put_off

    async def opened(self) -> None:
        """Return at once, or once it stands by no more: for what was under way."""
        while self.is_shut:
            self._opened.clear()
            await self._opened.wait()


def _about(intent: _PUT_OFF) -> str:
    match intent:
        case CancelOrder():
            return str(intent.attempt)
        case CancelOrders():
            return f"{intent.trigger_id}#{intent.arming}"
        case CancelEntry():
            return intent.order.id
        case CancelLeg():
            return intent.venue_order_id
        case PlaceBackstop() | CancelBackstop():
            return str(intent.record.key)
