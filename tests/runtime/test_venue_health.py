"""A venue that fails, or whose clock is not ours: when closes leave, and who knows."""

from __future__ import annotations

import asyncio
import json

import pytest
from msgspec.structs import replace

from exitd.core.attempt import RefusalKind
from exitd.core.events import FactKind
from exitd.core.market import BookState
from exitd.core.trigger import Close, OrderType, Quantity, QuantityKind
from exitd.logs import Event
from exitd.ports.alerts import Alert
from exitd.runtime.breaker import Breaker
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.outcomes import Hold, LoseRequest, Refuse
from runtime.desk import ACCOUNT, D, Desk, S, in_virtual_time, stop

MAINTENANCE = Refuse(
    RefusalKind.HALTED, "MAINTENANCE", "back at 12:00", is_for_all=True
)


def told(desk: Desk, topic: str) -> list[bool]:
    """Whether each alert of a topic was the end of it."""
    return [a.cleared for a in desk.heard.alerts if a.topic == topic]


@in_virtual_time
async def test_b099_given_a_clock_that_ran_away_then_the_next_attempt_goes_by_it():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.skew_ns = 30 * S

    desk.mark("95")
    await desk.settle(1)

    refused = [f for f in desk.facts if f.kind is FactKind.ORDER_REFUSED]
    assert [f.fields["refusal"] for f in refused] == ["expired"]
    first, second = desk.venue.sent
    assert first.order.client_order_id != second.order.client_order_id
    signed_ns = json.loads(second.prepared.body)["expires_ns"] - 5 * S
    assert abs(signed_ns - (desk.clock.now_ns() + 30 * S)) < 2 * S
    assert FactKind.ORDER_FILLED in desk.kinds("sl")


@in_virtual_time
async def test_b099_given_no_answer_about_the_clock_then_a_second_is_waited():
    desk = await Desk().start()
    await desk.arm(stop())

    async def never() -> int:
        await asyncio.Event().wait()
        return 0

    desk.venue.sync_clock = never  # type: ignore[method-assign]
    desk.venue.script(Refuse(RefusalKind.EXPIRED))
    desk.mark("95")
    await desk.settle(0.9)
    assert len(desk.sent) == 1

    await desk.settle(0.5)

    assert len(desk.sent) == 2


@in_virtual_time
async def test_b099_given_a_clock_that_jumped_when_asked_twice_then_it_is_believed():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.script(Refuse(RefusalKind.EXPIRED))
    desk.venue.fail_reads(1)

    desk.mark("95")
    await desk.settle(0.4)

    assert len(desk.sent) == 2


@in_virtual_time
async def test_b099_given_a_clock_never_measured_then_it_is_before_the_next_is_signed():
    desk = Desk()
    desk.venue.skew_ns = 3_600 * S
    desk.venue.fail_reads(12)
    time, goes_on = desk.account.time, asyncio.Event()

    desk.spawn(time.cure(goes_on.set), "cure")
    await desk.settle(2.5)
    assert time.is_being_cured
    await desk.settle(1.5)

    assert goes_on.is_set()
    assert not time.is_being_cured
    assert desk.venue.venue_now_ns() - desk.clock.now_ns() == 3_600 * S


@in_virtual_time
async def test_given_clocks_that_differ_then_told_once_and_once_when_they_agree():
    desk = Desk()
    desk.venue.skew_ns = -3 * S
    await desk.start()
    await desk.settle(70)
    assert told(desk, Event.CLOCK_SKEWED) == [False]
    assert desk.heard.alerts[0].text.startswith(
        "the clock of main is 3000 ms behind this machine's"
    )

    desk.venue.skew_ns = S // 2
    await desk.settle(35)

    assert told(desk, Event.CLOCK_SKEWED) == [False, True]


@in_virtual_time
async def test_given_a_clock_that_cannot_be_measured_then_the_last_one_stands():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.is_down = True
    await desk.settle(40)
    desk.venue.is_down = False

    desk.mark("95")
    await desk.settle(1)

    assert FactKind.ORDER_FILLED in desk.kinds("sl")


async def four(desk: Desk, **changed: object) -> None:
    """Arm four stops of a part each, so that four closes want to leave at once."""
    await desk.start()
    await desk.arm(*(stop(f"s{n}", "95", str(n + 1), **changed) for n in range(4)))


@in_virtual_time
async def test_b092_given_a_maintenance_then_sending_pauses_and_every_hit_is_kept():
    desk = Desk()
    await four(desk)
    desk.venue.script(*(MAINTENANCE,) * 8)

    desk.mark("95")
    await desk.settle(1)
    assert desk.account.breaker.is_open
    paused = len(desk.sent)
    assert paused <= 5
    desk.mark("90")
    await desk.settle(60)

    assert told(desk, Event.VENUE_PAUSED) == [False, True]
    assert not desk.account.breaker.is_open
    filled = [f.trigger_id for f in desk.facts if f.kind is FactKind.ORDER_FILLED]
    assert sorted(filled) == ["s0", "s1", "s2", "s3"]


