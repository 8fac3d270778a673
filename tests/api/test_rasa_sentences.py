"""Each way to send an order that cannot be: its status, its number and its sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rasa_world import ALICE, BOB, RasaWorld, body, order, rasa_started
from exitd.ports.chain import QuoteStatus
from fakes.chain import CLOSER, MULTI_ACCOUNT, SOLVER
from fakes.outcomes import Rest

NOT_VALID = "the token or the signature is not valid; log in again"
PLAIN = 'write plain digits such as "2.1870", without a sign or an exponent'
TARGET = order(
    conditional_order_type="take_profit", conditional_price="1.95", price="1.9"
)


def first(name: str, said: str) -> str:
    return f"conditional_orders.0.{name}: {said}"


BAD: dict[str, tuple[dict[str, Any], int, int, str]] = {
    "an unknown quote": (body(quote_id=999), 404, 1200, "you have no quote 999"),
    "another's quote": (body(quote_id=200), 404, 1200, "you have no quote 200"),
    "another's account": (body(account_address=BOB), 401, 1100, NOT_VALID),
    "a quote that is not open": (
        body(quote_id=7),
        409,
        1201,
        "quote 7 is close pending, not open",
    ),
    "the wrong side": (
        body(order(position_type=1)),
        422,
        1202,
        first("position_type", "quote 179921 is long"),
    ),
    "the wrong symbol": (
        body(symbol_id=5),
        422,
        1203,
        "symbol_id: quote 179921 is of symbol 4",
    ),
    "a whitelist without the solver": (
        body(hedger_whitelist=[MULTI_ACCOUNT]),
        422,
        1204,
        f"hedger_whitelist: does not hold the solver of quote 179921, {SOLVER}",
    ),
    "a foreign MultiAccount": (
        body(multi_account_address=CLOSER),
        422,
        1105,
        f"multi_account_address: {CLOSER} is not a MultiAccount that is served here",
    ),
    "a quantity of zero": (
        body(order(quantity="0")),
        422,
        1300,
        first("quantity", "must be above zero"),
    ),
    "more than is open": (
        body(order(quantity="7.21")),
        422,
        1301,
        first("quantity", "7.21 is above the 7.2 that is open"),
    ),
    "a rest under the floor": (
        body(order(quantity="7.15")),
        422,
        1302,
        first(
            "quantity",
            "would leave 0.05 XRP, which is too little to be closed later; close all "
            "of it, or less",
        ),
    ),
    "less than can be closed": (
        body(order(quantity="0.01")),
        422,
        1303,
        "an order: quantity 0.01 is below the minimum of 0.1 XRP",
    ),
    "a price of zero": (
        body(order(price="0.00")),
        422,
        1304,
        first("price", "must be above zero"),
    ),
    "a level of zero": (
        body(order(conditional_price="0")),
        422,
        1305,
        first("conditional_price", "must be above zero"),
    ),
    "the same order twice": (
        body(order(), order()),
        409,
        1311,
        "an order: another order does exactly the same already",
    ),
    "a stop above the take-profit": (
        body(order(), TARGET),
        409,
        1306,
        "the stop 1.9787 must lie below the take-profit 1.95 of a long",
    ),
    "a level that is crossed": (
        body(order(conditional_price="2.06")),
        409,
        1310,
        "an order: its level 2.06 is already crossed: mark is 2.05; choose another "
        "level",
    ),
    "a level off the step": (
        body(order(conditional_price="1.97871")),
        422,
        1309,
        "an order: level 1.97871 is not a multiple of the price step 0.0001; the "
        "nearest are 1.9787 and 1.9788",
    ),
    "an exponent in a string": (
        body(order(price="1e3")),
        422,
        1002,
        first("price", PLAIN),
    ),
    "an exponent in a number": (
        body(order(quantity=1e-7)),
        422,
        1002,
        first("quantity", PLAIN),
    ),
    "an exponent in a level": (
        body(order(conditional_price="19787E-4")),
        422,
        1002,
        first("conditional_price", PLAIN),
    ),
    "a quote that is not anchored": (
        body(quote_id=-7),
        422,
        1206,
        "-7 is not the permanent number of a quote; wait until it is open, then use "
        "that number",
    ),
}


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path) as running:
        running.chain.open_quote(7, ALICE, status=QuoteStatus.CLOSE_PENDING)
        yield running


@pytest.fixture
async def alice(rasa: RasaWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with rasa.caller(await rasa.log_in()) as raw:
        yield raw


def said(answer: httpx.Response) -> tuple[int, int, str]:
    told = answer.json()
    assert told["successful"] is False
    assert told["message"] == told["error_message"]
    return answer.status_code, told["error_code"], told["error_message"]


@pytest.mark.parametrize("what", BAD)
async def test_b143_given_an_order_that_cannot_be_then_exactly_this_is_said(
    rasa, alice, what
):
    sent, *expected = BAD[what]

    answer = await alice.post("/api/v4/", json=sent)

    assert list(said(answer)) == expected
    assert rasa.world.daemon.loop.engine.state.triggers == {}


async def test_b143_given_two_of_one_kind_then_both_stand(alice):
    rungs = [order(conditional_price=level) for level in ("1.95", "1.9")]

    answer = await alice.post("/api/v4/", json=body(*rungs))
    shown = (await alice.get("/api/v4/179921/")).json()

    assert answer.status_code == 200
    assert [row["conditional_order_price"] for row in shown] == [1.95, 1.9]


async def test_b143_given_more_than_64_kib_then_said_so(alice):
    sent = body(order(padding="x" * 64 * 1024))

    answer = await alice.post("/api/v4/", json=sent)

    assert said(answer) == (
        413,
        1008,
        "the body has more than 64 KiB; send fewer triggers at once",
    )


@pytest.mark.parametrize("call", ["POST", "GET", "DELETE", "search"])
async def test_b143_given_a_token_that_has_ended_then_the_same_401(rasa, call):
    ended = await rasa.world.control.tokens.log_in(
        ALICE.lower(), rasa.world.daemon.clock.now_ns() + 1
    )
    method, path = {
        "POST": ("POST", "/api/v4/"),
        "GET": ("GET", "/api/v4/179921/"),
        "DELETE": ("DELETE", "/api/v4/179921/stop_loss"),
        "search": ("POST", "/api/v4/search/"),
    }[call]

    async with rasa.caller(ended) as raw:
        answer = await raw.request(method, path, json=body())

    assert said(answer) == (401, 1100, NOT_VALID)


async def test_b143_given_a_token_of_another_then_nothing_is_theirs(rasa, alice):
    await alice.post("/api/v4/", json=body())

    async with rasa.caller(await rasa.log_in(BOB)) as raw:
        answers = [
            await raw.get("/api/v4/179921/"),
            await raw.delete("/api/v4/179921/stop_loss"),
            await raw.post("/api/v4/", json=body()),
            await raw.post("/api/v4/", json=body(account_address=BOB)),
        ]

    unknown = 404, 1200, "you have no quote 179921"
    assert [said(answer) for answer in answers] == [
        unknown,
        unknown,
        (401, 1100, NOT_VALID),
        unknown,
    ]
    assert len((await alice.get("/api/v4/179921/")).json()) == 1


async def test_b143_given_a_close_at_the_venue_then_why_it_cannot_be_taken_away(
    rasa, alice
):
    await alice.post("/api/v4/", json=body(order(order_type=2)))
    rasa.world.venue.script(Rest())
    rasa.price(179921, "1.97")
    await rasa.world.until(lambda: bool(rasa.world.venue.sent))

    answer = await alice.delete("/api/v4/179921/stop_loss")

    assert said(answer) == (
        409,
        1313,
        "an order is firing and its close is at the venue, so it can no longer be "
        "taken back; ask again once that has been answered",
    )
