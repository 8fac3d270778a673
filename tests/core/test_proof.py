"""Order books that are shut, slots that come late, and proof (behaviour 100)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import LONG, MARK, MS, D, S, World, close, stop, target
from exitd.core.attempt import Capabilities, RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import (
    AttemptSent,
    FireNow,
    InstrumentReport,
    OrderStatus,
    SlotOpened,
)
from exitd.core.intents import (
    ProvePosition,
    RefreshInstrument,
    RequestSlot,
)
from exitd.core.market import BookState
from exitd.core.policy import Policies
from exitd.core.trigger import OrderType


@pytest.mark.parametrize(
    "closed", [BookState.CLOSED, BookState.CANCEL_ONLY, BookState.POST_ONLY]
)
def test_given_the_order_book_takes_nothing_then_held_until_it_does(closed):
    world = World(book_state=closed)
    world.arm(stop("sl", "95"))

    world.mark("95")
    assert world.sent == []
    assert "the order book is" in world.firing("sl").held_by
    assert world.wants(RefreshInstrument)
    world.do(InstrumentReport(_open(world), world.later()))
    world.wait(S)

    assert world.sizes() == ["10"]
    assert world.firing("sl").held_by == ""


def _open(world):
    known = world.engine.state.instruments["main", "SOL_USDC_PERP"]
    return replace(known, book_state=BookState.OPEN)


def test_given_the_book_takes_limits_only_then_market_becomes_a_bounded_limit():
    world = World(book_state=BookState.LIMIT_ONLY)
    world.arm(stop("sl", "95"))

    world.mark("95")

    assert world.sent[0].order is OrderType.LIMIT
    assert world.sent[0].price == D("90.25")


def test_given_limits_only_and_no_price_known_then_held():
    world = World(mark=None, book_state=BookState.LIMIT_ONLY)
    world.arm(stop("sl", "95"))

    world.do(FireNow(trigger_id="sl", by="me", now_ns=world.later()))

    assert world.sent == []
    assert world.firing("sl").observed is None


def test_given_a_slot_for_what_is_over_or_not_due_then_nothing():
    world = World()
    world.arm(stop("sl", "95", "5"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)

    for trigger_id, arming in [("sl", 1), ("sl", 7), ("x", 1)]:
        decision = world.do(SlotOpened(trigger_id, arming, world.later()))
        assert decision.is_quiet


def test_given_a_slot_while_an_attempt_is_open_then_nothing():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    assert world.do(SlotOpened("sl", 1, world.later())).is_quiet


def test_given_sent_is_noted_twice_or_for_nothing_then_once():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    assert world.do(AttemptSent(world.sent[0].attempt, world.later())).is_quiet


def test_given_all_is_taken_by_open_closes_then_a_target_waits_for_its_part():
    world = World()
    world.arm(target("a", "110", action=close("6", "0.5")), target("b", "111", "6"))
    world.mark("110")
    world.works()
    world.mark("111")
    assert world.firing("b").held_by == "other closes of the position are unresolved"

    world.fill(0)
    world.position("4")

    assert world.sizes() == ["6", "4"]


def test_given_a_stop_can_take_only_dust_now_then_it_waits_for_the_rest():
    world = World("10.005", policies=Policies(remainder_close_all=False))
    world.arm(stop("sl", "95"), target("tp", "110", "10"))
    world.mark("110")
    world.lose()

    world.mark("95")
    assert world.sizes() == ["10"]
    world.wait(20 * S)
    world.nothing_found()

    assert world.sizes() == ["10", "10.005"]


def test_b100_given_filled_and_the_position_does_not_shrink_then_alert_and_not_done():
    world = World()
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    now_ns = world.now_ns

    world.fill()
    world.position("10", ts_ns=now_ns + 3 * MS)
    world.wait(5 * S)

    assert world.state("sl") == "firing"
    assert world.told(FactKind.ORDER_UNCONFIRMED)[0].fields["alert"] is True
    assert world.wants(ProvePosition)
    world.position("6")
    assert world.state("sl") == "done: filled"


def test_b100_given_somebody_added_meanwhile_then_a_late_report_is_believed():
    world = World(capabilities=Capabilities(lag_slack_ns=2 * S))
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    world.fill()

    world.position("10")
    assert world.state("sl") == "firing"
    world.now_ns += 2 * S
    world.position("10")

    assert world.state("sl") == "done: filled"


def test_b100_given_a_whole_close_and_a_position_that_grew_then_it_closes_the_rest():
    world = World(capabilities=Capabilities(lag_slack_ns=2 * S))
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.fill()

    world.position("10")
    world.now_ns += 2 * S
    world.position("3")

    assert world.sizes() == ["10", "3"]


def test_given_our_fills_say_flat_then_nothing_more_is_sent_before_a_report():
    world = World()
    world.arm(stop("a", "95"), stop("b", "94", "3"))
    world.mark("94")
    world.fill()

    assert world.sizes() == ["10"]
    world.do(SlotOpened("b", 1, world.later()))
    assert world.firing("b").held_by == "the position has yet to show our fills"
    world.position("0")
    assert world.state("b") == "done: retired"


def test_given_a_stop_is_held_over_its_budget_then_it_asks_again():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))
    world.mark("110")
    world.lose()
    world.mark("95")
    world.intents.clear()

    world.wait(61 * S)

    asked = [i.trigger_id for i in world.wants(RequestSlot)]
    assert "sl" in asked
    assert ProvePosition("main", "SOL_USDC_PERP") in world.intents


def test_given_2_000_firing_on_one_position_then_replies_do_not_walk_over_all():
    world = World(size="1000", slots=False)
    sizes = (str(D("0.02") + D(n) / 1000) for n in range(2_000))
    world.arm(*(stop(f"s{size}", "95", size) for size in sizes))
    world.mark("95")
    under_way = world.engine.state.under_way_on(LONG)
    world.open_slots(500)
    most = max(len(under_way.waiting), 1)

    for n in range(len(world.sent)):
        world.fill(n)
        world.position(str(world.engine.state.position(LONG).live))
        most = max(most, len(under_way.waiting))

    assert most < 10
    assert under_way.unresolved == 0
    assert world.engine.state.books[MARK].price == 95


NO_REDUCE_ONLY = Capabilities(reduce_only=False, lag_slack_ns=2 * S)


def half_closed(**changed: object) -> World:
    """A target has closed 5 of 10, and the stop has yet to be hit."""
    world = World(capabilities=NO_REDUCE_ONLY, **changed)
    world.arm(target("tp", "110", action=close("50%")), stop("sl", "95"))
    world.mark("110")
    return world


def test_b100_given_a_report_that_lags_our_fill_then_no_close_goes_by_it():
    world = half_closed()
    world.fill()

    world.position("10")
    world.mark("95")
    assert world.sizes() == ["5"]
    assert world.firing("sl").held_by == (
        "the position has yet to show what has been closed of it"
    )
    world.position("5")
    world.wait(S)

    assert world.sizes() == ["5", "5"]


def test_given_a_report_newer_than_the_slack_then_it_is_believed_whatever_it_shows():
    world = half_closed()
    world.fill()
    world.mark("95")

    world.wait(3 * S)
    world.position("7")
    world.wait(S)

    assert world.sizes() == ["5", "7"]


def test_given_a_report_showed_our_fill_before_it_was_told_then_nothing_waits():
    world = half_closed()
    filled_ns = world.later()

    world.position("5")
    world.report(ts_venue_ns=filled_ns, status=OrderStatus.FILLED, filled=D(5))
    world.mark("95")

    assert world.sizes() == ["5", "5"]
