"""Who sent it, and when: signatures, windows and the errors about them."""

import base64
import time
from typing import Any

import pytest
from nacl.signing import SigningKey

from exitd.simulator.quirks import Quirks
from exitd.simulator.refusal import Refused
from exitd.simulator.signature import verify
from simulator.rig import Rig, running

KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
TIMESTAMP = "1750793021519"
PERP = ("symbol", "SOL_USDC_PERP")

# Published test vectors: seed 00..1f, checked against three independent clients.
VECTORS: list[tuple[str, str, list[list[tuple[str, str]]], str]] = [
    (
        "positions",
        "positionQuery",
        [[]],
        "qYjieNoyB6D9jh4a0z4h2Z1tVH5s+PLJ3MwtQGBDCGJ0RV+KUd9mFgC1MSo37r06"
        "lmKiOd183GcHDXtZBtJqDA==",
    ),
    (
        "close_market",
        "orderExecute",
        [
            [
                ("symbol", "SOL_USDC_PERP"),
                ("side", "Ask"),
                ("reduceOnly", "true"),
                ("quantity", "1.5"),
                ("orderType", "Market"),
                ("clientId", "4242"),
            ]
        ],
        "lzsDrRup/h/B4plCTs775IrcYiqY381xKLwpmux1PFJ8b+EnbYQSITRFrHVkSNUDMR5JlYRg8"
        "7+toA2nv0jcDA==",
    ),
    (
        "cancel",
        "orderCancel",
        [[("orderId", "8285014287"), PERP]],
        "mfHAOQpf538Ok/CjnByPJydPUfp9Hq6ksfbeeNJG7QLQpLVeg+l5rVxe82RqgBc8niTj6pUjN"
        "jhSkM09QblkDw==",
    ),
    (
        "cancel_doc",
        "orderCancel",
        [[("symbol", "BTC_USDT"), ("orderId", "28")]],
        "/GUNKJTu/hHr6f/DHXOfKB09fuiUSmqBBJKk5QU62IOS96XLnZyQKhgz8wasAGOYqUb4FYX/p"
        "cCvNZmc8jIECQ==",
    ),
    (
        "cancel_all",
        "orderCancelAll",
        [[PERP, ("orderType", "ConditionalOrder")]],
        "dBOH+85pYjDziwnCnYw3duaORaErNY8iaQonMI7Br6rQJ/h5jMVTIb0xQ1c5OhqWcC26NE2tt"
        "+XR/PuIsppJCw==",
    ),
    (
        "open_orders",
        "orderQueryAll",
        [[PERP, ("marketType", "PERP")]],
        "12GW23GI3ZQ8+2mh3CBLr7k7igg1DA9wAX2HqCpJXW0JGIIwZ7rTt9ETlXer/Mucpc9d/QP2g"
        "rP+KMlAIbG+DQ==",
    ),
    (
        "batch_doc",
        "orderExecute",
        [
            [
                ("symbol", "SOL_USDC_PERP"),
                ("side", "Bid"),
                ("orderType", "Limit"),
                ("price", price),
                ("quantity", quantity),
            ]
            for price, quantity in (("141", "12"), ("140", "11"))
        ],
        "/RiVIEmATq6bDKSR8I9tEY3qY/MRt45Y5/Wi4mKYjt3SaqoLFfOiYrYNRddqSXfrcDdY/b0n3"
        "duPew5JKrn/CA==",
    ),
    (
        "trigger_pct",
        "orderExecute",
        [
            [
                ("orderType", "Market"),
                ("reduceOnly", "true"),
                ("side", "Ask"),
                PERP,
                ("triggerBy", "MarkPrice"),
                ("triggerPrice", "150"),
                ("triggerQuantity", "100%"),
            ]
        ],
        "xQhjhA4FpWcf1r9V3q7g2LLUUkgFGPtICsg2tDhCIQiPYwKMbkf+6MzJIu46UqY+rZzjalF5H"
        "5KxYppgV+EODg==",
    ),
    (
        "ws_subscribe",
        "subscribe",
        [[]],
        "DEytVjBPUJPNGqMWhoFrRnsyaD9AgpeWqvS9jRrnNbGUKyTLfEas10Q5EZ3KjJWU9PxVsfKDq"
        "d+oM0GEuFiCAA==",
    ),
]
ENCODED_PERCENT = SigningKey(bytes(range(32))).sign(
    b"instruction=orderExecute&orderType=Market&reduceOnly=true&side=Ask"
    b"&symbol=SOL_USDC_PERP&triggerBy=MarkPrice&triggerPrice=150"
    b"&triggerQuantity=100%25&timestamp=1750793021519&window=5000"
)


