"""The audit log: every change, with who, from where, what and what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.daemons import ME, POSITIONS_YAML, World, served, started
from api.webhook.receiver import alert, receiving
from exitd.api.limits import RateLimits
from exitd.client import AsyncClient, calls
from exitd.ports.store import FactQuery
from exitd.runtime import audit_log
from exitd.runtime.control.running import settle
from fakes.exchange import SOL
from fakes.journal import Journal
from fakes.outcomes import Rest

STOP = {"symbol": SOL, "side": "long", "stop_loss": "90"}


@pytest.fixture
async def journal() -> AsyncIterator[Journal]:
    journal = Journal()
    journal.start()
    yield journal
    journal.close()


async def written(world: World, event: str = "change.*") -> list[dict[str, Any]]:
    """Read the audit log as a program does, oldest first."""
    async with world.unix() as raw:
        page = await raw.get("/v1/facts", params={"event": event, "limit": 1_000})
    facts = reversed(page.json()["facts"])
    return [{"event": fact["event"], **fact["fields"]} for fact in facts]


async def token(world: World, name: str, *scopes: str) -> str:
    async with AsyncClient(world.address) as admin:
        made = await admin.ask(calls.create_token(name, list(scopes)))
    assert made.secret is not None
    return made.secret


async def test_given_a_change_by_token_when_asked_for_then_who_what_and_from_where(
    world: World,
):
    secret = await token(world, "phone", "trade")
    async with world.tcp(secret) as raw:
        armed = await raw.post(
            "/v1/triggers", json=STOP, headers={"X-Request-ID": "r-1"}
        )
        id = armed.json()["triggers"][0]["id"]
        await raw.post(f"/v1/triggers/{id}:pause")
        await raw.delete(f"/v1/triggers/{id}")

    made, arm, pause, cancel = await written(world)
    assert made["what"] == "POST /v1/tokens"
    assert made["changed"] == "token:phone"
    assert made["by"].startswith("cli:")
    assert made["scope"] == "socket"
    assert arm.pop("place").startswith("127.0.0.1:")
    assert arm == {
        "event": "change.made",
        "by": "api:phone",
        "scope": "trade",
        "what": "POST /v1/triggers",
        "changed": id,
        "request_id": "r-1",
    }
    assert [each["what"] for each in (pause, cancel)] == [
        f"POST /v1/triggers/{id}:pause",
        f"DELETE /v1/triggers/{id}",
    ]
    assert secret not in json.dumps(await written(world, "*"))


async def test_given_a_trigger_when_amended_then_what_it_was_and_what_it_is(
    world: World,
):
    async with world.unix() as raw:
        armed = await raw.post("/v1/triggers", json=STOP)
        path = f"/v1/triggers/{armed.json()['triggers'][0]['id']}"
        await raw.patch(path, json={"level": "91", "close": "2"})
        await raw.patch(path, json={"close": "2"})

    _, other, same = await written(world)
    assert other["differences"] == "stop_loss 90 -> 91; close 100% -> 2"
    assert "differences" not in same


async def test_given_a_take_profit_by_hand_when_written_down_then_its_id_stands_once(
    world: World,
):
    words = {"symbol": SOL, "side": "Ask", "price": "120", "quantity": "2"}
    world.venue.script(Rest())
    async with world.unix() as raw:
        rested = await raw.post("/v1/take-profit", json=words)

    (made,) = await written(world)
    assert made["changed"] == rested.json()["trigger_id"]


async def test_given_a_change_when_it_was_answered_then_it_is_on_disk(
    world: World,
):
    async with world.unix() as raw:
        await raw.post("/v1/triggers", json=STOP)
        stored = await world.daemon.store.facts(FactQuery(event="change.*"))

    assert [fact.fact.fields["what"] for fact in stored] == ["POST /v1/triggers"]


async def test_given_a_change_when_it_was_refused_then_with_the_reason(world: World):
    async with world.unix() as raw:
        await raw.post("/v1/triggers", json={**STOP, "stop_loss": "101"})
        await raw.post("/v1/triggers", content=b"{")
        await raw.delete("/v1/triggers/none")

    found = await written(world)
    assert {each["event"] for each in found} == {"change.refused"}
    assert [each["reason"] for each in found] == [
        "already_crossed",
        "bad_json",
        "unknown",
    ]


async def test_given_no_change_when_only_looked_at_then_nothing_is_written_down(
    world: World,
):
    async with world.unix() as raw:
        id = (await raw.post("/v1/triggers", json=STOP)).json()["triggers"][0]["id"]
        await raw.get("/v1/triggers")
        await raw.post(f"/v1/triggers/{id}:dry-run")
        await raw.post("/v1/flatten", json={"symbol": SOL, "dry_run": True})
        for path in ("/v1/import", "/v1/handover"):
            await raw.post(path, json={})

    assert [each["what"] for each in await written(world)] == ["POST /v1/triggers"]


async def test_given_who_had_no_right_when_turned_away_then_where_and_what_for(
    world: World,
):
    reader = await token(world, "reader", "read")
    async with world.tcp() as raw:
        await raw.post("/v1/triggers", json=STOP)
    async with world.tcp("exitd_wrong") as raw:
        await raw.get("/v1/status")
    async with world.tcp(reader) as raw:
        await raw.delete("/v1/triggers/x")
        await raw.get("/v1/status", headers={"Host": "evil.example"})

    found = await written(world, "auth.refused")
    assert [(each["what"], each["reason"]) for each in found] == [
        ("POST /v1/triggers", "bad_token"),
        ("GET /v1/status", "bad_token"),
        ("DELETE /v1/triggers/x", "scope"),
        ("GET /v1/status", "unknown_host"),
    ]
    assert [each.get("by", "") for each in found] == ["", "", "api:reader", ""]
    assert all(each["place"].startswith("127.0.0.1:") for each in found)


async def test_given_too_many_requests_when_turned_away_then_written_down_too(
    tmp_path: Path,
):
    few = RateLimits(per_token=4, per_address=4, wrong_tokens=4)
    async with started(tmp_path) as world, served(world, rates=few):
        async with world.tcp() as raw:
            await raw.get("/v1/status")
            await raw.get("/v1/status")

        (found,) = await written(world, "auth.refused")

    assert found["reason"] == "rate_limited"


async def test_given_a_flood_of_strangers_when_turned_away_then_a_few_lines_and_a_count(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    async with world.tcp() as raw:
        for _ in range(40):
            await raw.post("/v1/triggers", json=STOP)
    assert len(await written(world, "auth.refused")) == audit_log.TURNED_AWAY_PER_MINUTE

    # A minute later the next line says how many there were.
    world.daemon.audit_log._turned_away._budgets.clear()
    async with world.tcp() as raw:
        await raw.post("/v1/triggers", json=STOP)

    last = (await written(world, "auth.refused"))[-1]
    assert last["left_out"] == 40 - audit_log.TURNED_AWAY_PER_MINUTE


async def test_given_a_program_gone_wrong_when_refused_then_a_few_lines_only(
    world: World,
):
    async with world.unix() as raw:
        for _ in range(50):
            await raw.post("/v1/triggers", content=b"{")

    assert len(await written(world)) == audit_log.REFUSED_PER_MINUTE


async def test_given_many_changes_when_made_then_none_is_left_out(world: World):
    async with world.unix() as raw:
        for number in range(audit_log.ALL_PER_MINUTE + 5):
            await raw.post(
                "/v1/triggers", json={**STOP, "stop_loss": f"{50 + number / 100:.2f}"}
            )

    assert len(await written(world, "change.made")) == audit_log.ALL_PER_MINUTE + 5


async def test_given_several_when_one_is_asked_for_then_all_that_it_has_asked(
    world: World,
):
    async with world.tcp(await token(world, "one", "trade")) as one:
        id = (await one.post("/v1/triggers", json=STOP)).json()["triggers"][0]["id"]
        await one.post(f"/v1/triggers/{id}:pause")
    async with world.tcp(await token(world, "two", "trade")) as two:
        await two.post(f"/v1/triggers/{id}:resume")
    async with world.unix() as raw:
        page = await raw.get("/v1/facts", params={"by": "api:one"})

    assert [fact["event"] for fact in page.json()["facts"]] == [
        "change.made",
        "trigger.paused",
        "change.made",
    ]


async def test_given_files_when_they_change_what_runs_then_that_is_written_down(
    filed: World,
):
    start = await written(filed)
    positions = filed.folder / "config" / "conf.d" / "sol.yaml"
    positions.write_text(POSITIONS_YAML.replace("90", "91"))
    async with filed.unix() as raw:
        await raw.post("/v1/reload")
        positions.write_text(POSITIONS_YAML.replace("90", "80"))
        await raw.post("/v1/reload")
        positions.write_text("positions: [")
        filed.daemon.audit_log.reloaded("SIGHUP", await filed.daemon.files.reload())

    assert [(each["by"], each["place"], each["changed"]) for each in start] == [
        ("files", "the start", "sol-core/sl")
    ]
    tighter, looser, broken = (await written(filed))[1:]
    assert (tighter["event"], tighter["changed"]) == ("change.made", "sol-core/sl")
    assert tighter["differences"] == "sol-core/sl: stop_loss 90 -> 91"
    assert (looser["event"], looser["reason"]) == ("change.refused", "held")
    assert (broken["by"], broken["place"]) == ("files", "SIGHUP")
    assert (broken["event"], broken["reason"]) == ("change.refused", "rejected")


async def test_given_an_alert_when_it_comes_in_then_by_which_route_and_from_where(
    tmp_path: Path,
):
    async with receiving(tmp_path) as receiver:
        id = (await receiver.post(alert())).json()["webhookEvent"]["id"]
        await receiver.post(alert())
        await receiver.post(alert(qty=-1))
        await receiver.post(alert(auth_key="wrong"))
        await receiver.post("{")
        await settle(receiver.store)
        stored = await receiver.store.facts(FactQuery(oldest_first=True))

    found = [(fact.fact.kind.value, fact.fact.fields) for fact in stored]
    assert [kind for kind, _ in found] == [
        "change.made",
        "change.refused",
        "auth.refused",
        "auth.refused",
    ]
    taken, invalid, stranger, garbled = (fields for _, fields in found)
    assert (taken["by"], taken["changed"]) == ("webhook:tv", id)
    assert taken["place"] == "127.0.0.1"
    assert (invalid["by"], invalid["reason"]) == ("webhook:tv", "invalid")
    assert (stranger["what"], stranger["reason"]) == ("alert to tv", "unauthorized")
    assert garbled["reason"] == "unreadable"
    assert "a secret of the route" not in repr(found)


async def test_given_a_change_when_written_down_then_the_log_has_it_too(
    world: World, journal: Journal
):
    async with world.unix() as raw:
        await raw.post("/v1/triggers", json=STOP)
    await world.until(lambda: world.daemon.store.backlog == 0)
    await asyncio.sleep(0)
    lines = [line for line in journal.lines() if line["event"] == "change.made"]

    assert [(line["level"], line["what"]) for line in lines] == [
        ("info", "POST /v1/triggers")
    ]


async def test_given_a_token_in_a_path_when_written_down_or_logged_then_it_is_masked(
    world: World, journal: Journal
):
    secret = await token(world, "phone", "trade")
    async with world.tcp(secret) as raw:
        await raw.delete(f"/v1/triggers/{secret}")
        await raw.get(f"/{secret}")
    found = await written(world, "*")

    assert found[-1]["what"] == "DELETE /v1/triggers/***"
    assert secret not in json.dumps(found)
    assert secret not in journal.text()


async def test_given_a_disk_that_hangs_when_a_change_is_made_then_its_answer_comes(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit_log, "_WAIT_S", 0.05)
    log = world.daemon.audit_log

    def never(then: object) -> None:
        """As a disk that does not answer."""

    monkeypatch.setattr(log._loop, "when_durable", never)
    async with asyncio.timeout(2):
        await log.made(ME, "something")


async def test_given_the_end_when_something_is_still_asked_then_it_is_logged_alone(
    world: World, journal: Journal
):
    world.daemon.audit_log.close()
    await world.daemon.audit_log.made(ME, "something")
    lines = journal.lines()

    assert [line["what"] for line in lines if line["event"] == "change.made"] == [
        "something"
    ]
    assert await written(world) == []
