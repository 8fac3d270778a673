"""What the API shows: records, exact numbers, pages, health."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from api.daemons import ACCOUNT, KEY, World, served, started
from exitd.client import AsyncClient, DaemonRefused, calls
from fakes.exchange import SOL
from fakes.outcomes import Fill

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95"}


async def test_b140_given_a_fill_when_shown_then_everything_about_it(world: World):
    world.venue.script(Fill(price=Decimal("93.5")))
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([STOP]))).triggers[0].id
        await world.watched_mark("94")
        await world.until(lambda: world.state_of(id) == "done")

        detail = await client.ask(calls.show(id))
        exits = await client.ask(calls.exits())
        status = await client.ask(calls.status())

    (fire,) = detail.fires
    assert (fire.level, fire.observed, fire.gap_percent) == ("95", "94", "1.05")
    assert fire.source == f"{ACCOUNT}/{SOL}/mark"
    assert (fire.filled, fire.average_price, fire.attempts) == ("10", "93.5", 1)
    assert fire.slippage_percent == "1.58"
    assert fire.orders == (world.venue.ledger[0].id,)
    assert fire.ts_venue <= fire.ts_hit <= (fire.ts_done or "")
    assert detail.trigger.state == "filled"
    events = [fact.event for fact in reversed(detail.facts)]
    assert events.index("trigger.hit") < events.index("order.signed")
    assert [e.fire.fire_id for e in exits.exits] == [fire.fire_id]
    assert [f.price for f in exits.exits[0].fills] == ["93.5"]
    assert status.last_exit is not None
    assert status.last_exit.fire_id == fire.fire_id


@pytest.mark.parametrize("level", ["95.01", "0.01", "94.1", "99.99"])
async def test_b141_given_a_decimal_when_it_comes_back_then_the_same_text(
    world: World, level: str
):
    stop = {**STOP, "stop_loss": level, "close": "1.125"}
    async with AsyncClient(world.address) as client, world.unix() as raw:
        id = (await client.ask(calls.arm([stop]))).triggers[0].id
        shown = (await raw.get(f"/v1/triggers/{id}")).text

    trigger = json.loads(shown, parse_float=_no_float)["trigger"]
    assert (trigger["level"], trigger["quantity"]) == (level, "1.125")


def _no_float(written: str) -> Decimal:
    raise AssertionError(f"a number with a fraction on the wire: {written}")


@pytest.mark.parametrize("price", [95.5, 95, 1e-8])
async def test_b141_given_a_json_number_for_a_price_when_sent_then_refused(
    world: World, price: float
):
    async with world.unix() as raw:
        answer = await raw.post("/v1/triggers", json={**STOP, "stop_loss": price})

    problem = answer.json()
    assert answer.status_code == 422
    assert "JSON string" in problem["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == {
        *("type", "title", "status", "detail", "remedy", "code", "field"),
        "request_id",
    }
    assert problem["field"] == "stop_loss"
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_b142_given_triggers_that_fire_when_paged_then_each_is_seen_once(
    world: World,
):
    async with AsyncClient(world.address) as client:
        asked = [{**STOP, "stop_loss": f"{80 + n}", "close": "1"} for n in range(12)]
        armed = (await client.ask(calls.arm(asked))).triggers
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await client.ask(calls.search(limit=3, after=cursor))
            seen += [trigger.id for trigger in page.triggers]
            cursor = page.next
            if len(seen) == 6:
                # Some fire, one comes, one goes, between the pages.
                await world.watched_mark("88")
                await world.until(lambda: len(world.venue.ledger) == 4)
                await client.ask(calls.cancel(armed[0].id))

    assert seen == [trigger.id for trigger in armed]


async def test_given_filters_when_searched_then_only_what_fits(filed: World):
    target = {"symbol": SOL, "side": "long", "take_profit": "120"}
    async with AsyncClient(filed.address) as client:
        mine = (await client.ask(calls.arm([target]))).triggers[0].id
        await client.ask(calls.pause("sol-core/sl"))

        async def found(**words: str) -> list[str]:
            page = await client.ask(calls.search(**words))  # type: ignore[arg-type]
            return [trigger.id for trigger in page.triggers]

        assert await found() == ["sol-core/sl", mine]
        assert await found(owner="file:*") == ["sol-core/sl"]
        assert await found(state="paused") == ["sol-core/sl"]
        assert await found(kind="take_profit") == [mine]
        assert await found(position="sol-core") == ["sol-core/sl", mine]
        assert await found(position=KEY) == ["sol-core/sl", mine]
        assert await found(symbol="BTC_USDC_PERP") == []
        assert await found(state="done") == []


async def test_given_a_position_when_listed_then_what_protects_it(world: World):
    async with AsyncClient(world.address) as client:
        bare = (await client.ask(calls.positions())).positions[0]
        half = {**STOP, "close": "50%"}
        first = (await client.ask(calls.arm([half]))).triggers[0].id
        await world.watched_mark("100")
        await world.until(lambda: not world.daemon.accounts[ACCOUNT].prices.stale)
        world.daemon.accounts[ACCOUNT].prices.check_freshness()
        partly = (await client.ask(calls.positions())).positions[0]
        await client.ask(calls.arm([{**STOP, "stop_loss": "94"}]))
        whole = (await client.ask(calls.positions())).positions[0]

    assert (bare.key, bare.quantity, bare.entry_price) == (KEY, "10", "100")
    assert (bare.is_protected, bare.unprotected) == (False, "no stop watches it")
    assert (partly.is_protected, partly.protected_by) == (False, (first,))
    assert whole.is_protected
    assert len(whole.protected_by) == 2


async def test_given_a_trigger_when_explained_then_price_distance_and_age(world: World):
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([STOP]))).triggers[0].id
        await world.watched_mark("100")
        explained = await client.ask(calls.explain(id))

    said = " ".join(explained.sentences)
    assert "mark is 100; it fires when that is falling to 95, 5.00 % away" in said
    assert "ms old" in said
    assert [fact.event for fact in explained.facts] == ["trigger.armed"]


async def test_given_facts_when_followed_then_each_comes_once_and_in_order(
    world: World,
):
    async with AsyncClient(world.address) as client, AsyncClient(world.address) as two:
        before = (await client.ask(calls.facts(limit=1))).last_seq
        following = client.follow(after=before, event="trigger.*")
        id = (await two.ask(calls.arm([STOP]))).triggers[0].id
        first = await anext(following)
        await two.ask(calls.pause(id))
        second = await anext(following)
        await following.aclose()
        waited = await two.ask(
            calls.facts(after=first.seq, trigger=id, wait_s=5, limit=1)
        )

    assert [first.event, second.event] == ["trigger.armed", "trigger.paused"]
    assert waited.facts == (second,)


async def test_given_a_stream_when_the_daemon_stops_then_it_ends_at_once(
    tmp_path: Path,
):
    async with started(tmp_path) as world, AsyncExitStack() as stack:
        async with served(world):
            client = await stack.enter_async_context(AsyncClient(world.address))
            following = client.follow(after=0)
            await client.ask(calls.arm([STOP]))
            while (await anext(following)).event != "change.made":
                pass
            began_s = asyncio.get_running_loop().time()
        ended = [fact async for fact in following]
        took_s = asyncio.get_running_loop().time() - began_s

    assert ended == []
    assert took_s < 1.5


async def test_given_nothing_new_when_waited_for_then_the_next_fact_answers(
    world: World,
):
    async with AsyncClient(world.address) as client, AsyncClient(world.address) as two:
        seq = (await client.ask(calls.facts(limit=1))).last_seq
        waiting = asyncio.create_task(client.ask(calls.facts(after=seq, wait_s=10)))
        await two.ask(calls.arm([STOP]))
        page = await waiting

    assert page.facts[0].event == "trigger.armed"


async def test_given_health_when_asked_by_get_or_head_then_answered(world: World):
    async with world.tcp() as raw:
        healthy = [await raw.request(m, "/-/healthy") for m in ("GET", "HEAD")]
        ready = await raw.get("/-/ready")
        world.daemon.is_recovered = False
        recovering = await raw.get("/-/ready")
        head = await raw.head("/-/ready")
        world.daemon.is_recovered = True

    assert [one.status_code for one in healthy] == [200, 200]
    assert (healthy[0].json(), healthy[1].content) == ({"healthy": True}, b"")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
    assert recovering.status_code == 503
    assert (head.status_code, head.content) == (503, b"")
    assert recovering.json()["reasons"] == ["recovery is not finished"]


async def test_given_a_daemon_when_asked_for_status_then_how_it_stands(filed: World):
    async with AsyncClient(filed.address) as client:
        status = await client.ask(calls.status())
        feeds = await client.ask(calls.feeds())

    assert (status.banner, status.mode) == ("LIVE", "live")
    assert sum(status.triggers.values()) == 1
    assert (status.positions, status.store) == (1, "writable")
    assert status.configuration.is_in_sync
    assert [feed.triggers for feed in feeds.feeds] == [1]


async def test_given_a_changed_file_when_planned_and_applied_then_in_force(
    filed: World,
):
    file = filed.folder / "config" / "conf.d" / "sol.yaml"
    file.write_text(file.read_text().replace("stop_loss: 90", "stop_loss: 85"))
    async with AsyncClient(filed.address) as client:
        planned = await client.ask(calls.plan())
        reloaded = await client.ask(calls.reload())
        held = (await client.ask(calls.status())).configuration
        applied = await client.ask(calls.apply())
        shown = (await client.ask(calls.show("sol-core/sl"))).trigger

    assert not planned.is_empty
    assert planned.waits
    assert "90 -> 85" in planned.text
    assert (reloaded.is_applied, held.is_in_sync) == (False, False)
    assert "loosens a stop" in held.held[0]
    assert applied.is_applied
    assert shown.level == "85"


async def test_given_an_unknown_path_when_asked_then_a_problem(world: World):
    async with AsyncClient(world.address) as client, world.unix() as raw:
        answer = await raw.get("/v1/nothing")
        with pytest.raises(DaemonRefused):
            await client.ask(calls.explain("no/such"))

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
