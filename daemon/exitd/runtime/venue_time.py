"""A venue's clock: measured, watched, and measured anew when it has refused a time."""

import asyncio
from collections.abc import Callable

from exitd.core.inputs import VenueTimeRead
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue

#: Requests go by the venue's clock, and what people read by ours.
SKEWED_NS = NS_PER_S
#: A close waits so long for a new measurement before it is signed by the last one; and
#: so long where there is none: signed hours ahead, it would be in doubt for hours.
_CURE_S, _UNMEASURED_S = 1.0, 10.0
_PAUSE_S = 0.25


class VenueTime:
    """The clock of one account's venue, beside ours.

    It `is_measured` once there was a good answer in this run. While it `is_being_cured`
    a close that is signed would be refused as the last was.
    """

    def __init__(
        self, loop: EngineLoop, venue: PacedVenue, tell: Callable[[Alert], None]
    ) -> None:
        self.is_being_cured = self.is_skewed = self.is_measured = False
        self._loop = loop
        self._venue = venue
        self._tell = tell

    async def read(self) -> None:
        """Measure it.

        Raises:
            VenueError: There was no answer that can be used.
        """
        offset_ns = await self._venue.sync_clock()
        self.is_measured = True
        venue_ns, now_ns = self._venue.venue_now_ns(), self._loop.clock.now_ns()
        self._loop.handle(VenueTimeRead(self._venue.account, venue_ns, now_ns))
        offset_ms = offset_ns // NS_PER_MS
        log(Event.CLOCK_MEASURED, venue=self._venue.account, offset_ms=offset_ms)
        self._watch(offset_ns)

    async def cure(self, then: Callable[[], None]) -> None:
        """Measure it, as the venue said that a request had expired; *then* go on."""
        self.is_being_cured = True
        try:
            longest_s = _CURE_S if self.is_measured else _UNMEASURED_S
            async with asyncio.timeout(longest_s):
                await self._until_read()
        except TimeoutError:
            pass  # The last measurement stands; the next refusal asks again.
        finally:
            self.is_being_cured = False
        then()

    async def _until_read(self) -> None:
        """Ask until it answers; a clock that has jumped needs a second answer."""
        while True:
            try:
                await self.read()
            except VenueError as error:
                name = self._venue.account
                log(Event.VENUE_FAILED, venue=name, question="clock", reason=str(error))
                await asyncio.sleep(_PAUSE_S)
            else:
                return

    def _watch(self, offset_ns: int) -> None:
        """Tell once of clocks that differ by too much, and once of the end of it."""
        is_skewed = abs(offset_ns) > SKEWED_NS
        if is_skewed is self.is_skewed:
            return
        self.is_skewed = is_skewed
        name, offset_ms = self._venue.account, offset_ns // NS_PER_MS
        if is_skewed:
            log(Event.CLOCK_SKEWED, venue=name, offset_ms=offset_ms)
        way = "ahead of" if offset_ns > 0 else "behind"
        text = (
            f"the clock of {name} is {abs(offset_ms)} ms {way} this machine's: "
            "requests go by the venue's, logs by ours; have this machine's set"
            if is_skewed
            else f"the clock of {name} and this machine's agree again"
        )
        self._tell(
            Alert(
                level=AlertLevel.WARNING if is_skewed else AlertLevel.INFO,
                topic=Event.CLOCK_SKEWED.value,
                about=name,
                text=text,
                cleared=not is_skewed,
            )
        )