@in_virtual_time
async def test_b097_given_a_venue_that_is_down_then_a_hit_is_kept_and_judging_goes_on():
    desk = Desk()
    await four(desk)
    desk.venue.script(*(LoseRequest(),) * 4)

    desk.mark("95")
    await desk.settle(0.5)
    assert desk.account.breaker.is_open
    assert desk.account.breaker.why
    await desk.arm(stop("later", "80", "1"))
    desk.mark("79")

    assert desk.fire("later") is not None
    await desk.settle(30)
    assert told(desk, Event.VENUE_PAUSED) == [False, True]


async def with_one_tried(desk: Desk) -> None:
    """Have a venue fail, and the close of another stop tried while sending pauses."""
    await four(desk)
    desk.venue.script(*(LoseRequest(),) * 4, Hold())
    desk.mark("95")
    await desk.settle(0.5)
    await desk.arm(stop("later", "80", "1"))
    desk.mark("79")


def closed(desk: Desk) -> list[str]:
    filled = [f for f in desk.facts if f.kind is FactKind.ORDER_FILLED]
    return sorted(fact.trigger_id for fact in filled)


@in_virtual_time
async def test_b092_given_the_one_that_is_tried_is_broken_off_then_others_still_go():
    desk = Desk(net="20")
    await with_one_tried(desk)
    await desk.settle(2)
    assert desk.account.dispatcher.in_flight == 1

    for task in asyncio.all_tasks():
        if task.get_name().startswith("send later"):
            task.cancel()
    await desk.settle(60)

    assert not desk.account.breaker.is_open
    assert closed(desk) == ["later", "s0", "s1", "s2", "s3"]


@in_virtual_time
async def test_b092_given_the_one_that_is_tried_is_not_sent_after_all_then_others_go():
    desk = Desk(net="20")
    await with_one_tried(desk)
    desk.store.hold()
    await desk.settle(2)
    state = desk.loop.engine.state
    state.standing_by.add(ACCOUNT)
    desk.store.release()
    await desk.settle(1)
    assert len(desk.sent) == 4

    state.standing_by.discard(ACCOUNT)
    desk.venue.release()
    desk.account.dispatcher.open()
    await desk.settle(60)

    assert not desk.account.breaker.is_open
    assert closed(desk) == ["later", "s0", "s1", "s2", "s3"]


@in_virtual_time
async def test_given_a_book_that_is_closed_then_held_and_sent_once_it_opens():
    desk = await Desk().start()
    await desk.arm(stop())
    listed = desk.venue.listed[SOL]
    desk.venue.listed[SOL] = replace(listed, book_state=BookState.CANCEL_ONLY)
    await desk.account.inquiry.read_instruments()

    desk.mark("95")
    await desk.settle(5)
    fired = desk.fire()
    assert fired is not None
    assert fired.held_by == "the order book is cancel-only"
    assert desk.sent == []
    desk.venue.listed[SOL] = listed
    await desk.settle(3)

    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_given_a_book_for_limits_only_then_a_market_close_goes_as_a_limit():
    desk = await Desk().start()
    close = Close(quantity=Quantity(QuantityKind.SHARE, D(100)))
    await desk.arm(stop(action=close))
    listed = desk.venue.listed[SOL]
    desk.venue.listed[SOL] = replace(listed, book_state=BookState.LIMIT_ONLY)
    await desk.account.inquiry.read_instruments()

    desk.mark("95")
    await desk.settle(1)

    order = desk.venue.sent[0].order
    assert order.order is OrderType.LIMIT
    assert order.price == D("90.25")


class Watched:
    """A breaker with a clock that stands still."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.clock = ManualClock()
        self.breaker = Breaker("main", self.clock, self.alerts.append)

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            self.breaker.sends()
            self.breaker.failed("no answer")

    @property
    def wait_s(self) -> float:
        return self.breaker.wait_ns(self.clock.monotonic_ns()) / S


def test_given_two_failures_then_nothing_is_held_back():
    watched = Watched()

    watched.fail(2)
    watched.breaker.worked()
    watched.fail(2)

    assert watched.wait_s == 0
    assert watched.alerts == []


def test_given_a_venue_that_fails_on_then_the_pause_grows_to_its_most():
    watched = Watched()
    waits = []

    watched.fail(3)
    for _ in range(6):
        waits.append(watched.wait_s)
        watched.clock.advance(watched.breaker.wait_ns(watched.clock.monotonic_ns()))
        assert watched.wait_s == 0
        watched.fail()

    assert waits == [1, 2, 4, 8, 10, 10]
    assert len(watched.alerts) == 1


@pytest.mark.parametrize("comes", ["answered", "lost", "given up"])
def test_given_one_that_is_tried_then_no_other_until_it_is_over(comes: str):
    watched = Watched()
    watched.fail(3)
    watched.clock.advance(S)

    watched.breaker.sends()
    assert watched.wait_s == 10
    if comes == "answered":
        watched.breaker.worked()
    elif comes == "lost":
        watched.breaker.failed("no answer")
    else:
        watched.breaker.given_up()

    assert watched.wait_s == (2 if comes == "lost" else 0)
    assert watched.breaker.is_open is (comes != "answered")
