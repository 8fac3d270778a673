"""What entries have left is never more than what is held, whatever happened to it.

Fills of entries and of closes, told in any order or not at all; reductions by hand, by
alerts and by others; refusals, losses and lost streams: over several entries of one
position.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.entering import BROKER, EnteringWorld
from core.test_invariants import Venue
from core.worlds import ACCOUNT, D, S, stop
from exitd.core.attempt import AttemptState, Capabilities, RefusalKind
from exitd.core.inputs import PositionsDoubted
from exitd.core.units import ZERO

ENTRIES = ("desk-1", "desk-2", "desk-3")
SLACK_NS = 20 * S
_UNANSWERED = (AttemptState.SIGNED, AttemptState.SENT)

which = st.integers(0, 7)
part = st.sampled_from([D(1), D(3), D(6), D(10)])
#: What happens, and how often beside the others.
_OFTEN = {
    "enter": 2, "tell_entry": 2, "close_by_hand": 3, "others_take": 2, "others_add": 1,
    "price": 2, "execute": 3, "tell": 2, "end": 2, "refuse": 3, "lose": 2,
    "nothing_found": 2, "doubt": 1, "report": 5, "wait": 3, "cancel": 1, "crash": 1,
}  # fmt: skip
_NAMES = [name for name, often in _OFTEN.items() for _ in range(often)]
steps = st.lists(
    st.tuples(st.sampled_from(_NAMES), which, part), min_size=10, max_size=30
)


class Held:
    """Several entries of ten into one position; the truth is the venue's.

    An engine is told of it late, or never, but never wrongly.
    """

    def __init__(self, capabilities: Capabilities) -> None:
        self.world = EnteringWorld(capabilities=capabilities)
        self.venue = Venue(self.world)
        self.venue.size = ZERO
        self.executed: dict[str, Decimal] = {}
        self.told: dict[str, Decimal] = {}
        self.names = 0

    def begin(self, entries: int) -> None:
        """Let so many entries have filled, shown for certain."""
        for n in range(entries):
            self.enter(n, D(10))
            self.tell_entry(n, ZERO)
        self.world.wait(SLACK_NS)
        self.report(0, ZERO)
        self.world.mark("100")

    def enter(self, n: int, quantity: Decimal) -> None:
        id = ENTRIES[n % 3]
        if id not in self.executed:
            self.world.enter(id)
            self.executed[id] = self.told[id] = ZERO
        took = min(quantity, D(10) - self.executed[id])
        self.executed[id] += took
        self.venue.size += took

    def tell_entry(self, n: int, quantity: Decimal) -> None:
        id = ENTRIES[n % 3]
        if self.executed.get(id, ZERO) > self.told.get(id, ZERO):
            self.told[id] = self.executed[id]
            self.world.fills(str(self.executed[id]), id)

    def close_by_hand(self, n: int, quantity: Decimal) -> None:
        self.names += 1
        self.world.arm(stop(f"hand-{self.names}", "99", str(quantity)))
        self.world.mark("99", "100")

    def others_take(self, n: int, quantity: Decimal) -> None:
        self.venue.size -= min(quantity, self.venue.size)

    def others_add(self, n: int, quantity: Decimal) -> None:
        self.venue.size += quantity

    def price(self, n: int, quantity: Decimal) -> None:
        self.world.mark(("94", "96", "98", "100", "102", "104", "108", "111")[n])

    def report(self, n: int, quantity: Decimal) -> None:
        self.world.position(str(self.venue.size))

    def wait(self, n: int, quantity: Decimal) -> None:
        self.world.wait(SLACK_NS if n % 2 else S)

    def doubt(self, n: int, quantity: Decimal) -> None:
        self.world.do(PositionsDoubted(ACCOUNT, self.world.later()))


class Shares(Held):
    """And the closes of its position, what becomes of them, and what must hold."""

    def do(self, step: tuple[str, int, Decimal]) -> None:
        name, n, quantity = step
        getattr(self, name)(n, quantity)

    def _open(self, n: int) -> int | None:
        found = self.venue.open()
        return found[n % len(found)] if found else None

    def execute(self, n: int, quantity: Decimal) -> None:
        order = self._open(n)
        if order is not None and self._may_be_there(order):
            self.venue.execute(order, quantity)

    def tell(self, n: int, quantity: Decimal, *, ends: bool = False) -> None:
        order = self._open(n)
        if order is not None and self._may_be_there(order):
            self.venue.tell(order, ends=ends)

    def end(self, n: int, quantity: Decimal) -> None:
        self.tell(n, quantity, ends=True)

    def _may_be_there(self, n: int) -> bool:
        return self.world.attempt(n).state is not AttemptState.REFUSED

    def refuse(self, n: int, quantity: Decimal) -> None:
        order = self._open(n)
        if order is None or self.venue.filled.get(order, ZERO):
            return
        if self.world.attempt(order).state in _UNANSWERED:
            self.venue.over.add(order)
            self.world.refuse(RefusalKind.BUSY, n=order, retry_after_ns=60 * S)

    def lose(self, n: int, quantity: Decimal) -> None:
        order = self._open(n)
        if order is not None and self.world.attempt(order).state in _UNANSWERED:
            self.world.lose(order)

    def nothing_found(self, n: int, quantity: Decimal) -> None:
        order = self._open(n)
        if order is None or self.venue.filled.get(order, ZERO):
            return
        if self.world.attempt(order).state is AttemptState.IN_DOUBT:
            self.venue.over.add(order)
            self.world.wait(60 * S)
            self.world.nothing_found(order)

    def crash(self, n: int, quantity: Decimal) -> None:
        self.world.entry_slots_asked.clear()
        self.world.restart()

    def cancel(self, n: int, quantity: Decimal) -> None:
        triggers = list(self.world.engine.state.triggers)
        if triggers:
            self.world.cancel(triggers[n % len(triggers)], abandon=True)

    def check(self) -> None:
        """No more is left than is held, but for what closes under way explain."""
        state, key = self.world.engine.state, self.world.key
        position = state.position(key)
        guarded = [entry for entry in state.entries_on(key) if entry.is_guarded]
        last_ns = max((e.ts_filled_venue_ns for e in guarded), default=0)
        slack_ns = state.capabilities[ACCOUNT].lag_slack_ns
        if position.ts_venue_ns < last_ns + slack_ns or not position.proven:
            return
        if position.entered:
            return
        left = sum((entry.left for entry in guarded), ZERO)
        assert left - state.under_way_on(key).unresolved <= position.held
        for entry in guarded:
            assert ZERO <= entry.lost <= entry.closed

    def finish(self) -> None:
        """Tell all that there is to be told, and show the position for certain."""
        self.world.slots = False
        for n in range(3):
            self.tell_entry(n, ZERO)
        while self.venue.open():
            self.venue.tell(self.venue.open()[0], ends=True)
            self.check()
        self.world.wait(SLACK_NS)
        self.report(0, ZERO)
        guarded = [
            entry
            for entry in self.world.engine.state.entries_on(self.world.key)
            if entry.is_guarded
        ]
        left = sum((entry.left for entry in guarded), ZERO)
        assert left <= self.venue.size


@given(happens=steps, has_reduce_only=st.booleans(), begun=st.integers(0, 3))
@settings(max_examples=20)
def test_b071_given_any_order_of_what_happens_then_no_more_is_left_than_is_held(
    happens, has_reduce_only, begun
):
    shares = Shares(Capabilities() if has_reduce_only else BROKER)
    shares.begin(begun)
    for step in happens:
        shares.do(step)
        shares.check()
    shares.finish()
    shares.check()
