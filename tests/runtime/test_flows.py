"""Flatten, take-profit, import and handover, on the fake venue and the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from api.daemons import ENVIRONMENT, MARK, ME, World, started
from exitd.configuration.load import load
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.inputs import OrderReport, OrderStatus, TimePassed
from exitd.core.position import OrderSide, Side
from exitd.core.trigger import CancelScope, ConditionKind, OrderType
from exitd.ports.venue import NativeStop, Refusal
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.problems import (
    Conflict,
    ControlError,
    NotReady,
    Unusable,
    VenueFailed,
)
from fakes.exchange import SOL, FakeOrder
from fakes.outcomes import Fill, Refuse, Rest
from fakes.venue import FakeVenue

SPOT = "SOL_USDC"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with started(tmp_path) as running:
        yield running


def rest(venue: FakeVenue, symbol: str = SOL, **fields: object) -> FakeOrder:
    """Let a resting order of somebody else's be there."""
    asked = {
        "id": f"N{len(venue.ledger) + 1}",
        "client_order_id": None,
        "symbol": symbol,
        "side": OrderSide.SELL,
        "quantity": Decimal(2),
        "order": OrderType.LIMIT,
        "price": Decimal(130),
        "time_in_force": TimeInForce.GTC,
        "ts_created_ns": 1,
        "ts_changed_ns": 1,
        **fields,
    }
    order = FakeOrder(**asked)  # type: ignore[arg-type]
    venue.exchange.accept(order)
    return order


class SlowVenue(FakeVenue):
    """Accepts cancels with an empty 202, and carries out every other one."""

    accepted = 0

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        self.accepted += 1
        if self.accepted % 2 == 0:
            await super().cancel_orders(symbol, scope)
        return None


class StubbornVenue(FakeVenue):
    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        return Refusal(RefusalKind.UNAUTHORIZED, "FORBIDDEN", "not yours")


# Flatten.


@pytest.mark.parametrize("symbol", [SOL, SPOT])
async def test_given_open_orders_when_flattened_then_gone_and_positions_stay(
    world: World, symbol: str
):
    limit = rest(world.venue, symbol)
    native = rest(world.venue, symbol, trigger_price=Decimal(90), trigger_kind="mark")
    other = rest(world.venue, "BTC_USDC_PERP")

    view = await world.control.by_hand.flatten(symbol, ME)

    assert [order.id for order in view.cancelled_orders] == [limit.id, native.id]
    assert view.remaining_orders == ()
    left = await world.venue.open_orders()
    assert [order.venue_order_id for order in left] == [other.id]
    assert world.venue.exchange.net(SOL) == 10
    assert native.id in " ".join(view.notes)
    if symbol == SOL:
        assert "positions stay open" in view.notes[0]


async def test_given_no_orders_when_flattened_then_nothing_is_asked_of_the_venue(
    world: World,
):
    view = await world.control.by_hand.flatten(SOL, ME)

    assert (view.cancelled_orders, view.remaining_orders) == ((), ())


async def test_given_an_empty_202_when_flattened_then_asked_again_and_compared(
    world: World,
):
    world.venue.__class__ = SlowVenue
    order = rest(world.venue)

    view = await world.control.by_hand.flatten(SOL, ME)

    assert [one.id for one in view.cancelled_orders] == [order.id]
    assert world.venue.accepted == 2  # type: ignore[attr-defined]


async def test_given_a_venue_that_refuses_when_flattened_then_one_sentence(
    world: World,
):
    world.venue.__class__ = StubbornVenue
    rest(world.venue)

    with pytest.raises(VenueFailed, match="FORBIDDEN: not yours"):
        await world.control.by_hand.flatten(SOL, ME)


async def test_given_a_take_profit_of_ours_when_flattened_then_spared_unless_meant(
    world: World,
):
    world.venue.script(Rest())
    ours = await world.control.by_hand.take_profit(
        SOL, ME, side="Ask", price=Decimal(120), quantity=Decimal(4)
    )
    other = rest(world.venue)

    spared = await world.control.by_hand.flatten(SOL, ME)
    all_of_it = await world.control.by_hand.flatten(SOL, ME, including_ours=True)

    assert [one.id for one in spared.cancelled_orders] == [other.id]
    assert [one.id for one in spared.spared_orders] == [ours.order_id]
    assert [one.id for one in all_of_it.cancelled_orders] == [ours.order_id]
    assert world.state_of(ours.trigger_id) == "done"
    assert len(world.venue.sent) == 1


# Take-profit.


