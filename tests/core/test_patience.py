"""Closes that rest for a while, then go wider, then to market (b064, b095, b096)."""

from __future__ import annotations

from msgspec.structs import replace

from core.exchanges import Exchange, closes, hit, patient
from core.worlds import MS, S, World, close, rule, stop
from exitd.core.attempt import Capabilities, RefusalKind, TimeInForce
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import CancelsConfirmed
from exitd.core.intents import CancelOrder
from exitd.core.position import Side
from exitd.core.trigger import Cancel, CancelAndClose

GTC, IOC = TimeInForce.GTC, TimeInForce.IOC
_LATE = Capabilities(lag_slack_ns=S)


# Its own stages


def test_b095_given_patience_then_the_limit_rests_then_a_wider_one_then_market():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 10 * S)), at="90")
    hit_ns = world.now_ns
    assert closes(world) == [("sl", "10", "94.05", GTC)]

    exchange.wait(5 * S)
    assert closes(world)[1:] == [("sl", "10", "92.15", GTC)]
    assert world.now_ns - hit_ns < 5 * S + 20 * MS
    exchange.wait(9 * S)
    assert len(world.sent) == 2
    exchange.wait(2 * S)

    assert closes(world)[2:] == [("sl", "10", "market", IOC)]
    assert world.state("sl") == "done: filled"
    to = [fact.fields["to"] for fact in world.told(FactKind.ORDER_ESCALATED)]
    assert to == ["a wider limit", "market"]


def test_b095_given_it_fills_while_it_rests_then_nothing_is_taken_back():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S)))

    exchange.mark("94.05")
    exchange.wait(20 * S)

    assert closes(world) == [("sl", "10", "94.05", GTC)]
    assert world.state("sl") == "done: filled"
    assert exchange.cancels == 0


def test_b095_given_a_part_fills_while_it_rests_then_only_the_rest_goes_wider():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S)))
    world.fill(0, "4")

    world.wait(5 * S)
    # The cancel is on its way: what fills before it arrives is counted.
    world.end(0, "7")

    assert [order[1:3] for order in closes(world)] == [("10", "94.05"), ("3", "92.15")]
    assert exchange.cancels == 0


def test_b095_given_the_cancel_is_not_confirmed_then_nothing_else_is_sent():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S)))
    exchange.is_deaf = True

    exchange.wait(10 * S)
    assert len(world.sent) == 1
    # Asked again after 0.2, 0.4, 0.8, 1.6 and then less often.
    assert exchange.cancels == 5
    exchange.is_deaf = False
    exchange.wait(6 * S)

    # Its second patience, too, began with the first order of that stage.
    assert closes(world)[1] == ("sl", "10", "92.15", GTC)


def test_b095_given_a_fill_races_the_cancel_then_nothing_more_is_sent():
    world, _ = hit(stop("sl", "95", action=patient(5 * S, 5 * S)))
    world.wait(5 * S)
    assert len(world.wants(CancelOrder)) == 1

    world.fill(0)
    world.position("0")
    world.wait(60 * S)

    assert len(world.sent) == 1
    assert len(world.wants(CancelOrder)) == 1
    assert world.state("sl") == "done: filled"


def test_b095_given_no_second_patience_then_the_wider_limit_is_tried_once():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S)), at="90")

    exchange.wait(6 * S)

    assert closes(world) == [
        ("sl", "10", "94.05", GTC),
        ("sl", "10", "92.15", IOC),
        ("sl", "10", "market", IOC),
    ]


def test_b095_given_no_bound_then_market_comes_after_the_level():
    action = replace(patient(S, S), slippage_limit=None)
    world, exchange = hit(stop("sl", "95", action=action), price="95")

    exchange.wait(2 * S)

    assert [order[2] for order in closes(world)] == ["95", "market"]


def test_b095_given_a_short_then_the_patience_is_the_same():
    world = World(side=Side.SHORT)
    world.arm(stop("sl", "105", side=Side.SHORT, action=patient(S, S)))
    exchange = Exchange(world, "110")

    exchange.mark("110")
    exchange.wait(3 * S)

    assert [order[2] for order in closes(world)] == ["106.05", "108.15", "market"]
    assert world.state("sl") == "done: filled"


def test_b092_given_it_is_refused_while_patient_then_it_escalates_as_ever():
    world = World()
    world.arm(stop("sl", "95", action=patient(60 * S, 60 * S)))
    world.mark("95")

    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)

    assert [order[2] for order in closes(world)] == ["94.05", "92.15"]
    # The wider limit has a patience of its own.
    assert world.firing("sl").rests_until_ns >= world.now_ns + 58 * S


