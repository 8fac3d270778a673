"""Of several stops of a position none waits for another that rests (b064, b104)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.exchanges import Exchange, closes, hit, patient
from core.test_invariants import check_restored
from core.worlds import LONG, D, S, World, close, stop, target
from exitd.core.attempt import AttemptState, TimeInForce
from exitd.core.intents import CancelOrder
from exitd.core.policy import Policies

GTC, IOC = TimeInForce.GTC, TimeInForce.IOC


def test_b064_given_a_stop_rests_when_another_hits_then_it_is_taken_back_for_it():
    first, second = patient(600 * S, 600 * S), close()
    world = World()
    world.arm(stop("near", "95", action=first), stop("far", "92", action=second))
    exchange = Exchange(world, "94")
    exchange.mark("94")
    assert closes(world) == [("near", "10", "94.05", GTC)]

    exchange.mark("92")

    assert closes(world)[1:] == [("far", "10", "market", IOC)]
    assert world.state("far") == "done: filled"


def test_b064_given_the_other_takes_a_part_then_the_first_goes_on_where_it_was():
    world = World()
    world.arm(
        stop("near", "95", action=patient(600 * S, 600 * S)),
        stop("far", "92", action=close("4")),
    )
    exchange = Exchange(world, "93")
    exchange.mark("93")
    stage_ends_ns = world.firing("near").rests_until_ns

    exchange.mark("92")

    assert closes(world) == [
        ("near", "10", "94.05", GTC),
        ("far", "4", "market", IOC),
        ("near", "6", "94.05", GTC),
    ]
    assert world.state("far") == "done: filled"
    # Its patience is for the stage: being taken back does not renew it.
    assert world.firing("near").rests_until_ns == stage_ends_ns


def test_b064_given_room_beside_what_rests_then_the_other_takes_that_first():
    world = World()
    world.arm(
        stop("near", "95", action=patient(600 * S, size="4")),
        stop("far", "92", action=close()),
    )
    exchange = Exchange(world, "93")
    exchange.mark("93")

    exchange.mark("92")

    assert closes(world) == [
        ("near", "4", "94.05", GTC),
        ("far", "6", "market", IOC),
        ("far", "4", "market", IOC),
    ]


def test_b064_given_less_than_the_minimum_beside_what_rests_then_taken_back_too():
    world = World(policies=Policies(remainder_close_all=False))
    world.arm(
        stop("near", "95", action=patient(600 * S, size="9.995")),
        stop("far", "92", action=close("5")),
    )
    exchange = Exchange(world, "93")
    exchange.mark("93")

    exchange.mark("92")

    assert closes(world)[:2] == [
        ("near", "9.995", "94.05", GTC),
        ("far", "5", "market", IOC),
    ]


def test_b096_given_a_hard_stop_rests_then_a_soft_one_that_hit_before_it_goes_first():
    world = World(slots=False)
    world.arm(
        stop("soft", "95", action=patient(60 * S, 60 * S)),
        stop("hard", "94", action=patient(60 * S, hard=True)),
    )
    exchange = Exchange(world, "90")
    world.mark("95", "94")
    world.asked.reverse()
    world.slots = True
    world.open_slots()
    exchange.answer()

    assert [order[0] for order in closes(world)] == ["hard", "soft"]
    exchange.wait(3600 * S)

    # And the hard one does not have it taken back in its turn.
    assert [order[0] for order in closes(world)] == ["hard", "soft", "soft", "soft"]
    assert world.state("soft") == "done: filled"
    assert world.engine.state.position(LONG).quantity == 0


def test_b064_given_two_patient_stops_then_the_later_goes_first_and_they_never_swap():
    world = World()
    world.arm(
        stop("near", "95", action=patient(30 * S, 30 * S)),
        stop("far", "94", action=patient(300 * S, 300 * S)),
    )
    exchange = Exchange(world, "94.04")
    exchange.mark("94.04")
    exchange.mark("90")
    exchange.wait(20 * S)

    assert [order[0] for order in closes(world)] == ["near", "far"]
    exchange.wait(45 * S)

    # Out of patience, the near one is at market by then, which outranks a limit.
    assert closes(world)[2:] == [("near", "10", "market", IOC)]


def test_b104_given_a_resting_stop_was_abandoned_then_its_order_does_not_block_either():
    world, exchange = hit(
        stop("near", "95", action=patient(600 * S, 600 * S)),
        stop("far", "92", action=close()),
    )
    world.cancel("near", abandon=True)

    exchange.mark("92")

    assert closes(world)[1:] == [("far", "10", "market", IOC)]


def test_given_a_target_rests_when_a_stop_is_on_hold_then_only_stops_are_its_business():
    world = World()
    world.arm(target("tp", "110", action=close("100%", "1")), stop("sl", "95"))
    world.mark("110")
    world.works()

    world.mark("95")
    assert len(world.wants(CancelOrder)) == 1
    world.position("10")

    assert len(world.wants(CancelOrder)) == 1
    world.end(0)
    assert world.who() == ["tp", "sl"]


def test_given_a_stop_is_taken_back_for_another_then_asked_for_only_once():
    world, exchange = hit(
        stop("near", "95", action=patient(600 * S, 600 * S)),
        stop("far", "92", action=close()),
    )
    exchange.is_deaf = True
    exchange.mark("92")
    world.position("10")

    assert exchange.cancels == 1


_closes = st.builds(
    patient,
    st.sampled_from([0, S, 7 * S]),
    st.sampled_from([0, 3 * S]),
    size=st.sampled_from(["100%", "50%", "4", "0.5"]),
    hard=st.booleans(),
)


@given(
    actions=st.lists(_closes, min_size=1, max_size=4),
    prices=st.lists(st.integers(85, 99), min_size=1, max_size=5),
    liquidity=st.sampled_from([None, "3"]),
    restarts=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_b064_given_any_stops_then_a_soft_one_never_waits_for_a_hard_one(
    actions, prices, liquidity, restarts
):
    world = World()
    last = stop("last", "85", action=patient(2 * S, 2 * S))
    stops = [stop(f"s{n}", str(98 - n), action=how) for n, how in enumerate(actions)]
    world.arm(*stops, last)
    exchange = Exchange(world, "100")
    exchange.liquidity = None if liquidity is None else D(liquidity)
    for price in prices:
        exchange.mark(str(price))
        exchange.wait(S)
        if restarts:
            world.restart()
            exchange.answer()
        check_restored(world)

    # At 80 no limit of theirs can fill: only market closes can.
    exchange.mark("80")
    exchange.wait(120 * S)

    assert exchange.size == 0
    assert world.state("last").startswith("done")
    assert not exchange.resting
    assert all(
        order.price is not None or not close_of(actions, order).is_hard
        for order in world.sent
    )
    assert all(a.state is not AttemptState.WORKING for a in attempts(world))


def close_of(actions, order):
    name = order.attempt.trigger_id
    return patient(S) if name == "last" else actions[int(name[1:])]


def attempts(world):
    return world.engine.state.attempts.values()