async def test_given_a_long_when_a_take_profit_is_asked_then_it_rests_exactly(
    world: World,
):
    world.venue.script(Rest())

    view = await world.control.by_hand.take_profit(
        SOL, ME, side="Ask", price=Decimal("120.01"), quantity=Decimal("2.5")
    )

    (order,) = world.venue.ledger
    assert (view.order_id, view.status) == (order.id, "New")
    assert (order.side, order.order, order.reduce_only) == ("sell", "limit", True)
    assert (str(order.price), str(order.quantity)) == ("120.01", "2.5")
    assert order.time_in_force is TimeInForce.GTC
    assert [(p.symbol, p.quantity) for p in view.positions] == [(SOL, "10")]
    (stored,) = world.daemon.store.load().attempts
    assert stored.order.client_order_id == order.client_order_id


async def test_given_a_short_when_a_take_profit_is_asked_then_below_the_mark(
    tmp_path: Path,
):
    async with started(tmp_path, net="-5") as world:
        world.venue.script(Rest())
        view = await world.control.by_hand.take_profit(
            SOL, ME, side="Bid", price=Decimal(80), quantity=Decimal(5)
        )

        assert view.status == "New"
        assert world.venue.ledger[0].side is OrderSide.BUY


@pytest.mark.parametrize(
    ("side", "price", "error", "said"),
    [
        ("Bid", "90", Conflict, "would add to the long of 10"),
        ("Ask", "100", Unusable, "lies above the mark price of 100"),
        ("Ask", "95", Unusable, "lies above the mark price of 100"),
        ("Ask", "120.005", Unusable, "not a multiple of the price step"),
    ],
)
async def test_given_a_wrong_take_profit_when_asked_then_refused_and_nothing_sent(
    world: World, side: str, price: str, error: type[ControlError], said: str
):
    with pytest.raises(error, match=said):
        await world.control.by_hand.take_profit(
            SOL, ME, side=side, price=Decimal(price), quantity=Decimal(1)
        )

    assert world.venue.sent == []
    assert world.daemon.loop.engine.state.triggers == {}


async def test_given_no_position_when_a_take_profit_is_asked_then_refused(
    tmp_path: Path,
):
    async with started(tmp_path, net="0") as world:
        with pytest.raises(Conflict, match="no position is open"):
            await world.control.by_hand.take_profit(
                SOL, ME, side="Ask", price=Decimal(120), quantity=Decimal(1)
            )


async def test_given_a_venue_that_refuses_when_a_take_profit_is_asked_then_given_up(
    world: World,
):
    refused = Refuse(RefusalKind.INVALID, "INVALID_ORDER", "too small")
    world.venue.script(refused, refused, refused)

    with pytest.raises(VenueFailed, match="refused the take-profit"):
        await world.control.by_hand.take_profit(
            SOL, ME, side="Ask", price=Decimal(120), quantity=Decimal(1)
        )

    (record,) = world.daemon.loop.engine.state.triggers.values()
    assert record.reason == "abandoned"


async def test_given_one_key_when_a_take_profit_is_asked_twice_then_one_order(
    world: World,
):
    world.venue.script(Rest(), Rest())
    views = [
        await world.control.by_hand.take_profit(
            SOL,
            ME,
            side="Ask",
            price=Decimal(120),
            quantity=Decimal(4),
            idempotency_key="tp-1",
        )
        for _ in range(2)
    ]

    assert views[0].order_id == views[1].order_id
    assert len(world.venue.ledger) == 1


async def test_given_a_resting_take_profit_when_its_budget_is_spent_then_it_rests_on(
    world: World,
):
    world.venue.script(Rest())
    view = await world.control.by_hand.take_profit(
        SOL, ME, side="Ask", price=Decimal(120), quantity=Decimal(4)
    )
    loop = world.daemon.loop
    budget_ns = loop.engine.state.policies.take_profit_budget_ns

    decision = loop.engine.handle(TimePassed(loop.clock.now_ns() + budget_ns + 1))

    assert decision.intents == ()
    assert world.state_of(view.trigger_id) == "firing"
    assert world.venue.ledger[0].is_resting


async def test_given_a_resting_take_profit_when_a_stop_is_hit_then_taken_back(
    world: World,
):
    world.venue.script(Rest(), Fill(), Fill())
    await world.control.by_hand.take_profit(
        SOL, ME, side="Ask", price=Decimal(120), quantity=Decimal(4)
    )
    stop = TriggerRequest(
        kind=ConditionKind.STOP_LOSS, level=Decimal(95), symbol=SOL, side=Side.LONG
    )
    armed = await world.control.triggers.arm([stop], ME)
    await world.watched_mark("94")
    await world.until(lambda: world.state_of(armed.triggers[0].id) == "done")

    assert world.venue.ledger[0].status is OrderStatus.CANCELLED
    assert world.venue.exchange.net(SOL) == 0


# Import.