def test_b095_given_refusals_take_its_time_then_the_next_close_is_wider():
    world = World()
    world.arm(stop("sl", "95", action=patient(2 * S, 60 * S)))
    world.mark("95")

    world.refuse(RefusalKind.BUSY, retry_after_ns=3 * S)
    world.wait(3 * S)

    assert [order[2] for order in closes(world)] == ["94.05", "92.15"]


def test_b095_given_others_cancel_it_then_it_goes_wider_before_its_time():
    world, _ = hit(stop("sl", "95", action=patient(60 * S, 60 * S)))

    world.end(0)
    world.wait(S)

    assert [order[2] for order in closes(world)] == ["94.05", "92.15"]


def test_b089_given_unanswered_when_its_patience_ends_then_taken_back_once_it_rests():
    world = World(capabilities=_LATE)
    world.arm(stop("sl", "95", action=patient(2 * S, 60 * S)))
    world.mark("95")
    world.lose()

    world.wait(3 * S)
    assert world.wants(CancelOrder) == []
    assert len(world.sent) == 1
    world.works()
    assert len(world.wants(CancelOrder)) == 1
    world.end()

    assert [order[2] for order in closes(world)] == ["94.05", "92.15"]


def test_b089_given_it_was_never_there_when_its_patience_ends_then_wider():
    world = World(capabilities=_LATE)
    world.arm(stop("sl", "95", action=patient(2 * S, 60 * S)))
    world.mark("95")
    world.lose()

    world.wait(20 * S)
    world.nothing_found()

    assert [order[2] for order in closes(world)] == ["94.05", "92.15"]


def test_given_cancel_and_close_then_the_close_has_its_patience_after_the_cancels():
    world = World()
    action = CancelAndClose(Cancel(), patient(5 * S, 5 * S))
    world.arm(rule("both", ConditionKind.STOP_LOSS, "95", action))
    exchange = Exchange(world, "90")
    world.mark("95")
    world.wait(30 * S)
    assert world.sent == []

    world.do(CancelsConfirmed("both", 1, 2, world.later()))
    exchange.answer()
    exchange.wait(4 * S)
    assert closes(world) == [("both", "10", "94.05", GTC)]
    exchange.wait(7 * S)

    assert world.state("both") == "done: filled"
    assert [order[2] for order in closes(world)] == ["94.05", "92.15", "market"]


# After a restart


def test_b111_given_a_restart_while_it_rests_then_it_is_taken_back_at_its_time():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S)), at="90")
    world.wait(2 * S)

    world.restart()
    exchange.wait(2 * S)
    assert len(world.sent) == 1
    exchange.wait(2 * S)

    assert closes(world)[1:] == [("sl", "10", "92.15", GTC)]


def test_b111_given_a_restart_after_its_time_then_it_is_taken_back_at_once():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S)), at="90")

    world.now_ns += 60 * S
    world.restart()
    exchange.wait(1)

    assert closes(world)[1:] == [("sl", "10", "92.15", GTC)]


def test_b111_given_a_restart_while_it_is_taken_back_then_asked_for_again():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S)), at="90")
    exchange.is_deaf = True
    exchange.wait(6 * S)
    asked = exchange.cancels

    exchange.is_deaf = False
    world.restart()
    exchange.wait(1)

    assert exchange.cancels == asked + 1
    assert closes(world)[1:] == [("sl", "10", "92.15", GTC)]


def test_b123_given_the_clock_was_set_back_while_down_then_it_rests_no_longer():
    world, exchange = hit(stop("sl", "95", action=patient(5 * S, 5 * S)), at="90")

    world.now_ns -= 900 * S
    world.restart()
    exchange.wait(6 * S)

    assert closes(world)[1:] == [("sl", "10", "92.15", GTC)]


def test_b123_given_the_clock_was_set_back_when_nothing_rests_then_nothing_changes():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)

    world.now_ns -= 900 * S
    world.restart()

    assert world.firing("sl").rests_until_ns == 0
    assert len(world.sent) == 2


def test_given_no_ioc_then_a_limit_that_is_to_fill_at_once_rests_and_is_taken_back():
    world = World(capabilities=Capabilities(has_ioc=False))
    world.arm(stop("sl", "95", action=close("100%", "1")))
    exchange = Exchange(world, "90")

    world.mark("95")
    exchange.answer()
    assert closes(world) == [("sl", "10", "94.05", TimeInForce.GTC)]
    exchange.wait(3 * S)
    exchange.wait(3 * S)

    assert exchange.cancels == 2
    assert [price for _, _, price, _ in closes(world)] == ["94.05", "92.15", "market"]


def test_given_no_ioc_then_a_market_close_is_sent_as_ever():
    world = World(capabilities=Capabilities(has_ioc=False))
    world.arm(stop("sl", "95"))

    world.mark("95")

    assert world.sent[0].time_in_force is TimeInForce.IOC
