"""Secrets that a venue or a library says back: no answer, page or alert has them.

Each test feeds known secrets in where others may write: refusals, errors, requests.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api.daemons import POSITIONS_YAML, World, served, started
from exitd.api.metrics import metrics_routes
from exitd.core.attempt import RefusalKind
from exitd.errors import VenueError
from exitd.logs import blanked, masked
from exitd.logs.redaction import forms_of
from exitd.metrics.counts import Counts
from exitd.metrics.scraping import Scrapes
from exitd.runtime.durations import Durations
from exitd.secret import Secret
from exitd.web.audience import Audience
from exitd.web.routes import page_routes
from fakes.exchange import SOL
from fakes.journal import Journal
from fakes.outcomes import Refuse
from web.looking import following

KEY = base64.b64encode(bytes(range(7, 39))).decode()
PASSWORD = "correct horse battery staple"
SECRETS = (Secret(KEY), Secret(PASSWORD))
FORMS = {form for secret in SECRETS for form in forms_of(secret) if len(form) >= 16}
#: What a program says that shows everything it was told.
TOLD = f"GET https://venue/x?key={KEY} by {PASSWORD}: {KEY.encode()!r}"


def leaks(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


class Watched:
    """A daemon with its page and its metrics, and everything that it has said."""

    def __init__(self, world: World, journal: Journal) -> None:
        self.world = world
        self.journal = journal

    async def everything(self) -> str:
        """Ask for all there is to read, and give it as one text."""
        paths = [
            "/v1/status",
            "/v1/triggers",
            "/v1/triggers/sol-core/sl",
            "/v1/explain/sol-core/sl",
            "/v1/positions",
            "/v1/feeds",
            "/v1/facts?limit=1000",
            "/v1/exits",
            "/v1/books",
            "/v1/analytics",
            "/v1/plan",
            "/v1/tokens",
            "/-/ready",
            "/metrics",
            "/",
            "/docs",
            "/openapi.json",
        ]
        async with self.world.unix() as raw:
            said = [(await raw.get(path)).text for path in paths]
        said += [f"{alert.about} {alert.text}" for alert in self.world.heard.alerts]
        return "\n".join([*said, self.journal.text()])


def _hear_the_server() -> None:
    """A simulated venue that ran in this process has silenced the server's library."""
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.NOTSET)
        logger.propagate = True


@asynccontextmanager
async def watching(folder: Path) -> AsyncIterator[Watched]:
    counts, journal = Counts(), Journal()
    _hear_the_server()
    journal.start(observe=counts.observe, secrets=SECRETS, level="debug")
    async with started(folder, exits=POSITIONS_YAML) as world:
        audience = Audience(world.control)
        scrapes = Scrapes(world.control, counts, Durations())
        routers = (
            metrics_routes(lambda accept: scrapes.render(accept)),
            page_routes(world.control, audience),
        )
        options: dict[str, Any] = {
            "routers": routers,
            "on_answered": counts.answered,
        }
        async with served(world, **options):
            world.daemon.spawn(audience.keep(), "status page")
            await world.until(lambda: world.state_of("sol-core/sl") == "armed")
            yield Watched(world, journal)
    journal.close()


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watching(tmp_path) as made:
        yield made


async def test_b148_given_a_venue_that_says_our_key_back_when_refused_then_nobody_sees(
    watched: Watched,
):
    world = watched.world
    world.venue.script(*[Refuse(RefusalKind.INVALID, "NO", TOLD)] * 3)
    async with world.tcp() as raw, following(raw) as page:
        await page.until(lambda p: "sol-core/sl" in p.rows)
        world.mark("89")
        await page.until(
            lambda p: any(fact["event"] == "order.refused" for fact in p.facts)
        )
        streamed = json.dumps(page.messages)

    everything = await watched.everything()
    assert "order.refused" in everything
    assert "****" in everything + streamed
    assert leaks(everything + streamed) == []


