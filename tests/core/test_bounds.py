"""An absolute bound: never worse, out as soon as it can be met beyond the level."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import LAST, MARK, D, S, World, close, stop, target, trail
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.bounds import misses_level, wrong_bound
from exitd.core.condition import AtInstant
from exitd.core.events import FactKind
from exitd.core.inputs import FireNow
from exitd.core.market import Combined, PriceKind, PriceSource, Spread
from exitd.core.position import OrderSide, Side
from exitd.core.sizing import bound_on_step, next_stage
from exitd.core.state import Refused
from exitd.core.trigger import Close, OrderType, TriggerDefinition, Twap

GTC, IOC = TimeInForce.GTC, TimeInForce.IOC


def bounded(at: str, size: str = "100%", order: OrderType = OrderType.MARKET) -> Close:
    return replace(close(size), order=order, bound=D(at))


def sent(world: World) -> list[tuple[str, str, TimeInForce]]:
    return [(str(o.price), str(o.order), o.time_in_force) for o in world.sent]


# What goes out


def test_b096_given_a_bound_that_is_met_then_a_limit_at_it_that_does_not_rest():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))

    world.mark("94")

    assert sent(world) == [("90", "limit", IOC)]


def test_b096_given_a_bound_for_a_limit_close_then_it_rests_at_it():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90", order=OrderType.LIMIT)))

    world.mark("94")
    world.works()
    world.wait(300 * S)

    assert sent(world) == [("90", "limit", GTC)]


def test_b096_given_a_short_then_its_bound_is_above():
    world = World(side=Side.SHORT)
    world.arm(stop("sl", "105", action=bounded("110"), side=Side.SHORT))

    world.mark("110.01")
    assert world.sent == []
    world.mark("110")

    assert [(o.side, o.price) for o in world.sent] == [(OrderSide.BUY, D(110))]


@pytest.mark.parametrize(
    ("side", "asked", "rounded"),
    [
        (OrderSide.SELL, "90.001", "90.01"),
        (OrderSide.SELL, "90.01", "90.01"),
        (OrderSide.BUY, "90.009", "90"),
    ],
)
def test_b096_given_a_bound_off_the_step_then_rounded_to_a_better_price(
    side, asked, rounded
):
    assert bound_on_step(D(asked), side, D("0.01")) == D(rounded)


def test_b096_given_a_bounded_limit_close_is_cancelled_then_it_does_not_escalate():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90", order=OrderType.LIMIT)))
    world.mark("94")

    world.works()
    world.end()
    world.wait(5 * S)

    assert sent(world) == [("90", "limit", GTC)] * 2
    assert world.told(FactKind.ORDER_ESCALATED) == []


def test_b096_given_a_bounded_stop_is_refused_again_and_again_then_never_worse():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))
    world.mark("94")

    for kind in (RefusalKind.LIQUIDITY, RefusalKind.PRICE_BOUND, RefusalKind.LIQUIDITY):
        world.refuse(kind)
        world.wait(5 * S)

    assert sent(world) == [("90", "limit", IOC)] * 4
    as_limit = bounded("90", order=OrderType.LIMIT)
    assert next_stage(as_limit, 0, is_stop=True) == 0


# What waits


def test_b096_given_a_gap_beyond_the_bound_then_firing_until_the_price_comes_back():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))

    world.mark("85", "84", "86")
    world.wait(200 * S)
    world.mark("89.99")
    assert world.sent == []
    assert world.state("sl") == "firing"
    world.mark("90")

    assert sent(world) == [("90", "limit", IOC)]
    assert world.firing("sl").held_by == ""


def test_b096_given_the_bound_cannot_be_met_then_somebody_is_told_once():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))

    for price in ("85", "91", "85", "91", "85"):
        world.mark(price)
        if world.sent and not world.attempt().is_ended:
            world.end()
        world.wait(100 * S)

    why = "it waits for a price at or above its bound 90, beyond its level 95"
    told = [f for f in world.told(FactKind.TRIGGER_HELD) if f.fields["why"] == why]
    assert len(told) == 1
    assert told[0].fields["alert"] is True
    assert told[0].fields["price"] == D(85)


def test_b096_given_an_unfilled_one_expires_then_asked_again_while_crossed():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))
    world.mark("94")

    world.end()
    world.wait(2 * S)

    assert len(world.sent) == 2
    assert world.sent[0].client_order_id != world.sent[1].client_order_id


def test_b096_given_it_expires_and_the_price_came_back_then_not_before_it_crosses():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))
    world.mark("94")
    world.mark("96")

    world.end()
    world.wait(20 * S)
    assert len(world.sent) == 1
    assert world.state("sl") == "firing"
    world.mark("95")

    assert len(world.sent) == 2


def test_b096_given_a_stop_that_can_never_fill_then_it_only_ever_waits():
    world = World()
    world.arm(stop("sl", "95", action=bounded("96")))

    world.mark("95", "96", "94", "97", "95.5")
    world.wait(100 * S)
    world.mark("95")

    assert world.sent == []
    assert world.state("sl") == "firing"
    assert len(world.told(FactKind.TRIGGER_HELD)) == 1


def test_b096_given_a_target_with_a_farther_bound_then_it_goes_there():
    world = World()
    world.arm(target("tp", "110", action=bounded("112")))

    world.mark("110")
    world.wait(300 * S)
    assert world.sent == []
    assert world.state("tp") == "firing"
    world.mark("112")

    assert sent(world) == [("112", "limit", IOC)]


def test_b101_given_a_bounded_target_goes_out_late_then_its_budget_still_ends_it():
    world = World()
    world.arm(target("tp", "110", action=bounded("112")))
    world.mark("110")
    world.wait(100 * S)
    world.mark("112")

    world.refuse(RefusalKind.UNAUTHORIZED, retry_after_ns=50 * S)
    world.wait(100 * S)

    assert world.state("tp") == "armed"


def test_b096_given_a_target_whose_price_came_back_then_it_is_armed_again():
    world = World()
    world.arm(target("tp", "110", action=bounded("108")))
    world.mark("110")
    world.mark("109")

    world.end()
    world.wait(2 * S)

    assert world.state("tp") == "armed"


def test_b096_given_it_is_fired_by_hand_then_only_the_bound_counts():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))

    world.do(FireNow(trigger_id="sl", by="me", now_ns=world.later()))

    assert sent(world) == [("90", "limit", IOC)]


def test_b096_given_no_price_when_fired_by_hand_then_the_first_that_meets_it():
    world = World(mark=None)
    world.arm(stop("sl", "95", action=bounded("90")))
    world.do(FireNow(trigger_id="sl", by="me", now_ns=world.later()))
    assert world.sent == []
    assert world.firing("sl").held_by == (
        "it waits for a price at or above its bound 90"
    )

    world.mark("89", "97")

    assert sent(world) == [("90", "limit", IOC)]


def test_b111_given_a_restart_while_it_waits_then_it_waits_on_and_goes():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))
    world.mark("85")

    world.restart()
    world.mark("86")
    assert world.sent == []
    world.mark("92")

    assert sent(world) == [("90", "limit", IOC)]
    assert len(world.told(FactKind.TRIGGER_HELD)) == 1


def test_b064_given_a_stop_waits_for_its_bound_then_another_stop_goes_out():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")), stop("deep", "80"))

    world.mark("85", "79")

    assert world.who() == ["deep"]


def test_given_it_is_given_up_while_it_waits_then_no_price_wakes_it():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))
    world.mark("85")

    world.cancel("sl", abandon=True)

    assert world.engine.state.book(MARK).is_watched is False
    assert world.mark("92").is_quiet


def test_given_the_position_is_gone_while_it_waits_then_it_is_retired():
    world = World()
    world.arm(stop("sl", "95", action=bounded("90")))
    world.mark("85")

    world.position("0")

    assert world.state("sl") == "done: retired"
    assert world.engine.state.book(MARK).is_watched is False


# What is refused


_BITCOIN = PriceSource("binance", "BTCUSDT", PriceKind.LAST)
_SPREAD: Combined = Spread(less=LAST)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"bound": D(0)}, "a bound must be above zero, not 0"),
        ({"slippage_limit": D(1)}, "neither a slippage limit nor slices"),
        ({"is_hard": True}, "neither a slippage limit nor slices"),
        ({"twap": Twap(2, S)}, "neither a slippage limit nor slices"),
    ],
)
def test_b022_given_a_close_that_no_bound_goes_with_then_refused(changed, why):
    world = World()

    reply = world.arm(stop("sl", "95", action=replace(bounded("90"), **changed)))

    assert isinstance(reply, Refused)
    assert reply.code == "bad_close"
    assert why in reply.sentence


def _elsewhere(definition: TriggerDefinition) -> TriggerDefinition:
    return replace(definition, source=_BITCOIN)


def _spread(definition: TriggerDefinition) -> TriggerDefinition:
    return replace(definition, source=replace(MARK, combined=_SPREAD))


def _timed(definition: TriggerDefinition) -> TriggerDefinition:
    return replace(definition, condition=AtInstant(2_000 * S))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_elsewhere, "a bound goes with a level of the market in which it closes"),
        (_spread, "a bound goes with a level of the market in which it closes"),
        (_timed, "a bound goes with a level"),
    ],
)
def test_b022_given_a_condition_that_no_bound_goes_with_then_refused(change, why):
    world = World()

    reply = world.arm(change(stop("sl", "95", action=bounded("90"))))

    assert isinstance(reply, Refused)
    assert why in reply.sentence


def test_b022_given_a_bound_under_a_step_to_buy_at_then_refused():
    world = World(side=Side.SHORT)

    reply = world.arm(stop("sl", "105", action=bounded("0.001"), side=Side.SHORT))

    assert isinstance(reply, Refused)
    assert "under one price step of 0.01" in reply.sentence


def test_given_no_bound_then_nothing_is_wrong_with_it():
    world = World()
    instrument = world.engine.state.instruments["main", "SOL_USDC_PERP"]

    assert wrong_bound(stop("sl", "95"), close(), instrument) == ""


@pytest.mark.parametrize(
    ("definition", "misses"),
    [
        (stop("t", "95", action=bounded("90")), False),
        (stop("t", "95", action=bounded("95")), False),
        (stop("t", "95", action=bounded("95.01")), True),
        (target("t", "110", action=bounded("112")), True),
        (target("t", "110", action=bounded("100")), False),
        (stop("t", "95"), False),
        (trail("t", "5", action=bounded("90")), False),
        (stop("t", "105", action=bounded("104"), side=Side.SHORT), True),
        (stop("t", "105", action=bounded("106"), side=Side.SHORT), False),
    ],
)
def test_given_a_level_and_a_bound_then_said_whether_it_could_fill_there(
    definition, misses
):
    assert misses_level(definition) is misses
