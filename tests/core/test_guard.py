"""The guard against single prices that nothing else bears out."""

from __future__ import annotations

import pytest

from core.worlds import ACCOUNT, LAST, MARK, MS, SYMBOL, D, S, World, stop, trail
from exitd.core.events import FactKind
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies

INDEX = PriceSource(ACCOUNT, SYMBOL, PriceKind.INDEX)
CLOSED = PriceSource(ACCOUNT, SYMBOL, PriceKind.LAST_CLOSE, "15m", closed=True)


def guarded(**world: object) -> World:
    made = World(policies=Policies(guard_percent=D(10)), mark=None, **world)  # type: ignore[arg-type]
    made.arm(stop("sl", "95", source=LAST))
    assert made.engine.watched() == {LAST, INDEX, MARK}
    made.tick(INDEX, "100")
    made.last("100")
    return made


def test_b128_given_one_price_far_off_the_index_then_it_is_held():
    world = guarded()

    world.last("80")
    assert world.sent == []
    world.last("99")
    world.wait(10 * S)

    assert world.sent == []
    (held,) = world.told(FactKind.PRICE_HELD)
    assert (held.fields["observed"], held.fields["witness"]) == (D(80), D(100))


def test_b128_given_a_second_price_far_off_then_it_is_believed():
    world = guarded()

    world.last("80")
    world.last("82")

    assert world.who() == ["sl"]
    assert world.firing("sl").observed == D(82)


def test_b128_given_far_off_on_both_sides_then_neither_bears_out_the_other():
    world = guarded()

    world.last("80")
    world.last("130")
    world.last("80")

    assert world.sent == []


def test_b128_given_an_index_that_follows_then_the_next_price_is_believed():
    world = guarded()

    world.last("80")
    world.tick(INDEX, "82")
    world.last("81")

    assert world.who() == ["sl"]


def test_b128_given_nothing_else_for_so_long_then_the_held_price_is_believed():
    world = guarded()

    world.last("80")
    world.wait(2 * S - MS)
    assert world.sent == []
    world.wait(2 * MS)

    assert world.who() == ["sl"]
    assert world.firing("sl").observed == D(80)


@pytest.mark.parametrize("seconds", [6, 3_600])
def test_b128_given_no_fresh_witness_then_nothing_is_held(seconds):
    world = guarded()
    world.wait(seconds * S)

    world.last("80")

    assert world.who() == ["sl"]


def test_b128_given_the_index_itself_then_there_is_no_witness():
    world = World(policies=Policies(guard_percent=D(10)), mark=None)
    world.arm(stop("sl", "95", source=INDEX))

    world.tick(INDEX, "80")

    assert world.who() == ["sl"]


def test_b128_given_a_price_held_for_long_when_believed_then_a_trail_begins_at_it():
    policies = Policies(guard_percent=D(10), guard_hold_ns=10 * S)
    world = World(policies=policies, mark=None)
    world.arm(trail("t", "5", source=LAST))
    assert INDEX in world.engine.watched()
    world.tick(INDEX, "100")
    world.last("80")
    assert world.engine.state.book(LAST).trailed("t") is None

    world.wait(11 * S)

    assert world.engine.state.book(LAST).trailed("t") == (D(80), D(75))
