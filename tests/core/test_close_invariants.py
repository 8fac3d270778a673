"""What holds after every step, of closes that rest, go in slices, or are shares."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.exchanges import patient, sliced
from core.test_invariants import _STOPS, _TARGETS, Run
from core.worlds import D, S, stop, target
from exitd.core.attempt import AttemptState
from exitd.core.inputs import IfCrossed
from exitd.core.intents import CancelOrder
from exitd.core.trigger import Close, OrderType, Quantity, QuantityKind
from exitd.core.under_way import is_resting

_KINDS = (
    Quantity(QuantityKind.SHARE, D(100)),
    Quantity(QuantityKind.SHARE, D(33)),
    Quantity(QuantityKind.INITIAL, D(50)),
    Quantity(QuantityKind.QUOTE, D(250), "USDC"),
    Quantity(QuantityKind.ABSOLUTE, D("0.7")),
    Quantity(QuantityKind.REST),
)


class ClosesRun(Run):
    """A random life with every kind of close."""

    def any_close(self) -> Close:
        quantity = self.rng.choice(_KINDS)
        kind = self.rng.randrange(4)
        if kind == 0:
            return Close(quantity)
        hard = self.rng.random() < 0.3
        rests = self.rng.choice([(0, 0), (S, 0), (5 * S, 20 * S)])
        how = patient(*rests, hard=hard)
        if kind == 1:
            return replace(how, quantity=quantity)
        pieces = sliced(self.rng.randrange(2, 6), self.rng.choice([S, 30 * S]))
        if kind == 2:
            return replace(pieces, quantity=quantity)
        return replace(how, quantity=quantity, twap=pieces.twap)

    def arm(self) -> None:
        make, levels = self.rng.choice([(stop, _STOPS), (target, _TARGETS)])
        definition = make(
            f"t{self.rng.randrange(12)}",
            self.rng.choice(levels),
            action=self.any_close(),
            template=self.rng.random() < 0.3,
        )
        self.world.arm(definition, if_crossed=self.rng.choice(list(IfCrossed)))

    def obey(self) -> None:
        """The venue cancels what it was last asked to."""
        asked = self.world.wants(CancelOrder)
        if not asked:
            return
        for n in self.venue.open():
            order, state = self.world.sent[n], self.world.attempt(n).state
            is_meant = order.client_order_id == asked[-1].client_order_id
            if is_meant and state is not AttemptState.REFUSED:
                self.venue.tell(n, ends=True)

    def crash(self) -> None:
        self.world.restart()
        self.report()

    def open_slots(self) -> None:
        self.world.slots = True
        self.world.open_slots()

    def works(self) -> None:
        n = self.any_open(AttemptState.SENT, AttemptState.IN_DOUBT)
        if n is not None:
            self.venue.tell(n, ends=False)

    def step(self) -> None:
        if self.rng.random() < 0.4:
            super().step()
        elif self.venue.size == 0:
            self.reopen()
        else:
            self.rng.choice(
                [
                    self.arm, self.move_price, self.open_slots, self.works, self.works,
                    self.obey, self.obey, self.execute, self.wait,
                ]
            )()  # fmt: skip

    def check(self) -> None:
        super().check()
        self._hard_bounds_hold()
        self._resting_is_indexed()
        self._what_rests_too_long_is_watched()

    def _hard_bounds_hold(self) -> None:
        for fired in self.world.engine.state.fires.values():
            close = self.world.trigger(fired.trigger_id).definition.close
            assert close is not None
            if close.is_hard and close.order is OrderType.LIMIT:
                assert fired.stage == 0

    def _resting_is_indexed(self) -> None:
        state = self.world.engine.state
        for key, under_way in state.under_way.items():
            on_key = [a for a in state.attempts.values() if a.key == key]
            resting = {a.order.attempt for a in on_key if is_resting(a)}
            assert set(under_way.resting) == resting

    def _what_rests_too_long_is_watched(self) -> None:
        """Every deadline of a firing has a timer, so none can be forgotten."""
        state = self.world.engine.state
        due = {(t.trigger_id, t.arming, t.due_ns) for _, _, t in state.timers}
        for fired in state.fires.values():
            if fired.slice_due_ns > self.world.now_ns:
                assert (fired.trigger_id, fired.arming, fired.slice_due_ns) in due
            if fired.rests_until_ns > self.world.now_ns and not fired.asked_back:
                assert (fired.trigger_id, fired.arming, fired.rests_until_ns) in due


@given(seed=st.integers(min_value=0, max_value=1 << 32))
@settings(max_examples=60)
def test_b111_given_any_kind_of_close_then_nothing_is_lost_doubled_or_oversold(seed):
    run = ClosesRun(seed)
    for _ in range(250):
        run.step()
        run.check()
