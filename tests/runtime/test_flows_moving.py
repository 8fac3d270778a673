"""Import and handover, on the fake venue and the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from api.daemons import ENVIRONMENT, MARK, ME, World, started
from exitd.configuration.load import load
from exitd.core.attempt import RefusalKind
from exitd.core.condition import ConditionKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide, Side
from exitd.core.trigger import OrderType
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import NativeStop, Refusal
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.problems import (
    NotReady,
)
from fakes.exchange import SOL
from fakes.resting import rest
from fakes.venue import FakeVenue

STOP = TriggerRequest(
    kind=ConditionKind.STOP_LOSS, level=Decimal(90), symbol=SOL, side=Side.LONG
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with started(tmp_path) as running:
        yield running


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


async def test_given_native_exits_that_are_alike_when_imported_then_one_closes_for_all(
    world: World,
):
    stops = [
        rest(
            world.venue,
            order=OrderType.MARKET,
            price=None,
            quantity=Decimal(10),
            trigger_price=Decimal(95),
            trigger_kind="mark",
        )
        for _ in range(2)
    ]
    targets = [
        rest(world.venue, price=Decimal(130), quantity=Decimal(quantity))
        for quantity in (3, 3, 1)
    ]
    world.feed.polled[MARK] = Decimal(100)

    dry = await world.control.moving.import_exits(ME)
    work = asyncio.create_task(world.control.moving.import_exits(ME, apply=True))
    await world.watched_mark("100")
    view = await work

    assert "stop-1: {stop_loss: 95}  # order" in dry.yaml
    assert "target-1: {take_profit: 130, close: 7, order: limit}" in dry.yaml
    assert "-2:" not in dry.yaml
    assert not any(order.is_resting for order in (*stops, *targets))
    assert [step.failed for step in view.steps] == [False] * 8


async def test_given_a_native_order_that_stays_when_imported_then_its_step_has_failed(
    world: World,
):
    class Refusing(FakeVenue):
        async def cancel_order(self, *args: object, **named: object) -> Refusal:
            return Refusal(RefusalKind.INVALID, "INVALID_ORDER", "no")

    rest(world.venue, price=Decimal(130))
    world.venue.__class__ = Refusing
    world.feed.polled[MARK] = Decimal(100)

    work = asyncio.create_task(world.control.moving.import_exits(ME, apply=True))
    await world.watched_mark("100")
    view = await work

    assert [(step.outcome, step.failed) for step in view.steps[-1:]] == [
        ("refused: INVALID_ORDER: no", True)
    ]


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
    assert [step.failed for step in done.steps] == [False, True]
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
    assert view.steps[0].failed
    assert not world.daemon.loop.engine.state.triggers[id].paused


async def test_given_a_handover_when_taken_back_then_ours_watches_and_none_rests(
    world: World,
):
    id = (await world.control.triggers.arm([STOP], ME)).triggers[0].id
    await world.control.moving.handover(ME, apply=True)
    (native,) = world.venue.ledger

    dry = await world.control.moving.take_back(ME)
    assert (dry.steps[0].outcome, native.is_resting) == ("", True)
    work = asyncio.create_task(world.control.moving.take_back(ME, apply=True))
    await world.watched_mark("100")
    done = await work

    assert done.steps[0].outcome == "resumed; order cancelled"
    assert not native.is_resting
    assert not world.daemon.loop.engine.state.triggers[id].paused
    assert (await world.control.moving.take_back(ME)).steps == ()


async def test_given_a_crossed_level_when_taken_back_then_the_native_order_rests_on(
    world: World,
):
    await world.control.triggers.arm([STOP], ME)
    await world.watched_mark("100")
    await world.control.moving.handover(ME, apply=True)
    await world.watched_mark("89")

    done = await world.control.moving.take_back(ME, apply=True)

    assert "not resumed, so the order rests on" in done.steps[0].outcome
    assert done.steps[0].failed
    assert world.venue.ledger[0].is_resting
    assert len((await world.control.moving.take_back(ME)).steps) == 1


async def test_given_a_reply_that_is_lost_when_handed_over_then_found_by_its_id(
    world: World,
):
    class Silent(FakeVenue):
        async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
            await super().place_native_stop(stop)
            raise OutcomeUnknown("the reply was lost")

    world.venue.__class__ = Silent
    id = (await world.control.triggers.arm([STOP], ME)).triggers[0].id

    view = await world.control.moving.handover(ME, apply=True)

    assert "ours is paused" in view.steps[0].outcome
    assert world.daemon.loop.engine.state.triggers[id].paused
