"""Signatures against vectors that three independent clients agree on."""

import base64
import traceback

import pytest

from exitd.adapters.backpack.signing import Signer, canonical, canonical_batch
from exitd.errors import ConfigurationError
from exitd.secret import Secret

SEED = base64.b64encode(bytes(range(32))).decode()
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
TIMESTAMP_MS = 1750793021519
WINDOW_MS = 5000
SOL = "SOL_USDC_PERP"

VECTORS = [
    pytest.param(
        "positionQuery",
        {},
        "instruction=positionQuery",
        "qYjieNoyB6D9jh4a0z4h2Z1tVH5s+PLJ3MwtQGBDCGJ0RV+KUd9mFgC1MSo37r06lmKiOd183GcH"
        "DXtZBtJqDA==",
        id="positions",
    ),
    pytest.param(
        "orderExecute",
        {
            "symbol": SOL,
            "side": "Ask",
            "reduceOnly": True,
            "quantity": "1.5",
            "orderType": "Market",
            "clientId": 4242,
        },
        "instruction=orderExecute&clientId=4242&orderType=Market&quantity=1.5"
        "&reduceOnly=true&side=Ask&symbol=SOL_USDC_PERP",
        "lzsDrRup/h/B4plCTs775IrcYiqY381xKLwpmux1PFJ8b+EnbYQSITRFrHVkSNUDMR5JlYRg87+t"
        "oA2nv0jcDA==",
        id="close_market",
    ),
    pytest.param(
        "orderCancel",
        {"symbol": SOL, "orderId": "8285014287"},
        "instruction=orderCancel&orderId=8285014287&symbol=SOL_USDC_PERP",
        "mfHAOQpf538Ok/CjnByPJydPUfp9Hq6ksfbeeNJG7QLQpLVeg+l5rVxe82RqgBc8niTj6pUjNjhS"
        "kM09QblkDw==",
        id="cancel",
    ),
    pytest.param(
        "orderCancel",
        {"orderId": "28", "symbol": "BTC_USDT"},
        "instruction=orderCancel&orderId=28&symbol=BTC_USDT",
        "/GUNKJTu/hHr6f/DHXOfKB09fuiUSmqBBJKk5QU62IOS96XLnZyQKhgz8wasAGOYqUb4FYX/pcCv"
        "NZmc8jIECQ==",
        id="cancel_doc",
    ),
    pytest.param(
        "orderCancelAll",
        {"symbol": SOL, "orderType": "ConditionalOrder"},
        "instruction=orderCancelAll&orderType=ConditionalOrder&symbol=SOL_USDC_PERP",
        "dBOH+85pYjDziwnCnYw3duaORaErNY8iaQonMI7Br6rQJ/h5jMVTIb0xQ1c5OhqWcC26NE2tt+XR"
        "/PuIsppJCw==",
        id="cancel_all",
    ),
    pytest.param(
        "orderQueryAll",
        {"symbol": SOL, "marketType": "PERP"},
        "instruction=orderQueryAll&marketType=PERP&symbol=SOL_USDC_PERP",
        "12GW23GI3ZQ8+2mh3CBLr7k7igg1DA9wAX2HqCpJXW0JGIIwZ7rTt9ETlXer/Mucpc9d/QP2grP+"
        "KMlAIbG+DQ==",
        id="open_orders",
    ),
    pytest.param(
        "orderExecute",
        {
            "triggerQuantity": "100%",
            "triggerPrice": "150",
            "triggerBy": "MarkPrice",
            "symbol": SOL,
            "side": "Ask",
            "reduceOnly": True,
            "orderType": "Market",
        },
        "instruction=orderExecute&orderType=Market&reduceOnly=true&side=Ask"
        "&symbol=SOL_USDC_PERP&triggerBy=MarkPrice&triggerPrice=150"
        "&triggerQuantity=100%",
        "xQhjhA4FpWcf1r9V3q7g2LLUUkgFGPtICsg2tDhCIQiPYwKMbkf+6MzJIu46UqY+rZzjalF5H5Kx"
        "YppgV+EODg==",
        id="trigger_pct",
    ),
    pytest.param(
        "subscribe",
        {},
        "instruction=subscribe",
        "DEytVjBPUJPNGqMWhoFrRnsyaD9AgpeWqvS9jRrnNbGUKyTLfEas10Q5EZ3KjJWU9PxVsfKDqd+o"
        "M0GEuFiCAA==",
        id="ws_subscribe",
    ),
]


