"""What people see of an account that stands by, and how they take it over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from api.daemons import ACCOUNT, ME, World, started
from exitd.core.condition import ConditionKind
from exitd.core.inputs import OrderStatus
from exitd.core.position import OrderSide, Side
from exitd.core.trigger import Quantity, QuantityKind
from exitd.core.units import NS_PER_S
from exitd.ports.alerts import AlertLevel
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.problems import Conflict, NotReady, Unusable, VenueFailed
from exitd.runtime.standby import Standing
from fakes.exchange import SOL, FakeOrder

TARGET = TriggerRequest(
    kind=ConditionKind.TAKE_PROFIT,
    level=Decimal(110),
    symbol=SOL,
    side=Side.LONG,
    close=Quantity(QuantityKind.SHARE, Decimal(50)),
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with started(tmp_path) as running:
        yield running


def stand_by(world: World, reason: str = "it was copied") -> None:
    daemon = world.daemon
    since_ns = daemon.clock.now_ns() - 600 * NS_PER_S
    daemon.standby.accounts[ACCOUNT] = Standing(reason, since_ns, 0, 0)
    daemon.loop.engine.state.standing_by.add(ACCOUNT)


def sent_by_another(world: World, age_s: int) -> None:
    tag = world.daemon.loop.engine.state.counters[ACCOUNT].tag
    ts_ns = world.daemon.clock.now_ns() - age_s * NS_PER_S
    world.venue.exchange.orders.append(
        FakeOrder(
            id="F1",
            client_order_id=tag << 24 | 7,
            symbol=SOL,
            side=OrderSide.SELL,
            quantity=Decimal(5),
            filled=Decimal(5),
            status=OrderStatus.FILLED,
            ts_created_ns=ts_ns,
            ts_changed_ns=ts_ns,
        )
    )


async def test_given_nobody_stands_by_then_there_is_nothing_to_take_over(world: World):
    with pytest.raises(Conflict, match="no account stands by"):
        await world.control.takeover.take_over(ME)
    with pytest.raises(Conflict, match=f"{ACCOUNT} does not stand by"):
        await world.control.takeover.take_over(ME, account=ACCOUNT)
    with pytest.raises(Unusable, match="there is no account 'x'"):
        await world.control.takeover.take_over(ME, account="x")


async def test_given_it_stands_by_then_status_says_so_and_commands_are_refused(
    world: World,
):
    stand_by(world)

    status = await world.control.standing.status()

    assert status.banner == "STANDBY, NOT PROTECTING"
    assert not status.is_ready
    assert status.reasons == (
        f"{ACCOUNT} stands by until `exitd takeover`: it was copied",
    )
    for refused in (
        world.control.triggers.arm([TARGET], ME),
        world.control.files.apply(ME),
        world.control.by_hand.flatten(SOL, ME),
        world.control.moving.handover(ME, apply=True),
    ):
        with pytest.raises(NotReady, match="run `exitd takeover` here") as error:
            await refused
        assert error.value.code == "standing_by"


async def test_given_a_copy_when_started_then_one_critical_alert(tmp_path: Path):
    async with started(tmp_path, home="here", is_copy=True) as world:
        assert world.daemon.standby.standing == (ACCOUNT,)
        assert not world.daemon.accounts[ACCOUNT].dispatcher.is_open
        (alert,) = (a for a in world.heard.alerts if a.topic == "account.standing_by")
        assert alert.level is AlertLevel.CRITICAL
        assert alert.text.startswith(f"{ACCOUNT} stands by: this state was put back")
        assert alert.text.endswith("nothing is sent before `exitd takeover`")


async def test_given_a_dry_look_then_all_is_told_and_nothing_changed(world: World):
    armed = await world.control.triggers.arm([TARGET], ME)
    id = armed.triggers[0].id
    stand_by(world)
    sent_by_another(world, 300)

    view = await world.control.takeover.take_over(ME)

    (found,) = view.accounts
    assert not view.is_applied
    assert [(o.id, o.filled, o.side) for o in found.orders] == [("F1", "5", "sell")]
    assert found.held_back == (id,)
    assert found.is_whole
    assert found.alive == ""
    assert not world.daemon.loop.engine.state.triggers[id].paused
    assert world.daemon.standby.standing == (ACCOUNT,)


async def test_given_it_is_applied_then_ready_again_and_told(world: World):
    armed = await world.control.triggers.arm([TARGET], ME)
    stand_by(world)
    sent_by_another(world, 300)

    view = await world.control.takeover.take_over(ME, apply=True)

    assert view.is_applied
    status = await world.control.standing.status()
    assert (status.banner, status.reasons) == ("LIVE", ())
    assert world.daemon.loop.engine.state.triggers[armed.triggers[0].id].paused
    texts = [alert.text for alert in world.heard.alerts]
    assert any("acts again, as" in text and "held back" in text for text in texts)
    assert texts[-1] == "no account stands by"


async def test_given_the_other_is_alive_then_refused_with_its_order(world: World):
    stand_by(world)
    sent_by_another(world, 12)

    with pytest.raises(Conflict, match="another exitd is alive: it sent order F1"):
        await world.control.takeover.take_over(ME, apply=True)

    assert world.daemon.standby.standing == (ACCOUNT,)


async def test_given_the_venue_does_not_answer_then_it_stands_by_still(world: World):
    stand_by(world)
    world.venue.is_down = True

    with pytest.raises(VenueFailed, match="did not say what happened meanwhile"):
        await world.control.takeover.take_over(ME, apply=True)

    assert world.daemon.standby.standing == (ACCOUNT,)


async def test_given_a_venue_that_falls_silent_half_way_then_it_stands_by_still(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    stand_by(world)
    account = world.daemon.accounts[ACCOUNT]
    catch_up = account.catch_up

    async def fall_silent() -> None:
        world.venue.is_down = True
        await catch_up()

    monkeypatch.setattr(account, "catch_up", fall_silent)
    with pytest.raises(VenueFailed):
        await world.control.takeover.take_over(ME, apply=True)

    assert world.daemon.standby.standing == (ACCOUNT,)
    assert not account.dispatcher.is_open


async def test_given_a_daemon_that_starts_then_it_is_asked_later(world: World):
    world.daemon.is_recovered = False

    with pytest.raises(NotReady):
        await world.control.takeover.take_over(ME)
