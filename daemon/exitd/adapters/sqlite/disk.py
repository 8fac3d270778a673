"""How the disk is: what it last said, when it took something, when to ask again."""

import sqlite3

from exitd.adapters.sqlite.failures import Failure, failure_of
from exitd.adapters.sqlite.reserve import Reserve
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.ports.clock import Clock
from exitd.ports.store import StoreHealth

RETRY_NS = 250 * NS_PER_MS
PROBE_NS = 5 * NS_PER_S
"""An idle writer proves this often that it could commit."""


class Disk:
    """Told by the writer what came of each attempt.

    Attributes:
        health: What writing can be expected to come to.
        detail: What the disk last said, empty while all is well.
        ts_committed_ns: When it last took something, monotonic.
    """

    def __init__(self, reserve: Reserve, clock: Clock) -> None:
        self.health = StoreHealth.WRITABLE
        self.detail = ""
        self.ts_committed_ns = clock.monotonic_ns()
        self._recover_due_ns = 0
        self._reserve = reserve
        self._clock = clock

    @property
    def is_well(self) -> bool:
        return self.health is StoreHealth.WRITABLE

    @property
    def is_probe_due(self) -> bool:
        return self._clock.monotonic_ns() - self.ts_committed_ns >= PROBE_NS

    def note_failure(self, error: sqlite3.Error) -> Failure:
        failure = failure_of(error)
        if failure is Failure.FULL:
            self._fill_up()
        else:
            self.health, self.detail = StoreHealth.FAILING, str(error)
        return failure

    def note_commit(self) -> None:
        self.ts_committed_ns = self._clock.monotonic_ns()
        if self.health is StoreHealth.FAILING:
            # A commit that goes through on the last of the reserve is no recovery.
            if self._reserve.is_there:
                self.recovered()
            else:
                self._fill_up()

    def recovered(self) -> None:
        self.health, self.detail = StoreHealth.WRITABLE, ""

    def take_retry(self) -> bool:
        """Whether it is time to ask a disk that said no; counted from here."""
        now_ns = self._clock.monotonic_ns()
        if self.is_well or now_ns < self._recover_due_ns:
            return False
        self._recover_due_ns = now_ns + RETRY_NS
        return True

    def _fill_up(self) -> None:
        self.health, self.detail = StoreHealth.FULL, "no room is left on the disk"
        self._recover_due_ns = self._clock.monotonic_ns() + RETRY_NS
