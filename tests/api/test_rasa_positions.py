"""The same API over positions of a venue: numbers and symbols by a table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.rasa_world import ALICE, RasaWorld, body, numbered, order
from fakes.chain import SOLVER

STOP = order(quantity="4", price="85", conditional_price="90")


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with numbered(tmp_path, party_a=ALICE) as running:
        yield running


@pytest.fixture
async def bot(rasa: RasaWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with rasa.caller(await rasa.static_token("trade")) as raw:
        yield raw


async def test_b143_given_a_position_then_protected_and_shown_by_its_number(rasa, bot):
    sent = body(STOP, quote_id=4711, symbol_id=12)
    answer = await bot.post("/api/v4/", json=sent)
    assert answer.status_code == 200, answer.text

    shown = await bot.get("/api/v4/4711/")

    assert shown.content == (
        b'[{"quote_id":4711,"party_a_address":"%s","symbol_id":12,'
        b'"conditional_order_type":"stop_loss","quantity":4,"price":85,'
        b'"conditional_order_price":90,"order_type":1,"state":"new",'
        b'"action_price_type":"market","position_type":0}]' % ALICE.encode()
    )
    rasa.world.mark("89")
    await rasa.world.until(lambda: bool(rasa.world.venue.sent))
    close = rasa.world.venue.sent[0].order
    assert (close.quantity, close.price) == (4, 85)


async def test_b143_given_a_gap_beyond_its_price_then_it_waits_and_goes_later(
    rasa, bot
):
    await bot.post("/api/v4/", json=body(STOP, quote_id=4711, symbol_id=12))

    rasa.world.mark("80")
    await rasa.world.until(lambda: bool(rasa.world.daemon.loop.engine.state.fires))
    assert rasa.world.venue.sent == []
    rasa.world.mark("86")
    await rasa.world.until(lambda: bool(rasa.world.venue.sent))

    assert rasa.world.venue.sent[0].order.price == 85


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"quote_id": 4712}, 404), ({"symbol_id": 13}, 422), ({"quote_id": 0}, 422)],
)
async def test_b143_given_another_number_then_refused(rasa, bot, changed, status):
    sent = {**body(STOP, quote_id=4711, symbol_id=12), **changed}

    assert (await bot.post("/api/v4/", json=sent)).status_code == status


async def test_b143_given_no_chain_then_nobody_logs_in_and_no_solver_is_asked_for(
    rasa, bot
):
    assert (await bot.get(f"/nonce/{ALICE}")).status_code == 404
    assert (await bot.post("/login", json={})).status_code == 404
    for solvers in ([], [SOLVER]):
        sent = body(STOP, quote_id=4711, symbol_id=12, hedger_whitelist=solvers)
        assert (await bot.post("/api/v4/", json=sent)).status_code == 200


async def test_b143_given_no_token_then_nothing(rasa):
    async with rasa.caller() as raw:
        assert (await raw.get("/api/v4/4711/")).status_code == 401
    async with rasa.world.unix() as local:
        assert (await local.get("/api/v4/4711/")).status_code == 200
