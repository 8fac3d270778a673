"""What holds after every step of lives in which entries open what exits close."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.entering import BROKER, EnteringWorld
from core.test_invariants import Venue, check_restored
from core.worlds import D, S, stop
from exitd.core.attempt import AttemptState, Capabilities, RefusalKind
from exitd.core.engine import Engine
from exitd.core.entry import EntryState
from exitd.core.inputs import OrderStatus
from exitd.core.units import ZERO

_TOLD = (EntryState.SENT, EntryState.IN_DOUBT)
_WORKS = (EntryState.WORKING, EntryState.PARTIALLY_FILLED)


class Life:
    """One position that entries open, at a broker whose truth is here.

    `executed` is what entries have really filled, `taken` what the closes of each
    trigger have really taken.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        capabilities = BROKER if seed % 2 else Capabilities()
        self.world = EnteringWorld(capabilities=capabilities)
        self.venue = Venue(self.world)
        self.venue.size = D(0)
        self.executed: dict[str, Decimal] = {}
        self.noes: dict[str, int] = {}
        self.over: set[str] = set()

    def any_entry(self, *states: EntryState) -> str | None:
        found = [
            e.id for e in self.world.engine.state.entries.values() if e.state in states
        ]
        return self.rng.choice(found) if found else None

    def enter(self) -> None:
        id = f"desk-{self.rng.randrange(6)}"
        if id in self.executed:
            # Whoever carries it out again has looked whether it was there before.
            return
        reply = self.world.enter(id)
        if ("entry", id) in self.world.store.rows:
            assert reply.trigger_ids or reply.notes
            self.executed.setdefault(id, ZERO)

    def fill_entry(self) -> None:
        id = self.any_entry(*_TOLD, *_WORKS)
        if id is not None and id not in self.over:
            part = min(self.rng.choice([D(3), D(10)]), D(10) - self.executed[id])
            self.executed[id] += part
            self.venue.size += part

    def tell_entry(self) -> None:
        id = self.any_entry(*EntryState)
        if id is None or self.world.entry(id).state is EntryState.WANTED:
            return
        if not self.world.entry(id).signed:
            return
        filled = self.executed[id]
        ends = self.rng.random() < 0.3
        status = OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.WORKING
        if filled == 10:
            status = OrderStatus.FILLED
        elif ends or id in self.over:
            status = self.rng.choice([OrderStatus.CANCELLED, OrderStatus.EXPIRED])
        if status not in (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED):
            self.over.add(id)
        self.world.said(status, str(filled), id)

    def refuse_entry(self) -> None:
        id = self.any_entry(EntryState.SENT)
        if id is not None and not self.executed[id] and id not in self.over:
            kind = self.rng.choice([RefusalKind.MARGIN, RefusalKind.BUSY])
            self.noes[id] = self.noes.get(id, 0) + 1
            self.world.refuse_entry(kind, id)
            if self.world.entry(id).state is EntryState.REFUSED:
                self.over.add(id)

    def lose_entry(self) -> None:
        id = self.any_entry(EntryState.SENT)
        if id is not None:
            self.world.lose_entry(id)

    def miss_entry(self) -> None:
        id = self.any_entry(EntryState.IN_DOUBT)
        if id is not None and not self.executed[id] and id not in self.over:
            self.world.not_found(id)
            if self.world.entry(id).state is EntryState.EXPIRED:
                self.over.add(id)

    def limit_slots(self) -> None:
        self.world.entry_slots = not self.world.entry_slots
        self.world.open_entry_slots()

    def move_price(self) -> None:
        self.world.mark(str(self.rng.randrange(92, 113)))

    def execute(self) -> None:
        found = [
            n
            for n in self.venue.open()
            if self.world.attempt(n).state is not AttemptState.SIGNED
        ]
        if found:
            n = self.rng.choice(found)
            part = self.world.sent[n].quantity * self.rng.choice([D("0.5"), D(1)])
            self.venue.execute(n, part)

    def answer(self) -> None:
        if self.venue.open():
            n = self.rng.choice(self.venue.open())
            self.venue.tell(n, ends=self.rng.random() < 0.7)

    def report(self) -> None:
        self.world.position(str(self.venue.size))

    def wait(self) -> None:
        self.world.wait(self.rng.choice([S, 20 * S, 100 * S]))

    def hold(self) -> None:
        self.world.arm(stop("hand", "93"))

    def crash(self) -> None:
        self.world.entry_slots_asked.clear()
        self.world.restart()
        self.report()

    def step(self) -> None:
        self.rng.choice(
            [
                self.enter, self.enter, self.fill_entry, self.fill_entry,
                self.tell_entry, self.tell_entry, self.tell_entry, self.refuse_entry,
                self.lose_entry, self.miss_entry, self.limit_slots, self.move_price,
                self.move_price, self.execute, self.execute, self.answer, self.answer,
                self.report, self.report, self.wait, self.hold, self.crash,
            ]
        )()  # fmt: skip

    def check(self) -> None:
        self._each_is_sent_once()
        self._exits_never_take_more_than_filled()
        self._exits_cover_no_more_than_filled()
        check_restored(self.world)
        check_entries_restored(self.world)

    def _each_is_sent_once(self) -> None:
        """Only a definite no lets an entry leave again."""
        for id in self.executed:
            sent = sum(order.id == id for order in self.world.entries_sent)
            assert sent <= 1 + self.noes.get(id, 0)

    def _exits_never_take_more_than_filled(self) -> None:
        taken: dict[str, Decimal] = {}
        for n, order in enumerate(self.world.sent):
            id = order.attempt.trigger_id.partition("/")[0]
            left = ZERO if n in self.venue.over else order.quantity
            may = max(left, self.venue.filled.get(n, ZERO))
            taken[id] = taken.get(id, ZERO) + may
        for id, most in taken.items():
            if id in self.executed:
                assert most <= self.executed[id]

    def _exits_cover_no_more_than_filled(self) -> None:
        for entry in self.world.engine.state.entries.values():
            assert entry.filled <= self.executed[entry.id]
            for definition in entry.exits:
                record = self.world.engine.state.triggers.get(definition.id)
                if record is None or record.state not in ("armed", "waiting"):
                    continue
                assert record.definition.close is not None
                covers = record.definition.close.quantity.value - record.filled
                assert covers <= entry.filled


def check_entries_restored(world: EnteringWorld) -> None:
    live = world.engine.state
    restored = Engine(world.policies)
    restored.add_account("main", 7, world.capabilities)
    restored.restore(world.store.snapshot())
    state = restored.state
    kept = {id: e for id, e in live.entries.items() if not e.is_over}
    assert state.entries == kept
    for key, id in state.entry_of_exit.items():
        assert live.entry_of_exit[key] == id
    for order, id in state.entry_of_order.items():
        assert live.entry_of_order[order] == id


@given(seed=st.integers(min_value=0, max_value=1 << 32))
@settings(max_examples=40)
def test_b071_given_any_life_of_entries_then_sent_once_and_never_oversold(seed):
    life = Life(seed)
    for _ in range(80):
        life.step()
        life.check()
