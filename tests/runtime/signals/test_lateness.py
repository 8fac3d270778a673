"""A close that comes late: done within its age, and only on what was held then."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core.worlds import ACCOUNT, LONG, D, S
from exitd.core.entry import EntryOrder, EntryRecord, EntryState, SignalRecord
from exitd.core.position import OrderSide, PositionRecord
from exitd.core.ticket import AssetClass, Ticket, TicketType
from exitd.runtime.signals.lateness import late_close
from exitd.runtime.signals.limits import Counted
from fakes.exchange import SOL
from runtime.brokers import broker, desk_of
from runtime.desk import in_virtual_time
from runtime.signals.decided import CAME_NS, alert, close_now, refusal, route_of
from runtime.signals.test_carrying import alert as stored_alert
from runtime.signals.test_carrying import carrier_of

SELLS = alert(direction="short", qty=None)


def entry(id: str, filled: str = "4", closed: str = "0") -> EntryRecord:
    ticket = Ticket(
        symbol=LONG.symbol,
        asset_class=AssetClass.EQUITY,
        side=OrderSide.BUY,
        quantity=D(4),
        order=TicketType.MARKET,
    )
    order = EntryOrder(id=id, account=ACCOUNT, ticket=ticket)
    return EntryRecord(
        order=order, state=EntryState.WORKING, filled=D(filled), closed=D(closed)
    )


@dataclass(frozen=True)
class Late:
    after_s: int
    opened_s: int = 0
    entries: tuple[EntryRecord, ...] = ()

    @property
    def why(self) -> str:
        record = SignalRecord(
            id="desk-7", route="desk", body="", digest="", ts_received_ns=CAME_NS
        )
        opened_ns = CAME_NS + self.opened_s * S if self.opened_s else 1
        position = PositionRecord(
            key=LONG, quantity=D(10), lifetime=1, ts_opened_ns=opened_ns
        )
        now_ns = CAME_NS + self.after_s * S
        return late_close("desk", route_of(), record, position, self.entries, now_ns)


@pytest.mark.parametrize("after_s", [0, 61, 3600])
def test_given_a_close_within_its_age_then_it_is_done_later_than_an_entry(after_s):
    assert Late(after_s).why == ""


def test_given_a_close_beyond_its_age_then_refused_with_the_key():
    sentence = Late(3601).why

    assert "webhook.routes.desk.close_age lets a close wait 3600 s" in sentence
    assert "by hand" in sentence


@pytest.mark.parametrize(("opened_s", "is_done"), [(10, True), (11, False)])
def test_given_a_position_opened_after_it_came_then_it_is_not_closed(opened_s, is_done):
    """What is first seen within some seconds may have been opened before."""
    assert (Late(30, opened_s).why == "") is is_done


def test_given_the_position_of_an_entry_that_came_before_then_it_is_closed():
    assert Late(30, 20, (entry("desk-6"),)).why == ""


@pytest.mark.parametrize(
    "other",
    [entry("desk-8"), entry("desk-6", "0"), entry("desk-6", closed="4"), entry("mine")],
)
def test_given_no_entry_that_came_before_has_filled_then_it_is_not(other):
    assert "opened, or first seen, 20 s after it came in" in Late(30, 20, (other,)).why


def test_given_a_route_with_its_own_age_when_a_close_is_decided_then_it_counts():
    later = Counted(now_ns=CAME_NS + 121 * S)

    assert close_now(SELLS, held="10", counted=later).key == LONG
    assert "close_age" in refusal(SELLS, held="10", counted=later, close_age="2m")


@in_virtual_time
async def test_given_another_position_by_now_when_a_close_is_carried_out_then_refused():
    desk = await desk_of(venue := broker(), "10")
    record = stored_alert(desk, direction="short", qty=None)
    venue.exchange.set_position(SOL, D(0), None, desk.clock.now_ns())
    await desk.settle(60)
    venue.exchange.set_position(SOL, D(6), D(100), desk.clock.now_ns())
    await desk.settle(5)

    done = await carrier_of(desk).carry_out(record)

    assert "so it is about another one" in done.outcome
    assert desk.sent == []
