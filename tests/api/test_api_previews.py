"""What would come of arming and amending, said before it is done."""

from __future__ import annotations

from typing import Any

import pytest

from api.daemons import World
from exitd.cli.exit_words import move_words, patience_words, tighten_words, twap_words
from exitd.client import AsyncClient, DaemonRefused, calls
from exitd.runtime.preview_views import PreviewsView, PreviewView
from fakes.exchange import SOL

LONG = {"symbol": SOL, "side": "long"}
Body = dict[str, Any]
KINDS: dict[str, Body] = {
    "stop": {"stop_loss": "95", "close": "50%"},
    "percent": {"stop_loss": "-3%", "entry": "keep"},
    "roi": {"take_profit": "+40% roi", "leverage": "5", "close": "50% initial"},
    "pnl": {"take_profit": "+100 pnl", "close": "500 USDC"},
    "trail": {"trailing": "2.5%", "after": "110", "step": "0.5%"},
    "narrowed": {"trailing": "5", "tighten": {"at": "+20%", "to": "1%"}},
    "deviation": {"take_profit": "+12%", "deviation": "1%"},
    "time": {"stop_loss": "95", "for": "120s", "emergency": "90"},
    "prices": {"stop_loss": "95", "prices": 3, "missed": "fire"},
    "moved": {"stop_loss": "95", "moves": [{"at": "+5%", "to": "entry"}]},
    "liquidation": {"stop_loss": "-4%", "before_liquidation": "1%"},
    "limit": {
        "take_profit": "112",
        "order": "limit",
        "slippage_limit": "0.5%",
        "patience": "5s",
        "hard": True,
    },
    "slices": {"take_profit": "112", "twap": {"slices": 5, "every": "30s"}},
    "both": {"stop_loss": "94", "do": "cancel_and_close", "orders": "all"},
    "notice": {"above": "150", "do": "notify", "expires": "30d", "note": "look"},
    "clock": {"at_time": "23:30 Europe/Berlin"},
    "instant": {"at_time": "2099-12-31T20:00:00Z"},
    "held": {"max_hold": "8h"},
}
EACH = pytest.mark.parametrize("body", KINDS.values(), ids=KINDS)


async def previewed(
    client: AsyncClient, *bodies: Body, **how: Any
) -> tuple[PreviewView, ...]:
    asked = [{**LONG, **body} for body in bodies]
    return (await client.ask(calls.preview(asked, **how))).previews


async def change(client: AsyncClient, id: str, words: Body) -> PreviewsView:
    return await client.ask(calls.preview_change(id, words))


def alike(view: Any) -> tuple[Any, ...]:
    """What does not depend on when, and under which id, it was armed."""
    return (view.kind, view.level, view.state, view.words, view.quantity, view.asked)


@EACH
async def test_given_a_kind_when_previewed_then_it_is_armed_as_it_was_shown(
    world: World, body: Body
):
    state = world.daemon.loop.engine.state
    async with AsyncClient(world.address) as client:
        (seen,) = await previewed(client, body)
        left = len(state.triggers), state.seq, dict(state.counters)
        armed = (await client.ask(calls.arm([{**LONG, **body}]))).triggers[0]

        facts = (await client.ask(calls.facts())).facts

    assert left[:2] == (0, 0)
    # Arming is a change; looking before is none.
    assert [f.event for f in facts].count("change.made") == 1
    assert all(counter.counter == 0 for counter in left[2].values())
    assert alike(seen.trigger) == alike(armed)
    assert seen.differences == ()
    assert not seen.fires_now
    assert seen.summary
    assert seen.order.request is None
    if "above" not in body:
        assert seen.order.side == "sell"
        assert seen.order.quantity is not None
    assert world.venue.ledger == []


@EACH
async def test_given_a_kind_when_its_written_words_are_said_again_then_no_difference(
    world: World, body: Body
):
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([{**LONG, **body}]))).triggers[0].id
        written = (await client.ask(calls.show(id))).written
        (seen,) = (await change(client, id, spoken(written))).previews

    assert seen.differences == ()
    assert {name for name in body if name not in _SAID_ONCE} <= {*written, "level"}


