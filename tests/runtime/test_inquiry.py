"""Questions to the venue: a failure is never 'none', and many ask once."""

from __future__ import annotations

import asyncio
import itertools

from exitd.core.attempt import AttemptState
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import CancelTrigger, OrderReport
from exitd.core.market import Tick
from exitd.core.position import OrderSide
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    DoneReason,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerState,
)
from exitd.ports.venue import Refusal
from fakes.exchange import SOL, FakeOrder
from fakes.outcomes import Fill, LoseReply, LoseRequest, Rest
from runtime.desk import (
    ACCOUNT,
    MARK,
    D,
    Desk,
    StreamlessVenue,
    in_virtual_time,
    rule,
    stop,
)
from simulation.virtual_time import VirtualClock, let_pass


def resting(desk: Desk, **fields: object) -> FakeOrder:
    """Let an order of somebody else's rest at the venue."""
    now_ns = desk.clock.now_ns()
    asked = {
        "id": f"N{len(desk.venue.ledger) + 1}",
        "client_order_id": None,
        "symbol": SOL,
        "side": OrderSide.SELL,
        "quantity": D(2),
        "order": OrderType.LIMIT,
        "price": D(130),
        "ts_created_ns": now_ns,
        "ts_changed_ns": now_ns,
        **fields,
    }
    order = FakeOrder(**asked)
    desk.venue.exchange.accept(order)
    return order


def cancels(scope: CancelScope, client_order_id: str = "") -> object:
    return rule(
        "pull",
        ConditionKind.BELOW,
        "95",
        action=Cancel(scope, client_order_id),
        side=None,
    )


@in_virtual_time
async def test_given_reads_that_fail_when_in_doubt_then_never_taken_for_none():
    desk = await Desk().start()
    await desk.arm(stop(size="4"))
    desk.venue.lose_stream()
    desk.venue.script(LoseReply(Fill()))
    desk.venue.fail_reads(10_000)
    await let_pass(0.2)
    desk.mark("95")
    await desk.settle(60)

    attempts = list(desk.loop.engine.state.attempts.values())
    assert [a.state for a in attempts] == [AttemptState.IN_DOUBT]
    assert FactKind.ORDER_RESOLVED not in desk.kinds()

    desk.venue._failing_reads = 0
    await desk.settle(10)
    assert len(desk.venue.sent) == 1
    assert desk.trigger().reason is DoneReason.FILLED


@in_virtual_time
async def test_given_many_doubts_on_one_symbol_then_one_question_at_a_time():
    desk = await Desk(net="100").start()
    await desk.arm(*(stop(f"sl{n}", f"9{n}", "1") for n in range(8)))
    asked = []
    orders_since = desk.venue.orders_since

    async def counted(ts_venue_ns: int, symbol: str | None = None):
        asked.append(desk.clock.monotonic_ns())
        await let_pass(0.1)
        return await orders_since(ts_venue_ns, symbol)

    desk.venue.orders_since = counted
    desk.venue.lose_stream()
    desk.venue.script(*[LoseRequest()] * 8)
    desk.mark("80")
    await desk.settle(3)

    assert len(desk.venue.sent) == 8
    # Half a second between rounds, whoever asks: three seconds hold six rounds.
    assert len(asked) <= 8
    gaps = [b - a for a, b in itertools.pairwise(asked)]
    assert all(gap >= 350_000_000 for gap in gaps)


@in_virtual_time
async def test_given_cancels_in_scope_when_hit_then_these_go_and_no_others():
    desk = await Desk().start()
    limit = resting(desk)
    native = resting(desk, trigger_price=D(80), trigger_kind="mark")
    other = resting(desk, symbol="BTC_USDC_PERP")
    await desk.arm(cancels(CancelScope.LIMIT))
    desk.mark("95")
    await desk.settle(2)

    assert not limit.is_resting
    assert native.is_resting
    assert other.is_resting
    assert desk.trigger("pull").reason is DoneReason.ACTED
    assert desk.fact(FactKind.ORDERS_CANCELLED).fields["cancelled"] == 1


@in_virtual_time
async def test_given_one_client_id_when_hit_then_that_order_alone_is_cancelled():
    desk = await Desk().start()
    wanted = resting(desk, client_order_id=4711)
    other = resting(desk, client_order_id=4712)
    await desk.arm(cancels(CancelScope.ONE, "4711"))
    desk.mark("95")
    await desk.settle(2)

    assert not wanted.is_resting
    assert other.is_resting


@in_virtual_time
async def test_given_trigger_orders_in_scope_when_hit_then_only_those():
    desk = await Desk().start()
    limit = resting(desk)
    native = resting(desk, trigger_price=D(80), trigger_kind="mark")
    await desk.arm(cancels(CancelScope.TRIGGER))
    desk.mark("95")
    await desk.settle(2)

    assert limit.is_resting
    assert not native.is_resting


@in_virtual_time
async def test_given_our_own_working_close_when_all_is_cancelled_then_it_is_spared():
    desk = await Desk().start()
    size = Quantity(QuantityKind.ABSOLUTE, D(4))
    tp = rule(
        "tp", ConditionKind.TAKE_PROFIT, "110", action=Close(size, OrderType.LIMIT)
    )
    await desk.arm(tp, cancels(CancelScope.ALL))
    desk.venue.script(Rest())
    desk.mark("110")
    await desk.settle()
    ours, theirs = desk.venue.ledger[0], resting(desk)

    desk.loop.handle(_tick_below(desk))
    await desk.settle(3)

    assert ours.is_resting
    assert not theirs.is_resting


def _tick_below(desk: Desk) -> Tick:
    """A price that the fake exchange does not match its orders by."""
    now_ns = desk.clock.now_ns()
    return Tick(MARK, D(95), now_ns, now_ns, seq=1 << 40)


class SlowCancels(StreamlessVenue):
    """Accepts cancels with an empty 202, and carries out every third one."""

    accepted = 0

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        self.accepted += 1
        return None

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        self.accepted += 1
        if self.accepted % 3 == 0:
            await super().cancel_order(
                symbol, venue_order_id=venue_order_id, client_order_id=client_order_id
            )
        return None


@in_virtual_time
async def test_given_202_to_every_cancel_when_hit_then_repeated_until_none_rests():
    clock = VirtualClock(asyncio.get_running_loop())
    desk = await Desk(venue=SlowCancels(clock, ACCOUNT)).start()
    order = resting(desk)
    action = CancelAndClose(Cancel(CancelScope.ALL), Close())
    await desk.arm(stop("out", action=action))
    desk.mark("95")
    await desk.settle(0.05)
    assert order.is_resting
    assert desk.sent == []

    await desk.settle(20)

    assert not order.is_resting
    assert desk.sent == [("out", D(10))]


@in_virtual_time
async def test_given_cancels_under_way_when_abandoned_then_they_end():
    clock = VirtualClock(asyncio.get_running_loop())
    desk = await Desk(venue=SlowCancels(clock, ACCOUNT)).start()
    resting(desk)
    await desk.arm(cancels(CancelScope.ALL))
    desk.venue.fail_reads(10_000)
    desk.mark("95")
    await desk.settle(2)
    assert desk.trigger("pull").state is TriggerState.FIRING

    now_ns = desk.clock.now_ns()
    desk.loop.handle(
        CancelTrigger(trigger_id="pull", by="a person", abandon=True, now_ns=now_ns)
    )
    await desk.settle(12)

    assert desk.trigger("pull").reason is DoneReason.ABANDONED
    assert not [t for t in desk._tasks if "cancel orders" in t.get_name()]
