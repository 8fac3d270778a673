"""Triggers that are done and forgotten: shown as ever, and back when they are named."""

from __future__ import annotations

import pytest

from api.daemons import KEY, World
from api.test_api_triggers import refusal
from exitd.client import AsyncClient, DaemonRefused, calls
from fakes.exchange import SOL

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95"}
NAMED = {"position": "sol-core", "name": "tp", "take_profit": "110", "close": "1"}


async def filled(client: AsyncClient, world: World) -> str:
    """Arm a stop and let it fire."""
    id = (await client.ask(calls.arm([{**STOP, "close": "2"}]))).triggers[0].id
    await world.watched_mark("94")
    await world.until(lambda: world.state_of(id) == "done")
    await world.watched_mark("100")
    return id


async def test_given_a_forgotten_trigger_when_shown_then_all_that_was_known_of_it(
    world: World,
):
    async with AsyncClient(world.address) as client:
        id = await filled(client, world)
        before = await client.ask(calls.show(id))
        await world.forget(id)
        books = set(world.daemon.loop.engine.state.books)

        after = await client.ask(calls.show(id))
        explained = await client.ask(calls.explain(id))

        assert after.trigger.state == "filled"
        assert after.trigger.fire == before.trigger.fire
        assert after.fires[0].filled == before.fires[0].filled == "2"
        assert after.facts == before.facts
        assert explained.sentences[0] == "it is done: filled"
        assert set(world.daemon.loop.engine.state.books) == books
        assert id not in world.daemon.loop.engine.state.triggers


async def test_b142_given_triggers_in_memory_and_in_the_past_when_paged_then_each_once(
    world: World,
):
    async with AsyncClient(world.address) as client:
        asked = [{**STOP, "stop_loss": f"{60 + n}", "close": "1"} for n in range(8)]
        ids = [t.id for t in (await client.ask(calls.arm(asked))).triggers]
        for id in ids[::2]:
            await client.ask(calls.cancel(id))
        await world.forget(ids[6])
        alive = ids[1::2]

        async def found(**words: str) -> list[str]:
            seen: list[str] = []
            page = await client.ask(calls.search(limit=3, **words))
            while True:
                seen += [t.id for t in page.triggers]
                if page.next is None:
                    return seen
                page = await client.ask(calls.search(limit=3, after=page.next, **words))

        every = await found()
        assert every[:8] == ids
        assert len(every) == 9
        assert (await found(state="cancelled"))[:4] == ids[::2]
        assert len(await found(state="done")) == 5
        assert await found(state="active") == await found(state="armed") == alive
        assert await found(state="filled") == []
        assert await found(symbol="BTC_USDC_PERP") == []
        assert len(await found(position=KEY, kind="stop_loss", owner="cli:*")) == 9
        assert await found(account="other") == []


async def test_given_a_forgotten_trigger_when_commanded_then_as_before_it_was(
    world: World,
):
    async with AsyncClient(world.address) as client:
        id = await filled(client, world)
        await world.forget(id)

        again = await client.ask(calls.cancel(id))
        assert again.notes == (f"{id} is already done: filled",)
        for call in (calls.pause(id), calls.fire(id), calls.amend(id, {"note": "n"})):
            assert (await refusal(client, call))[1] == "state"
        with pytest.raises(DaemonRefused, match="only an armed trigger is fired"):
            await client.ask(calls.order_if_fired(id))
        await world.forget(id)

        back = await client.ask(calls.rearm(id))

        assert back.triggers[0].state == "armed"
        assert back.triggers[0].arming == 2
        await world.watched_mark("93")
        await world.until(lambda: world.state_of(id) == "done")
        shown = await client.ask(calls.show(id))
        assert [fire.fire_id for fire in shown.fires] == [f"{id}#2", f"{id}#1"]


async def test_given_a_name_that_is_forgotten_when_armed_again_then_its_numbers_go_on(
    filed: World,
):
    async with AsyncClient(filed.address) as client:
        (first,) = (await client.ask(calls.arm([NAMED]))).triggers
        await filed.watched_mark("111")
        await filed.until(lambda: filed.state_of(first.id) == "done")
        await filed.watched_mark("100")
        await filed.forget(first.id)

        (second,) = (await client.ask(calls.arm([NAMED]))).triggers

        assert (first.id, second.id) == ("sol-core/tp", "sol-core/tp")
        assert (first.arming, second.arming) == (1, 2)


async def test_b022_given_a_key_whose_trigger_is_forgotten_then_the_first_answer(
    world: World,
):
    async with AsyncClient(world.address) as client:
        first = await client.ask(calls.arm([STOP], idempotency_key="k"))
        id = first.triggers[0].id
        await client.ask(calls.cancel(id))
        close = calls.close(KEY, quantity="4", idempotency_key="c")
        closed = (await client.ask(close)).triggers[0].id
        await world.until(lambda: world.state_of(closed) == "done")
        await world.forget(id)
        await world.forget(closed)

        again = await client.ask(calls.arm([STOP], idempotency_key="k"))
        closed_again = await client.ask(close)

        assert [t.id for t in again.triggers] == [id]
        assert [t.id for t in closed_again.triggers] == [closed]
        assert len(world.venue.sent) == 1


async def test_given_a_stop_when_amended_to_move_by_a_forgotten_one_then_it_may(
    world: World,
):
    async with AsyncClient(world.address) as client:
        target = {"symbol": SOL, "side": "long", "take_profit": "110", "close": "1"}
        target_id = (await client.ask(calls.arm([target]))).triggers[0].id
        stop_id = (await client.ask(calls.arm([STOP]))).triggers[0].id
        await client.ask(calls.cancel(target_id))
        await world.forget(target_id)

        moves = [{"at": "120", "to": target_id}]
        await client.ask(calls.amend(stop_id, {"moves": moves}))

        state = world.daemon.loop.engine.state
        assert state.triggers[stop_id].definition.moves[0].to_level_of == target_id


async def test_given_a_forgotten_trigger_of_another_account_then_it_is_not_there(
    world: World,
):
    async with AsyncClient(world.address) as client:
        id = await filled(client, world)
        await world.forget(id)

    async with world.unix() as raw:
        shown = await raw.get(f"/v1/triggers/{id}", params={"account": "other"})
        mine = await raw.get(f"/v1/triggers/{id}", params={"account": "main"})

    assert (shown.status_code, mine.status_code) == (404, 200)
