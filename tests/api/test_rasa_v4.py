"""The v4 API as front-ends and bots of SYMMIO call it (behaviour 143)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.rasa_world import (
    ALICE,
    POSTED,
    RasaWorld,
    body,
    compact,
    order,
    rasa_started,
)
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.position import Side
from fakes.outcomes import Refuse, Rest

PAGE_POST = """\
{
  "account_address": "0xB6492A3963DDa0910329787478df3Bb02C7b0DA3",
  "quote_id": 179921,
  "conditional_orders": [
    {
      "quantity": "7.2",
      "price": "1.9683",
      "conditional_price": "2.1870",
      "conditional_price_type": "last_close",
      "order_type": 1,
      "position_type": 0,
      "conditional_order_type": "take_profit",
      "leverage": 1
    },
    {
      "quantity": "7.2",
      "price": "1.7808",
      "conditional_price": "1.9787",
      "conditional_price_type": "last_close",
      "order_type": 1,
      "position_type": 0,
      "conditional_order_type": "stop_loss",
      "leverage": 1
    }
  ],
  "symbol_id": 4,
  "multi_account_address": "0x95605c64356572eb5C076Cb9c027c88b527A2059",
  "hedger_whitelist": [
    "0x9206D9d8F7F1B212A4183827D20De32AF3A23c59"
  ]
}
"""
PAGE_ANSWER = """\
[
  {
    "quote_id": 179967,
    "party_a_address": "0xB6492A3963DDa0910329787478df3Bb02C7b0DA3",
    "symbol_id": 4,
    "conditional_order_type": "take_profit",
    "quantity": 7.2,
    "price": 2.2513,
    "conditional_order_price": 2.0466,
    "order_type": 1,
    "state": "new",
    "action_price_type": "last_close",
    "position_type": 1
  }
]
"""
PAGE_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "App-Name": "Cloverfield",
}


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path) as running:
        yield running


@pytest.fixture
async def alice(rasa: RasaWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with rasa.caller(await rasa.log_in()) as raw:
        yield raw


async def rows(raw: httpx.AsyncClient, quote_id: int = 179921) -> list[dict[str, str]]:
    answer = await raw.get(f"/api/v4/{quote_id}/")
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def post(raw: httpx.AsyncClient, *orders: object, **changed: object) -> None:
    answer = await raw.post("/api/v4/", json=body(*orders, **changed))  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text


async def test_b143_given_the_request_of_the_page_then_both_are_armed(rasa, alice):
    answer = await alice.post("/api/v4/", content=PAGE_POST, headers=PAGE_HEADERS)

    assert answer.status_code == 200
    assert answer.json()["successful"] is True
    found = {
        r["conditional_order_type"]: r["conditional_order_price"]
        for r in await rows(alice)
    }
    assert found == {"take_profit": 2.187, "stop_loss": 1.9787}
    assert answer.headers["access-control-allow-origin"] == "*"
    state = rasa.world.daemon.loop.engine.state
    ids = [id for id in state.triggers if id.startswith("rasa_179921_")]
    assert len(ids) == len(set(ids)) == 2
    assert {state.triggers[id].state.value for id in ids} == {"armed"}


async def test_b143_given_the_answer_of_the_page_then_it_is_ours_byte_for_byte(
    rasa, alice
):
    rasa.open(179967, ALICE, side=Side.SHORT)
    rasa.price(179967, "2.1")
    await post(
        alice,
        {
            **POSTED["conditional_orders"][0],
            "position_type": 1,
            "price": "2.2513",
            "conditional_price": "2.0466",
        },
        quote_id=179967,
    )

    answer = await alice.get("/api/v4/179967/", headers={"Accept": "application/json"})

    assert answer.content == compact(PAGE_ANSWER)
    assert answer.headers["content-type"] == "application/json"


async def test_b143_given_digits_with_zeros_then_they_leave_as_the_shortest_exact_ones(
    rasa, alice
):
    await post(
        alice,
        order(quantity="7.20", price="0.10000000000000001", conditional_price="1.9000"),
    )

    answer = await alice.get("/api/v4/179921/")

    assert b'"quantity":7.2,"price":0.10000000000000001,' in answer.content
    assert b'"conditional_order_price":1.9,' in answer.content


@pytest.mark.parametrize("slash", ["", "/"])
async def test_b143_given_a_path_with_or_without_a_slash_then_no_redirect(
    rasa, alice, slash
):
    assert (await alice.post(f"/api/v4{slash}", json=body())).status_code == 200
    assert (await alice.get(f"/api/v4/179921{slash}")).status_code == 200
    found = await alice.post(f"/api/v4/search{slash}", json={})
    assert found.json()["count"] == 1
    deleted = await alice.delete(f"/api/v4/179921/stop_loss{slash}")
    assert deleted.json()["successful"] is True


async def test_b143_given_one_kind_is_deleted_then_only_that_and_at_once(rasa, alice):
    await post(alice, *POSTED["conditional_orders"])

    answer = await alice.delete("/api/v4/179921/stop_loss")

    assert answer.status_code == 200
    assert [r["conditional_order_type"] for r in await rows(alice)] == ["take_profit"]
    rasa.price(179921, "1.5")
    assert rasa.world.venue.sent == []
    assert rasa.world.daemon.loop.engine.state.fires == {}


@pytest.mark.parametrize(
    ("kind", "left"), [("stop_loss", "take_profit"), ("take_profit", "stop_loss")]
)
async def test_b143_given_the_deletes_of_the_page_then_the_other_kind_stays(
    alice, kind, left
):
    await alice.post("/api/v4/", content=PAGE_POST, headers=PAGE_HEADERS)

    answer = await alice.delete(
        f"/api/v4/179921/{kind}", headers={"Accept": "application/json"}
    )

    assert answer.json()["successful"] is True
    assert [r["conditional_order_type"] for r in await rows(alice)] == [left]


async def test_b143_given_several_of_a_kind_then_a_ladder_that_the_next_replaces(
    rasa, alice
):
    await post(
        alice,
        order(quantity="3.6", conditional_price="1.95"),
        order(quantity="3.6", conditional_price="1.9"),
        *POSTED["conditional_orders"][:1],
    )
    assert len(await rows(alice)) == 3

    await post(alice, order(conditional_price="1.92"))

    found = await rows(alice)
    assert [
        (r["conditional_order_type"], r["conditional_order_price"]) for r in found
    ] == [
        ("take_profit", 2.187),
        ("stop_loss", 1.92),
    ]


async def test_b143_given_one_of_a_ladder_is_refused_then_the_old_ones_stay(
    rasa, alice
):
    await post(alice, order(conditional_price="1.9"))

    answer = await alice.post(
        "/api/v4/",
        json=body(order(conditional_price="1.92"), order(conditional_price="2.06")),
    )

    assert answer.status_code == 409
    assert answer.json()["error_detail"][0] == "already_crossed"
    assert [r["conditional_order_price"] for r in await rows(alice)] == [1.9]


async def test_b143_given_the_level_is_reached_then_a_close_within_its_price(
    rasa, alice
):
    await post(alice, order())

    rasa.price(179921, "1.9787")
    await rasa.world.until(lambda: bool(rasa.world.venue.sent))

    sent = rasa.world.venue.sent[0].order
    assert str(sent.price) == "1.7808"
    assert sent.time_in_force is TimeInForce.IOC
    assert str(sent.quantity) == "7.2"
    await rasa.world.until(lambda: not rasa.world.daemon.loop.engine.state.fires)
    assert await rows(alice) == []


@pytest.mark.parametrize(("order_type", "shown"), [(2, 2), (0, 2), (1, 1)])
async def test_b143_given_an_order_type_then_limit_rests_and_market_does_not(
    rasa, alice, order_type, shown
):
    await post(alice, order(order_type=order_type))
    assert (await rows(alice))[0]["order_type"] == shown
    rasa.world.venue.script(Rest())

    rasa.price(179921, "1.97")
    await rasa.world.until(lambda: bool(rasa.world.venue.sent))

    rests = rasa.world.venue.sent[0].order.time_in_force is TimeInForce.GTC
    assert rests is (shown == 2)


async def test_b143_given_what_is_done_about_it_then_the_states_say_so(rasa, alice):
    venue = rasa.world.venue
    await post(alice, order(order_type=2))
    assert (await rows(alice))[0]["state"] == "new"
    venue.script(Refuse(RefusalKind.UNAUTHORIZED), Rest())

    rasa.price(179921, "1.97")
    await rasa.world.until(lambda: len(venue.sent) == 1)
    assert (await rows(alice))[0]["state"] == "triggered_pending"


async def test_b143_given_it_is_working_then_triggered_and_not_to_be_deleted(
    rasa, alice
):
    await post(alice, order(order_type=2))
    rasa.world.venue.script(Rest())
    rasa.price(179921, "1.97")
    await rasa.world.until(lambda: bool(rasa.world.venue.sent))

    assert (await rows(alice))[0]["state"] == "triggered"
    answer = await alice.delete("/api/v4/179921/stop_loss")

    assert answer.status_code == 409
    assert answer.json()["error_code"] == 1313


async def test_b143_given_a_price_that_can_never_be_met_then_a_warning_and_held(
    rasa, alice
):
    answer = await alice.post("/api/v4/", json=body(order(price="1.99")))
    assert answer.status_code == 200
    assert answer.json()["warnings"] == [
        "the stop-loss at 1.9787 can never be filled: no price beyond it is as good as "
        "its price 1.99"
    ]

    rasa.price(179921, "1.97")
    await rasa.world.until(lambda: bool(rasa.world.daemon.loop.engine.state.fires))

    assert (await rows(alice))[0]["state"] == "triggered_pending"
    assert rasa.world.venue.sent == []
    deleted = await alice.delete("/api/v4/179921/stop_loss")
    assert deleted.status_code == 200
    assert await rows(alice) == []
    found = await alice.post("/api/v4/search/", json={"state": ["killed"]})
    assert found.json()["count"] == 1


async def test_b143_given_it_is_to_be_refused_then_it_is(tmp_path):
    async with (
        rasa_started(tmp_path, refuse_unfillable=True) as rasa,
        rasa.caller(await rasa.log_in()) as raw,
    ):
        answer = await raw.post("/api/v4/", json=body(order(price="1.99")))

        assert answer.status_code == 422
        assert answer.json()["error_code"] == 1307
        assert await rows(raw) == []


async def test_b143_given_a_search_then_narrowed_and_paged(rasa, alice):
    await post(alice, *POSTED["conditional_orders"])
    await alice.delete("/api/v4/179921/take_profit")

    async def search(**wanted: object) -> dict[str, object]:
        answer = await alice.post("/api/v4/search/", json=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    assert (await search())["count"] == 1
    assert (await search(state=["canceled"]))["count"] == 1
    assert (await search(conditional_order_type="take_profit"))["count"] == 0
    assert (await search(symbol_id=5))["count"] == 0
    assert (await search(conditional_price_type="market"))["count"] == 0
    assert (await search(party_a_address=ALICE.lower()))["count"] == 1
    both = ["canceled", "new"]
    page = await search(state=both, start=1, size=1)
    assert page["count"] == 2
    assert len(page["data"]) == 1  # type: ignore[arg-type]


async def test_b143_given_configs_and_health_then_told_without_a_token(rasa):
    async with rasa.caller() as raw:
        configs = await raw.get("/api/v4/configs/")
        health = await raw.get("/api/v4/healthz")

    assert configs.content == (
        b'{"MaxRequestTimeDeltaSeconds":60,"MinPriceDistancePercent":0,'
        b'"MinProfitStopLossSpreadPercent":0,"MaxActiveOrdersPerUser":'
        + str(configs.json()["MaxActiveOrdersPerUser"]).encode()
        + b"}"
    )
    assert health.status_code == 200


async def test_b143_given_a_browser_asks_first_then_it_may(rasa):
    asked = {
        "Origin": "https://app.example.org",
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "app-name,authorization",
    }
    async with rasa.caller() as raw:
        answer = await raw.options("/api/v4/179921/stop_loss", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "App-Name" in answer.headers["access-control-allow-headers"]
    assert "DELETE" in answer.headers["access-control-allow-methods"]


async def test_b143_given_the_node_is_down_then_orders_are_shown_and_taken_away(
    rasa, alice
):
    await post(alice, order())
    rasa.chain.is_down = True

    assert len(await rows(alice)) == 1
    refused = await alice.post("/api/v4/", json=body(order()))
    assert refused.status_code == 502
    assert refused.json()["error_code"] == 1403
    assert (await alice.delete("/api/v4/179921/stop_loss")).status_code == 200
