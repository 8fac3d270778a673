"""What a venue says of itself: asked at a steady pace, where it says it at all."""

import asyncio
from collections.abc import Awaitable, Callable

from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.runtime.breaker import Breaker
from exitd.runtime.pacing import PacedVenue

#: Why it takes no order of anybody, empty where it does, None where it does not say.
AskStatus = Callable[[], Awaitable[str | None]]

#: Four questions a minute of the two thousand that a venue answers; more while it is
#: in maintenance, as closes wait for the end of it.
_EVERY_S, _WHILE_DOWN_S = 15.0, 5.0


async def keep_status(asking: PacedVenue, ask: AskStatus, breaker: Breaker) -> None:
    """Let the breaker know of maintenance and of its end; never returns."""
    while True:
        await asyncio.sleep(_WHILE_DOWN_S if breaker.is_open else _EVERY_S)
        try:
            why = await asking.paced(ask)
        except VenueError as error:
            name = asking.account
            log(Event.VENUE_FAILED, venue=name, question="status", reason=str(error))
            continue
        if why is not None:
            breaker.is_told(why)
