"""A trigger that was refused never had an id: what is said of it names another way."""

from __future__ import annotations

import pytest

from api.daemons import World
from exitd.client import AsyncClient, DaemonRefused, calls
from fakes.exchange import SOL

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95"}
OFF_STEP = {**STOP, "stop_loss": "95.00001"}


async def refused(world: World, call: calls.Call) -> tuple[str, str]:
    async with AsyncClient(world.address) as client:
        with pytest.raises(DaemonRefused) as caught:
            await client.ask(call)
    return caught.value.sentence.partition(";")[0], caught.value.field


@pytest.mark.parametrize("ask", [calls.arm, calls.preview])
async def test_given_one_trigger_when_refused_then_named_by_its_kind(world: World, ask):
    sentence, field = await refused(world, ask([OFF_STEP]))

    assert sentence.startswith("stop_loss: level 95.00001 is not a multiple of")
    assert field == ""


@pytest.mark.parametrize("ask", [calls.arm, calls.preview])
async def test_given_several_when_one_is_refused_then_named_by_its_place(
    world: World, ask
):
    sentence, field = await refused(world, ask([STOP, OFF_STEP]))

    assert sentence.startswith("triggers.1: level 95.00001 is not a multiple of")
    assert field == "triggers.1"


async def test_given_two_that_are_alike_when_armed_then_each_is_named_by_its_place(
    world: World,
):
    sentence, field = await refused(world, calls.arm([STOP, STOP]))

    assert sentence == "triggers.1: triggers.0 does exactly the same already"
    assert field == "triggers.1"


async def test_given_one_like_one_that_is_there_when_armed_then_that_one_is_named(
    world: World,
):
    async with AsyncClient(world.address) as client:
        there = (await client.ask(calls.arm([STOP]))).triggers[0].id

    sentence, _ = await refused(world, calls.arm([STOP]))

    assert sentence == f"stop_loss: {there} does exactly the same already"
