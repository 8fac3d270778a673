"""What is refused of an order: a status, a number and a sentence each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rasa_world import ALICE, BOB, RasaWorld, body, order, rasa_started
from exitd.api.rasa.faults import ERROR_CODES
from exitd.core.position import Side
from exitd.ports.chain import QuoteStatus
from fakes.chain import CLOSER, MULTI_ACCOUNT, SOLVER


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path) as running:
        yield running


@pytest.fixture
async def alice(rasa: RasaWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with rasa.caller(await rasa.log_in()) as raw:
        yield raw


TARGET = order(
    conditional_order_type="take_profit", conditional_price="2.2", price="2.1"
)

REFUSED: list[tuple[dict[str, Any], int, str]] = [
    (body(quote_id=999), 404, "unknown_quote"),
    (body(quote_id=200), 404, "unknown_quote"),
    (body(quote_id=-7), 422, "temporary_quote"),
    (body(quote_id=2**60), 422, "bad_number"),
    (body(account_address=BOB), 401, "unauthenticated"),
    (body(symbol_id=5), 422, "wrong_symbol"),
    (body(order(position_type=1)), 422, "wrong_side"),
    (body(hedger_whitelist=[MULTI_ACCOUNT]), 422, "solver_not_allowed"),
    (body(hedger_whitelist=[]), 422, "solver_not_allowed"),
    (body(hedger_whitelist="all"), 422, "bad_address"),
    (body(multi_account_address=CLOSER), 422, "unknown_multi_account"),
    (body(order(quantity="0")), 422, "quantity_zero"),
    (body(order(quantity="7.3")), 422, "quantity_above_open"),
    (body(order(quantity="7.15")), 422, "remainder_below_minimum"),
    (body(order(quantity="0.01")), 422, "below_minimum"),
    (body(order(price="0.000")), 422, "price_zero"),
    (body(order(conditional_price="0")), 422, "conditional_price_zero"),
    (body(order(conditional_price="2.06")), 409, "already_crossed"),
    (body(order(conditional_price="1.97871")), 422, "off_step"),
    (
        body(order(), {**TARGET, "conditional_price": "1.95", "price": "1.9"}),
        409,
        "stop_beyond_target",
    ),
    (body(order(price="1e3")), 422, "bad_number"),
    (body(order(price=1e-7)), 422, "bad_number"),
    (body(order(price="-1")), 422, "bad_number"),
    (body(order(price="NaN")), 422, "bad_number"),
    (body(order(price="")), 422, "bad_number"),
    (body(order(price=True)), 422, "bad_number"),
    (body(order(price=["1"])), 422, "bad_number"),
    (body(order(leverage="x")), 422, "bad_number"),
    (body(order(order_type=3)), 422, "bad_word"),
    (body(order(order_type="one")), 422, "bad_number"),
    (body(order(position_type=2)), 422, "bad_word"),
    (body(order(conditional_order_type="trailing")), 422, "bad_word"),
    (body(order(conditional_price_type="index")), 422, "bad_word"),
    (body(order(quantity=None)), 422, "missing_field"),
    (body(account_address=None), 422, "missing_field"),
    (body(account_address="0x12"), 422, "bad_address"),
    (body(conditional_orders=[]), 422, "no_orders"),
    (body(conditional_orders="stop"), 422, "no_orders"),
    (body(conditional_orders=["stop"]), 422, "missing_field"),
    (body(*([order()] * 21)), 422, "too_many_orders"),
    (body(order(), order()), 409, "conflict"),
]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    REFUSED,
    ids=[f"{c}-{n}" for n, (_, _, c) in enumerate(REFUSED)],
)
async def test_b143_given_an_order_that_cannot_be_then_told_why_and_nothing_is_armed(
    rasa, alice, sent, status, code
):
    answer = await alice.post("/api/v4/", json=sent)

    told = answer.json()
    assert (answer.status_code, told["error_detail"][0]) == (status, code)
    assert told["error_code"] == ERROR_CODES[code]
    assert len(told["error_message"]) > 15
    assert not [
        t
        for t in rasa.world.daemon.loop.engine.state.triggers.values()
        if t.state.value != "done"
    ]


@pytest.mark.parametrize(
    "status", [s for s in QuoteStatus if s is not QuoteStatus.OPENED]
)
async def test_b143_given_a_quote_that_is_not_open_then_refused(rasa, alice, status):
    rasa.chain.open_quote(179921, ALICE, status=status)

    answer = await alice.post("/api/v4/", json=body())

    assert answer.status_code == 409
    assert answer.json()["error_code"] == ERROR_CODES["quote_not_open"]


async def test_b143_given_no_delegation_then_told_which_call_makes_it(rasa, alice):
    rasa.chain.missing = ("requestToClosePosition", "requestToCancelCloseRequest")

    answer = await alice.post("/api/v4/", json=body())

    assert answer.status_code == 403
    told = answer.json()
    assert told["error_code"] == ERROR_CODES["missing_delegation"]
    assert (
        f"delegateAccesses({ALICE}, {CLOSER}, [requestToClosePosition, "
        f"requestToCancelCloseRequest]) on {MULTI_ACCOUNT}"
    ) in told["error_message"]
    assert rasa.chain.followed == []


async def test_b143_given_an_account_out_of_reach_then_refused_with_that_reason(
    rasa, alice
):
    rasa.chain.undelegable = f"{ALICE} can be moved by the InstantLayer only"
    rasa.chain.missing = ("requestToClosePosition", "requestToCancelCloseRequest")

    answer = await alice.post("/api/v4/", json=body())

    told = answer.json()
    assert answer.status_code == 403
    assert told["error_code"] == ERROR_CODES["not_executable"]
    assert rasa.chain.undelegable in told["error_message"]
    assert rasa.chain.followed == []


async def test_b143_given_a_quote_closed_in_part_then_only_what_is_open_counts(
    rasa, alice
):
    rasa.chain.open_quote(179921, ALICE, closed="5")

    above = await alice.post("/api/v4/", json=body())
    rest = await alice.post("/api/v4/", json=body(order(quantity="2.2")))

    assert above.json()["error_code"] == ERROR_CODES["quantity_above_open"]
    assert rest.status_code == 200


async def test_b143_given_a_symbol_that_nobody_watches_then_unknown(rasa, alice):
    rasa.chain.open_quote(300, ALICE, symbol_id=77)

    answer = await alice.post("/api/v4/", json=body(quote_id=300, symbol_id=77))

    assert answer.status_code == 404


async def test_b143_given_addresses_in_other_spellings_then_the_same(rasa, alice):
    sent = body(
        account_address=ALICE.lower(),
        hedger_whitelist=[SOLVER.lower(), CLOSER],
        multi_account_address=MULTI_ACCOUNT.lower(),
    )

    assert (await alice.post("/api/v4/", json=sent)).status_code == 200


async def test_b143_given_numbers_as_json_numbers_then_taken_with_their_digits(
    rasa, alice
):
    sent = (
        b'{"account_address":"%s","quote_id":179921,"symbol_id":4,'
        b'"hedger_whitelist":["%s"],"conditional_orders":[{"quantity":7.2,'
        b'"price":1.70000000000000000001,"conditional_price":1.9787,'
        b'"order_type":1,"conditional_order_type":"stop_loss","leverage":1.5}]}'
        % (ALICE.encode(), SOLVER.encode())
    )

    answer = await alice.post("/api/v4/", content=sent)

    assert answer.status_code == 200, answer.text
    shown = await alice.get("/api/v4/179921")
    assert b'"price":1.70000000000000000001,' in shown.content


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b"[]", 400, "bad_json"),
        (b"", 400, "bad_json"),
        (b'{"a":1,"a":2}', 400, "bad_json"),
        (b'{"a":NaN}', 400, "bad_json"),
        (b"\xff", 400, "bad_json"),
        (b"[" * 21, 400, "too_deep"),
        (b" " * (64 * 1024 + 1), 413, "too_large"),
    ],
    ids=["open", "list", "empty", "twice", "nan", "bytes", "deep", "large"],
)
async def test_b143_given_a_body_that_cannot_be_read_then_said_in_this_shape(
    rasa, alice, sent, status, code
):
    answer = await alice.post("/api/v4/", content=sent)

    assert answer.status_code == status
    assert answer.json()["error_code"] == ERROR_CODES[code]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_b143_given_a_path_or_a_method_that_is_not_there_then_said_so(alice):
    nothing = await alice.get("/api/v4/1/2/3/4")
    method = await alice.put("/api/v4/179921")
    kind = await alice.delete("/api/v4/179921/trailing")
    none = await alice.delete("/api/v4/179921/stop_loss")
    word = await alice.get("/api/v4/abc")

    assert [a.status_code for a in (nothing, method, kind, none, word)] == [
        404,
        405,
        404,
        404,
        404,
    ]
    assert all(a.json()["error_message"] for a in (nothing, method, kind, none, word))


async def test_b143_given_distances_of_the_door_then_kept_and_published(tmp_path):
    async with (
        rasa_started(tmp_path, min_price_distance="2%", min_spread="10%") as rasa,
        rasa.caller(await rasa.log_in()) as raw,
    ):
        configs = (await raw.get("/api/v4/configs")).json()
        assert configs["MinPriceDistancePercent"] == 2
        assert configs["MinProfitStopLossSpreadPercent"] == 10
        near = body(order(conditional_price="2.03"))
        refused = await raw.post("/api/v4/", json=near)
        assert refused.json()["error_code"] == ERROR_CODES["too_near"]
        both = body(order(), {**TARGET, "conditional_price": "2.1"})
        refused = await raw.post("/api/v4/", json=both)
        assert refused.json()["error_code"] == ERROR_CODES["too_near"]
        assert (await raw.post("/api/v4/", json=body(order()))).status_code == 200


async def test_b143_given_a_short_then_its_stop_lies_above(rasa, alice):
    rasa.open(301, ALICE, side=Side.SHORT)
    stop = order(position_type=1, conditional_price="2.2", price="2.4")
    far = {**TARGET, "position_type": 1, "conditional_price": "1.9", "price": "2"}

    both = await alice.post("/api/v4/", json=body(stop, far, quote_id=301))
    beyond = {**far, "conditional_price": "2.3"}
    wrong = await alice.post("/api/v4/", json=body(stop, beyond, quote_id=301))

    assert both.status_code == 200
    assert wrong.json()["error_code"] == ERROR_CODES["stop_beyond_target"]
