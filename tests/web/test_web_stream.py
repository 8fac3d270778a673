"""The stream of the page: the whole first, then what changes, for whoever keeps up."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from api.daemons import MARK, ME, started
from exitd.core.condition import ConditionKind
from exitd.core.position import Side
from exitd.runtime.control.requests import TriggerRequest
from exitd.web import audience as audience_module
from exitd.web.audience import Audience, Watcher
from fakes.exchange import SOL
from fakes.journal import Journal
from web.looking import Page, following, shown

SL = "sol-core/sl"


def stop_at(level: str) -> TriggerRequest:
    return TriggerRequest(
        kind=ConditionKind.STOP_LOSS, level=Decimal(level), symbol=SOL, side=Side.LONG
    )


async def test_given_a_trigger_when_looked_at_then_the_whole_comes_first(page: Page):
    async with page.world.tcp() as raw, following(raw) as seen:
        await seen.until(lambda s: SL in s.rows and bool(s.prices) and bool(s.status))

    assert seen.messages[0]["is_whole"]
    row = seen.rows[SL]
    assert (row["level"], row["way"], row["state"]) == ("90", "falling", "armed")
    assert (row["is_stop"], row["source"]) == (True, str(MARK))
    assert seen.prices == {str(MARK): "100"}
    assert seen.status["banner"] == "LIVE"


async def test_given_prices_when_they_move_then_the_last_one_is_told_not_each(
    page: Page,
):
    async with page.world.tcp() as raw, following(raw) as seen:
        await seen.until(lambda s: bool(s.prices))
        for cent in range(50):
            page.world.mark(f"101.{cent:02}")
        await seen.until(lambda s: s.prices[str(MARK)] == "101.49")

    told = [m["prices"] for m in seen.messages if "prices" in m]
    assert len(told) < 10


async def test_given_a_stop_when_it_fires_then_its_row_is_done_and_its_facts_come(
    page: Page,
):
    async with page.world.tcp() as raw, following(raw) as seen:
        await seen.until(lambda s: SL in s.rows)
        page.world.mark("89")
        await seen.until(
            lambda s: (
                s.rows.get(SL, {}).get("state") in ("firing", "working", "filled")
                and any(fact["event"] == "trigger.hit" for fact in s.facts)
            )
        )

    hit = next(fact for fact in seen.facts if fact["event"] == "trigger.hit")
    assert hit["fire_id"] == f"{SL}#1"


async def test_given_a_new_trigger_when_armed_and_cancelled_then_it_comes_and_is_done(
    page: Page,
):
    triggers = page.world.control.triggers
    async with page.world.tcp() as raw, following(raw) as seen:
        await seen.until(lambda s: SL in s.rows)
        id = (await triggers.arm([stop_at("80")], ME)).triggers[0].id
        await seen.until(lambda s: id in s.rows)
        assert seen.rows[id]["state"] == "armed"
        await triggers.cancel(id, ME)
        await seen.until(lambda s: s.rows[id]["state"] == "cancelled")

    assert seen.rows[id]["is_done"]


async def test_given_a_trail_when_the_price_rises_then_its_level_moves(page: Page):
    trail = {"symbol": SOL, "side": "long", "trailing": "5%"}
    async with page.world.unix() as owner:
        armed = await owner.post("/v1/triggers", json=trail)
    id = armed.json()["triggers"][0]["id"]
    async with page.world.tcp() as raw, following(raw) as seen:
        await seen.until(lambda s: s.rows.get(id, {}).get("level") == "95")
        page.world.mark("110")
        await seen.until(lambda s: s.rows[id]["level"] == "104.5")

    assert seen.rows[id]["watermark"] == "110"


async def test_given_more_triggers_than_are_listed_then_the_nearest_and_how_many_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exitd.web.picture.ROWS_MAX", 3)
    async with started(tmp_path) as world, shown(world):
        levels = ("50", "60", "70", "80", "90")
        await world.control.triggers.arm([stop_at(level) for level in levels], ME)
        async with world.tcp() as raw, following(raw) as seen:
            await seen.until(lambda s: len(s.rows) == 3)

    assert sorted(row["level"] for row in seen.rows.values()) == ["70", "80", "90"]
    assert seen.messages[0]["left_out"] == 2


async def test_given_a_reader_who_does_not_read_when_much_happens_then_let_go(
    page: Page,
):
    watcher = page.audience.join()
    other = Watcher()
    for _ in range(200):
        watcher.give(b"data: {}\n\n")
        other.give(b"")
        await other.next()

    assert watcher.is_slow
    assert await watcher.next() is None
    assert not other.is_over


async def test_given_as_many_pages_as_may_be_open_when_one_more_then_503(
    page: Page, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audience_module, "WATCHERS_MAX", 2)
    async with page.world.tcp() as raw, AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(following(raw))
        refused = await raw.get("/v1/stream")

    assert refused.status_code == 503
    assert refused.json()["code"] == "busy"
    assert refused.headers["retry-after"]


async def test_given_a_reader_who_leaves_then_its_place_is_free_again(
    page: Page, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audience_module, "WATCHERS_MAX", 1)
    async with page.world.tcp() as raw:
        async with following(raw) as seen:
            await seen.until(lambda s: SL in s.rows)
        await page.world.until(lambda: not page.audience.watchers)
        async with following(raw) as again:
            await again.until(lambda s: SL in s.rows)


async def test_given_a_page_of_another_origin_when_it_asks_then_it_takes_no_place(
    page: Page,
):
    async with page.world.tcp() as raw:
        answer = await raw.get("/v1/stream", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert not page.audience.watchers


async def test_given_a_mistake_in_the_page_when_it_shows_then_the_daemon_goes_on(
    page: Page, monkeypatch: pytest.MonkeyPatch
):
    async def broken(self: Audience) -> None:
        raise ZeroDivisionError("a mistake")

    journal = Journal()
    journal.start()
    async with page.world.tcp() as raw, following(raw) as seen:
        await seen.until(lambda s: SL in s.rows)
        monkeypatch.setattr(Audience, "_turn", broken)
        with pytest.raises(StopAsyncIteration):
            await seen.until(lambda s: False)
        page.world.mark("99")
        healthy = await raw.get("/-/healthy")
    told = journal.text()
    journal.close()

    assert healthy.status_code == 200
    assert '"event":"page.failed"' in told
    assert "a mistake" in told


async def test_given_open_streams_when_the_daemon_stops_then_they_end_at_once(
    tmp_path: Path,
):
    async with (
        asyncio.timeout(5),
        started(tmp_path) as world,
        shown(world),
        world.tcp() as raw,
        following(raw) as seen,
    ):
        await seen.until(lambda s: bool(s.messages))
        world.control.history.close()
        with pytest.raises(StopAsyncIteration):
            await seen.until(lambda s: False)
