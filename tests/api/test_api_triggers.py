from __future__ import annotations

from api.daemons import ACCOUNT, KEY, World
from fakes.exchange import SOL

from exitd.client import AsyncClient, DaemonRefused, calls

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95"}


async def test_given_a_position_when_armed_then_shown_with_its_distance(world: World):
    async with AsyncClient(world.address) as client:
        armed = (await client.ask(calls.arm([STOP]))).triggers[0]
        await world.watched_mark("100")

        seen = (await client.ask(calls.show(armed.id))).trigger

    assert armed.id.startswith("trg_")
    assert (seen.state, seen.level, seen.price) == ("armed", "95", "100")
    assert (seen.distance_percent, seen.owner.split(":")[0]) == ("5.00", "cli")
    assert seen.position == KEY
    assert world.daemon.store.load().triggers[0].id == armed.id


async def test_b022_given_one_key_when_sent_twice_then_one_trigger(world: World):
    async with AsyncClient(world.address) as client:
        first = await client.ask(calls.arm([STOP], idempotency_key="k1"))
        again = await client.ask(calls.arm([STOP], idempotency_key="k1"))

        assert [t.id for t in first.triggers] == [t.id for t in again.triggers]
        assert len((await client.ask(calls.search())).triggers) == 1
        try:
            await client.ask(
                calls.arm([{**STOP, "stop_loss": "94"}], idempotency_key="k1")
            )
            raise AssertionError("another body under the same key was accepted")
        except DaemonRefused as refused:
            assert (refused.status, refused.code) == (409, "idempotency_conflict")
        assert len((await client.ask(calls.search())).triggers) == 1
