"""Lives in which a broker and exitd may both sell: never more than was bought."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from core.bracket_world import asked, close_by_hand
from core.entering import BROKER, NATIVE, EnteringWorld
from core.worlds import MS, D, S, stop
from exitd.core.attempt import AttemptState
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelLeg, FindLegs
from exitd.core.trigger import TriggerState

_PRICES = ("94", "95", "97", "99", "100", "103", "108", "110", "111")


class Leg:
    """An exit at the broker, as it really is."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.filled = D(0)
        self.status = OrderStatus.WORKING

    @property
    def rests(self) -> bool:
        return self.status is OrderStatus.WORKING


class Life:
    """A bracket at a broker that reserves nothing, whose truth is here.

    What is sent fills at once, and is told later; what a cancel does comes later, or
    never. The broker's own exits fill whenever they like.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = EnteringWorld(capabilities=BROKER)
        self.world.enter(attached=NATIVE)
        self.size = D(10)
        self.legs = [Leg("leg-sl"), Leg("leg-tp")]
        self.world.fills("10")
        self.world.position("10")
        self.executed = 0
        self.seen = 0
        self.hands = 0

    def sell(self, quantity: Decimal) -> None:
        self.size -= quantity
        assert self.size >= 0, "sold what was not there"

    def let_fill(self) -> None:
        """One exit fills, in part or whole; the other goes with a whole one."""
        leg = self.rng.choice(self.legs)
        if not leg.rests or self.size <= 0:
            return
        part = min(self.rng.choice([D(3), D(10)]), self.size)
        leg.filled += part
        self.sell(part)
        if self.size == 0:
            for other in self.legs:
                if other.rests:
                    other.status = OrderStatus.CANCELLED
            leg.status = OrderStatus.FILLED

    def tell_leg(self, leg: Leg | None = None) -> None:
        leg = leg or self.rng.choice(self.legs)
        self.world.leg(leg.id, leg.status, str(leg.filled))

    def cancel(self) -> None:
        """One cancel that was asked for arrives, and one may get lost."""
        wanted = [i for i in self.world.intents if isinstance(i, CancelLeg | FindLegs)]
        for intent in wanted[self.seen :][:2]:
            self.seen += 1
            if isinstance(intent, FindLegs):
                for leg in self.legs:
                    self.tell_leg(leg)
            elif self.rng.random() < 0.7:
                leg = next(x for x in self.legs if x.id == intent.venue_order_id)
                if leg.rests:
                    leg.status = OrderStatus.CANCELLED

    def execute(self) -> None:
        """What has left fills: nothing there keeps it from opening the other side."""
        for order in self.world.sent[self.executed :]:
            self.executed += 1
            assert not any(leg.rests for leg in self.legs), "both may sell"
            self.sell(order.quantity)

    def tell_closes(self) -> None:
        for n in range(self.executed):
            if self.world.attempt(n).state is not AttemptState.FILLED:
                self.world.fill(n)
                self.execute()

    def show(self) -> None:
        self.world.position(str(self.size))

    def step(self) -> None:
        world, roll = self.world, self.rng.randrange(9)
        if roll == 0:
            self.let_fill()
        elif roll == 1:
            self.tell_leg()
        elif roll == 2:
            self.cancel()
        elif roll == 3:
            self.tell_closes()
        elif roll == 4:
            self.show()
        elif roll == 5 and self.hands < 3 and self.rng.random() < 0.4:
            self.hands += 1
            if self.rng.random() < 0.5:
                world.arm(stop(f"own-{self.hands}", "97", size="4"))
            elif "hand" not in world.engine.state.triggers:
                close_by_hand(world)
        elif roll == 6:
            world.mark(self.rng.choice(_PRICES))
        elif roll == 7 and self.rng.random() < 0.1:
            world.restart()
            self.show()  # recovery reads it before anything is judged
        else:
            world.wait(self.rng.choice([10 * MS, 300 * MS, 3 * S]))
        self.execute()

    def settle(self) -> None:
        """The broker answers all there is to answer, again and again."""
        for _ in range(40):
            self.cancel()
            for leg in self.legs:
                self.tell_leg(leg)
            self.tell_closes()
            self.show()
            self.world.wait(S)
            self.execute()

    def check_guarded(self) -> None:
        if self.size == 0:
            return
        triggers = self.world.engine.state.triggers.values()
        live = (TriggerState.ARMED, TriggerState.WAITING, TriggerState.FIRING)
        ours = any(t.definition.is_stop and t.state in live for t in triggers)
        theirs = all(leg.rests for leg in self.legs)
        assert ours or theirs, "nothing guards what is held"


@pytest.mark.parametrize("block", range(4))
def test_b084_given_any_order_of_events_then_never_sold_twice_nor_unguarded(block):
    is_busy = 0
    for seed in range(block * 25, block * 25 + 25):
        life = Life(seed)
        for _ in range(60):
            life.step()
        life.settle()
        life.check_guarded()
        is_busy += bool(life.executed and asked(life.world))
    assert is_busy, "no life had both a close of ours and exits to take back"