async def test_b148_given_an_error_with_our_key_when_answered_then_it_is_blanked(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    async def fails(*_: object, **__: object) -> None:
        raise VenueError(TOLD)

    monkeypatch.setattr(watched.world.venue, "open_orders", fails)
    async with watched.world.unix() as raw:
        answer = await raw.post("/v1/flatten", json={"symbol": SOL, "dry_run": True})

    assert answer.status_code == 502
    assert answer.json()["code"] == "venue_failed"
    assert "key=****" in answer.json()["detail"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert leaks(answer.text) == []


async def test_b148_given_a_bug_with_our_key_when_answered_then_nothing_of_it(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError(TOLD)

    monkeypatch.setattr(watched.world.control.standing, "status", fails)
    async with watched.world.unix() as raw:
        answer = await raw.get("/v1/status")
    text = watched.journal.text()

    assert answer.status_code == 500
    assert leaks(answer.text) == []
    assert "RuntimeError" in text
    assert leaks(text) == []


async def test_b148_given_requests_full_of_secrets_when_sent_then_only_masked(
    watched: Watched,
):
    made = await token_of(watched.world)
    sent = (KEY, PASSWORD.replace(" ", "-"), made)
    async with watched.world.tcp(made) as raw:
        for secret in sent:
            await raw.get(f"/v1/{secret}", params={"x": secret})
            await raw.request("POST", f"/v1/triggers/{secret}:pause")
            await raw.post("/v1/triggers", json={secret: secret, "stop_loss": secret})
            await raw.get("/v1/status", headers={"X-Request-ID": secret[:64]})
            await raw.get("/v1/status", headers={"Authorization": f"Basic {secret}"})
            await raw.post("/v1/tokens", json={"name": secret, "scopes": ["read"]})

    everything = await watched.everything()
    assert made not in everything
    assert leaks(everything) == []


async def token_of(world: World) -> str:
    async with world.unix() as raw:
        answer = await raw.post("/v1/tokens", json={"name": "b", "scopes": ["trade"]})
    secret = answer.json()["secret"]
    assert isinstance(secret, str)
    assert len(secret) == 49
    return secret


@pytest.mark.parametrize(
    "line",
    [
        f"    key: {KEY}",
        f"    key: {{file: {KEY}}}",
        f"    secret: {{env: {PASSWORD}}}",
        f"    {KEY}: x",
    ],
    ids=["a key", "a file", "a variable", "a name"],
)
async def test_b148_given_a_secret_in_a_file_when_it_is_read_then_no_finding_has_it(
    watched: Watched, line: str
):
    path = watched.world.folder / "config" / "exitd.yaml"
    text = path.read_text()
    path.write_text(f"{text}  other:\n    type: backpack\n{line}\n")
    async with watched.world.unix() as raw:
        planned = await raw.get("/v1/plan")
        reloaded = await raw.post("/v1/reload")

    everything = await watched.everything()
    assert leaks(planned.text + reloaded.text + everything) == []


async def test_given_a_secret_in_pieces_of_a_large_answer_when_sent_then_blanked_too(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    async def large(*_: object, **__: object) -> tuple[bytes, str]:
        return (b"x " * 60_000 + KEY.encode() + b" y" * 1_000, "text/plain")

    monkeypatch.setattr(Scrapes, "render", large)
    async with watched.world.unix() as raw:
        answer = await raw.get("/metrics")

    assert len(answer.content) == 120_000 + len(KEY) + 2_000
    assert KEY not in answer.text
    assert "*" * len(KEY) in answer.text


def test_given_a_short_secret_when_an_answer_has_the_word_then_it_stays(tmp_path: Path):
    journal = Journal()
    journal.start(secrets=[Secret("101.25"), Secret("sixteen letters!")])
    try:
        assert blanked(b'{"level":"101.25"}') == b'{"level":"101.25"}'
        assert blanked(b"a sixteen letters! b") == b"a **************** b"
        assert masked("at 101.25 by sixteen letters!") == "at *** by ***"
    finally:
        journal.close()
    assert blanked(b"sixteen letters!") == b"sixteen letters!"
    assert masked("101.25") == "101.25"
