"""A venue's clock, as well as we know it.

What counts is the venue's own answer about its time, carried on by our monotonic
clock, which a step of the wall clock does not touch.
"""

from __future__ import annotations

from collections.abc import Iterable

from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock

JUMP_NS_MAX = 5 * NS_PER_S
#: So long the newest price tells the time; by then our own clock may have drifted.
_WITNESS_NS = 60 * NS_PER_S


class VenueClock:
    """Starts out as our own clock; each measurement anchors it anew.

    Until the first one, the venue's prices tell when ours is grossly wrong: what is
    signed an hour ahead of the venue is in doubt for an hour when its answer is lost.

    A measurement that contradicts the last one by more than `JUMP_NS_MAX` is believed
    only when the next one agrees with it: an answer that lies, or that was hours on
    its way through a suspended machine, must not void every signature. The very first
    one has nothing to contradict; while no second answer bears it out, it gives way to
    one that agrees with our own clock, if it does not do so itself.

    Two answers can tell the same lie. What else tells the venue's time are the date
    that its server puts on an answer, and its prices: a jump, and a first measurement
    far from our own clock, are refused where all of these speak against them. One that
    all of them bear out, against the last one, needs no second answer.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._base_ns = 0
        self._disputed_ns: int | None = None
        self._newest_ns: int | None = None
        self._newest_at_ns = 0
        self._hint_ns: int | None = None
        self._is_borne_out = False
        self.is_synced = False
        self.uncertainty_ns = 0

    def now_ns(self) -> int:
        if not self.is_synced:
            if self._hint_ns is None:
                return self._clock.now_ns()
            return self._hint_ns + self._clock.monotonic_ns()
        return self._base_ns + self._clock.monotonic_ns()

    def earliest_ns(self) -> int:
        """The least that the venue's clock can show now.

        What an answer shows is dated by this, taken before the question: dated later
        than it is, it would hide what the streams say in between.
        """
        return self.now_ns() - self.uncertainty_ns

    def at_ns(self, monotonic_ns: int) -> int | None:
        """The venue's time when ours was *monotonic_ns*; None before a measurement."""
        return self._base_ns + monotonic_ns if self.is_synced else None

    def seen(self, venue_ns: int, arrived_ns: int) -> None:
        """Take the instant of a frame: later it is a witness of what is measured.

        Until the first measurement it counts itself. A frame is dated before it
        arrives, so what goes by it is never ahead of the venue: signed by it, a request
        expires early. So it does not replace a clock of ours that is about right, only
        one that is off by more than `JUMP_NS_MAX`.

        Args:
            venue_ns: When the venue says it was sent.
            arrived_ns: Monotonic, when it arrived.
        """
        newest_ns = venue_ns - arrived_ns
        is_old = arrived_ns - self._newest_at_ns > _WITNESS_NS
        if self._newest_ns is None or newest_ns > self._newest_ns or is_old:
            self._newest_ns, self._newest_at_ns = newest_ns, arrived_ns
        if self.is_synced:
            return
        newest_ns = self._newest_ns
        ours_ns = self._clock.now_ns() - self._clock.monotonic_ns()
        is_wrong = abs(newest_ns - ours_ns) > JUMP_NS_MAX
        self._hint_ns = newest_ns if is_wrong else None

    @property
    def offset_ns(self) -> int:
        """How far the venue is ahead of our wall clock."""
        return self.now_ns() - self._clock.now_ns()

    def measured(
        self,
        venue_ms: int,
        started_ns: int,
        ended_ns: int,
        dated_s: int | None = None,
    ) -> None:
        """Take one answer of the venue.

        Args:
            venue_ms: Its clock, in whole milliseconds.
            started_ns: Monotonic, when it was asked.
            ended_ns: Monotonic, when it had answered.
            dated_s: The date that the answer bears, in whole seconds.

        Raises:
            VenueUnavailable: The clock jumped and the next answer must confirm it, or
                all else that tells the venue's time speaks against it.
        """
        half_trip_ns = (ended_ns - started_ns) // 2
        # The venue cuts off the fraction of its millisecond: half of one on average.
        venue_ns = venue_ms * NS_PER_MS + NS_PER_MS // 2
        base_ns = venue_ns - (started_ns + half_trip_ns)
        jumped_ns = base_ns - self._base_ns if self.is_synced else 0
        is_jump = abs(jumped_ns) > JUMP_NS_MAX
        is_confirmed = self._is_confirmed(base_ns)
        witnesses = self._witnesses(dated_s, started_ns + half_trip_ns, ended_ns)
        is_far = is_jump or (not self.is_synced and not self._is_ours(base_ns))
        if is_far and witnesses and not _bears_out(witnesses.values(), base_ns):
            raise VenueUnavailable(
                f"the venue's answer about its time, {self._off_ms(base_ns)} ms from"
                f" this machine's, is refused: {' and '.join(witnesses)} contradict it"
            )
        if is_jump and not (is_confirmed or self._refutes(base_ns, witnesses)):
            self._disputed_ns = base_ns
            raise VenueUnavailable(
                f"the venue's clock jumped by {jumped_ns // NS_PER_MS} ms;"
                " the last one is kept until a second answer agrees"
            )
        self._disputed_ns = None
        self._is_borne_out = is_confirmed or (self.is_synced and not is_jump)
        self._base_ns = base_ns
        self.uncertainty_ns = half_trip_ns + NS_PER_MS
        self.is_synced = True

    def _witnesses(
        self, dated_s: int | None, middle_ns: int, ended_ns: int
    ) -> dict[str, int]:
        """Give what else tells the venue's time by its name, less our monotonic one."""
        said: dict[str, int] = {}
        if dated_s is not None:
            # Its fraction was cut off: half a second on average.
            dated_ns = dated_s * NS_PER_S + NS_PER_S // 2
            said["the date of the answer"] = dated_ns - middle_ns
        is_recent = ended_ns - self._newest_at_ns <= _WITNESS_NS
        if self._newest_ns is not None and is_recent:
            said["the venue's prices"] = self._newest_ns
        return said

    def _refutes(self, base_ns: int, witnesses: dict[str, int]) -> bool:
        """Whether an answer shows that what was believed so far was a lie.

        A first one that nothing bears out gives way to our own clock, and any to what
        all witnesses say.
        """
        if not self._is_borne_out and self._is_ours(base_ns):
            return True
        return (
            bool(witnesses)
            and all(_bears_out((said,), base_ns) for said in witnesses.values())
            and not _bears_out(witnesses.values(), self._base_ns)
        )

    def _is_ours(self, base_ns: int) -> bool:
        ours_ns = self._clock.now_ns() - self._clock.monotonic_ns()
        return abs(base_ns - ours_ns) <= JUMP_NS_MAX

    def _off_ms(self, base_ns: int) -> int:
        ours_ns = self._clock.now_ns() - self._clock.monotonic_ns()
        return (base_ns - ours_ns) // NS_PER_MS

    def _is_confirmed(self, base_ns: int) -> bool:
        if self._disputed_ns is None:
            return False
        return abs(base_ns - self._disputed_ns) <= JUMP_NS_MAX


def _bears_out(said: Iterable[int], base_ns: int) -> bool:
    return any(abs(base_ns - one) <= JUMP_NS_MAX for one in said)
