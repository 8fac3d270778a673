"""What holds after every step of any interleaving, crashes included."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.worlds import LONG, MARK, MS, D, S, World, close, stop, target
from exitd.core.attempt import AttemptState, RefusalKind
from exitd.core.engine import Engine
from exitd.core.inputs import (
    Amend,
    FireNow,
    IfCrossed,
    OrderStatus,
    Pause,
    Rearm,
    Resume,
)
from exitd.core.lifecycle import ATTEMPT_TRANSITIONS, TRIGGER_TRANSITIONS
from exitd.core.records import CounterRecord
from exitd.core.trigger import FireRecord, TriggerRecord, TriggerState
from exitd.core.units import ZERO

_STOPS = ("94", "95", "96", "97")
_TARGETS = ("103", "104", "105", "106")
_SIZES = ("100%", "50%", "33%", "4", "0.5", "rest")


class Venue:
    """The truth that the engine cannot see: what orders really did."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.size = D(10)
        self.filled: dict[int, Decimal] = {}
        self.over: set[int] = set()

    def execute(self, n: int, part: Decimal) -> None:
        """Fill part of an order, reduce-only: never below flat."""
        order = self.world.sent[n]
        done = self.filled.get(n, ZERO)
        took = min(part, order.quantity - done, self.size)
        self.filled[n] = done + took
        self.size -= took

    def tell(self, n: int, *, ends: bool) -> None:
        order, filled = self.world.sent[n], self.filled.get(n, ZERO)
        if filled == order.quantity:
            status = OrderStatus.FILLED
        elif ends:
            status = OrderStatus.CANCELLED
        elif filled > ZERO:
            status = OrderStatus.PARTIALLY_FILLED
        else:
            status = OrderStatus.WORKING
        if status in (OrderStatus.FILLED, OrderStatus.CANCELLED):
            self.over.add(n)
        self.world.report(n, status, str(filled))

    def still_open(self) -> Decimal:
        """What the orders at the venue may still take."""
        orders = ((n, self.world.sent[n]) for n in self.open())
        return sum((o.quantity - self.filled.get(n, ZERO) for n, o in orders), ZERO)

    def open(self) -> list[int]:
        return [n for n in range(len(self.world.sent)) if n not in self.over]


