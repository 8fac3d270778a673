"""From a hit to an attempt: sizes, prices, retries (behaviours 66, 76, 81 to 101)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import LONG, MARK, MS, TAG, D, S, World, close, stop, target
from exitd.core.attempt import AttemptState, Capabilities, RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import (
    AttemptSent,
    FireNow,
    InstrumentReport,
    OrderStatus,
    SlotOpened,
)
from exitd.core.intents import (
    CancelOrder,
    ProvePosition,
    RefreshInstrument,
    RequestSlot,
    SyncClock,
)
from exitd.core.market import BookState
from exitd.core.policy import Policies
from exitd.core.trigger import OrderType


def test_b081_given_a_rest_below_the_minimum_then_it_is_closed_too():
    world = World("5.005")
    world.arm(target("tp", "110", "5"))

    world.mark("110")

    assert world.sizes() == ["5.005"]


def test_b081_given_the_policy_keeps_remainders_then_only_what_was_asked():
    world = World("5.005", policies=Policies(remainder_close_all=False))
    world.arm(target("tp", "110", "5"))

    world.mark("110")

    assert world.sizes() == ["5"]


def test_b081_given_a_position_below_the_minimum_then_all_there_is():
    world = World("0.005")
    world.arm(stop("sl", "95"))

    world.mark("95")

    assert world.sizes() == ["0.005"]


def test_b081_given_a_share_below_the_minimum_then_the_minimum():
    world = World("1")
    world.arm(target("tp", "110", "0.5%"))

    world.mark("110")

    assert world.sizes() == ["0.01"]


def test_b081_given_a_partly_filled_close_whose_rest_is_dust_then_it_is_done():
    world = World()
    world.arm(target("tp", "110", "3"))
    world.mark("110")

    world.end(filled="2.995")
    world.position("7.005")

    assert world.sizes() == ["3"]
    assert world.state("tp") == "done: filled"


def test_b082_given_a_close_worth_less_than_the_minimum_then_all_is_closed():
    world = World("0.6", min_notional=D(50))
    world.arm(stop("sl", "95", "0.3"))

    world.mark("95")

    assert world.sizes() == ["0.6"]


def test_b082_given_a_rest_worth_less_than_the_minimum_then_all_is_closed():
    world = World("2", min_notional=D(50))
    world.arm(stop("sl", "95", "1.6"))

    world.mark("95")

    assert world.sizes() == ["2"]


def test_given_a_position_above_the_maximum_then_closed_in_parts_without_dust():
    world = World("20.005", max_quantity=D(10))
    world.arm(stop("sl", "95"))

    world.mark("95")
    for _ in range(3):
        world.fill()

    assert world.sizes() == ["10", "9.99", "0.015"]


def test_given_a_share_that_is_off_the_step_then_floored_once_and_done():
    world = World("9.999")
    world.arm(target("tp", "110", "50%"))

    world.mark("110")
    world.fill()
    world.position("5")

    assert world.sizes() == ["4.999"]
    assert world.state("tp") == "done: filled"


def test_b087_given_a_hit_then_the_attempt_is_written_before_it_is_sent():
    world = World()
    world.arm(stop("sl", "95"))

    world.mark("95")

    kinds = [fact.kind for fact in world.facts[-3:]]
    assert kinds == [FactKind.TRIGGER_HIT, FactKind.ORDER_SIGNED, FactKind.ORDER_SENT]
    assert world.attempt().signed == b"signed"
    assert world.attempt().state is AttemptState.SENT


def test_given_attempts_then_client_ids_carry_the_tag_and_count_up():
    world = World()
    world.arm(stop("a", "95", "2"), stop("b", "94", "2"))

    world.mark("94")

    ids = [order.client_order_id for order in world.sent]
    assert ids == [TAG << 24 | 1, TAG << 24 | 2]
    assert world.engine.state.counters["main"].counter == 2


def test_given_the_last_counter_then_the_next_is_one_and_never_zero():
    world = World()
    counter = world.engine.state.counters["main"]
    world.engine.state.counters["main"] = type(counter)("main", TAG, (1 << 24) - 1)
    world.arm(stop("sl", "95"))

    world.mark("95")

    assert world.sent[0].client_order_id == TAG << 24 | 1


def test_b092_given_a_price_band_refusal_then_a_limit_stop_escalates_to_market():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0.5")))
    world.mark("95")
    assert world.sent[-1].price == D("94.53")

    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)
    assert (world.sent[-1].order, world.sent[-1].price) == (OrderType.LIMIT, D("93.58"))
    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)
    assert world.sent[-1].order is OrderType.MARKET
    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)

    assert world.sent[-1].order is OrderType.MARKET
    told = [fact.fields["to"] for fact in world.told(FactKind.ORDER_ESCALATED)]
    assert told == ["a wider limit", "market"]
    assert all(f.fields["alert"] for f in world.told(FactKind.ORDER_REFUSED))


def test_b092_given_a_limit_stop_without_a_bound_then_market_is_next():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0")))
    world.mark("95")
    assert world.sent[-1].price == 95

    world.refuse(RefusalKind.LIQUIDITY)
    world.wait(S)

    assert world.sent[-1].order is OrderType.MARKET


def test_b096_given_a_hard_limit_then_the_bound_is_never_left():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0.5", hard=True)))
    world.mark("95")

    for _ in range(5):
        world.end()
        world.wait(2 * S)

    assert {order.price for order in world.sent} == {D("94.53")}
    assert world.state("sl") == "firing"


def test_b096_given_a_take_profit_then_its_bound_is_never_left():
    world = World()
    world.arm(target("tp", "110", action=close("100%", "0.5")))
    world.mark("110")

    world.refuse(RefusalKind.PRICE_BOUND)
    world.wait(S)

    assert [order.price for order in world.sent] == [D("109.45"), D("109.45")]


@pytest.mark.parametrize(
    ("kind", "intent"),
    [
        (RefusalKind.EXPIRED, SyncClock),
        (RefusalKind.NOT_REDUCED, ProvePosition),
        (RefusalKind.HALTED, RefreshInstrument),
        (RefusalKind.INVALID, RefreshInstrument),
    ],
)
def test_given_a_refusal_then_what_it_says_of_our_view_is_checked(kind, intent):
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.refuse(kind)

    assert world.wants(intent)


def test_b091_given_not_reduced_and_flat_then_closed_as_position_gone():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.refuse(RefusalKind.NOT_REDUCED)
    world.position("0")
    world.wait(10 * S)

    assert world.state("sl") == "done: retired"
    assert len(world.sent) == 1


def test_b093_given_retry_after_then_honoured_to_the_nanosecond():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.RATE_LIMITED, retry_after_ns=7 * S)

    world.wait(7 * S - 1)
    assert len(world.sent) == 1
    world.wait(1)

    assert len(world.sent) == 2


def test_b098_given_401_then_no_hammering_and_evaluation_goes_on():
    world = World()
    world.arm(stop("sl", "95", "5"), stop("other", "94", "2"))
    world.mark("95")

    world.refuse(RefusalKind.UNAUTHORIZED)
    world.wait(14 * S)
    assert len(world.sent) == 1
    world.mark("94")
    assert world.who() == ["sl", "other"]
    world.wait(2 * S)

    assert world.who() == ["sl", "other", "sl"]


def test_b099_given_request_expired_then_next_attempt_at_once_with_a_new_id():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.refuse(RefusalKind.EXPIRED)

    assert [order.attempt.n for order in world.sent] == [1, 2]
    assert len({order.client_order_id for order in world.sent}) == 2
    assert world.wants(SyncClock)


def test_b099_given_request_expired_again_then_it_does_not_hammer():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.EXPIRED)

    world.refuse(RefusalKind.EXPIRED)
    assert len(world.sent) == 2
    world.wait(S)

    assert len(world.sent) == 3


def test_b094_given_6_of_10_filled_then_attempt_2_for_4():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    world.end(filled="6")

    assert world.sizes() == ["10", "4"]
    assert world.sent[1].attempt.n == 2


def test_b095_given_a_limit_stop_unfilled_then_the_rest_by_market():
    world = World()
    world.arm(stop("sl", "95", action=close("100%", "0")))
    world.mark("95")

    world.end(filled="4")

    assert world.sizes() == ["10", "6"]
    assert world.sent[1].order is OrderType.MARKET


def test_b095_given_a_late_fill_of_the_cancelled_close_then_it_is_counted():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.end(filled="0")

    world.report(0, OrderStatus.CANCELLED, "6")
    assert world.firing("sl").filled == 6
    world.wait(S)

    assert world.sizes() == ["10", "4"]


def test_b095_given_a_late_fill_of_all_then_nothing_more_is_sent():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.end(filled="0")

    world.report(0, OrderStatus.FILLED)
    world.wait(S)
    world.position("0")

    assert world.sizes() == ["10"]
    assert world.state("sl") == "done: filled"


def test_b097_given_downtime_then_a_stop_goes_on_and_a_target_only_if_still_beyond():
    world = World(slots=False)
    world.arm(stop("sl", "95", "2"), target("tp", "110", "2"))
    world.mark("110")
    world.mark("105")

    world.open_slots()
    assert world.state("tp") == "armed"
    world.mark("95")
    world.mark("100")
    world.open_slots()

    assert world.who() == ["sl"]


def test_b097_given_downtime_and_still_beyond_then_the_target_goes():
    world = World(slots=False)
    world.arm(target("tp", "110"))
    world.mark("110", "112")

    world.open_slots()

    assert world.who() == ["tp"]


def test_b101_given_a_stop_over_its_budget_then_it_goes_on_with_repeated_alerts():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))
    world.mark("95")

    for _ in range(60):
        world.refuse(RefusalKind.BUSY)
        world.wait(6 * S)

    assert world.state("sl") == "firing"
    assert world.state("tp") == "armed"
    alerts = [f for f in world.told(FactKind.TRIGGER_HELD) if f.fields.get("alert")]
    assert len(alerts) >= 5
    assert len(world.sent) == 61


def test_b101_given_a_target_over_its_budget_then_armed_again_with_an_alert():
    world = World()
    world.arm(target("tp", "110"))
    world.mark("110")
    world.refuse(RefusalKind.UNAUTHORIZED)
    world.wait(16 * S)
    world.refuse(RefusalKind.UNAUTHORIZED)
    world.wait(31 * S)
    world.refuse(RefusalKind.UNAUTHORIZED)

    world.wait(30 * S)

    assert world.state("tp") == "armed"
    assert world.trigger("tp").arming == 2
    fact = world.told(FactKind.TRIGGER_ARMED)[-1]
    assert fact.fields["alert"] is True


def test_b101_given_a_part_was_filled_when_armed_again_then_only_the_rest_is_closed():
    world = World()
    world.arm(target("tp", "110", action=close("50%", "0.5")))
    world.mark("110")
    world.report(status=OrderStatus.PARTIALLY_FILLED, filled="2")
    world.position("8")

    world.wait(60 * S)
    assert len(world.wants(CancelOrder)) == 1
    world.end(filled="2")
    assert world.state("tp") == "armed"
    world.mark("111")

    assert world.sizes() == ["5", "3"]
    assert world.trigger("tp").filled == 2


def test_b101_given_a_late_fill_after_it_was_armed_again_then_it_is_counted():
    world = World()
    world.arm(target("tp", "110", action=close("5", "0.5")))
    world.mark("110")
    world.works()
    world.wait(60 * S)
    world.end()
    world.mark("100")

    world.report(0, OrderStatus.CANCELLED, "2")
    world.mark("110")

    assert world.sizes() == ["5", "3"]


def test_b101_given_a_target_in_doubt_over_its_budget_then_it_is_not_armed_again():
    world = World()
    world.arm(target("tp", "110"))
    world.mark("110")
    world.lose()

    world.wait(61 * S)

    assert world.state("tp") == "firing"
    assert world.wants(CancelOrder) == []


def test_given_its_time_is_over_when_it_would_be_armed_again_then_expired():
    world = World()
    world.arm(
        target("tp", "110", action=close("5", "0.5"), expires_ns=world.now_ns + S)
    )
    world.mark("110")
    world.works()

    world.wait(60 * S)
    world.end()

    assert world.state("tp") == "done: expired"


def test_b092_given_no_liquidity_then_a_target_tries_again_while_crossed():
    world = World()
    world.arm(target("tp", "110"))
    world.mark("110")

    world.end()
    world.wait(S)
    assert world.sizes() == ["10", "10"]
    world.end()
    world.mark("105")
    world.wait(S)

    assert world.state("tp") == "armed"
    assert len(world.sent) == 2


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
