"""Flatten and take-profit, on the fake venue and the real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from api.daemons import ME, World, started
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.condition import ConditionKind
from exitd.core.inputs import OrderReport, OrderStatus, PositionReport, TimePassed
from exitd.core.position import OrderSide, Side
from exitd.core.trigger import CancelScope
from exitd.errors import VenueRejected
from exitd.ports.venue import Refusal
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.problems import (
    Conflict,
    ControlError,
    Unusable,
    VenueFailed,
)
from fakes.exchange import SOL
from fakes.outcomes import Fill, LoseRequest, Refuse, Rest
from fakes.resting import rest
from fakes.venue import FakeVenue

SPOT = "SOL_USDC"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with started(tmp_path) as running:
        yield running


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


class PickyVenue(FakeVenue):
    """Says no to a symbol that it does not have, as the real ones do."""

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        if symbol not in (None, SOL):
            raise VenueRejected("INVALID_CLIENT_REQUEST Invalid market symbol")
        return await super().open_orders(symbol)

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        if symbol not in (None, SOL):
            raise VenueRejected("INVALID_CLIENT_REQUEST Invalid market symbol")
        return await super().positions(symbol)


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


async def test_given_no_room_left_when_a_take_profit_is_asked_then_held_and_why(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exitd.runtime.control.by_hand._ANSWER_S", 0.05)
    world.venue.script(Rest())
    by_hand = world.control.by_hand
    asked = {"side": "Ask", "quantity": Decimal(10)}
    await by_hand.take_profit(SOL, ME, price=Decimal(120), **asked)  # type: ignore[arg-type]

    held = await by_hand.take_profit(SOL, ME, price=Decimal(121), **asked)  # type: ignore[arg-type]

    assert (held.order_id, held.status) == ("", "Held")
    assert any("nothing was sent yet: other closes" in note for note in held.notes)
    assert len(world.venue.sent) == 1


async def test_given_no_answer_when_a_take_profit_is_asked_then_in_doubt(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exitd.runtime.control.by_hand._ANSWER_S", 0.05)
    world.venue.script(LoseRequest())

    view = await world.control.by_hand.take_profit(
        SOL, ME, side="Ask", price=Decimal(120), quantity=Decimal(4)
    )

    assert (view.order_id, view.status) == ("", "InDoubt")
    assert "the venue has not answered yet; exitd goes on asking" in view.notes


async def test_given_no_such_market_when_flattened_or_asked_then_a_near_one_is_named(
    world: World,
):
    world.venue.__class__ = PickyVenue
    near = r"has no market 'SOL_USDC_PREP' \(did you mean 'SOL_USDC_PERP'\?\)"

    with pytest.raises(Unusable, match=near):
        await world.control.by_hand.flatten("SOL_USDC_PREP", ME)
    with pytest.raises(Unusable, match=near):
        await world.control.by_hand.take_profit(
            "SOL_USDC_PREP", ME, side="Ask", price=Decimal(1), quantity=Decimal(1)
        )


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
