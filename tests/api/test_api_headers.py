"""What stands on every answer, whoever gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.daemons import World, served, started
from api.webhook.receiver import alert, receiving
from exitd.api.guard import Door
from exitd.api.headers import DEFAULTS
from web.looking import shown


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/status"),
        ("GET", "/-/healthy"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/no/such/thing"),
        ("POST", "/v1/triggers"),
        ("GET", "/v1/facts?limit=x"),
    ],
)
async def test_given_any_answer_when_given_then_a_browser_may_do_nothing_with_it(
    world: World, method: str, path: str
):
    async with world.tcp() as raw:
        answer = await raw.request(method, path)

    for name, value in DEFAULTS.items():
        if (path, name) != ("/docs", "Content-Security-Policy"):
            assert answer.headers[name] == value, name
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "server" not in answer.headers


async def test_given_a_request_that_never_came_in_when_answered_then_the_same(
    world: World,
):
    async with world.tcp() as raw:
        evil = await raw.get("/v1/status", headers={"Host": "evil.example"})

    assert evil.status_code == 421
    assert set(DEFAULTS) <= {name.title() for name in evil.headers} | set(DEFAULTS)
    assert all(evil.headers[name] == value for name, value in DEFAULTS.items())


async def test_given_the_page_when_served_then_it_runs_its_own_files_and_no_others(
    tmp_path: Path,
):
    async with started(tmp_path) as world, shown(world), world.tcp() as raw:
        page = await raw.get("/")

    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_given_another_door_when_it_answers_then_the_same(tmp_path: Path):
    async def door(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with (
        started(tmp_path) as world,
        served(world, doors=[Door("/other/", door)]),
        world.tcp() as raw,
    ):
        answer = await raw.get("/other/x")

    assert all(answer.headers[name] == value for name, value in DEFAULTS.items())


async def test_given_the_webhook_when_it_answers_then_the_same(tmp_path: Path):
    async with receiving(tmp_path) as receiver:
        taken = await receiver.post(alert())
        refused = await receiver.post(alert(auth_key="wrong"))

    assert (taken.status_code, refused.status_code) == (200, 401)
    for answer in (taken, refused):
        assert all(answer.headers[name] == value for name, value in DEFAULTS.items())
