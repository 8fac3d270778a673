"""How often a token or an address may ask, and how often it may be wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.daemons import ME, World, served, started
from exitd.api.limits import Limits, RateLimits
from exitd.api.origins import Origin
from exitd.client import Address, Client, DaemonRefused, calls
from exitd.core.units import NS_PER_S as S
from exitd.runtime.problems import TooMany
from exitd.secret import Secret
from fakes.clocks import ManualClock
from fakes.exchange import SOL

STOP = {"symbol": SOL, "side": "long", "stop_loss": "90"}
#: Of each a quarter at once.
FEW = RateLimits(per_token=20, per_address=12, wrong_tokens=3)
NEAR = Origin("127.0.0.1:5", "127.0.0.1", is_near=True, is_shared=True)
FAR = Origin("203.0.113.7:5", "203.0.113.7", is_near=False)
SOCKET = Origin("unix socket, uid 0, pid 1", "uid 0", is_near=True, is_unix=True)


@pytest.fixture
async def few(tmp_path: Path) -> AsyncIterator[World]:
    """A daemon that is served and lets in very few."""
    async with started(tmp_path) as running, served(running, rates=FEW):
        yield running


async def token(world: World, name: str = "bot") -> str:
    made = await world.control.tokens.create(name, ["trade"], ME)
    assert made.secret is not None
    return made.secret


def is_limited(answer: httpx.Response) -> bool:
    limited = answer.status_code == 429
    if limited:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "rate_limited"
        assert answer.headers["retry-after"] in answer.json()["remedy"]
        assert int(answer.headers["retry-after"]) > 0
    return limited


async def test_given_one_address_when_it_asks_too_often_then_429_and_when_to_come_back(
    few: World,
):
    async with few.tcp() as raw:
        answers = [await raw.get("/v1/status") for _ in range(4)]

    assert [is_limited(answer) for answer in answers] == [False] * 3 + [True]
    assert "127.0.0.1 has sent more than 12 requests" in answers[-1].json()["detail"]


async def test_given_one_token_when_it_asks_too_often_then_429_and_no_other_token(
    few: World,
):
    one, other = await token(few), await token(few, "other")

    async with few.tcp(one) as raw:
        answers = [await raw.get("/v1/status") for _ in range(6)]
    async with few.tcp(other) as raw:
        beside = await raw.get("/v1/status")

    assert [is_limited(answer) for answer in answers] == [False] * 5 + [True]
    assert "the token bot was used more than 20 times" in answers[-1].json()["detail"]
    assert beside.status_code == 200


async def test_given_strangers_at_the_same_address_when_they_flood_then_a_token_goes_on(
    few: World,
):
    secret = await token(few)
    async with few.tcp() as stranger:
        flood = [await stranger.get("/v1/status") for _ in range(20)]

    async with few.tcp(secret) as raw:
        armed = await raw.post("/v1/triggers", json=STOP)

    assert is_limited(flood[-1])
    assert armed.status_code == 201


async def test_given_a_flood_when_the_socket_is_used_then_it_has_no_such_limit(
    few: World,
):
    async with few.tcp() as stranger, few.unix() as raw:
        for _ in range(5):
            await stranger.get("/v1/status")
        answers = [await raw.get("/v1/status") for _ in range(60)]

    assert {answer.status_code for answer in answers} == {200}


async def test_given_a_flood_when_health_is_asked_for_then_it_is_answered(few: World):
    async with few.tcp() as raw:
        flood = [await raw.get("/") for _ in range(5)]
        health = [await raw.get(path) for path in ("/-/healthy", "/-/ready")]

    assert is_limited(flood[-1])
    assert [answer.status_code for answer in health] == [200, 200]


async def test_given_a_batch_and_a_stream_when_counted_then_each_is_one_request(
    few: World,
):
    batch = [{**STOP, "stop_loss": f"{50 + number / 100:.2f}"} for number in range(300)]
    async with few.tcp(await token(few)) as raw, raw.stream("GET", "/v1/facts/stream"):
        armed = await raw.post("/v1/triggers", json={"triggers": batch})
        left = [await raw.get("/v1/status") for _ in range(4)]

    assert armed.status_code == 201
    assert [is_limited(answer) for answer in left] == [False] * 3 + [True]


async def test_given_wrong_tokens_when_there_were_many_then_429_and_a_right_one_passes(
    few: World,
):
    async with few.tcp("exitd_wrong") as raw:
        guesses = [await raw.get("/v1/status") for _ in range(4)]
    async with few.tcp(await token(few)) as raw:
        right = await raw.get("/v1/status")

    assert [answer.status_code for answer in guesses[:3]] == [401] * 3
    assert is_limited(guesses[3])
    assert "too many wrong tokens" in guesses[3].json()["detail"]
    # Whoever shares the address of this machine must not be able to lock it out.
    assert right.status_code == 200


def test_given_wrong_tokens_from_elsewhere_when_there_were_many_then_none_is_compared():
    clock = ManualClock()
    limits = Limits(FEW, clock.monotonic_ns)
    for _ in range(3):
        limits.refuse_guesser(FAR)
        limits.count_wrong(FAR)

    with pytest.raises(TooMany, match=r"too many wrong tokens .*203\.0\.113\.7"):
        limits.refuse_guesser(FAR)
    limits.refuse_guesser(NEAR)
    clock.advance(20 * S)
    limits.refuse_guesser(FAR)


async def test_given_a_token_that_has_expired_when_it_is_sent_on_then_it_is_no_guess(
    few: World,
):
    soon_ns = few.daemon.clock.now_ns() + S // 1_000
    made = await few.control.tokens.create("page", ["read"], ME, expires_ns=soon_ns)
    await few.until(lambda: few.daemon.clock.now_ns() > soon_ns)

    async with few.tcp(made.secret or "") as raw:
        answers = [await raw.get("/v1/status") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[0].json()["code"] == "token_expired"
    assert "the token page expired at 20" in answers[0].json()["detail"]
    assert "`exitd token new`" in answers[0].json()["remedy"]
    assert "requests a minute" in answers[3].json()["detail"]


def test_given_the_socket_when_counted_then_never_too_many():
    limits = Limits(FEW, ManualClock().monotonic_ns)

    for _ in range(1_000):
        limits.count_address(SOCKET)
        limits.count_token("bot", SOCKET)


async def test_given_a_command_by_url_when_limited_then_one_sentence_says_when(
    few: World,
):
    secret = await token(few)
    address = Address(url=f"http://127.0.0.1:{few.port}", token=Secret(secret))

    def ask() -> None:
        with Client(address) as client:
            for _ in range(6):
                client.ask(calls.status())

    with pytest.raises(DaemonRefused, match=r"more than 20 times a minute; ask again"):
        await asyncio.to_thread(ask)


async def test_given_the_defaults_when_a_page_and_programs_ask_then_nobody_is_limited(
    tmp_path: Path,
):
    async with started(tmp_path) as world, served(world):
        secret = await token(world)
        async with world.tcp() as page, world.tcp(secret) as bot:
            loads = [await page.get("/v1/status") for _ in range(400)]
            arms = [await bot.post("/v1/triggers", content=b"{}") for _ in range(400)]

    assert {answer.status_code for answer in loads} == {200}
    assert {answer.status_code for answer in arms} == {422}
