"""The loop: what is decided together becomes durable together, and before it acts."""

from __future__ import annotations

import pytest

from exitd.core.attempt import AttemptRecord
from exitd.core.events import FactKind
from exitd.core.inputs import Arm, IfCrossed, OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.state import Accepted
from exitd.core.trigger import DoneReason, FireRecord, TriggerState
from exitd.errors import StoreFull
from fakes.exchange import SOL
from runtime.desk import ACCOUNT, D, Desk, in_virtual_time, stop


@in_virtual_time
async def test_b087_given_a_free_slot_when_hit_then_hit_and_attempt_are_one_commit():
    desk = await Desk().start()
    await desk.arm(stop())
    before = len(desk.store.submitted)

    desk.mark("95")

    batch = desk.store.submitted[before]
    kinds = [f.kind for f in batch.facts]
    assert kinds[:2] == [FactKind.TRIGGER_HIT, FactKind.ORDER_SIGNED]
    assert any(isinstance(r, FireRecord) for r in batch.records)
    assert any(isinstance(r, AttemptRecord) and r.signed for r in batch.records)


@in_virtual_time
async def test_b087_given_a_commit_under_way_when_hit_then_nothing_leaves_before_it():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.store.hold()

    desk.mark("95")
    await desk.settle(2)
    assert desk.sent == []

    desk.store.release()
    await desk.settle()
    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_b087_given_a_crash_before_the_commit_when_restarted_then_sent_once():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.store.hold()
    desk.mark("95")
    await desk.settle()

    again = await desk.restarted()
    await again.start(mark="95")
    await again.settle(20)

    assert again.sent == [("sl", D(10))]
    assert again.trigger().reason is DoneReason.FILLED


@in_virtual_time
async def test_given_two_callbacks_when_durable_then_in_order_and_after_the_commit():
    desk = await Desk().start()
    order: list[str] = []
    desk.store.hold()
    desk.loop.when_durable(lambda: order.append("first"))
    desk.loop.when_durable(lambda: order.append("second"))

    desk.venue.hold(SOL, "12")
    await desk.settle()
    assert order == []

    desk.store.release()
    await desk.settle()
    assert order == ["first", "second"]


@in_virtual_time
async def test_given_a_command_when_its_commit_is_under_way_then_no_answer_yet():
    desk = await Desk().start()
    desk.store.hold()
    arming = desk.loop.command(Arm(definitions=(stop(),), now_ns=desk.clock.now_ns()))
    answers: list[object] = []

    async def ask() -> None:
        answers.append(await arming)

    desk.spawn(ask(), "arm")
    await desk.settle()
    assert answers == []

    desk.store.release()
    await desk.settle()
    assert answers == [Accepted(("sl",))]


@in_virtual_time
async def test_b031_given_a_full_disk_when_armed_then_refused_and_not_live():
    desk = await Desk().start()
    desk.store.fill_disk()

    with pytest.raises(StoreFull, match="no room"):
        await desk.arm(stop())

    assert desk.loop.engine.state.triggers == {}
    desk.mark("90")
    await desk.settle()
    assert desk.sent == []


@in_virtual_time
async def test_b031_given_the_disk_fills_in_the_commit_then_not_live_and_may_be_asked():
    desk = await Desk().start()
    command = Arm(
        definitions=(stop(),),
        idempotency_key="k",
        digest="d",
        now_ns=desk.clock.now_ns(),
    )
    # Full only when the batch arrives: nobody could know before.
    submit = desk.store.submit

    def full_for_arms(batch, on_durable=None):
        desk.store.fill_disk()
        submit(batch, on_durable)
        desk.store.mend_disk()

    desk.store.submit = full_for_arms
    with pytest.raises(StoreFull):
        await desk.loop.command(command)
    desk.store.submit = submit
    assert desk.trigger().state is TriggerState.DONE

    desk.mark("90")
    await desk.settle()
    assert desk.sent == []

    desk.mark("100")
    reply = await desk.loop.command(command)
    assert reply == Accepted(("sl",))
    assert desk.trigger().state is TriggerState.ARMED


@in_virtual_time
async def test_b031_given_it_fires_as_it_is_armed_then_the_disk_may_not_refuse_it():
    desk = await Desk().start()
    before = len(desk.store.submitted)

    await desk.arm(stop("sl", "101"), if_crossed=IfCrossed.FIRE)

    assert not desk.store.submitted[before].may_fail
    await desk.settle()
    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_given_a_report_that_contradicts_when_handled_then_it_reconciles():
    desk = await Desk().start()
    await desk.arm(stop("part", "95", "4"), stop("rest", "90", "2"))
    desk.mark("95")
    await desk.settle()
    attempt = next(iter(desk.loop.engine.state.attempts.values()))
    told: list[str] = []
    desk.loop.on_contradiction(lambda: told.append("asked"))

    # More than all of it, and yet not filled: no venue means that.
    now_ns = desk.clock.now_ns()
    desk.loop.handle(
        OrderReport(
            account=ACCOUNT,
            symbol=SOL,
            venue_order_id=attempt.venue_order_id,
            client_order_id=attempt.order.client_order_id,
            status=OrderStatus.PARTIALLY_FILLED,
            side=OrderSide.SELL,
            quantity=None,
            filled=D(5),
            filled_quote=D(475),
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )
    await desk.settle(5)

    assert told == ["asked"]
    after = desk.loop.engine.state.attempts[attempt.order.attempt]
    assert after.filled == D(4)
    desk.mark("90")
    await desk.settle()
    assert desk.sent == [("part", D(4)), ("rest", D(2))]


@in_virtual_time
async def test_given_an_account_that_is_configured_no_more_then_its_intents_wait():
    desk = await Desk().start()
    await desk.arm(stop())
    desk.loop._sinks.clear()

    desk.mark("95")
    await desk.settle()

    assert desk.trigger().state is TriggerState.FIRING
    assert desk.sent == []
