"""Logging in with a wallet: what is signed, for whom, for how long, and how often."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account

from api.rasa_world import (
    ALICE,
    BOB,
    DOMAIN,
    URL,
    WALLETS,
    RasaWorld,
    body,
    rasa_started,
    signed_login,
)
from exitd.adapters.ethereum.signatures import EthereumSignatures
from exitd.api.rasa.nonces import Nonces, Pace
from exitd.api.rasa.siwe import Asked, instant_ns, siwe_text, siwe_texts
from exitd.core.units import NS_PER_S
from exitd.runtime.problems import ControlError

STRANGER = Account.from_key("0x" + 63 * "0" + "9")


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path) as running:
        yield running


async def nonce(raw: httpx.AsyncClient, party_a: str = ALICE) -> str:
    answer = await raw.get(f"/nonce/{party_a}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["nonce"])


async def attempt(rasa: RasaWorld, party_a: str = ALICE, **changed: Any) -> int:
    """Log in with something changed; give the status."""
    async with rasa.caller() as raw:
        given = await nonce(raw, party_a)
        answer = await raw.post("/login", json=signed_login(party_a, given, **changed))
    if answer.status_code == 200:
        assert list(answer.json()) == ["access_token"]
    return answer.status_code


async def test_given_a_nonce_then_javascript_takes_it(rasa):
    async with rasa.caller() as raw:
        given = [await nonce(raw), await nonce(raw), await nonce(raw, BOB)]

    assert len(set(given)) == 3
    assert all(re.fullmatch("[a-zA-Z0-9]{32}", one) for one in given)


@pytest.mark.parametrize("domain", [DOMAIN, "localhost"])
@pytest.mark.parametrize("uri", [f"{URL}/login", f"{URL}//login"])
async def test_given_a_domain_and_a_uri_of_the_configuration_then_logged_in(
    rasa, domain, uri
):
    assert await attempt(rasa, domain=domain, uri=uri) == 200


REFUSED: list[dict[str, Any]] = [
    {"domain": "evil.example"},
    {"uri": "https://evil.example/login"},
    {"uri": URL},
    {"chain": 1},
    {"wallet": STRANGER},
    {"wallet": WALLETS[BOB.lower()]},
    {"lives_s": -1},
    {"issued_s": -400},
    {"issued_s": 400},
    {"signature": "0x"},
    {"signature": "0x" + 65 * "00"},
    {"signature": "not hexadecimal"},
    {"expiration_time": "tomorrow"},
    {"issued_at": "2026-13-40T00:00:00Z"},
    {"sign_type": "ERC4337"},
]


@pytest.mark.parametrize("changed", REFUSED, ids=lambda changed: next(iter(changed)))
async def test_given_anything_else_was_signed_then_401(rasa, changed):
    assert await attempt(rasa, **changed) == 401


async def test_given_any_cause_then_the_same_401(rasa):
    async with rasa.caller() as raw:
        bodies = [
            signed_login(ALICE, await nonce(raw), domain="evil.example"),
            signed_login(ALICE, "A" * 32),
            signed_login(ALICE, await nonce(raw, BOB)),
            signed_login(ALICE, await nonce(raw), lives_s=-5),
        ]
        answers = [await raw.post("/login", json=sent) for sent in bodies]
        answers.append(await raw.get("/api/v4/179921/"))
        raw.headers["Authorization"] = "Bearer wrong"
        answers.append(await raw.get("/api/v4/179921/"))

    assert {a.status_code for a in answers} == {401}
    assert len({a.content for a in answers}) == 1
    assert list(answers[0].json())[:3] == [
        "error_code",
        "error_message",
        "error_detail",
    ]


async def test_given_headers_of_another_origin_then_they_are_nothing_to_it(rasa):
    async with rasa.caller() as raw:
        given = signed_login(ALICE, await nonce(raw), domain="evil.example")
        answer = await raw.post(
            "/login",
            json=given,
            headers={
                "Origin": "https://evil.example",
                "Referer": "https://evil.example/x",
            },
        )

    assert answer.status_code == 401


async def test_given_a_nonce_was_used_then_not_again_even_if_it_failed(rasa):
    async with rasa.caller() as raw:
        given = await nonce(raw)
        wrong = signed_login(ALICE, given, domain="evil.example")
        assert (await raw.post("/login", json=wrong)).status_code == 401
        right = signed_login(ALICE, given)
        assert (await raw.post("/login", json=right)).status_code == 401
        other = signed_login(ALICE, await nonce(raw))
        assert (await raw.post("/login", json=other)).status_code == 200
        assert (await raw.post("/login", json=other)).status_code == 401


async def test_given_strangers_ask_for_nonces_then_mine_stays_valid(rasa):
    async with rasa.caller() as raw:
        mine = await nonce(raw)
        for _ in range(20):
            await nonce(raw)
        answer = await raw.post("/login", json=signed_login(ALICE, mine))

    assert answer.status_code == 200


async def test_given_too_many_logins_then_429_and_when_to_come_back(rasa):
    async with rasa.caller() as raw:
        for _ in range(10):
            sent = signed_login(ALICE, "A" * 32)
            assert (await raw.post("/login", json=sent)).status_code == 401
        answer = await raw.post("/login", json=signed_login(ALICE, "A" * 32))

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 61
    assert answer.json()["error_code"] == 1102


async def test_given_a_token_then_only_its_hash_is_stored_and_it_ends_in_time(rasa):
    async with rasa.caller() as raw:
        sent = signed_login(ALICE, await nonce(raw), lives_s=3_600)
        secret = (await raw.post("/login", json=sent)).json()["access_token"]

    (token,) = await rasa.world.daemon.store.tokens()
    assert secret not in repr(token)
    assert token.sub_account == ALICE.lower()
    assert token.expires_ns == instant_ns(str(sent["expiration_time"]))


async def test_given_a_longer_life_is_asked_for_then_a_day(rasa):
    assert await attempt(rasa, lives_s=40 * 3_600) == 200

    (token,) = await rasa.world.daemon.store.tokens()
    lives_ns = token.expires_ns - rasa.world.daemon.clock.now_ns()
    assert 86_300 * NS_PER_S < lives_ns <= 86_400 * NS_PER_S


async def test_given_a_token_has_expired_then_401(rasa):
    secret = await rasa.world.control.tokens.log_in(
        ALICE.lower(), rasa.world.daemon.clock.now_ns() + 1
    )

    async with rasa.caller(secret) as raw:
        assert (await raw.get("/api/v4/179921/")).status_code == 401


async def test_given_a_token_of_a_login_then_it_opens_no_other_door(rasa):
    async with rasa.caller(await rasa.log_in()) as raw:
        assert (await raw.post("/v1/triggers", json={})).status_code == 401
        assert (await raw.get("/v1/triggers")).status_code == 401
        assert (await raw.get("/v1/tokens")).status_code == 401


async def test_given_many_logins_then_the_oldest_tokens_give_way(rasa):
    tokens = rasa.world.control.tokens
    until_ns = rasa.world.daemon.clock.now_ns() + 60 * NS_PER_S
    secrets = [await tokens.log_in(ALICE.lower(), until_ns) for _ in range(12)]

    assert len(await rasa.world.daemon.store.tokens()) == 10
    async with rasa.caller(secrets[0]) as raw:
        assert (await raw.get("/api/v4/179921/")).status_code == 401
    async with rasa.caller(secrets[-1]) as raw:
        assert (await raw.get("/api/v4/179921/")).status_code == 200


async def test_given_a_static_token_then_it_sees_all_and_changes_with_its_scope(rasa):
    async with rasa.caller(await rasa.static_token("read", name="reader")) as raw:
        assert (await raw.get("/api/v4/179921/")).status_code == 200
        assert (await raw.get("/api/v4/200/")).status_code == 200
        refused = await raw.post("/api/v4/", json=body())
    assert refused.status_code == 403
    async with rasa.caller(await rasa.static_token("trade")) as raw:
        assert (await raw.post("/api/v4/", json=body())).status_code == 200


async def test_given_a_smart_wallet_that_says_yes_then_logged_in(rasa):
    wallet = WALLETS[ALICE.lower()].address
    async with rasa.caller() as raw:
        given = await nonce(raw)
        sent = signed_login(
            ALICE, given, sign_type="ERC4337", signature="0x" + "ab" * 200
        )
        asked = Asked(
            account=ALICE,
            nonce=given,
            issued_at=str(sent["issued_at"]),
            expiration_time=str(sent["expiration_time"]),
            signature=b"",
            is_smart_wallet=True,
        )
        text = siwe_text(asked, wallet, domain=DOMAIN, uri=f"{URL}//login", chain=8453)
        rasa.chain.wallets[wallet.lower()] = {EthereumSignatures().hash_of(text)}
        answer = await raw.post("/login", json=sent)

    assert answer.status_code == 200


async def test_given_no_node_answers_then_502_and_not_401(rasa):
    async with rasa.caller() as raw:
        given = await nonce(raw)
        rasa.chain.is_down = True
        answer = await raw.post("/login", json=signed_login(ALICE, given))

    assert answer.status_code == 502


def test_given_a_login_then_the_text_is_that_of_the_standard():
    asked = Asked(
        account=ALICE,
        nonce="abcdefgh12345678",
        issued_at="2026-11-20T10:00:00.000Z",
        expiration_time="2026-11-20T11:00:00.000Z",
        signature=b"",
        is_smart_wallet=False,
    )
    text = siwe_text(
        asked,
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
        domain="app.example.org",
        uri="https://exits.example.org//login",
        chain=8453,
    )

    assert text == (
        "app.example.org wants you to sign in with your Ethereum account:\n"
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n"
        "\n"
        f"msg: {ALICE}\n"
        "\n"
        "URI: https://exits.example.org//login\n"
        "Version: 1\n"
        "Chain ID: 8453\n"
        "Nonce: abcdefgh12345678\n"
        "Issued At: 2026-11-20T10:00:00.000Z\n"
        "Expiration Time: 2026-11-20T11:00:00.000Z"
    )
    assert (
        len(
            set(
                siwe_texts(
                    asked,
                    "0x0",
                    domains=["a", "b"],
                    login_urls=["https://c"],
                    chains=[1, 2],
                )
            )
        )
        == 8
    )


@pytest.mark.parametrize(
    ("written", "ns"),
    [
        ("1970-01-01T00:00:01Z", NS_PER_S),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:01.123456789Z", 1_123_456_789),
        ("1970-01-01 00:00:01Z", None),
        ("1970-01-01T00:00:01", None),
        ("9999-99-99T00:00:00Z", None),
        ("", None),
    ],
)
def test_given_an_instant_then_exact_nanoseconds(written, ns):
    assert instant_ns(written) == ns


class Moving:
    """A monotonic clock that stands still until it is moved."""

    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def test_given_five_minutes_pass_then_a_nonce_is_void():
    clock = Moving()
    numbers = iter(range(1, 100))
    nonces = Nonces(clock, lambda n: next(numbers).to_bytes(n, "big"))
    first, second = nonces.give("a"), nonces.give("a")
    clock.now_ns = 300 * NS_PER_S - 1
    assert nonces.take("a", first)
    clock.now_ns += 1

    assert not nonces.take("a", second)


def test_given_far_too_many_nonces_of_one_then_refused_and_of_others_not():
    clock = Moving()
    numbers = iter(range(1, 1_000))
    nonces = Nonces(clock, lambda n: next(numbers).to_bytes(n, "big"))
    for _ in range(50):
        nonces.give("a")

    with pytest.raises(ControlError):
        nonces.give("a")
    assert nonces.give("b")


def test_given_a_minute_passes_then_one_may_go_on():
    clock = Moving()
    pace = Pace(clock, 2)
    pace.note("x")
    pace.note("x")
    with pytest.raises(ControlError) as refused:
        pace.note("x")
    pace.note("y")

    assert refused.value.retry_after_s == 61
    clock.now_ns = 61 * NS_PER_S
    pace.note("x")
