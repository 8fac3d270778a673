"""What a venue says of itself, and an order book that some cache calls closed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from exitd.core.attempt import RefusalKind
from exitd.core.events import FactKind
from exitd.core.market import BookState
from exitd.errors import VenueUnavailable
from exitd.logs import Event
from exitd.runtime.venue_status import keep_status
from fakes.exchange import SOL
from fakes.outcomes import Refuse
from runtime.desk import D, Desk, S, in_virtual_time, stop

MAINTENANCE = Refuse(
    RefusalKind.HALTED, "MAINTENANCE", "back at 12:00", is_for_all=True
)
CLOSED = Refuse(RefusalKind.HALTED, "INVALID_ORDER", "the order book is closed")


def told(desk: Desk) -> list[bool]:
    """Whether each alert of a pause was the end of it."""
    topic = Event.VENUE_PAUSED.value
    return [a.cleared for a in desk.heard.alerts if a.topic == topic]


class Status:
    """What the venue answers when it is asked for its status; counts the questions."""

    def __init__(self, desk: Desk) -> None:
        self.says: str | None = ""
        self.fails = False
        self.asked = 0
        account = desk.account
        desk.spawn(keep_status(account.asking, self.ask, account.breaker), "status")

    async def ask(self) -> str | None:
        self.asked += 1
        if self.fails:
            raise VenueUnavailable("no answer")
        return self.says


@in_virtual_time
async def test_b092_given_a_venue_in_maintenance_then_one_close_at_a_time_and_told():
    desk = await Desk().start()
    await desk.arm(*(stop(f"s{n}", "95", str(n + 1)) for n in range(4)))
    status = Status(desk)
    status.says = "it is in maintenance: back at 12:00"
    await desk.settle(16)
    assert desk.account.breaker.why == "it is in maintenance: back at 12:00"
    desk.venue.script(MAINTENANCE)

    desk.mark("95")
    await desk.settle(1)
    assert len(desk.sent) == 1, "the others wait for what becomes of it"
    status.says = ""
    await desk.settle(20)

    assert told(desk) == [False, True]
    filled = [f.trigger_id for f in desk.facts if f.kind is FactKind.ORDER_FILLED]
    assert sorted(filled) == ["s0", "s1", "s2", "s3"]


@in_virtual_time
async def test_b092_given_a_wrong_status_then_a_close_goes_and_that_is_believed():
    desk = await Desk().start()
    await desk.arm(stop())
    status = Status(desk)
    status.says = "it is in maintenance"
    await desk.settle(17)

    desk.mark("95")
    await desk.settle(60)

    assert desk.sent == [("sl", D(10))]
    assert told(desk) == [False, True], "and not paused again by the same status"


@in_virtual_time
@pytest.mark.parametrize("answer", [None, "fails"])
async def test_given_no_news_of_a_status_then_nothing_is_paused(answer: str | None):
    desk = await Desk().start()
    status = Status(desk)
    status.says, status.fails = None, answer == "fails"

    await desk.settle(61)

    assert status.asked == 4, "four times a minute"
    assert not desk.account.breaker.is_open


@in_virtual_time
async def test_given_a_venue_that_fails_and_says_it_is_well_then_tried_at_once():
    desk = await Desk().start()
    breaker = desk.account.breaker
    for _ in range(6):
        breaker.sends()
        breaker.failed("no answer")
    assert breaker.wait_ns(desk.clock.monotonic_ns()) > S

    breaker.is_told("")

    assert breaker.is_open, "only an answer to a send proves it"
    assert breaker.wait_ns(desk.clock.monotonic_ns()) == 0


async def closed(desk: Desk, *, is_cached: bool) -> None:
    listed = desk.venue.listed[SOL]
    desk.venue.listed[SOL] = replace(
        listed, book_state=BookState.CLOSED, is_cached=is_cached
    )
    await desk.account.inquiry.read_instruments()


@in_virtual_time
async def test_b092_given_a_cached_closed_book_that_is_open_then_a_stop_goes_at_once():
    desk = await Desk().start()
    await desk.arm(stop())
    await closed(desk, is_cached=True)

    desk.mark("95")
    await desk.settle(1)

    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_b092_given_a_list_that_is_a_minute_old_then_its_closed_book_is_tried():
    desk = await Desk().start()
    await desk.arm(stop())
    await closed(desk, is_cached=False)
    await desk.settle(60)

    desk.mark("95")
    await desk.settle(1)

    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_b092_given_a_book_that_is_closed_indeed_then_refused_once_and_held():
    desk = await Desk().start()
    await desk.arm(stop())
    await closed(desk, is_cached=False)
    await desk.settle(60)
    desk.venue.script(CLOSED)

    desk.mark("95")
    await desk.settle(20)

    assert len(desk.sent) == 1
    fired = desk.fire()
    assert fired is not None
    assert fired.held_by == "the order book is closed"
