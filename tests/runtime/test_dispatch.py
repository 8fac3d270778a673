"""The dispatcher: the most urgent first, within the budget, with a proven size."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from exitd.core.attempt import AttemptState, RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import FireNow, PositionReport, SlotOpened
from exitd.core.intents import Priority
from exitd.core.market import PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.trigger import (
    Close,
    DoneReason,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerState,
)
from exitd.runtime.budget import RateBudget
from fakes.exchange import SOL
from fakes.outcomes import Fill, Hold, LoseReply, LoseRequest, Refuse, Rest
from runtime.desk import (
    ACCOUNT,
    LONG,
    D,
    Desk,
    S,
    StreamlessVenue,
    in_virtual_time,
    stop,
    target,
)
from simulation.virtual_time import VirtualClock, let_pass

BTC = "BTC_USDC_PERP"


def test_given_a_budget_when_spent_then_it_refills_with_time():
    budget = RateBudget(per_minute=60, burst=10, reserve=4)

    assert [budget.take(Priority.QUERY, 0) for _ in range(7)] == [True] * 6 + [False]
    assert all(budget.take(Priority.STOP, 0) for _ in range(4))
    assert not budget.take(Priority.STOP, 0)
    assert budget.wait_ns(Priority.STOP, 0) == S
    assert budget.wait_ns(Priority.QUERY, 0) == 5 * S
    assert budget.take(Priority.STOP, S)
    assert not budget.take(Priority.STOP, S)


def test_given_a_pause_when_asked_then_nobody_goes_before_its_end():
    budget = RateBudget(per_minute=60, burst=10, reserve=0)
    budget.pause(5 * S)
    budget.pause(3 * S)

    assert budget.wait_ns(Priority.STOP, S) == 4 * S
    assert not budget.take(Priority.STOP, 4 * S)
    assert budget.take(Priority.STOP, 5 * S)


@in_virtual_time
async def test_b093_given_a_short_budget_when_all_fire_then_the_stops_go_first():
    policies = Policies(stop_budget_ns=3_600 * S, take_profit_budget_ns=3_600 * S)
    clock = VirtualClock(asyncio.get_running_loop())
    venue = StreamlessVenue(clock, ACCOUNT, symbols=(SOL, BTC))
    venue.hold(BTC, "1000")
    desk = await Desk(
        venue=venue, net="1000", per_minute=60, burst=20, reserve=15, policies=policies
    ).start()
    names = [f"tp{n}" for n in range(10)], [f"sl{n}" for n in range(10)]
    watched = PriceSource(ACCOUNT, BTC, PriceKind.MARK)
    await desk.arm(
        *(
            target(n, f"11{i}", "1", symbol=BTC, source=watched)
            for i, n in enumerate(names[0])
        )
    )
    await desk.arm(*(stop(n, f"8{i}", "1") for i, n in enumerate(names[1])))
    desk.budget.pause(desk.clock.monotonic_ns() + 2 * S)
    for name in (*names[0], *names[1]):
        now_ns = desk.clock.now_ns()
        desk.loop.handle(FireNow(trigger_id=name, by="test", now_ns=now_ns))
    assert desk.account.dispatcher.depth == 20

    # Fifty arms in between do not touch the venue, and so take no slot.
    await desk.arm(*(stop(f"more{n}", f"{40 + n}", "0.5") for n in range(40)))
    await desk.settle(60)

    assert len(desk.sent) == 20
    signed = [f for f in desk.facts if f.kind is FactKind.ORDER_SIGNED]
    order = [fact.trigger_id for fact in signed]
    assert set(order[:10]) == set(names[1])
    assert set(order[10:]) == set(names[0])


@in_virtual_time
async def test_b093_given_429_when_it_says_how_long_then_nobody_sends_before():
    desk = await Desk().start()
    await desk.arm(stop("one", "95", "1"), stop("two", "95", "2"))
    desk.venue.script(
        Refuse(RefusalKind.RATE_LIMITED, retry_after_ns=7 * S),
        Refuse(RefusalKind.RATE_LIMITED, retry_after_ns=7 * S),
    )
    desk.mark("95")
    await desk.settle(6.5)
    first = len(desk.venue.sent)
    assert first <= 2

    await desk.settle(10)

    assert desk.sent[first:] in ([("one", D(1)), ("two", D(2))],)


@in_virtual_time
async def test_b098_given_401_when_sent_then_no_hammering_and_prices_are_judged():
    desk = await Desk().start()
    await desk.arm(stop("one", "95", "1"), stop("two", "90", "1"))
    desk.venue.script(*[Refuse(RefusalKind.UNAUTHORIZED, "UNAUTHORIZED")] * 3)
    desk.mark("95")
    await desk.settle(14)
    assert len(desk.venue.sent) == 1

    desk.mark("90")
    assert desk.trigger("two").state is TriggerState.FIRING
    await desk.settle(0.5)
    assert len(desk.venue.sent) == 1
    await desk.settle(240)

    assert desk.trigger("one").reason is DoneReason.FILLED
    assert desk.trigger("two").reason is DoneReason.FILLED


@in_virtual_time
async def test_given_ten_thousand_closes_when_hit_at_once_then_each_goes_once():
    desk = await Desk(net="7500", burst=2_000, per_minute=1_000_000).start()
    names = [f"sl{n}" for n in range(10_000)]
    levels = [f"{20 + n // 2 / 100:.2f}" for n in range(10_000)]
    sizes = ["1", "0.5"] * 5_000
    await desk.arm(*map(stop, names, levels, sizes))

    desk.mark("19")
    assert desk.account.dispatcher.in_flight <= 64
    await desk.settle(60)

    assert sorted(name for name, _ in desk.sent) == sorted(names)
    assert desk.venue.exchange.net(SOL) == 0


@in_virtual_time
async def test_given_a_shut_gate_when_hit_then_queued_until_it_opens():
    desk = Desk()
    await desk.recover()
    desk.account.prices.watch_sources()
    desk.account.start()
    await let_pass(0.05)
    await desk.arm(stop())
    desk.mark("95")
    await desk.settle(5)
    assert (desk.sent, desk.account.dispatcher.depth) == ([], 1)

    desk.account.dispatcher.open()
    await desk.settle()
    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_b083_given_an_unproven_position_then_asked_first_and_its_answer_used():
    desk = await Desk().start()
    await desk.arm(stop("one", "96", "8"), stop("two", "95", "8"))
    desk.venue.lose_stream()
    await let_pass(0.2)
    desk.venue.exchange.set_position(SOL, D(6), D(100), desk.clock.now_ns())
    assert not desk.loop.engine.state.position(LONG).proven

    desk.mark("95")
    await desk.settle(5)

    assert desk.sent == [("one", D(6))]


@in_virtual_time
async def test_b083_given_no_answer_then_the_last_size_and_flagged():
    desk = await Desk().start()
    await desk.arm(stop("one", "96", "4"), stop("two", "95", "3"))
    desk.venue.lose_stream()
    desk.venue.fail_reads(1_000)
    await let_pass(0.2)

    desk.mark("95")
    await desk.settle(1)

    assert desk.sent == [("one", D(4)), ("two", D(3))]
    signed = [f for f in desk.facts if f.kind is FactKind.ORDER_SIGNED]
    assert all(f.fields["position_unproven"] for f in signed)


async def silent(symbol: str | None = None) -> tuple[PositionReport, ...]:
    """A query that is never answered."""
    await let_pass(3_600)
    raise AssertionError("nobody waits so long")


@in_virtual_time
async def test_b083_given_silence_then_one_second_for_all_closes_of_the_symbol():
    desk = await Desk().start()
    await desk.arm(*(stop(f"sl{n}", f"9{n}", "1") for n in range(5, 9)))
    desk.venue.lose_stream()
    await let_pass(0.2)
    desk.venue.positions = silent
    desk.mark("95")
    await desk.settle(0.9)
    assert desk.sent == []

    await desk.settle(0.3)

    assert [quantity for _, quantity in desk.sent] == [D(1)] * 4


@in_virtual_time
async def test_b089_given_a_lost_request_then_the_next_attempt_only_after_its_window():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.script(LoseRequest())
    desk.mark("95")
    # Window 5 s and slack 10 s: before that absence proves nothing.
    await desk.settle(14)
    assert len(desk.venue.sent) == 1

    await desk.settle(6)

    ids = [s.order.client_order_id for s in desk.venue.sent]
    assert len(ids) == len(set(ids)) == 2
    assert desk.trigger().reason is DoneReason.FILLED


@in_virtual_time
async def test_b088_given_a_lost_reply_then_found_by_its_id_and_no_second_order():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.venue.script(LoseReply(Fill()))
    desk.venue.lose_stream()
    desk.mark("95")
    await desk.settle(40)

    assert len(desk.venue.sent) == len(desk.venue.ledger) == 1
    assert desk.trigger().reason is DoneReason.FILLED


@in_virtual_time
async def test_b089_given_a_slot_while_an_attempt_is_unanswered_then_nothing_leaves():
    desk = await Desk().start()
    await desk.arm(stop(size="4"))
    desk.venue.script(Hold(Fill(), executes_first=False))
    desk.mark("95")
    await desk.settle(1)

    for _ in range(3):
        desk.loop.handle(SlotOpened("sl", 1, desk.clock.now_ns()))
        await desk.settle(0.1)

    assert desk.sent == [("sl", D(4))]


@in_virtual_time
async def test_b094_given_6_of_8_filled_then_attempt_2_for_the_other_2():
    desk = await Desk().start()
    await desk.arm(stop(size="8"))
    desk.venue.script(Fill(D(6)))
    desk.mark("95")
    await desk.settle(5)

    assert desk.sent == [("sl", D(8)), ("sl", D(2))]
    assert [s.order.attempt.n for s in desk.venue.sent] == [1, 2]


@in_virtual_time
async def test_b094_given_fills_in_two_reports_then_each_is_counted_once():
    desk = await Desk().start()
    limit = Close(Quantity(QuantityKind.ABSOLUTE, D(4)), OrderType.LIMIT)
    await desk.arm(target("tp", "110", action=limit))
    desk.venue.script(Rest())
    desk.mark("110")
    await desk.settle()
    order = desk.venue.ledger[0]
    for quantity in (D(1), D(2)):
        desk.venue.exchange.fill(order, quantity, D(110), desk.clock.now_ns())
        await desk.settle(1)

    fired = desk.fire("tp")
    assert fired is not None
    assert (fired.filled, fired.filled_quote) == (D(3), D(330))
    assert desk.loop.engine.state.position(LONG).live == D(7)


@in_virtual_time
async def test_b090_given_a_late_reply_after_its_fill_was_found_then_counted_once():
    desk = await Desk().start()
    await desk.arm(stop(size="4"))
    desk.venue.script(Hold(Fill()))
    desk.mark("95")
    await desk.settle(30)
    assert desk.trigger().reason is DoneReason.FILLED

    desk.venue.release()
    await desk.settle(5)

    assert desk.kinds("sl").count(FactKind.ORDER_FILLED) == 1
    done = desk.fact(FactKind.TRIGGER_DONE)
    assert done.fields["filled"] == D(4)
    assert desk.venue.exchange.net(SOL) == D(6)


@in_virtual_time
async def test_b108_given_a_send_in_flight_when_drained_then_waits_and_opens_no_more():
    desk = await Desk().start()
    await desk.arm(stop("one", "95", "4"), stop("two", "90", "4"))
    desk.venue.script(Hold(Fill()))
    desk.mark("95")
    await desk.settle()
    desk.account.dispatcher.stop()
    drained: list[bool] = []

    async def drain() -> None:
        await desk.account.dispatcher.drain()
        drained.append(True)

    desk.spawn(drain(), "drain")
    desk.mark("90")
    await desk.settle()
    assert drained == []
    assert desk.sent == [("one", D(4))]

    desk.venue.release()
    await desk.settle()
    assert drained == [True]
    assert desk.sent == [("one", D(4))]
    assert desk.trigger("two").state is TriggerState.FIRING


@in_virtual_time
async def test_given_a_resting_close_when_a_stop_hits_then_it_is_cancelled_by_its_id():
    desk = await Desk().start()
    limit = Close(Quantity(QuantityKind.ABSOLUTE, D(4)), OrderType.LIMIT)
    await desk.arm(target("tp", "110", action=limit), stop())
    desk.venue.script(Rest())
    desk.mark("110")
    await desk.settle()
    resting = desk.venue.ledger[0]
    assert resting.is_resting

    desk.mark("95")
    await desk.settle(5)

    assert not resting.is_resting
    assert sum((o.filled for o in desk.venue.ledger), Decimal(0)) == D(10)
    attempts = desk.loop.engine.state.attempts.values()
    assert {a.state for a in attempts} == {AttemptState.CANCELLED, AttemptState.FILLED}


@pytest.mark.parametrize("shut", [True, False])
@in_virtual_time
async def test_given_queries_without_end_then_a_stop_has_its_share(shut: bool):
    desk = await Desk(per_minute=60, burst=10, reserve=5).start()
    await desk.arm(stop())
    for _ in range(20):
        desk.spawn(desk.account.asking.positions(), "ask")
    await desk.settle(0.2)
    if shut:
        await desk.settle(3)

    desk.mark("95")
    await desk.settle(0.2)

    assert desk.sent == [("sl", D(10))]
