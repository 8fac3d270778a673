"""A position that shrinks by others: its entries lose that, the oldest first (71)."""

from __future__ import annotations

from core.entering import ENTRY, NATIVE, EnteringWorld, entered
from core.worlds import ACCOUNT, S, stop
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderStatus, PositionsDoubted
from exitd.core.units import text

SL, TP = f"{ENTRY}/sl", f"{ENTRY}/tp"
OTHER = "desk-2"


def shown() -> EnteringWorld:
    """An entry of 10 that has filled, and that a report has shown for certain."""
    world = entered()
    world.wait(20 * S)
    world.position("10")
    world.mark("100")
    return world


def two_shown() -> EnteringWorld:
    world = shown()
    world.enter(OTHER)
    world.fills("10", OTHER)
    world.wait(20 * S)
    world.position("20")
    world.mark("100")
    return world


def close_by_hand(world: EnteringWorld, size: str, id: str = "hand") -> int:
    """Have a part closed by what is no exit of an entry; give its number."""
    world.arm(stop(id, "99", size))
    world.mark("99", "100")
    return len(world.sent) - 1


def left(world: EnteringWorld, id: str = ENTRY) -> str:
    return text(world.entry(id).left)


def test_b071_given_a_part_closed_by_hand_when_another_enters_then_it_stays():
    world = shown()
    world.fill(close_by_hand(world, "6"))
    world.position("4")
    world.enter(OTHER, exits=())
    world.fills("10", OTHER)

    world.mark("110")

    assert world.who()[1:] == [TP]
    assert world.sizes()[1:] == ["4"]


def test_b071_given_a_part_closed_by_hand_then_fill_and_report_count_once():
    world = shown()

    world.fill(close_by_hand(world, "6"))
    assert world.exits_cover() == ("4", "4")
    world.position("4")

    assert world.exits_cover() == ("4", "4")


def test_given_the_report_before_the_fill_of_a_close_by_hand_then_counted_once():
    world = shown()
    n = close_by_hand(world, "6")

    world.position("4")
    assert left(world) == "10"
    world.fill(n)

    assert left(world) == "4"


def test_given_others_reduce_then_the_oldest_entry_loses_first():
    world = two_shown()

    world.position("14")
    assert (left(world), left(world, OTHER)) == ("4", "10")
    world.position("7")

    assert (left(world), left(world, OTHER)) == ("0", "7")
    assert world.exits_cover() == ("-", "-")
    assert world.exits_cover(OTHER) == ("7", "7")


def test_given_the_report_before_the_fill_of_an_exit_then_counted_once():
    world = two_shown()
    world.mark("95")
    mine = world.who().index(f"{OTHER}/sl")

    world.position("16")
    assert left(world) == "10"
    world.fill(mine, "4")

    assert (left(world), left(world, OTHER)) == ("10", "6")


def test_given_a_late_fill_that_a_report_had_shown_then_its_own_entry_loses_it():
    world = two_shown()
    world.cancel(SL)
    world.mark("95")
    world.end(0)
    fill_ns = world.now_ns
    world.position("16")
    assert (left(world), left(world, OTHER)) == ("6", "10")

    world.report(0, OrderStatus.CANCELLED, "4", ts_ns=fill_ns)

    assert (left(world), left(world, OTHER)) == ("10", "6")
    assert world.covers(TP) == "10"


def test_given_a_late_fill_when_nothing_was_lost_then_it_is_counted_as_ever():
    world = two_shown()
    world.position("25")
    world.mark("95")
    n = world.who().index(SL)
    world.end(n)
    fill_ns = world.now_ns
    world.position("21")

    world.report(n, OrderStatus.CANCELLED, "4", ts_ns=fill_ns)

    assert (left(world), left(world, OTHER)) == ("6", "10")


def test_given_an_unproven_view_then_nothing_is_lost_before_it_is_proven():
    world = shown()
    world.do(PositionsDoubted(ACCOUNT, world.later()))

    world.position("4", proven=False)
    assert left(world) == "10"
    world.position("4")

    assert left(world) == "4"


def test_given_a_report_too_early_for_the_fill_then_a_later_one_decides():
    world = entered()
    world.position("4")
    assert world.exits_cover() == ("10", "10")

    world.wait(20 * S)
    world.position("4")

    assert world.exits_cover() == ("4", "4")


def test_given_the_broker_holds_exits_then_its_own_report_says_what_they_closed():
    world = EnteringWorld()
    world.enter(attached=NATIVE)
    world.fills("10")
    world.leg("leg-tp", OrderStatus.WORKING)
    world.wait(20 * S)

    world.position("6")

    assert left(world) == "10"


def test_given_an_exit_that_fires_when_all_of_its_entry_is_gone_then_it_ends():
    world = two_shown()
    world.slots = False
    world.cancel(f"{OTHER}/sl")
    world.mark("95")
    assert world.state(SL) == "firing"

    world.position("10")

    assert world.state(SL) == "done: retired"
    assert (left(world), left(world, OTHER)) == ("0", "10")
    world.slots = True
    world.open_slots()
    assert world.sent == []


def test_given_an_exit_that_fires_when_a_part_is_gone_then_it_closes_the_rest():
    world = two_shown()
    world.cancel(f"{OTHER}/sl")
    world.mark("95")
    world.fill(0, "4")
    world.slots = False
    world.end(0, "4")
    world.wait(S)

    world.position("13")
    world.slots = True
    world.open_slots()
    world.fill()
    world.position("10")

    assert world.sizes() == ["10", "3"]
    assert world.state(SL) == "done: filled"
    assert left(world, OTHER) == "10"


def test_given_an_exit_that_asks_for_a_slot_when_a_part_is_gone_then_it_closes_less():
    world = two_shown()
    world.slots = False
    world.cancel(f"{OTHER}/sl")
    world.mark("95")

    world.position("13")
    world.slots = True
    world.open_slots()

    assert world.sizes() == ["3"]


def test_b071_given_a_close_that_explained_a_reduction_when_refused_then_it_is_lost():
    world = shown()
    close_by_hand(world, "6")
    world.position("4")
    assert left(world) == "10"

    world.refuse(RefusalKind.BUSY, retry_after_ns=60 * S)

    assert left(world) == "4"
    assert world.exits_cover() == ("4", "4")


def test_b071_given_a_close_that_explained_a_reduction_when_never_there_then_lost():
    world = shown()
    n = close_by_hand(world, "6")
    world.lose(n)
    world.position("4")

    world.wait(60 * S)
    world.nothing_found(n)

    assert left(world) == "4"
