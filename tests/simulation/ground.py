"""What every simulated world has: a disk that lasts, a watch, a history."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import Any

from exitd.core.attempt import AttemptKey
from exitd.core.events import Fact, FactKind
from exitd.core.policy import Policies
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord
from exitd.ports.alerts import Alert, Delivered
from fakes.archive import Disk
from simulation.invariants import Watch, is_drawn
from simulation.promises import PromiseWatch
from simulation.readable import VIOLATED
from simulation.trailing import LATE_S
from simulation.violation import Violation
from simulation.virtual_time import VirtualClock, VirtualLoop

#: Facts that are counted, and how they are called in the sum of a run.
COUNTED = {
    FactKind.TRIGGER_HIT: "hits",
    FactKind.PRICE_HELD: "prices held",
    FactKind.ORDER_IN_DOUBT: "orders in doubt",
    FactKind.ORDER_REFUSED: "orders refused",
    FactKind.ENTRY_SENT: "entries sent",
    FactKind.ENTRY_IN_DOUBT: "entries in doubt",
    FactKind.ENTRY_FILLED: "entries filled",
}


#: One world of so many soon forgets what is done, and what came of its orders.
FORGETS_EVERY = 3
_DONE_KEPT_NS, _ATTEMPTS_KEPT_NS = 2_000_000_000, 15_000_000_000


#: One of so many has the other answers where people could disagree.
DIFFERS_EVERY = 7
_BUDGET_NS = 3_000_000_000


def policies_of(seed: int) -> dict[str, Any]:
    """Give what a world does otherwise, and how long it remembers.

    Most remember until long after their end.
    """
    found: dict[str, Any] = {}
    if seed % FORGETS_EVERY == 0:
        found |= {"done_kept_ns": _DONE_KEPT_NS, "attempts_kept_ns": _ATTEMPTS_KEPT_NS}
    if seed % DIFFERS_EVERY == 0:
        found |= {
            "new_lifetime_fires": True,
            "shares_of_live": True,
            "take_profit_retires": True,
            "take_profit_budget_ns": _BUDGET_NS,
        }
    return found


class Heard:
    """Whoever is told; every fact must be worth a sentence, or none."""

    def __init__(self) -> None:
        self.topics: set[str] = set()

    def tell(self, alert: Alert) -> None:
        assert alert.text
        self.topics.add(alert.topic)

    async def test(self) -> tuple[Delivered, ...]:
        return ()


class Ground:
    """What outlives the crashes of the machine.

    `history` is written only where somebody reads it. `is_set` says that somebody sets
    the clock of the machine, which then tells nothing about the age of prices.
    """

    policies: Policies
    has_real_store = False
    is_overlapped = False
    stalls = 0.0
    slots = 0

    def __init__(
        self,
        seed: int,
        virtual: VirtualLoop,
        rng: Random,
        skew_ms: int,
        *,
        is_set: bool = False,
    ) -> None:
        self.seed = seed
        self.virtual = virtual
        self.rng = rng
        self.history: list[str] | None = None
        self.bugs: list[BaseException | None] = []
        self.wrong: list[str] = []
        self.falls: list[asyncio.Task[None]] = []
        #: Told when the machine comes to a point at which it may be killed.
        self.on_point: Callable[[str], None] = lambda point: None
        self._outside = contextvars.copy_context()
        self.disk_is = "good"
        self.mirror = Disk()
        self.promises = PromiseWatch(self.mirror)
        late_s = None if is_set else abs(skew_ms) / 1_000 + LATE_S
        self.watch = Watch(seed, lambda: virtual.now_s, late_s)
        virtual.on_frozen = self.watch.froze
        self.heard = Heard()
        self.counted = dict.fromkeys(COUNTED.values(), 0)
        self.machine_clock = VirtualClock(virtual, skew_ms * 1_000_000)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something outside the machine, whoever asks for it."""
        loop = asyncio.get_running_loop()
        self.falls.append(loop.create_task(work, context=self._outside.copy()))

    def note_bug(self, _: object, context: dict[str, Any]) -> None:
        """What a callback raises, nobody else would hear of."""
        self.note_raised(context.get("exception") or RuntimeError(context["message"]))

    def note_raised(self, raised: BaseException) -> None:
        """Take a bug for one, unless it was drawn."""
        if not is_drawn(raised):
            self.bugs.append(raised)

    def say(self, what: str, about: object) -> None:
        if self.history is not None:
            self.history.append(f"{self.virtual.now_s:9.4f}  {what:<10} {about}")

    def note(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            counted = COUNTED.get(fact.kind)
            if counted is not None:
                self.counted[counted] += 1
            if self.history is not None:
                self.say("fact", line_of(fact))

    def note_violated(self, violated: Violation) -> None:
        """Say it where it happened; the verdict raises the first."""
        self.say(VIOLATED, str(violated))

    def attempt_of(self, client_id: int) -> AttemptKey | None:
        """Give the attempt that is on disk under a client id."""
        for attempt in self.mirror.attempts.values():
            if attempt.order.client_order_id == client_id:
                return attempt.order.attempt
        return None

    def trigger(self, state: State, trigger_id: str) -> TriggerRecord | None:
        """Give a trigger as it is, or as it was when it was forgotten."""
        found = state.triggers.get(trigger_id) or self.mirror.past.get(trigger_id)
        # What was forgotten a moment ago may not be on the disk yet.
        return found or self.machine.loop.past.known(trigger_id)

    def check_told(self) -> None:
        """Raises: Violation: What was seen on the way does not hold."""
        if self.watch.violated:
            raise self.watch.violated[0]
        if self.bugs:
            raise Violation(f"a bug: {self.bugs[0]!r}") from self.bugs[0]
        for wrong in (*self.wrong, *self.promises.broken):
            raise Violation(wrong)
        ids: dict[int, AttemptKey] = {}
        for attempt in self.mirror.attempts.values():
            order = attempt.order
            known = ids.setdefault(order.client_order_id, order.attempt)
            if known != order.attempt:
                raise Violation(
                    f"client id {order.client_order_id} is that of {known} and of "
                    f"{order.attempt}"
                )


def line_of(fact: Fact) -> str:
    fields = {k: str(v) for k, v in fact.fields.items() if v not in ("", None)}
    said = ", ".join(f"{name} {value}" for name, value in fields.items())
    return f"{fact.kind} {fact.fire_id or fact.trigger_id}: {said}"
