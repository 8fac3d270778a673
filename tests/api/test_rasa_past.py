"""Orders of front-ends that are long done, and that the daemon has forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.rasa_world import ALICE, POSTED, RasaWorld, rasa_started
from api.test_rasa_signed import STOP_LEG, ZERO_LEG, spec, v5_message, v5_signed
from api.test_rasa_v4 import post


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path, open_reads=True) as running:
        yield running


@pytest.fixture
async def alice(rasa: RasaWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with rasa.caller(await rasa.log_in(ALICE)) as raw:
        yield raw


@pytest.fixture
async def anybody(rasa: RasaWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with rasa.caller() as raw:
        yield raw


async def test_b143_given_orders_long_done_then_a_search_for_history_finds_them(
    rasa, alice
):
    await post(alice, *POSTED["conditional_orders"])
    state = rasa.world.daemon.loop.engine.state
    (old,) = (id for id in state.triggers if state.triggers[id].trigger_price > 2)
    await alice.delete("/api/v4/179921/take_profit")
    await rasa.world.forget(old)

    async def count(**wanted: object) -> int:
        answer = await alice.post("/api/v4/search/", json=wanted)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["count"])

    assert await count() == 1
    assert await count(state=["canceled"]) == 1
    assert await count(state=["canceled", "new"]) == 2
    assert await count(state=["killed"]) == 0
    assert old not in state.triggers


async def test_b143_given_an_order_long_done_then_its_quote_still_shows_it(
    rasa, anybody
):
    published = await spec(anybody)
    for salt, level in (("1", "1.9"), ("2", "1.8")):
        legs = {
            "takeProfit": ZERO_LEG,
            "stopLoss": {**STOP_LEG, "conditionalPrice": level},
        }
        sent = v5_signed(published, v5_message(salt, **legs))
        assert (await anybody.post("/api/v5/", json=sent)).status_code == 200
    state = rasa.world.daemon.loop.engine.state
    old = min(id for id in state.triggers if id.startswith("rasa_179921_"))
    await rasa.world.forget(old)

    shown = await anybody.get("/api/v5/", params={"quote_id": "179921"})

    assert [row["state"] for row in shown.json()] == ["canceled", "new"]
    assert old not in state.triggers
