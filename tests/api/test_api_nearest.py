"""Which triggers are nearest to firing: the question of `top`, page and metrics."""

from __future__ import annotations

from api.daemons import World
from exitd.client import AsyncClient, calls
from exitd.runtime.views import TriggerView
from fakes.exchange import SOL
from fakes.outcomes import LoseRequest

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95", "close": "1"}


def stop_at(level: str, **words: object) -> dict[str, object]:
    return {**STOP, "stop_loss": level, **words}


async def armed(client: AsyncClient, *asked: dict[str, object]) -> list[str]:
    found = await client.ask(calls.arm(asked))
    return [trigger.id for trigger in found.triggers]


def levels(triggers: tuple[TriggerView, ...]) -> list[str | None]:
    return [trigger.level for trigger in triggers]


async def test_given_more_than_asked_for_when_asked_then_the_nearest_and_how_many_more(
    world: World,
):
    trail = {"symbol": SOL, "side": "long", "trailing": "3%", "close": "1"}
    profit = {"symbol": SOL, "side": "long", "take_profit": "104", "close": "1"}
    async with AsyncClient(world.address) as client:
        await armed(client, *(stop_at(f"{50 + n}") for n in range(40)), trail, profit)
        near = await client.ask(calls.nearest(limit=4))

    assert levels(near.triggers) == ["97", "104", "89", "88"]
    assert near.more == 38


async def test_given_room_when_asked_then_what_watches_nothing_comes_last(
    world: World,
):
    bare = {"symbol": SOL, "side": "long", "max_hold": "8h", "close": "1"}
    async with AsyncClient(world.address) as client:
        held, paused, gone, near = await armed(
            client, bare, stop_at("60"), stop_at("61"), stop_at("70")
        )
        await client.ask(calls.pause(paused))
        await client.ask(calls.cancel(gone))
        found = await client.ask(calls.nearest())
        short = await client.ask(calls.nearest(limit=2))

    assert [trigger.id for trigger in found.triggers] == [near, paused, held]
    assert found.more == 0
    assert short.triggers[0].id == near
    assert (len(short.triggers), short.more) == (2, 1)


async def test_given_one_that_confirms_when_asked_then_it_is_first_though_not_in_a_book(
    world: World,
):
    async with AsyncClient(world.address) as client:
        timed, counted, _ = await armed(
            client,
            stop_at("96", **{"for": "60s"}),
            stop_at("97", prices=9),
            stop_at("80"),
        )
        await world.watched_mark("95")
        await world.until(
            lambda: world.daemon.loop.engine.state.triggers[timed].confirm_ns > 0
        )
        found = await client.ask(calls.nearest(limit=2))

    assert [trigger.id for trigger in found.triggers] == [counted, timed]
    assert {trigger.state for trigger in found.triggers} == {"confirming"}


async def test_given_one_that_fires_when_asked_then_it_is_there(world: World):
    world.venue.script(LoseRequest())
    async with AsyncClient(world.address) as client:
        fired, *_ = await armed(client, stop_at("96"), stop_at("80"), stop_at("70"))
        await world.watched_mark("95")
        await world.until(lambda: world.state_of(fired) == "firing")
        found = await client.ask(calls.nearest(limit=2))

    assert found.triggers[0].id == fired
