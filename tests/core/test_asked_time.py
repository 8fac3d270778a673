"""A limit close with a time in force of its own: once, for the day, or for good."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import D, S, World, close, stop, target
from exitd.core.asked_time import AskedTime
from exitd.core.attempt import Capabilities, RefusalKind, TimeInForce
from exitd.core.inputs import IfCrossed
from exitd.core.intents import CancelOrder
from exitd.core.state import Accepted, Refused
from exitd.core.ticket import TicketTime
from exitd.core.trigger import Close, OrderType, TriggerDefinition, Twap

GTC, IOC = TimeInForce.GTC, TimeInForce.IOC
AT_ONCE = [TicketTime.IOC, TicketTime.FOK]
LONG_NS = 3 * 86_400 * S


def asked(time: TicketTime | None, until_ns: int = 0, **changed: object) -> Close:
    how = AskedTime(time, until_ns=until_ns)
    changed = {"order": OrderType.LIMIT, "bound": D(110), "asked": how, **changed}
    return replace(close("100%"), **changed)


def limit(time: TicketTime | None, until_ns: int = 0, **changed: object) -> World:
    world = World(**changed)  # type: ignore[arg-type]
    action = asked(time, until_ns)
    reply = world.arm(target("tp", "110", action=action, expires_ns=until_ns or None))
    assert isinstance(reply, Accepted), reply
    return world


@pytest.mark.parametrize("time", AT_ONCE)
def test_given_at_once_when_nothing_fills_then_over_and_not_sent_again(time):
    world = limit(time)
    world.mark("110")

    world.end()
    world.mark("109", "111")
    world.wait(60 * S)

    assert [(o.time_in_force, o.asked) for o in world.sent] == [(IOC, AskedTime(time))]
    assert world.state("tp") == "done: expired"


def test_given_at_once_when_a_part_fills_then_the_rest_stays_held():
    world = limit(TicketTime.IOC)
    world.mark("110")

    world.end(filled="4")
    world.wait(60 * S)

    assert world.sizes() == ["10"]
    assert world.state("tp") == "done: expired"
    assert world.fire_rows("tp")[-1].filled == 4


def test_given_at_once_when_all_fills_then_filled():
    world = limit(TicketTime.IOC)
    world.mark("110")

    world.fill()
    world.position("0")

    assert world.state("tp") == "done: filled"


def test_given_at_once_when_the_venue_says_that_nothing_was_there_then_over():
    world = limit(TicketTime.FOK)
    world.mark("110")

    world.refuse(RefusalKind.LIQUIDITY)
    world.wait(60 * S)

    assert world.state("tp") == "done: expired"
    assert len(world.sent) == 1


def test_given_at_once_when_refused_for_another_reason_then_asked_again():
    world = limit(TicketTime.IOC)
    world.mark("110")

    world.refuse(RefusalKind.BUSY, retry_after_ns=S)
    world.wait(2 * S)

    assert len(world.sent) == 2


def test_given_at_once_when_the_price_came_back_before_its_slot_then_over():
    world = limit(TicketTime.IOC, slots=False)
    world.mark("110")
    world.mark("109")

    world.open_slots()
    world.mark("111")
    world.open_slots()

    assert (world.sent, world.state("tp")) == ([], "done: expired")


def test_given_at_once_that_was_crossed_when_its_bound_is_missed_then_over():
    world = World(slots=False)
    world.mark("111")
    world.arm(
        target("tp", "110", action=asked(TicketTime.IOC)), if_crossed=IfCrossed.FIRE
    )
    world.mark("109")

    world.open_slots()
    world.mark("111")
    world.open_slots()

    assert (world.sent, world.state("tp")) == ([], "done: expired")


def test_given_at_once_where_nothing_ends_at_once_then_taken_back_and_over():
    world = limit(TicketTime.IOC, capabilities=Capabilities(has_ioc=False))
    world.mark("110")
    world.works()

    world.wait(3 * S)
    assert world.wants(CancelOrder) != []
    world.end()
    world.wait(60 * S)

    assert [o.time_in_force for o in world.sent] == [GTC]
    assert world.state("tp") == "done: expired"


def test_given_for_the_day_when_it_ends_then_taken_back_and_over():
    world = World()
    until_ns = world.now_ns + 3_600 * S
    world.arm(
        target("tp", "110", action=asked(TicketTime.DAY, until_ns), expires_ns=until_ns)
    )
    world.mark("110")
    world.works()

    world.wait(3_599 * S)
    assert world.wants(CancelOrder) == []
    world.wait(2 * S)
    assert world.wants(CancelOrder) != []
    world.end(filled="3")

    assert world.state("tp") == "done: expired"
    assert len(world.sent) == 1


def test_given_for_the_day_when_never_hit_then_it_expires():
    world = World()
    until_ns = world.now_ns + 3_600 * S
    world.arm(
        target("tp", "110", action=asked(TicketTime.DAY, until_ns), expires_ns=until_ns)
    )

    world.wait(3_601 * S)
    world.mark("110")

    assert (world.sent, world.state("tp")) == ([], "done: expired")


def test_given_for_the_day_when_the_venue_ends_it_earlier_then_over():
    world = limit(TicketTime.DAY)
    world.mark("110")
    world.works()

    world.end()
    world.wait(60 * S)

    assert (len(world.sent), world.state("tp")) == (1, "done: expired")


def test_given_for_the_day_when_a_stop_takes_it_back_then_on_watch_again():
    world = limit(TicketTime.DAY)
    world.arm(stop("sl", "95"))
    world.mark("110")
    world.works()
    world.mark("95")

    world.end(0)

    assert world.who() == ["tp", "sl"]
    assert world.state("tp").startswith("armed")


def test_given_until_cancelled_then_it_rests_and_no_budget_takes_it_back():
    world = limit(TicketTime.GTC)
    world.mark("110")
    world.works()

    world.wait(LONG_NS)

    assert [o.time_in_force for o in world.sent] == [GTC]
    assert world.wants(CancelOrder) == []


def test_given_no_time_then_its_budget_takes_it_back_as_ever():
    world = World()
    world.arm(target("tp", "110", action=asked(None, asked=None)))
    world.mark("110")
    world.works()

    world.wait(LONG_NS)

    assert world.sent[0].asked is None
    assert world.wants(CancelOrder) != []


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (target("x", "110", action=asked(TicketTime.OPG)), "auction (opg)"),
        (
            target("x", "110", action=asked(TicketTime.DAY, order=OrderType.MARKET)),
            "goes with a limit close in one piece",
        ),
        (
            target(
                "x", "110", action=asked(TicketTime.DAY, bound=None, twap=Twap(2, S))
            ),
            "goes with a limit close in one piece",
        ),
        (
            stop("x", "95", action=asked(TicketTime.IOC, bound=D(90))),
            "a stop goes on until it has filled, so it cannot be ioc",
        ),
        (
            stop("x", "95", action=asked(TicketTime.DAY, 2**60, bound=D(90))),
            "so it cannot be day",
        ),
    ],
)
def test_given_a_time_that_a_close_cannot_have_then_refused(
    definition: TriggerDefinition, said: str
):
    reply = World().arm(definition)

    assert isinstance(reply, Refused)
    assert said in reply.sentence


def test_given_a_stop_in_extended_hours_then_it_says_so_and_goes_on():
    world = World()
    how = AskedTime(is_extended=True)
    world.arm(stop("sl", "95", action=asked(None, bound=D(90), asked=how)))
    world.mark("94")

    world.end()
    world.wait(5 * S)

    assert [o.asked for o in world.sent] == [how, how]