#: What is said when it is armed, and never changes.
_SAID_ONCE = ("stop_loss", "take_profit", "above", "do", "orders", "deviation")


def spoken(written: dict[str, str]) -> Body:
    """Give written words in the shapes that they have on the wire."""
    readers: dict[str, Any] = {
        "tighten": tighten_words,
        "twap": twap_words,
        "patience": patience_words,
        "moves": lambda moves: move_words(moves.split(", ")),
        "prices": int,
        "hard": lambda hard: hard == "true",
    }
    return {name: readers.get(name, str)(word) for name, word in written.items()}


async def test_given_a_stop_and_a_ladder_when_previewed_then_each_with_its_order(
    world: World,
):
    async with AsyncClient(world.address) as client:
        stop, first, rest = await previewed(
            client,
            {"stop_loss": "95"},
            {"take_profit": "110", "close": "40%"},
            {"take_profit": "120", "close": "rest"},
        )

    assert [each.order.quantity for each in (stop, first, rest)] == ["10", "4", "10"]
    assert stop.summary == "stop_loss 95, close 100%"
    assert any("5.00 % away" in line for line in stop.sentences)
    assert (first.trigger.distance_percent, first.trigger.price) == ("10.00", "100")


async def test_given_a_level_that_is_crossed_when_previewed_then_as_arming_says(
    world: World,
):
    crossed = {"stop_loss": "101"}
    async with AsyncClient(world.address) as client:
        with pytest.raises(DaemonRefused) as refused:
            await previewed(client, crossed)
        (fires,) = await previewed(client, crossed, if_crossed="fire")
        (waits,) = await previewed(client, crossed, if_crossed="wait")

    assert refused.value.code == "already_crossed"
    assert (fires.fires_now, fires.order.quantity) == (True, "10")
    assert (waits.fires_now, waits.trigger.state) == (False, "waiting")
    assert world.daemon.loop.engine.state.triggers == {}
    assert world.venue.ledger == []


async def test_given_no_position_when_previewed_then_it_waits_and_would_send_nothing(
    world: World,
):
    body = {"symbol": SOL, "side": "short", "stop_loss": "120"}
    async with AsyncClient(world.address) as client:
        with pytest.raises(DaemonRefused) as refused:
            await client.ask(calls.preview([body], if_no_position="refuse"))
        found = await client.ask(calls.preview([body], if_no_position="wait"))

    (seen,) = found.previews
    assert refused.value.code == "no_position"
    assert (seen.trigger.state, seen.trigger.waiting_for) == ("waiting", "position")
    assert seen.order.quantity is None
    assert seen.order.notes


async def test_given_a_trail_when_a_change_is_previewed_then_by_what_it_has_seen(
    world: World,
):
    async with AsyncClient(world.address) as client:
        asked = [{**LONG, "trailing": "5"}]
        id = (await client.ask(calls.arm(asked))).triggers[0].id
        for price in ("100", "110", "106"):
            await world.watched_mark(price)
        (seen,) = (await change(client, id, {"trailing": "6", "note": "x"})).previews
        with pytest.raises(DaemonRefused) as refused:
            await change(client, id, {"trailing": "3"})
        kept = (await client.ask(calls.show(id))).trigger

    assert (seen.trigger.level, seen.trigger.watermark) == ("104", "110")
    (differs,) = seen.differences
    assert (differs.key, differs.before, differs.after) == ("trailing", "5", "6")
    assert refused.value.code == "already_crossed"
    assert (kept.level, kept.asked, kept.note) == ("105", "5", "")


async def test_given_what_only_a_file_may_change_when_previewed_then_refused(
    filed: World,
):
    async with AsyncClient(filed.address) as client:
        with pytest.raises(DaemonRefused) as refused:
            await change(client, "sol-core/sl", {"level": "91"})

    assert refused.value.code == "owned_by_file"
