"""Shares of the initial size while the entry still fills (b071, b077)."""

from __future__ import annotations

from core.worlds import LONG, D, World, target
from exitd.core.position import Continuity
from exitd.core.trigger import Close, Quantity, QuantityKind, TriggerDefinition


def take(id: str, level: str, percent: str) -> TriggerDefinition:
    """A take-profit for a share of the initial size."""
    share = Quantity(QuantityKind.INITIAL, D(percent))
    return target(id, level, action=Close(share))


def fill_all(world: World, left: str) -> None:
    """The close sent last fills, and the position shows it."""
    world.fill()
    world.position(left)


def test_b071_given_an_entry_in_pieces_then_shares_of_the_initial_size_are_of_all():
    world = World("4")
    world.arm(
        take("tp1", "110", "50"),
        take("tp2", "120", "30"),
        take("tp3", "130", "20"),
    )
    world.position("7")
    world.position("10")

    world.restart()
    for price, left in (("110", "5"), ("120", "2"), ("130", "0")):
        world.mark(price)
        fill_all(world, left)

    assert world.sizes() == ["5", "3", "2"]


def test_b071_given_it_shrinks_by_hand_when_it_grows_again_then_the_size_before_that():
    world = World("4")
    world.arm(take("tp", "110", "50"))
    for size in ("10", "6", "10", "20"):
        world.position(size)

    world.restart()
    world.position("22")
    world.mark("110")

    assert world.sizes() == ["5"]


def test_b071_given_an_exit_fills_before_the_entry_is_complete_then_the_size_it_found():
    world = World("4")
    world.arm(take("tp1", "110", "50"), take("tp2", "120", "50"))
    world.mark("110")
    # The report that shows the rest of the entry is the first one after the fill.
    world.fill()
    world.position("8")

    world.mark("120")

    assert world.sizes() == ["2", "2"]


def test_b071_given_perhaps_another_lifetime_when_it_grows_then_that_counts_as_well():
    world = World()
    world.arm(take("tp1", "110", "50"), take("tp2", "120", "50"))
    world.mark("110")
    fill_all(world, "5")
    world.position("6", continuity=Continuity.UNPROVEN)

    world.position("8")

    assert world.engine.state.position(LONG).initial == 8
    world.mark("120")
    assert world.sizes() == ["5", "4"]


def test_b080_given_a_reduced_lifetime_is_over_then_the_next_one_grows_again():
    world = World()
    world.arm(take("tp", "110", "50"))
    world.mark("110")
    fill_all(world, "5")
    world.position("0")

    world.position("4")
    world.position("10")

    position = world.engine.state.position(LONG)
    assert (position.initial, position.is_reduced) == (10, False)