@pytest.fixture
def signer() -> Signer:
    return Signer(KEY, Secret(SEED))


@pytest.mark.parametrize(("instruction", "parameters", "text", "signature"), VECTORS)
def test_given_a_vector_when_signed_then_text_and_signature_match(
    signer, instruction, parameters, text, signature
):
    signed = canonical(instruction, parameters, TIMESTAMP_MS, WINDOW_MS)

    assert signed == f"{text}&timestamp=1750793021519&window=5000"
    assert signer.sign(signed) == signature


def test_given_the_batch_vector_when_signed_then_one_stamp_ends_it(signer):
    order = {"orderType": "Limit", "side": "Bid", "symbol": SOL}
    orders = [
        order | {"price": "141", "quantity": "12"},
        order | {"price": "140", "quantity": "11"},
    ]

    text = canonical_batch("orderExecute", orders, TIMESTAMP_MS, WINDOW_MS)

    assert text == (
        "instruction=orderExecute&orderType=Limit&price=141&quantity=12&side=Bid"
        "&symbol=SOL_USDC_PERP&instruction=orderExecute&orderType=Limit&price=140"
        "&quantity=11&side=Bid&symbol=SOL_USDC_PERP&timestamp=1750793021519&window=5000"
    )
    assert signer.sign(text) == (
        "/RiVIEmATq6bDKSR8I9tEY3qY/MRt45Y5/Wi4mKYjt3SaqoLFfOiYrYNRddqSXfrcDdY/b0n3duP"
        "ew5JKrn/CA=="
    )


def test_given_a_subscription_when_signed_then_all_four_are_texts(signer):
    signature = signer.subscription(TIMESTAMP_MS, WINDOW_MS)

    assert signature[0] == KEY
    assert signature[1].startswith("DEytVjBPUJPN")
    assert signature[2:] == ["1750793021519", "5000"]


def test_given_headers_when_signed_then_they_match_the_canonical_text(signer):
    headers = signer.headers("positionQuery", {}, TIMESTAMP_MS, WINDOW_MS)

    assert headers["X-API-Key"] == KEY
    assert headers["X-Signature"].startswith("qYjieNoyB6D9")
    assert headers["X-Timestamp"] == "1750793021519"
    assert headers["X-Window"] == "5000"


def test_given_seed_and_public_key_as_secret_when_signing_then_the_seed_counts():
    both = base64.b64encode(bytes(range(32)) + base64.b64decode(KEY)).decode()

    assert Signer(KEY, Secret(both)).key == KEY


@pytest.mark.parametrize(
    "secret", ["", "not base64!", base64.b64encode(bytes(31)).decode(), "\u00e9"]
)
def test_given_a_bad_secret_when_signer_is_made_then_a_sentence_without_it(secret):
    with pytest.raises(ConfigurationError, match="Backpack secret") as caught:
        Signer(KEY, Secret(secret))

    shown = "".join(traceback.format_exception(caught.value))
    assert not secret or secret not in shown


def test_given_a_foreign_key_when_signer_is_made_then_it_says_so():
    other = base64.b64encode(bytes(32)).decode()

    with pytest.raises(ConfigurationError, match="do not belong together"):
        Signer(other, Secret(SEED))


def test_b148_given_a_signer_when_shown_then_neither_secret_nor_whole_key(signer):
    assert SEED not in repr(signer)
    assert KEY not in repr(signer)
