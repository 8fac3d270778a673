"""Two daemons with one past: who stands by, and what a takeover changes."""

from __future__ import annotations

import pytest

from core.guarding import Guarded
from core.worlds import ACCOUNT, LONG, SYMBOL, TAG, D, S, World, stop, target
from exitd.core import siblings
from exitd.core.events import FactKind
from exitd.core.inputs import OrderReport, OrderStatus, VenueTimeRead
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.records import CounterRecord
from exitd.core.state import Accepted
from exitd.core.takeover import TakeOver

AHEAD_NS = 300 * S
COUNTER = 100


def foreign(world, number, created_ns, tag=TAG):
    """Let an order be seen that this engine has not signed."""
    now_ns = world.later()
    world.do(
        OrderReport(
            account=ACCOUNT,
            symbol=SYMBOL,
            venue_order_id=f"f{number}",
            client_order_id=None if number is None else tag << 24 | number,
            status=OrderStatus.FILLED,
            side=OrderSide.SELL,
            quantity=D(1),
            filled=D(1),
            ts_created_venue_ns=created_ns,
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )


def read_clock(world):
    now_ns = world.later()
    world.do(VenueTimeRead(ACCOUNT, now_ns + AHEAD_NS, now_ns))


def running(counter=COUNTER, **changed):
    """A run that began with an id of its own, at a venue five minutes ahead."""
    world = World(**changed)
    world.engine.state.counters[ACCOUNT] = CounterRecord(ACCOUNT, TAG, counter)
    read_clock(world)
    world.take(world.engine.resume(world.later()))
    return world


def venue_ns(world, since_ns=120 * S):
    return world.now_ns + AHEAD_NS + since_ns


def stands_by(world):
    return ACCOUNT in world.engine.state.standing_by


def take_over(world, *closed, orders=0):
    decision = world.do(
        TakeOver(
            account=ACCOUNT,
            closed=closed,
            orders=orders,
            by="cli:root",
            now_ns=world.later(),
        )
    )
    assert isinstance(decision.reply, Accepted)
    return decision.reply.trigger_ids


def test_given_an_older_id_made_in_this_run_then_stands_by_and_tells_once():
    world = running()

    foreign(world, 40, venue_ns(world))
    foreign(world, 41, venue_ns(world))

    assert stands_by(world)
    (told,) = world.told(FactKind.ACCOUNT_SHARED)
    assert told.fields["alert"] is True
    assert told.fields["venue_order_id"] == "f40"
    assert world.engine.state.counters[ACCOUNT].counter == COUNTER


@pytest.mark.parametrize(
    ("number", "after_ns", "tag"),
    [
        (40, 59 * S, TAG),  # sent at the end of the run before
        (40, None, TAG),  # nobody says when it was made
        (COUNTER + 1, 120 * S, TAG),  # a younger one: that one stands by
        (40, 120 * S, 0),  # an id that somebody chose
        (40, 120 * S, TAG + 1),  # another deployment, or a handover
        (None, 120 * S, TAG),
    ],
)
def test_given_what_an_older_daemon_has_not_sent_then_goes_on(number, after_ns, tag):
    world = running()

    created_ns = None if after_ns is None else venue_ns(world, after_ns)
    foreign(world, number, created_ns, tag)

    assert not stands_by(world)
    assert world.told(FactKind.ACCOUNT_SHARED) == []


def test_given_our_own_orders_of_this_run_then_never_taken_for_another_s():
    world = running()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.report(ts_created_venue_ns=venue_ns(world))
    # Even one whose size is not ours, so that it is no evidence for our attempt.
    world.report(ts_created_venue_ns=venue_ns(world), quantity=D(999))

    assert world.sent[0].client_order_id == TAG << 24 | COUNTER + 1
    assert not stands_by(world)


def test_given_our_own_backstop_then_never_taken_for_another_s():
    world = Guarded()
    read_clock(world)
    world.take(world.engine.resume(world.later()))
    number = world.placed()[-1].client_order_id & 0xFFFFFF

    foreign(world, number, venue_ns(world))

    assert not stands_by(world)


def test_given_the_ids_have_come_round_then_a_low_one_shows_nothing():
    world = running((1 << 24) - 1)
    world.arm(stop("sl", "95"))
    world.mark("95")
    assert world.sent[0].client_order_id == TAG << 24 | 1

    foreign(world, 40, venue_ns(world))

    assert not stands_by(world)


def test_given_the_venue_s_clock_is_not_known_then_judged_from_when_it_is():
    world = World()
    world.engine.state.counters[ACCOUNT] = CounterRecord(ACCOUNT, TAG, COUNTER)
    world.take(world.engine.resume(world.later()))
    foreign(world, 40, venue_ns(world))
    assert not stands_by(world)
    read_clock(world)
    read_clock(world)

    foreign(world, 40, venue_ns(world))

    assert stands_by(world)


def test_given_an_account_that_is_not_known_then_an_order_is_nobody_s():
    world = World()
    report = OrderReport(
        account="elsewhere",
        symbol=SYMBOL,
        venue_order_id="f1",
        client_order_id=TAG << 24 | 1,
        status=OrderStatus.FILLED,
        side=OrderSide.SELL,
        quantity=D(1),
        ts_venue_ns=1,
        now_ns=1,
    )

    assert siblings.sibling_of(world.engine.state, report) is None


def test_given_a_takeover_then_our_ids_go_on_far_above_and_it_is_kept():
    world = running()
    foreign(world, 40, venue_ns(world))
    world.arm(stop("sl", "95"))

    assert take_over(world, orders=3) == ()

    assert not stands_by(world)
    (told,) = world.told(FactKind.ACCOUNT_TAKEN_OVER)
    assert (told.fields["by"], told.fields["orders"]) == ("cli:root", 3)
    assert world.store.rows["counter", ACCOUNT].counter == COUNTER + 65_536
    world.mark("95")
    assert world.sent[0].client_order_id == TAG << 24 | COUNTER + 65_537
    # The other is still there: its ids are below ours, and it is found again.
    foreign(world, COUNTER + 5, venue_ns(world))
    assert stands_by(world)


def test_given_a_takeover_then_targets_of_a_part_are_paused_and_stops_stay():
    world = running()
    other = PositionKey(ACCOUNT, SYMBOL, Side.SHORT)
    world.arm(
        stop("sl", "95"),
        stop("sl2", "94", size="50%"),
        target("part", "110", size="50%"),
        target("whole", "120"),
    )

    assert take_over(world, LONG, other) == ("part",)

    assert world.trigger("part").paused
    assert [world.trigger(i).paused for i in ("sl", "sl2", "whole")] == [False] * 3
    assert world.told(FactKind.ACCOUNT_TAKEN_OVER)[0].fields["paused"] == "part"
    assert take_over(world, LONG) == ()


def test_given_a_target_of_a_part_that_was_hit_meanwhile_then_given_up():
    world = running(slots=False)
    world.arm(target("part", "110", size="50%"), target("sent", "105", size="10%"))
    world.mark("105")
    world.open_slots()
    world.mark("110")
    assert world.who() == ["sent"]

    assert take_over(world, LONG) == ("part",)

    assert world.state("part") == "done: abandoned"
    assert world.state("sent") == "firing"


def test_given_an_account_that_stands_by_then_no_backstop_is_placed_before():
    world = Guarded("0")
    world.engine.state.standing_by.add(ACCOUNT)
    world.position("10")
    world.wait(3 * S)
    assert world.placed() == []

    take_over(world)

    assert world.levels() == ["97"]


def test_given_a_backstop_of_another_account_then_a_takeover_leaves_it():
    world = Guarded()
    elsewhere = PositionKey("elsewhere", SYMBOL, Side.LONG)
    world.engine.state.backstop_terms[elsewhere] = D(3)

    take_over(world)

    assert world.levels() == ["97"]
