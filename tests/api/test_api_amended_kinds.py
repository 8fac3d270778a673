"""Exits of every kind that are changed, and asked for twice."""

from __future__ import annotations

from typing import Any

import pytest

from api.daemons import World
from exitd.client import AsyncClient, DaemonRefused, calls
from exitd.runtime.views import TriggerView
from fakes.exchange import SOL

LONG = {"symbol": SOL, "side": "long"}
Body = dict[str, Any]


async def arm(client: AsyncClient, body: Body, **how: Any) -> TriggerView:
    return (await client.ask(calls.arm([{**LONG, **body}], **how))).triggers[0]


async def shown(client: AsyncClient, id: str) -> TriggerView:
    """Give a trigger as `ls --json` lists it."""
    page = await client.ask(calls.search())
    return next(trigger for trigger in page.triggers if trigger.id == id)


@pytest.mark.parametrize("more", [{}, {"step": "1%"}, {"after": "100"}])
async def test_b051_given_a_trail_when_amended_then_its_watermark_stays(
    world: World, more: Body
):
    async with AsyncClient(world.address) as client:
        id = (await arm(client, {"trailing": "5", **more})).id
        await world.watched_mark("100")
        world.mark("110")
        world.mark("106")
        wider = await client.ask(calls.amend(id, {"trailing": "6", "note": "wider"}))
        with pytest.raises(DaemonRefused) as caught:
            await client.ask(calls.amend(id, {"trailing": "3"}))
        kept = await shown(client, id)
        fires = calls.amend(id, {"trailing": "3", "if_crossed": "fire"})
        await client.ask(fires)
        await world.until(lambda: world.state_of(id) == "done")

    view = wider.triggers[0]
    assert (view.level, view.watermark) == ("104", "110")
    assert (view.asked.split()[0], view.note) == ("6", "wider")
    assert caught.value.code == "already_crossed"
    assert (kept.level, kept.watermark) == ("104", "110")


async def test_b022_given_a_trail_with_one_key_when_sent_twice_then_one_trigger(
    world: World,
):
    body = {"trailing": "5%", "tighten": {"at": "+10%", "to": "1%"}, "note": "x"}
    wider = {**body, "tighten": {"at": "+10%", "to": "2%"}}
    async with AsyncClient(world.address) as client:
        first = await arm(client, body, idempotency_key="k")
        again = await arm(client, body, idempotency_key="k")
        with pytest.raises(DaemonRefused) as caught:
            await arm(client, wider, idempotency_key="k")

    assert first.id == again.id
    assert caught.value.code == "idempotency_conflict"


async def test_given_every_word_when_amended_then_the_rest_stays(world: World):
    async with AsyncClient(world.address) as client:
        made = await arm(
            client,
            {
                "stop_loss": "-20% roi",
                "leverage": "5",
                "entry": "keep",
                "for": "120s",
                "emergency": "-30% roi",
                "order": "limit",
                "slippage_limit": "1%",
                "patience": ["5s", "10s"],
                "moves": [{"at": "+5%", "to": "entry"}],
            },
        )
        change = {"level": "-10% roi", "for": None, "prices": 3, "note": "n"}
        amended = (await client.ask(calls.amend(made.id, change))).triggers[0]
        gone = {"moves": None, "patience": None, "emergency": None}
        bare = (await client.ask(calls.amend(made.id, gone))).triggers[0]
        with pytest.raises(DaemonRefused) as caught:
            await client.ask(calls.amend(made.id, {"trailing": "2%"}))

    assert (amended.level, amended.note) == ("98", "n")
    expected = {**made.words, "prices": "3"}
    del expected["for"]
    assert amended.words == expected
    assert bare.words == {"prices": "3", "entry": "keep", "leverage": "5"}
    assert "has one condition" in caught.value.sentence
