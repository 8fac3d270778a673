"""X-Exitd-For: whom a program asks for, in the record and in nobody's rights."""

from __future__ import annotations

import pytest

from api.daemons import ME, World
from exitd.client import AsyncClient, calls
from fakes.exchange import SOL

STOP = {"symbol": SOL, "side": "long", "stop_loss": "90"}


async def bearer(world: World, *scopes: str) -> str:
    made = await world.control.tokens.create("pocket", list(scopes), ME)
    assert made.secret is not None
    return made.secret


async def armed(world: World) -> str:
    async with world.unix() as owner:
        answer = await owner.post("/v1/triggers", json=STOP)
    return str(answer.json()["triggers"][0]["id"])


async def who_paused(world: World, id: str) -> str:
    async with world.unix() as owner:
        answer = await owner.get("/v1/facts", params={"trigger": id})
    (fact,) = [f for f in answer.json()["facts"] if f["event"] == "trigger.paused"]
    return str(fact["fields"]["by"])


async def test_given_somebody_behind_a_token_when_changed_then_both_stand_in_the_facts(
    world: World,
):
    id = await armed(world)

    async with world.tcp(await bearer(world, "trade")) as bot:
        headers = {"X-Exitd-For": "telegram:-100:7"}
        paused = await bot.post(f"/v1/triggers/{id}:pause", headers=headers)

    assert paused.status_code == 200
    assert await who_paused(world, id) == "api:pocket/telegram:-100:7"


async def test_given_a_client_that_asks_for_somebody_then_it_says_so(world: World):
    id = await armed(world)

    async with AsyncClient(world.address) as client:
        await client.ask(calls.pause(id), asks_for="telegram:7")

    by = await who_paused(world, id)
    assert by.startswith("cli:")
    assert by.endswith("/telegram:7")


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "cli:root\tx", "<b>"])
async def test_given_a_name_that_is_none_when_asked_then_refused_and_nothing_done(
    world: World, name: str
):
    id = await armed(world)

    async with world.tcp(await bearer(world, "trade")) as bot:
        headers = {"X-Exitd-For": name}
        refused = await bot.post(f"/v1/triggers/{id}:pause", headers=headers)

    assert refused.status_code == 400
    assert refused.json()["code"] == "bad_header"
    assert world.state_of(id) == "armed"


async def test_given_an_owner_behind_a_token_that_reads_when_changed_then_forbidden(
    world: World,
):
    id = await armed(world)

    async with world.tcp(await bearer(world, "read")) as bot:
        headers = {"X-Exitd-For": "cli:root"}
        refused = await bot.post(f"/v1/triggers/{id}:pause", headers=headers)

    assert refused.status_code == 403
    assert world.state_of(id) == "armed"


async def test_given_somebody_and_no_token_when_read_then_free_as_ever(world: World):
    async with world.tcp() as anybody:
        headers = {"X-Exitd-For": "telegram:7"}
        found = await anybody.get("/v1/status", headers=headers)

    assert found.status_code == 200
