"""Every kind of exit over the API: armed, shown, and hit by the prices that come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.daemons import World
from exitd.client import AsyncClient, DaemonRefused, calls
from exitd.runtime.views import TriggerView
from fakes.exchange import SOL

LONG = {"symbol": SOL, "side": "long"}
Body = dict[str, Any]


async def arm(client: AsyncClient, body: Body, **how: Any) -> TriggerView:
    return (await client.ask(calls.arm([{**LONG, **body}], **how))).triggers[0]


async def shown(client: AsyncClient, id: str) -> TriggerView:
    """Give a trigger as `ls --json` lists it."""
    page = await client.ask(calls.search())
    return next(trigger for trigger in page.triggers if trigger.id == id)


@pytest.mark.parametrize(
    ("body", "prices", "kind", "asked", "level"),
    [
        ({"trailing": "5"}, ("110", "105"), "trailing", "5", "105"),
        ({"trailing": "2%", "after": "105"}, ("104", "107", "104.86"), *3 * (None,)),
        (
            {"trailing": "5%", "tighten": {"at": "+10%", "to": "1%"}},
            ("111", "109.89"),
            *("trailing", "5%", "109.89"),
        ),
        ({"trailing": "2", "step": "5%"}, ("104", "106", "104"), *3 * (None,)),
        (
            {"take_profit": "105", "deviation": "1%"},
            ("106", "104.94"),
            *("trailing", "1% after 105", "104.94"),
        ),
        ({"stop_loss": "-3%"}, ("97",), "stop_loss", "-3%", "97"),
        (
            {"stop_loss": "-10% roi", "leverage": "5"},
            ("98",),
            *("stop_loss", "-10% roi", "98"),
        ),
        ({"stop_loss": "-50 pnl"}, ("95",), "stop_loss", "-50 pnl", "95"),
        ({"take_profit": "+12%"}, ("112",), "take_profit", "+12%", "112"),
        ({"above": "+1%", "do": "close"}, ("101",), "above", "+1%", "101"),
    ],
)
async def test_given_a_kind_when_its_prices_come_then_shown_and_fired(
    world: World,
    body: Body,
    prices: tuple[str, ...],
    kind: str | None,
    asked: str | None,
    level: str | None,
):
    async with AsyncClient(world.address) as client:
        armed = await arm(client, body)
        await world.watched_mark("100")
        assert (await shown(client, armed.id)).state == "armed"
        for price in prices[:-1]:
            world.mark(price)
        before = await shown(client, armed.id)
        world.mark(prices[-1])
        await world.until(lambda: world.state_of(armed.id) == "done")

    assert before.state == "armed"
    if kind is not None:
        assert (before.kind, before.asked, before.level) == (kind, asked, level)
    assert [order.filled for order in world.venue.ledger] == [10]


async def test_given_prices_in_a_row_when_crossed_then_confirming_until_the_last(
    world: World,
):
    async with AsyncClient(world.address) as client:
        armed = await arm(client, {"stop_loss": "95", "prices": 3})
        await world.watched_mark("100")
        world.mark("95")
        world.mark("94.99")
        between = await shown(client, armed.id)
        found = (await client.ask(calls.search(state="confirming"))).triggers
        explained = await client.ask(calls.explain(armed.id))
        world.mark("94.98")
        await world.until(lambda: world.state_of(armed.id) == "done")

    assert (between.state, between.words) == ("confirming", {"prices": "3"})
    assert [trigger.id for trigger in found] == [armed.id]
    assert any("2 of 3 prices" in sentence for sentence in explained.sentences)


async def test_given_a_time_beyond_when_it_passes_or_the_emergency_comes_then_fired(
    world: World,
):
    async with AsyncClient(world.address) as client:
        quick = await arm(client, {"stop_loss": "95", "for": "100ms", "close": "50%"})
        slow = await arm(client, {"stop_loss": "94", "for": "1h", "emergency": "90"})
        await world.watched_mark("100")
        world.mark("93.5")
        waiting = await shown(client, slow.id)
        await world.until(lambda: world.state_of(quick.id) == "done")
        world.mark("89")
        await world.until(lambda: world.state_of(slow.id) == "done")

    assert waiting.state == "confirming"
    assert waiting.confirms is not None
    assert waiting.words == {"for": "1h", "emergency": "90"}


async def test_given_times_when_armed_then_due_is_shown_and_the_first_one_closes(
    world: World,
):
    soon = datetime.now(UTC) + timedelta(seconds=1)
    async with AsyncClient(world.address) as client:
        daily = await arm(client, {"at_time": "15:55:30 America/New_York"})
        close = await arm(client, {"at_time": "5m before close", "calendar": "XNYS"})
        held = await arm(client, {"max_hold": "8h"})
        once = await arm(client, {"at_time": soon.isoformat(), "close": "40%"})
        views = [await shown(client, t.id) for t in (daily, close, held, once)]
        await world.until(lambda: world.state_of(once.id) == "done")

    assert [view.kind for view in views] == [
        "at_time",
        "at_time",
        "max_hold",
        "at_time",
    ]
    assert views[0].asked == "15:55:30 America/New_York"
    assert views[1].words == {"calendar": "XNYS"}
    assert views[2].due is not None
    assert views[3].due is not None
    assert views[3].due[:19] == soon.isoformat()[:19]
    assert [order.filled for order in world.venue.ledger] == [4]


async def test_b068_given_moves_when_the_target_fills_then_the_stop_is_at_the_entry(
    world: World,
):
    async with AsyncClient(world.address) as client:
        target = await arm(client, {"take_profit": "110", "close": "50%"})
        moves = [
            {"after": target.id, "to": "entry", "fees": False},
            {"at": "+15%", "to": "107"},
        ]
        stop = await arm(client, {"stop_loss": "90", "moves": moves})
        await world.watched_mark("100")
        world.mark("110")
        await world.until(lambda: world.state_of(target.id) == "done")
        await world.until(lambda: _level(world, stop.id) == "100")
        world.mark("115")
        moved = await shown(client, stop.id)

    assert stop.words["moves"] == (f"entry after {target.id} without fees, 107 at +15%")
    assert moved.level == "107"


def _level(world: World, id: str) -> str:
    return str(world.daemon.loop.engine.state.triggers[id].trigger_price)


@pytest.mark.parametrize(
    ("close", "closed"),
    [("50% initial", 5), ("500 USDC", 5), ("2.5", 2.5), ("rest", 10)],
)
async def test_given_a_quantity_in_any_form_when_hit_then_so_much_is_closed(
    world: World, close: str, closed: float
):
    async with AsyncClient(world.address) as client:
        armed = await arm(client, {"above": "100.5", "do": "close", "close": close})
        await world.watched_mark("100")
        order = await client.ask(calls.order_if_fired(armed.id))
        await client.ask(calls.fire(armed.id))
        await world.until(lambda: world.state_of(armed.id) == "done")

    assert armed.quantity == close
    assert order.quantity is not None
    assert float(world.venue.ledger[0].filled) == float(order.quantity) == closed


async def test_given_patience_hard_and_slices_when_armed_then_in_the_words(
    world: World,
):
    limit = {"order": "limit", "slippage_limit": "0.5%"}
    async with AsyncClient(world.address) as client:
        patient = {"stop_loss": "90", **limit, "patience": ["5s", "10s"]}
        stop = await arm(client, patient)
        hard = await arm(
            client, {"take_profit": "120", **limit, "hard": True, "patience": "30s"}
        )
        sliced = await arm(
            client, {"take_profit": "130", "twap": {"slices": 2, "every": "1s"}}
        )
        await world.watched_mark("100")
        world.mark("130.01")
        await world.until(lambda: len(world.venue.ledger) > 0)

    assert stop.words == {"patience": "5s, 10s"}
    assert hard.words == {"patience": "30s", "hard": "true"}
    assert sliced.words == {"twap": "2 every 1s"}


async def test_given_a_batch_of_a_position_when_moves_name_each_other_then_by_name(
    filed: World,
):
    batch = [
        {"position": "sol-core", "name": "tp", "take_profit": "+10%", "close": "50%"},
        {
            "position": "sol-core",
            "name": "floor",
            "stop_loss": "92",
            "moves": [{"after": "tp", "to": "sl"}],
        },
    ]
    wrong = [batch[0], {**batch[1], "emergency": "80"}]
    async with AsyncClient(filed.address) as client:
        with pytest.raises(DaemonRefused) as caught:
            await client.ask(calls.arm(wrong))
        armed = (await client.ask(calls.arm(batch))).triggers

    assert caught.value.sentence.startswith("triggers.1.emergency: ")
    assert armed[1].words["moves"] == "sol-core/sl after sol-core/tp"


async def test_given_the_document_when_read_then_bodies_show_words_and_examples(
    world: World,
):
    async with world.tcp() as raw:
        schemas = (await raw.get("/openapi.json")).json()["components"]["schemas"]

    words = schemas["ArmOneBody"]["properties"]
    assert {"trailing", "for", "moves", "watch", "twap", "at_time"} <= set(words)
    assert all(
        word.get("description") for name, word in words.items() if name != "note"
    )
    assert schemas["TriggerBody"]["examples"][1]["tighten"] == {
        "at": "+20%",
        "to": "1%",
    }
    assert "number" not in str(words["stop_loss"])


async def test_given_stops_that_do_not_watch_yet_when_listed_then_they_protect_nothing(
    world: World,
):
    async with AsyncClient(world.address) as client:
        await arm(client, {"trailing": "2%", "after": "+20%"})
        await arm(client, {"max_hold": "8h"})
        await world.watched_mark("100")
        bare = (await client.ask(calls.positions())).positions[0]
        stop = await arm(client, {"stop_loss": "95", "prices": 3})
        world.mark("95")
        guarded = (await client.ask(calls.positions())).positions[0]

    assert (bare.is_protected, bare.protected_by) == (False, ())
    assert (guarded.is_protected, guarded.protected_by) == (True, (stop.id,))
