"""A token for the phone: it pauses take-profits, resumes, and changes nothing else."""

from __future__ import annotations

import pytest

from api.daemons import ME, World
from fakes.exchange import SOL

STOP = {"symbol": SOL, "side": "long", "stop_loss": "90"}
PROFIT = {"symbol": SOL, "side": "long", "take_profit": "120"}
TRAIL = {"symbol": SOL, "side": "long", "trailing": "5%"}
PULL = {"symbol": SOL, "below": "80", "do": "cancel", "orders": "all"}


async def phone_of(world: World) -> str:
    made = await world.control.tokens.create("pocket", ["phone"], ME)
    assert made.secret is not None
    return made.secret


async def armed(world: World, body: dict[str, str]) -> str:
    async with world.unix() as owner:
        answer = await owner.post("/v1/triggers", json=body)
    return str(answer.json()["triggers"][0]["id"])


async def test_given_a_phone_when_it_pauses_a_take_profit_then_done_and_resumed(
    world: World,
):
    id = await armed(world, PROFIT)

    async with world.tcp(await phone_of(world)) as phone:
        paused = await phone.post(f"/v1/triggers/{id}:pause")
        resumed = await phone.post(f"/v1/triggers/{id}:resume")
        read = await phone.get("/v1/triggers")

    assert paused.json()["triggers"][0]["state"] == "paused"
    assert resumed.json()["triggers"][0]["state"] == "armed"
    assert read.status_code == 200


@pytest.mark.parametrize("body", [STOP, TRAIL, PULL], ids=["stop", "trail", "cancel"])
async def test_given_a_phone_when_it_pauses_anything_else_then_refused_and_still_armed(
    world: World, body: dict[str, str]
):
    id = await armed(world, body)

    async with world.tcp(await phone_of(world)) as phone:
        refused = await phone.post(f"/v1/triggers/{id}:pause")

    assert refused.status_code == 403
    assert "may pause take-profits" in refused.json()["detail"]
    assert not world.daemon.loop.engine.state.triggers[id].paused


async def test_given_a_paused_stop_when_a_phone_resumes_it_then_it_protects_again(
    world: World,
):
    id = await armed(world, STOP)
    await world.control.triggers.pause(id, ME)

    async with world.tcp(await phone_of(world)) as phone:
        resumed = await phone.post(f"/v1/triggers/{id}:resume")

    assert resumed.json()["triggers"][0]["state"] == "armed"


async def test_given_a_phone_when_it_asks_for_any_other_change_then_refused(
    world: World,
):
    id = await armed(world, PROFIT)
    asked = [
        ("POST", "/v1/triggers"),
        ("PATCH", f"/v1/triggers/{id}"),
        ("DELETE", f"/v1/triggers/{id}"),
        ("POST", f"/v1/triggers/{id}:fire"),
        ("POST", f"/v1/triggers/{id}:rearm"),
        ("DELETE", f"/v1/triggers/{id}:pause"),
        ("POST", "/v1/positions/*:close"),
        ("POST", "/v1/positions/triggers:pause"),
        ("POST", "/v1/tokens"),
        ("POST", "/v1/apply"),
    ]

    async with world.tcp(await phone_of(world)) as phone:
        answers = [await phone.request(method, path) for method, path in asked]

    assert [answer.status_code for answer in answers] == [403] * len(asked)
    assert world.state_of(id) == "armed"


async def test_given_a_phone_when_its_token_is_revoked_then_void_at_once(world: World):
    id = await armed(world, PROFIT)
    async with world.tcp(await phone_of(world)) as phone:
        await world.control.tokens.revoke("pocket", ME)
        refused = await phone.post(f"/v1/triggers/{id}:pause")

    assert refused.status_code == 401
    assert world.state_of(id) == "armed"


async def test_given_a_token_that_trades_and_is_a_phone_when_used_then_it_trades(
    world: World,
):
    made = await world.control.tokens.create("both", ["phone", "trade"], ME)
    assert made.secret is not None
    id = await armed(world, STOP)

    async with world.tcp(made.secret) as raw:
        paused = await raw.post(f"/v1/triggers/{id}:pause")

    assert paused.status_code == 200
