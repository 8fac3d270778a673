"""What the WebSocket of the Rasa-compatible API reports of orders, and to whom."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.rasa_watcher import delete, opened, pattern, post, told, watch
from api.rasa_world import ALICE, BOB, POSTED, RasaWorld, order, rasa_started
from exitd.api.rasa.faults import ERROR_CODES
from fakes.outcomes import Rest

TARGET = POSTED["conditional_orders"][0]


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path) as running:
        yield running


def in_short(report: dict[str, Any]) -> tuple[str, str]:
    data = report["data"]
    return data["conditional_order_type"], data["state"]


async def test_b143_given_a_watcher_when_armed_then_a_report_in_the_shape_of_rasa(rasa):
    token = await rasa.log_in()
    async with opened(rasa, token) as client:
        subscribed = await watch(client, pattern(ALICE.lower()))
        await post(rasa, token, order())
        text = await client.recv()

    report = json.loads(text)
    sent_time = report["data"]["details"].pop("sent_time")
    assert subscribed["type"] == "subscribed"
    assert report["timestamp"] == int(sent_time)
    assert {**report, "timestamp": 0} == {
        "app_name": "Cloverfield",
        "primary_identifier": 179921,
        "secondary_identifier": 0,
        "address": ALICE,
        "type": "report",
        "timestamp": 0,
        "data": {
            "coh_quote_id": "coh179921",
            "conditional_order_type": "stop_loss",
            "state": "new",
            "details": {"trigger_price": 1.9787},
            "successful": True,
        },
    }
    assert '"trigger_price":1.9787' in str(text)


async def test_b143_given_a_stop_is_hit_and_fills_then_its_steps_and_close(rasa):
    token = await rasa.log_in()
    async with opened(rasa, token) as client:
        await watch(client)
        await post(rasa, token, order())
        rasa.price(179921, "1.97")
        seen = [await told(client) for _ in range(4)]

    words = [in_short(report)[1] for report in seen]
    assert words == ["new", "trigger", "triggered", "close"]
    details = seen[-1]["data"]["details"]
    assert details["quantity_to_close"] == 7.2
    assert details["close_price"] == 1.97


async def test_b143_given_a_close_that_rests_then_triggered_while_it_works(rasa):
    token = await rasa.log_in()
    rasa.world.venue.script(Rest())
    async with opened(rasa, token) as client:
        await watch(client)
        await post(rasa, token, order(order_type=2))
        rasa.price(179921, "1.97")
        seen = [in_short(await told(client))[1] for _ in range(3)]

    assert seen == ["new", "trigger", "triggered"]


async def test_b143_given_orders_come_and_go_then_edit_and_canceled(rasa):
    token = await rasa.log_in()
    async with opened(rasa, token) as client:
        await watch(client)
        await post(rasa, token, TARGET, order())
        both = {in_short(await told(client)), in_short(await told(client))}
        await post(rasa, token, order(conditional_price="1.9"))
        edited = await told(client)
        await delete(rasa, token, "take_profit")
        gone = await told(client)

    assert both == {("take_profit", "new"), ("stop_loss", "new")}
    assert in_short(edited) == ("stop_loss", "edit")
    assert edited["data"]["details"]["trigger_price"] == 1.9
    assert in_short(gone) == ("take_profit", "canceled")


async def test_b143_given_one_of_a_ladder_ends_then_the_last_word_is_of_a_live_one(
    rasa,
):
    token = await rasa.log_in()
    async with opened(rasa, token) as client:
        await watch(client)
        rungs = [
            order(quantity="3.6", conditional_price=level) for level in ("1.95", "1.9")
        ]
        await post(rasa, token, *rungs)
        await told(client)
        await told(client)
        rasa.price(179921, "1.95")
        seen = [await told(client) for _ in range(4)]

    words = [in_short(report)[1] for report in seen]
    assert words == ["trigger", "triggered", "close", "new"]
    assert seen[-1]["data"]["details"]["trigger_price"] == 1.9


async def test_b143_given_an_order_is_given_up_then_never_called_a_live_one(rasa):
    token = await rasa.log_in()
    async with opened(rasa, token) as client:
        await watch(client)
        await post(rasa, token, order(price="1.99"))
        await told(client)
        rasa.price(179921, "1.97")
        await told(client)
        await delete(rasa, token, "stop_loss")
        given_up = await told(client)

    assert in_short(given_up) == ("stop_loss", "canceled")


async def test_b143_given_another_owner_then_nothing_of_theirs_is_told(rasa):
    alices, bobs = await rasa.log_in(), await rasa.log_in(BOB)
    async with opened(rasa, alices) as mine, opened(rasa, bobs) as theirs:
        await watch(mine)
        refused = await watch(theirs, pattern(ALICE))
        await watch(theirs)
        await post(rasa, alices, order())
        await post(rasa, bobs, order(), account_address=BOB, quote_id=200)
        first, second = await told(mine), await told(theirs)

    assert refused["type"] == "error"
    assert refused["error_code"] == ERROR_CODES["unauthenticated"]
    assert (first["address"], second["address"]) == (ALICE, BOB)
    assert (first["primary_identifier"], second["primary_identifier"]) == (179921, 200)


async def test_b143_given_patterns_then_only_what_fits_and_the_latest_counts(rasa):
    bot, alices = await rasa.static_token("read"), await rasa.log_in()
    bobs = await rasa.log_in(BOB)
    async with opened(rasa, bot) as client:
        await watch(client, pattern(ALICE), pattern(BOB))
        await watch(client, pattern(BOB), pattern(primary_identifier=300))
        await post(rasa, alices, order())
        await post(rasa, bobs, order(), account_address=BOB, quote_id=200)
        first = await told(client)
        rasa.open(300, ALICE)
        await post(rasa, alices, order(), quote_id=300)
        second = await told(client)

    assert (first["address"], second["primary_identifier"]) == (BOB, 300)
