"""Whatever is sent to whatever route: an answer below 500, never a bug."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.daemons import POSITIONS_YAML, World, served, started
from api.test_api_guard import application, routes
from exitd.api import bodies, trigger_bodies
from exitd.configuration.keys import Keys
from fakes.exchange import SOL

KEYS = sorted(
    {
        name
        for module in (bodies, trigger_bodies)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, Keys)
        for name in model.model_fields
    }
    | {"for", "once"}
)
WORDS = st.sampled_from(
    [
        *("95", "0", "-1", "1e9", "NaN", "rest", "50%", "all", "8h", "long", "market"),
        *("close", "wait", "mark", "last_close", "bid_ask", "limit", SOL, "main"),
        *("2.5%", "-3%", "+25% roi", "500 USDC", "5s", "15:55 Europe/Berlin"),
        *("5m before close", "XNYS", "main/BTC_USDC_PERP", "entry", "follow"),
        *("Ask", "sol-core", "admin", "\ud800", "\x00", "ü" * 50, "9" * 60),
    ]
)
SCALARS = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    ),
    max_leaves=12,
)
BODIES = st.one_of(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8).map(
        lambda value: json.dumps(value).encode()
    ),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=40),
)
PARAMETERS = ("account", "limit", "after", "from", "to", "state", "wait", "fire")


async def check(world: World, call: tuple[str, str], body: bytes, query: Any) -> None:
    method, path = call
    async with world.unix() as raw:
        try:
            answer = await raw.request(
                method,
                path.replace("{name}", "n"),
                content=body,
                params=query,
                headers={"Idempotency-Key": "k" * (len(body) % 300)},
                timeout=20,
            )
        except httpx.ReadTimeout as error:
            raise AssertionError(f"{method} {path} did not answer") from error
    if path == "/-/ready":
        return
    # The venue's fault, or the time's, is not ours.
    told = ("no_mark_price", "no_fresh_price")
    assert answer.status_code < 500 or answer.json()["code"] in told, answer.text
    if answer.status_code >= 400:
        assert answer.json()["detail"], answer.text


def test_given_any_body_on_any_route_when_sent_then_never_a_server_error(
    tmp_path_factory: Any,
):
    folder: Path = tmp_path_factory.mktemp("fuzz")
    with asyncio.Runner() as runner:
        daemon = started(folder, exits=POSITIONS_YAML)
        world = runner.run(daemon.__aenter__())
        server = served(world)
        runner.run(server.__aenter__())
        offered = [
            (method, path)
            for method, path in routes(application(world))
            if path != "/v1/facts/stream"
        ]
        offered += [
            (m, p.replace("a/b", "sol-core/sl").replace("/k:", f"/{SOL}:"))
            for m, p in offered
        ]

        @settings(
            max_examples=400,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(
            call=st.sampled_from(offered),
            body=BODIES,
            query=st.dictionaries(
                st.sampled_from(PARAMETERS),
                WORDS.filter(lambda word: word.isprintable() and word != "\ud800"),
                max_size=3,
            ),
        )
        def never_fails(call: tuple[str, str], body: bytes, query: Any) -> None:
            runner.run(check(world, call, body, query))

        try:
            never_fails()
        finally:
            runner.run(server.__aexit__(None, None, None))
            runner.run(daemon.__aexit__(None, None, None))
