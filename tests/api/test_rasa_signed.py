"""v1 and v5: requests that the owner's wallet signs, and readers without a token."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account.messages import encode_defunct, encode_typed_data

from api.rasa_world import ALICE, BOB, WALLETS, RasaWorld, order, rasa_started
from fakes.chain import CLOSER, MULTI_ACCOUNT

MINE, BOBS = WALLETS[ALICE.lower()], WALLETS[BOB.lower()]
ZERO_LEG = {
    "quantity": "0",
    "price": "0",
    "orderType": 0,
    "conditionalPrice": "0",
    "conditionalPriceType": "market",
}
STOP_LEG = {
    "quantity": "7.2",
    "price": "1.7808",
    "orderType": 1,
    "conditionalPrice": "1.9787",
    "conditionalPriceType": "market",
}


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path, open_reads=True) as running:
        yield running


@pytest.fixture
async def anybody(rasa: RasaWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with rasa.caller() as raw:
        yield raw


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def v1_signed(body: dict[str, Any], wallet: Any = MINE) -> bytes:
    """Sign a body as the front-end does: its signature stands empty in the text."""
    unsigned = {**body, "transaction_signature": {}}
    signed = wallet.sign_message(encode_defunct(text=compact(unsigned)))
    signature = {"signature": "0x" + signed.signature.hex()}
    return compact({**body, "transaction_signature": signature}).encode()


def v1_body(**changed: object) -> dict[str, Any]:
    one = order(position_type=None, conditional_price_type=None, leverage=None)
    return {
        "quote_id": 179921,
        "conditional_orders": [one],
        "time_stamp": int(time.time()) + 1,
        **changed,
    }


async def v1_rows(raw: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await raw.get("/conditional-order/179921/")
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_b143_given_a_signed_v1_order_then_armed_shown_and_deleted(anybody):
    answer = await anybody.post("/conditional-order/", content=v1_signed(v1_body()))
    assert answer.status_code == 200, answer.text
    assert answer.json()["successful"] is True

    (row,) = await v1_rows(anybody)
    assert (row["state"], row["price"], row["conditional_order_price"]) == (
        "new",
        1.7808,
        1.9787,
    )
    gone = {
        "quote_id": 179921,
        "conditional_order_type": "stop_loss",
        "time_stamp": int(time.time()),
    }
    deleted = await anybody.post("/conditional-order/delete/", content=v1_signed(gone))
    assert deleted.json()["successful"] is True
    assert await v1_rows(anybody) == []


@pytest.mark.parametrize(
    ("changed", "wallet"),
    [
        ({}, BOBS),
        ({"time_stamp": 1}, MINE),
        ({"time_stamp": int(time.time()) + 3_600}, MINE),
        ({"quote_id": 200}, MINE),
        ({"quote_id": 999}, MINE),
    ],
)
async def test_b143_given_another_signer_time_or_quote_then_the_same_401(
    rasa, anybody, changed, wallet
):
    sent = v1_signed(v1_body(**changed), wallet)

    answer = await anybody.post("/conditional-order/", content=sent)

    assert answer.status_code == 401
    assert answer.json()["error_message"].startswith("the token or the signature")
    assert rasa.world.daemon.loop.engine.state.triggers == {}


async def test_b143_given_a_signed_body_is_changed_or_sent_twice_then_401(anybody):
    sent = v1_signed(v1_body())
    changed = sent.replace(b"1.9787", b"1.9788")

    assert (
        await anybody.post("/conditional-order/", content=changed)
    ).status_code == 401
    assert (await anybody.post("/conditional-order/", content=sent)).status_code == 200
    assert (await anybody.post("/conditional-order/", content=sent)).status_code == 401


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"quantity": "7.3"}, 422, "quantity_above_open"),
        ({"quantity": "0"}, 422, "quantity_zero"),
        ({"price": "0"}, 422, "price_zero"),
        ({"price": "1e3"}, 422, "bad_number"),
        ({"conditional_price": "2.06"}, 409, "already_crossed"),
        ({"conditional_order_type": "trailing"}, 422, "bad_word"),
    ],
)
async def test_b143_given_a_v1_order_that_cannot_be_then_told_why(
    anybody, changed, status, code
):
    one = {**v1_body()["conditional_orders"][0], **changed}
    sent = v1_signed(v1_body(conditional_orders=[one]))

    answer = await anybody.post("/conditional-order/", content=sent)

    assert answer.status_code == status
    assert answer.json()["error_detail"][0] == code


async def test_b143_given_v1_configs_then_told_to_anybody(anybody):
    answer = await anybody.get("/conditional-order/dev/configs/")

    assert answer.json()["MaxRequestTimeDeltaSeconds"] == 60


async def spec(raw: httpx.AsyncClient, name: str = "signing-spec") -> dict[str, Any]:
    answer = await raw.get(f"/api/v5/{name}")
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


def v5_signed(
    published: dict[str, Any],
    message: dict[str, Any],
    wallet: Any = MINE,
    *,
    with_domain_type: bool = False,
) -> dict[str, Any]:
    typed = {**published, "message": message}
    signed = wallet.sign_message(encode_typed_data(full_message=typed))
    types = dict(published["types"])
    if with_domain_type:
        types["EIP712Domain"] = [
            {"name": "name", "type": "string"},
            {"name": "version", "type": "string"},
            {"name": "chainId", "type": "uint256"},
            {"name": "verifyingContract", "type": "address"},
        ]
    return {
        "typedData": {**published, "types": types, "message": message},
        "signature": "0x" + signed.signature.hex(),
        "signer": wallet.address,
    }


def v5_message(salt: str = "1", **changed: object) -> dict[str, Any]:
    return {
        "virtualAccount": ALICE,
        "subAccount": ALICE,
        "salt": salt,
        "quoteId": 179921,
        "symbolId": 4,
        "positionType": 0,
        "affiliate": MULTI_ACCOUNT,
        "takeProfit": ZERO_LEG,
        "stopLoss": STOP_LEG,
        "sendQuote": {**ZERO_LEG, "leverage": 0},
        **changed,
    }


async def test_b143_given_the_published_schema_then_it_names_who_closes(anybody):
    published = await spec(anybody)

    assert published["domain"] == {
        "name": "SymmioConditionalOrder",
        "version": "1",
        "chainId": 8453,
        "verifyingContract": CLOSER,
    }
    assert published["primaryType"] == "ConditionalOrder"
    assert (await spec(anybody, "signing-spec-del"))["primaryType"] == (
        "CancelConditionalOrder"
    )


@pytest.mark.parametrize("with_domain_type", [False, True])
async def test_b143_given_a_signed_v5_order_then_armed_shown_and_deleted(
    anybody, with_domain_type
):
    sent = v5_signed(
        await spec(anybody), v5_message(), with_domain_type=with_domain_type
    )
    answer = await anybody.post("/api/v5/", json=sent)
    assert answer.status_code == 200, answer.text
    assert answer.json()["coh_quote_id"] == "coh179921"

    (row,) = (await anybody.get("/api/v5/", params={"quote_id": "179921"})).json()
    assert (row["coh_quote_id"], row["state"]) == ("coh179921", "new")
    assert (row["conditional_order_type"], row["order_type"]) == ("stop_loss", 1)
    assert row["modify_time"] >= row["create_time"] > 1_700_000_000
    gone = {
        "virtualAccount": ALICE,
        "salt": "2",
        "cohQuoteId": "coh179921",
        "conditionalOrderType": "stop_loss",
    }
    cancel = v5_signed(await spec(anybody, "signing-spec-del"), gone)
    deleted = await anybody.request("DELETE", "/api/v5/", json=cancel)
    assert deleted.json()["successful"] is True
    (row,) = (await anybody.get("/api/v5", params={"quote_id": "179921"})).json()
    assert row["state"] == "canceled"


async def test_b143_given_one_side_is_sent_then_the_other_stays(anybody):
    published = await spec(anybody)
    target = {**STOP_LEG, "conditionalPrice": "2.2", "price": "2.1"}
    for salt, sides in (
        ("1", {"takeProfit": target}),
        ("2", {"stopLoss": {**STOP_LEG, "conditionalPrice": "1.9"}}),
    ):
        sent = v5_signed(
            published, v5_message(salt, **{"takeProfit": ZERO_LEG, **sides})
        )
        assert (await anybody.post("/api/v5/", json=sent)).status_code == 200

    wanted = {"party_a_address": ALICE, "state": ["new"], "start": 0, "size": 200}
    found = (await anybody.post("/api/v5/search/", json=wanted)).json()
    assert {
        r["conditional_order_type"]: r["conditional_order_price"] for r in found["data"]
    } == {
        "take_profit": 2.2,
        "stop_loss": 1.9,
    }


async def test_b143_given_another_signer_or_a_used_salt_then_401(anybody):
    published = await spec(anybody)
    foreign = v5_signed(published, v5_message(), BOBS)
    assert (await anybody.post("/api/v5/", json=foreign)).status_code == 401
    elsewhere = v5_signed(
        published, v5_message(virtualAccount=BOB, subAccount=BOB), MINE
    )
    assert (await anybody.post("/api/v5/", json=elsewhere)).status_code == 401
    mine = v5_signed(published, v5_message())
    assert (await anybody.post("/api/v5/", json=mine)).status_code == 200
    assert (await anybody.post("/api/v5/", json=mine)).status_code == 401


async def test_b143_given_an_account_of_the_instant_layer_then_refused_and_told_why(
    anybody, rasa
):
    rasa.chain.owners.clear()
    rasa.chain.undelegable = f"{ALICE} can be moved by the InstantLayer only"
    sent = v5_signed(await spec(anybody), v5_message())

    answer = await anybody.post("/api/v5/", json=sent)

    assert answer.status_code == 403
    assert answer.json()["error_detail"][0] == "not_executable"
    assert rasa.chain.undelegable in answer.json()["message"]
    assert rasa.chain.followed == []


@pytest.mark.parametrize(
    "change",
    [
        {"domain": {"name": "Other", "version": "1", "chainId": 8453}},
        {"primaryType": "CancelConditionalOrder"},
        {"types": {"ConditionalOrder": [{"name": "salt", "type": "uint256"}]}},
        {"message": None},
    ],
)
async def test_b143_given_another_schema_then_not_taken(anybody, change):
    sent = v5_signed(await spec(anybody), v5_message())
    sent["typedData"].update(change)

    answer = await anybody.post("/api/v5/", json=sent)

    assert answer.status_code == 422
    assert answer.json()["error_detail"][0] == "wrong_schema"
    assert answer.json()["successful"] is False


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"quoteId": -5}, "temporary_quote"),
        ({"stopLoss": ZERO_LEG}, "no_orders"),
        ({"sendQuote": {**STOP_LEG, "leverage": 1}}, "bad_word"),
        ({"positionType": 1}, "wrong_side"),
        ({"symbolId": 5}, "wrong_symbol"),
        ({"stopLoss": {**STOP_LEG, "orderType": 7}}, "bad_word"),
        ({"stopLoss": {**STOP_LEG, "price": "0"}}, "price_zero"),
    ],
)
async def test_b143_given_a_v5_order_that_cannot_be_then_told_why(
    anybody, changed, code
):
    sent = v5_signed(await spec(anybody), v5_message(**changed))

    answer = await anybody.post("/api/v5/", json=sent)

    assert answer.status_code == 422
    assert answer.json()["error_detail"][0] == code


async def test_b143_given_a_quote_without_orders_then_404_that_clients_take_for_none(
    anybody,
):
    answer = await anybody.get("/api/v5/", params={"quote_id": "179921"})

    assert answer.status_code == 404
    assert answer.json()["successful"] is False


async def test_b143_given_reads_are_not_open_then_a_token_is_needed(tmp_path):
    async with rasa_started(tmp_path) as rasa, rasa.caller() as raw:
        closed = [
            await raw.get("/conditional-order/179921/"),
            await raw.get("/api/v5/", params={"quote_id": "179921"}),
            await raw.post("/api/v5/search/", json={"party_a_address": ALICE}),
        ]
        raw.headers["Authorization"] = f"Bearer {await rasa.log_in()}"
        opened = await raw.get("/conditional-order/179921/")

    assert {answer.status_code for answer in closed} == {401}
    assert opened.status_code == 200


async def test_b143_given_reads_are_open_then_a_search_names_the_account(anybody):
    assert (await anybody.post("/api/v5/search/", json={})).status_code == 422
