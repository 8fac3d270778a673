"""Whatever is sent to whatever path of this API: an answer below 500, in its shape."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.rasa_world import ALICE, BOB, POSTED, RasaWorld, order, rasa_started
from fakes.chain import MULTI_ACCOUNT, SOLVER

WORDS = st.sampled_from(
    [
        *("0", "1", "-1", "1e9", "NaN", "7.2", "1.9787", "9" * 60, "0.1", "market"),
        *("take_profit", "stop_loss", "last_close", "new", "canceled", "all"),
        *(ALICE, BOB, MULTI_ACCOUNT, SOLVER, "0x", "0xab", "\x00", "ü" * 50, "\ud800"),
        *("2026-11-20T10:00:00.000Z", "2099-01-01T00:00:00Z", "ERC4337", "coh179921"),
        *("virtualAccount", "EIP712Domain", "uint256"),
    ]
)
KEYS = st.sampled_from(
    [
        *POSTED,
        *order(),
        *("signature", "nonce", "issued_at", "expiration_time", "sign_type", "state"),
        *("start", "size", "party_a_address", "time_stamp", "transaction_signature"),
        *("typedData", "signer", "types", "domain", "message", "primaryType", "salt"),
        *("quoteId", "takeProfit", "stopLoss", "sendQuote", "cohQuoteId"),
    ]
)
SCALARS = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([179921, 200, 4, 0, 1, 2, -5, 2**70]),
    st.floats(),
    st.text(max_size=12),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)
    ),
    max_leaves=14,
)
#: The request of the page with some of it replaced: that comes further.
NEAR = st.dictionaries(st.sampled_from(list(POSTED)), VALUES, max_size=2).map(
    lambda changed: {**POSTED, **changed}
)
NEAR_ORDER = st.dictionaries(st.sampled_from(list(order())), VALUES, max_size=2).map(
    lambda changed: {**POSTED, "conditional_orders": [{**order(), **changed}]}
)
BODIES = st.one_of(
    *(
        kind.map(lambda v: json.dumps(v).encode())
        for kind in (NEAR, NEAR_ORDER, VALUES)
    ),
    st.dictionaries(KEYS, VALUES, max_size=8).map(lambda v: json.dumps(v).encode()),
    st.binary(max_size=40),
)
PATHS = st.sampled_from(
    [
        *("/api/v4/", "/api/v4", "/api/v4/search/", "/api/v4/configs/", "/login"),
        *("/api/v4/179921/", "/api/v4/200", "/api/v4/-1/", "/api/v4/%00/", "/nonce/"),
        *(
            "/api/v4/179921/stop_loss",
            "/api/v4/179921/x",
            f"/nonce/{ALICE}",
            "/nonce/x",
        ),
        *("/api/v5/", "/api/v5/search/", "/api/v5/signing-spec", "/api/v5/configs/"),
        *("/conditional-order/", "/conditional-order/delete/", "/api/v5/?quote_id=200"),
        *("/conditional-order/179921/", "/conditional-order/dev/configs/"),
        "/api/v4/" + "9" * 90,
    ]
)
METHODS = st.sampled_from(["GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"])


async def check(
    rasa: RasaWorld, token: str, method: str, path: str, sent: bytes
) -> None:
    async with rasa.caller(token) as raw:
        answer = await raw.request(method, path, content=sent, timeout=20)
    assert answer.status_code < 500, (method, path, sent, answer.text)
    assert not answer.is_redirect
    if answer.status_code >= 400 and method != "HEAD":
        told = answer.json()
        assert isinstance(told["error_code"], int)
        assert told["error_message"]
        assert all(isinstance(word, str) for word in told["error_detail"])


def test_b143_given_any_body_on_any_path_then_never_a_server_error(
    tmp_path_factory: Any,
):
    with asyncio.Runner() as runner:
        started = rasa_started(tmp_path_factory.mktemp("fuzz"))
        rasa = runner.run(started.__aenter__())
        tokens = ["", "wrong", runner.run(rasa.log_in()), runner.run(_bot(rasa))]

        @settings(
            max_examples=400,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(st.sampled_from(tokens), METHODS, PATHS, BODIES)
        def never_fails(token: str, method: str, path: str, sent: bytes) -> None:
            runner.run(check(rasa, token, method, path, sent))

        try:
            never_fails()
        finally:
            runner.run(started.__aexit__(None, None, None))


async def _bot(rasa: RasaWorld) -> str:
    return await rasa.static_token("trade")