async def test_given_native_exits_when_imported_dry_then_yaml_that_loads(world: World):
    rest(
        world.venue,
        order=OrderType.MARKET,
        price=None,
        quantity=Decimal(10),
        trigger_price=Decimal(95),
        trigger_kind="last",
    )
    rest(world.venue, price=Decimal(130), quantity=Decimal(4))
    rest(
        world.venue, price=Decimal(139), trigger_price=Decimal(140), trigger_kind="mark"
    )
    rest(world.venue, side=OrderSide.BUY, reduce_only=False, price=Decimal(80))

    view = await world.control.moving.import_exits(ME)

    file = world.folder / "config" / "conf.d" / "imported.yaml"
    file.write_text(view.yaml)
    loaded = load(world.folder / "config", ENVIRONMENT, now_ns=1)
    exits = loaded.positions[0].exits
    assert not loaded.has_errors, loaded.findings
    assert [(e.name, str(e.level), e.wording.price) for e in exits] == [
        ("stop-1", "95", "last"),
        ("target-1", "130", "mark"),
        ("target-2", "140", "mark"),
    ]
    assert "closes no open position" in view.yaml
    assert not view.is_applied
    assert [s.outcome for s in view.steps if s.what.startswith("cancel")] == [""] * 3
    assert all(order.is_resting for order in world.venue.ledger)


async def test_given_native_exits_when_imported_then_armed_before_they_are_cancelled(
    world: World,
):
    native = rest(
        world.venue,
        order=OrderType.MARKET,
        price=None,
        trigger_price=Decimal(95),
        trigger_kind="mark",
    )
    world.feed.polled[MARK] = Decimal(100)
    seen: list[str] = []
    cancel = world.venue.cancel_order

    async def watching(*args: object, **named: object) -> object:
        seen.extend(world.daemon.loop.engine.state.triggers)
        return await cancel(*args, **named)  # type: ignore[arg-type]

    world.venue.cancel_order = watching  # type: ignore[assignment,method-assign]
    work = asyncio.create_task(world.control.moving.import_exits(ME, apply=True))
    await world.watched_mark("100")
    view = await work

    assert len(seen) == 1
    assert native.status is OrderStatus.CANCELLED
    assert world.state_of(seen[0]) == "armed"
    assert view.is_applied
    assert view.steps[-1].outcome == "cancelled"


async def test_given_no_fresh_price_when_imported_then_the_native_orders_rest_on(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exitd.runtime.control.moving._ANSWER_S", 0.05)
    native = rest(world.venue, trigger_price=Decimal(95), trigger_kind="last")

    with pytest.raises(NotReady, match="no fresh price"):
        await world.control.moving.import_exits(ME, apply=True)

    assert native.is_resting
    (record,) = world.daemon.loop.engine.state.triggers.values()
    assert record.reason == "cancelled"


# Handover.


async def test_given_armed_exits_when_handed_over_then_native_rests_and_ours_pauses(
    world: World,
):
    requests = [
        TriggerRequest(
            kind=ConditionKind.STOP_LOSS, level=Decimal(90), symbol=SOL, side=Side.LONG
        ),
        TriggerRequest(
            kind=ConditionKind.TAKE_PROFIT,
            level=Decimal(120),
            symbol=SOL,
            side=Side.LONG,
            price="last_close",
        ),
    ]
    armed = (await world.control.triggers.arm(requests, ME)).triggers

    dry = await world.control.moving.handover(ME)
    assert world.venue.ledger == []
    done = await world.control.moving.handover(ME, apply=True)

    (native,) = world.venue.ledger
    assert [step.outcome for step in dry.steps] == ["", ""]
    assert native.trigger_price == 90
    assert native.reduce_only
    assert "ours is paused" in done.steps[0].outcome
    assert done.steps[1].outcome == "left here"
    assert world.daemon.loop.engine.state.triggers[armed[0].id].paused
    assert not world.daemon.loop.engine.state.triggers[armed[1].id].paused
    # What was handed over is ours: a flatten leaves it alone.
    flattened = await world.control.by_hand.flatten(SOL, ME)
    assert [order.id for order in flattened.spared_orders] == [native.id]
    assert native.is_resting


async def test_given_a_native_stop_that_is_refused_when_handed_over_then_ours_stays(
    world: World,
):
    class Refusing(FakeVenue):
        async def place_native_stop(self, stop: NativeStop) -> Refusal:
            return Refusal(RefusalKind.INVALID, "INVALID_ORDER", "no")

    world.venue.__class__ = Refusing
    request = TriggerRequest(
        kind=ConditionKind.STOP_LOSS, level=Decimal(90), symbol=SOL, side=Side.LONG
    )
    id = (await world.control.triggers.arm([request], ME)).triggers[0].id

    view = await world.control.moving.handover(ME, apply=True)

    assert "still armed here: INVALID_ORDER" in view.steps[0].outcome
    assert not world.daemon.loop.engine.state.triggers[id].paused