def check(instruction: str, groups: list[Any], signature: str, **quirks: Any) -> None:
    verify(
        *(KEY, signature, TIMESTAMP, "5000", instruction, groups),
        Quirks().changed(quirks),
        int(TIMESTAMP),
    )


@pytest.mark.parametrize(
    ("instruction", "groups", "signature"),
    [vector[1:] for vector in VECTORS],
    ids=[vector[0] for vector in VECTORS],
)
def test_given_published_vector_when_verified_then_accepted(
    instruction: str, groups: list[Any], signature: str
):
    check(instruction, groups, signature)

    with pytest.raises(Refused, match="Invalid signature"):
        check("orderQuery", groups, signature)


@pytest.mark.parametrize("is_encoded", [False, True])
@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("encoded", [False, True])
def test_given_percent_value_when_signed_either_way_then_quirks_decide(
    is_encoded: bool, raw: bool, encoded: bool
):
    _, instruction, groups, signature = VECTORS[7]
    if is_encoded:
        signature = base64.b64encode(ENCODED_PERCENT.signature).decode()
    quirks = {"raw_signature": raw, "encoded_signature": encoded}

    if encoded if is_encoded else raw:
        check(instruction, groups, signature, **quirks)
    else:
        with pytest.raises(Refused, match="Invalid signature"):
            check(instruction, groups, signature, **quirks)


async def refusal(rig: Rig, headers: dict[str, str]) -> tuple[int, str, str]:
    response = await rig.http.get("/api/v1/position", headers=headers)
    body = response.json()
    return response.status_code, body["code"], body["message"]


async def test_given_bad_headers_when_sent_then_each_has_its_error(rig: Rig):
    trader = rig.trader()
    good = trader.headers("GET", "/api/v1/position", None)
    bad = "INVALID_CLIENT_REQUEST"
    expected = [
        ({"X-Signature": ""}, (401, "UNAUTHORIZED", "Missing X-Signature header")),
        ({"X-API-Key": ""}, (401, "UNAUTHORIZED", "Missing X-API-Key header")),
        ({"X-API-Key": "short"}, (400, bad, "Invalid X-API-Key header")),
        ({"X-Signature": "%%%"}, (400, bad, "Invalid X-Signature header")),
        ({"X-Timestamp": "now"}, (400, bad, "Invalid X-Timestamp header")),
        ({"X-Window": "60001"}, (400, bad, "Invalid X-Window header")),
        ({"X-Window": "4999"}, (400, bad, "Invalid signature")),
    ]

    for change, outcome in expected:
        assert await refusal(rig, {**good, **change}) == outcome
    assert (await rig.http.get("/api/v1/position", headers=good)).status_code == 200


# A clock ahead leaves the machine seconds to be slow in.
@pytest.mark.parametrize("off_ms", [-5_100, 30_000])
async def test_given_timestamp_outside_window_when_sent_then_expired(
    rig: Rig, off_ms: int
):
    stamp = time.time_ns() // 1_000_000 + off_ms
    headers = rig.trader().headers("GET", "/api/v1/position", None, timestamp=stamp)

    outcome = await refusal(rig, headers)

    assert outcome == (400, "INVALID_CLIENT_REQUEST", "Request has expired")


async def test_given_default_window_when_header_is_absent_then_it_is_5000(rig: Rig):
    headers = rig.trader().headers("GET", "/api/v1/position", None)
    del headers["X-Window"]

    response = await rig.http.get("/api/v1/position", headers=headers)

    assert response.status_code == 200


async def test_given_signature_quirk_when_bad_then_its_status_and_code():
    quirks = {"bad_signature_status": 401, "bad_signature_code": "INVALID_SIGNATURE"}
    async with running(quirks=quirks) as rig:
        headers = rig.trader().headers("GET", "/api/v1/position", None)
        headers["X-Window"] = "4000"

        assert (await refusal(rig, headers))[:2] == (401, "INVALID_SIGNATURE")


async def test_given_null_parameter_when_sent_unsigned_then_refused(rig: Rig):
    trader = rig.trader()
    body = {"symbol": "SOL_USDC_PERP", "orderType": "Market", "side": "Bid"}
    body["quantity"] = "1"
    headers = trader.headers("POST", "/api/v1/order", body)

    response = await rig.http.post(
        "/api/v1/order", json={**body, "price": None}, headers=headers
    )

    assert response.json()["message"] == "Invalid signature"


async def test_given_exchange_clock_ahead_when_clients_time_is_right_then_expired(
    rig: Rig,
):
    trader = rig.trader()
    await rig.sim("clock", skew_ms=10_000)

    response = await trader.call("GET", "/api/v1/position")
    server_ms = int((await rig.http.get("/api/v1/time")).text)
    resynced = await trader.call("GET", "/api/v1/position", timestamp=server_ms)

    assert response.json()["message"] == "Request has expired"
    assert resynced.status_code == 200