class Acts:
    """What people and prices do to one position, at random."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = World()
        self.venue = Venue(self.world)
        self.names = 0
        self.armings: set[tuple[str, int]] = set()
        self.known: dict[str, TriggerRecord] = {}

    def any_trigger(self) -> str | None:
        triggers = list(self.world.engine.state.triggers)
        return self.rng.choice(triggers) if triggers else None

    def any_open(self, *states: AttemptState) -> int | None:
        found = [n for n in self.venue.open() if self.world.attempt(n).state in states]
        return self.rng.choice(found) if found else None

    def move_price(self) -> None:
        self.world.mark(str(self.rng.randrange(92, 109)))

    def arm(self) -> None:
        make, levels = self.rng.choice([(stop, _STOPS), (target, _TARGETS)])
        size, limit = self.rng.choice(_SIZES), self.rng.choice([None, None, "0.5", "0"])
        template = self.rng.random() < 0.3
        id = f"t{self.rng.randrange(12)}"
        definition = make(
            id,
            self.rng.choice(levels),
            action=close(size, limit),
            template=template,
            owner="file:a:1" if template else "api:x",
            expires_ns=self.world.now_ns + 90 * S if self.rng.random() < 0.1 else None,
        )
        self.world.arm(definition, if_crossed=self.rng.choice(list(IfCrossed)))

    def amend(self) -> None:
        id = self.any_trigger()
        if id is None:
            return
        is_stop = self.world.trigger(id).definition.is_stop
        make, levels = (stop, _STOPS) if is_stop else (target, _TARGETS)
        definition = make(id, self.rng.choice(levels), self.rng.choice(_SIZES))
        if_crossed = self.rng.choice(list(IfCrossed))
        now_ns = self.world.later()
        self.world.do(
            Amend(definition=definition, if_crossed=if_crossed, now_ns=now_ns)
        )

    def _command(self, command: type) -> None:
        id = self.any_trigger()
        if id is not None:
            self.world.do(command(trigger_id=id, by="me", now_ns=self.world.later()))

    def cancel(self) -> None:
        id = self.any_trigger()
        if id is not None:
            self.world.cancel(id, abandon=self.rng.random() < 0.05)

    def pause(self) -> None:
        self._command(Pause)

    def resume(self) -> None:
        self._command(Resume)

    def rearm(self) -> None:
        self._command(Rearm)

    def fire(self) -> None:
        self._command(FireNow)


class Mishaps(Acts):
    """And what the venue, the wire and the machine do."""

    def execute(self) -> None:
        n = self.any_open(
            AttemptState.SENT,
            AttemptState.IN_DOUBT,
            AttemptState.WORKING,
            AttemptState.PARTIALLY_FILLED,
        )
        if n is not None:
            share = self.rng.choice([D("0.3"), D(1)])
            part = (self.world.sent[n].quantity * share).quantize(D("0.001"))
            self.venue.execute(n, part)

    def answer(self) -> None:
        n = self.any_open(*AttemptState)
        if n is not None:
            self.venue.tell(n, ends=self.rng.random() < 0.7)

    def refuse(self) -> None:
        n = self.any_open(AttemptState.SENT, AttemptState.IN_DOUBT)
        if n is not None and not self.venue.filled.get(n):
            self.venue.over.add(n)
            self.world.refuse(self.rng.choice(list(RefusalKind)), n)

    def lose(self) -> None:
        n = self.any_open(AttemptState.SENT)
        if n is not None:
            self.world.lose(n)

    def give_up(self) -> None:
        n = self.any_open(AttemptState.IN_DOUBT)
        if n is not None and not self.venue.filled.get(n):
            self.world.wait(self.rng.choice([S, 40 * S]))
            before = self.world.attempt(n).state
            self.world.nothing_found(n)
            if before is not self.world.attempt(n).state:
                self.venue.over.add(n)

    def report(self) -> None:
        self.world.position(str(self.venue.size))

    def wait(self) -> None:
        self.world.wait(self.rng.choice([100 * MS, S, 20 * S, 100 * S]))

    def reopen(self) -> None:
        if self.rng.random() < 0.5 and not self.venue.open():
            self.venue.size = D(0)
            self.report()
            self.venue.size = D(self.rng.choice(["0", "3", "10", "12.345"]))
            self.report()

    def limit_slots(self) -> None:
        self.world.slots = not self.world.slots
        self.world.open_slots(self.rng.randrange(3))

    def crash(self) -> None:
        self.world.restart()
        if self.rng.random() < 0.8:
            self.report()


class Run(Mishaps):
    """One random life of one position, and what must hold all along it."""

    def step(self) -> None:
        steps = [
            self.move_price, self.move_price, self.move_price, self.arm, self.arm,
            self.cancel, self.pause, self.resume, self.rearm, self.fire, self.amend,
            self.execute, self.execute, self.answer, self.answer, self.refuse,
            self.lose, self.give_up, self.report, self.report, self.wait,
            self.reopen, self.crash, self.limit_slots,
        ]  # fmt: skip
        self.rng.choice(steps)()

    def check(self) -> None:
        self._never_too_much()
        self._ids_are_unique()
        self._one_attempt_at_a_time()
        self._nothing_vanishes()
        check_restored(self.world)

    def _never_too_much(self) -> None:
        """What may still fill fits into what the engine knows to be live."""
        state = self.world.engine.state
        under_way = state.under_way_on(LONG)
        attempts = [a for a in state.attempts.values() if not a.is_ended]
        assert under_way.unresolved == sum((a.unresolved for a in attempts), ZERO)
        for order in self.world.sent:
            assert order.quantity > ZERO
            assert order.quantity % D("0.001") == ZERO
        # And into what the venue holds, which is what counts.
        assert self.venue.still_open() <= self.venue.size

    def _ids_are_unique(self) -> None:
        ids = Counter(order.client_order_id for order in self.world.sent)
        keys = Counter(order.attempt for order in self.world.sent)
        assert set(ids.values()) <= {1}
        assert set(keys.values()) <= {1}

    def _one_attempt_at_a_time(self) -> None:
        state = self.world.engine.state
        open_ones = Counter(
            (a.order.attempt.trigger_id, a.order.attempt.arming)
            for a in state.attempts.values()
            if not a.is_ended
        )
        assert set(open_ones.values()) <= {1}

    def _nothing_vanishes(self) -> None:
        triggers = self.world.engine.state.triggers
        assert self.known.keys() <= triggers.keys()
        for id, before in self.known.items():
            after = triggers[id]
            assert after.arming >= before.arming
        self.known = dict(triggers)
        rows = self.world.store.of(FireRecord)
        assert len({(f.trigger_id, f.arming) for f in rows}) == len(rows)
        book = self.world.engine.state.books[MARK]
        held = self.world.engine.state.held.get(LONG, {})
        for record in triggers.values():
            watches = record.id in book or record.id in book.pending
            is_armed = record.state is TriggerState.ARMED and not record.paused
            if is_armed and record.id not in held:
                assert watches, f"{record.id} is armed and nobody watches it"
            if record.state in (TriggerState.DONE, TriggerState.FIRING):
                assert not watches


def check_restored(world: World) -> None:
    """A new engine from the stored rows knows what the live one knows."""
    live = world.engine.state
    restored = Engine(world.policies)
    restored.add_account("main", 7, world.capabilities)
    restored.restore(world.store.snapshot())
    state = restored.state
    assert state.triggers == live.triggers
    assert state.fires == live.fires
    assert state.instruments == live.instruments
    assert state.roles == live.roles
    assert state.stops_firing == {k: v for k, v in live.stops_firing.items() if v}
    assert _counter(state.counters["main"]) == _counter(live.counters["main"])
    open_fires = {(f.trigger_id, f.arming) for f in live.fires.values()}
    kept = {
        key: attempt
        for key, attempt in live.attempts.items()
        if not attempt.is_ended or (key.trigger_id, key.arming) in open_fires
    }
    assert state.attempts == kept
    for key, position in live.positions.items():
        again = state.positions[key]
        assert (again.live, again.lifetime) == (position.live, position.lifetime)
        assert again.filled_in_lifetime == position.filled_in_lifetime
        assert again.unexplained == position.unexplained
        ours, theirs = state.under_way_on(key), live.under_way_on(key)
        assert set(ours.attempts) == set(theirs.attempts)
        assert ours.unresolved == theirs.unresolved
        assert ours.unanswered == theirs.unanswered
        assert ours.in_doubt == theirs.in_doubt
        assert set(ours.waiting) == set(theirs.waiting)
    held = live.held.get(LONG, {})
    book, again_book = live.books[MARK], state.book(MARK)
    for id, record in live.triggers.items():
        is_held = id in held and record.state is TriggerState.ARMED
        in_book = (id in book) or (is_held and not record.paused)
        assert (id in again_book) is in_book
        assert (id in again_book.pending) is (id in book.pending)


def _counter(record: CounterRecord) -> tuple[int, int]:
    return record.tag, record.counter


@given(seed=st.integers(min_value=0, max_value=1 << 32))
@settings(max_examples=120)
def test_b111_given_any_interleaving_then_nothing_is_lost_doubled_or_oversold(seed):
    run = Run(seed)
    for _ in range(80):
        run.step()
        run.check()


def test_b149_given_random_runs_then_every_change_of_state_is_in_the_tables():
    trigger_pairs = {(a, b) for (a, _), b in TRIGGER_TRANSITIONS.items()}
    attempt_pairs = {(a, b) for (a, _), b in ATTEMPT_TRANSITIONS.items()}
    for seed in range(40):
        run = Run(seed)
        triggers: dict[str, tuple[int, str]] = {}
        attempts: dict[object, AttemptState] = {}
        for _ in range(60):
            run.step()
            for id, record in run.world.engine.state.triggers.items():
                arming, before = triggers.get(id, (record.arming, record.state))
                if arming == record.arming and before is not record.state:
                    # One step may hold several: reachable is what counts.
                    assert _reaches(trigger_pairs, before, record.state)
                triggers[id] = (record.arming, record.state)
            for key, attempt in run.world.engine.state.attempts.items():
                before = attempts.get(key, attempt.state)
                if before is not attempt.state:
                    assert _reaches(attempt_pairs, before, attempt.state)
                attempts[key] = attempt.state


def _reaches(pairs: set[tuple[str, str]], before: str, after: str) -> bool:
    seen, frontier = {before}, {before}
    while frontier:
        frontier = {b for a, b in pairs if a in frontier} - seen
        if after in frontier:
            return True
        seen |= frontier
    return False


@pytest.mark.parametrize("seed", range(30))
def test_given_a_careful_venue_when_stops_and_targets_fire_then_never_more_than_held(
    seed,
):
    """All closes of one lifetime together never exceed the position."""
    rng = random.Random(seed)
    world = World()
    venue = Venue(world)
    world.arm(
        stop("sl", "95", rng.choice(["100%", "50%", "7"])),
        stop("sl2", "94"),
        target("tp1", "103", rng.choice(["30%", "3"])),
        target("tp2", "104", action=close("30%", rng.choice([None, "0.5"]))),
        target("tp3", "105", "rest"),
    )
    for _ in range(200):
        match rng.randrange(5):
            case 0:
                world.mark(str(rng.randrange(92, 107)))
            case 1 if venue.open():
                n = rng.choice(venue.open())
                venue.execute(n, world.sent[n].quantity * rng.choice([D("0.5"), D(1)]))
            case 2 if venue.open():
                venue.tell(rng.choice(venue.open()), ends=rng.random() < 0.6)
            case 3:
                world.position(str(venue.size))
            case _:
                world.wait(rng.choice([10 * MS, S]))
        unresolved = world.engine.state.under_way_on(LONG).unresolved
        told = sum((venue.filled.get(n, ZERO) for n in venue.over), ZERO)
        assert told + unresolved <= 10
        assert venue.still_open() <= venue.size
