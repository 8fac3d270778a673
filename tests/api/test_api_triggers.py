"""Triggers over the API: arm, amend, cancel, pause, fire, close."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import KEY, World, build, served
from exitd.client import AsyncClient, DaemonRefused, calls
from fakes.exchange import SOL
from fakes.outcomes import Hold

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95"}
TARGET = {"symbol": SOL, "side": "long", "take_profit": "110", "close": "50%"}


async def refusal(client: AsyncClient, call: calls.Call) -> tuple[int, str]:
    with pytest.raises(DaemonRefused) as caught:
        await client.ask(call)
    return caught.value.status, caught.value.code


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
        other = calls.arm([{**STOP, "stop_loss": "94"}], idempotency_key="k1")

        assert [t.id for t in first.triggers] == [t.id for t in again.triggers]
        assert await refusal(client, other) == (409, "idempotency_conflict")
        assert len((await client.ask(calls.search())).triggers) == 1


async def test_b023_given_an_armed_stop_when_armed_again_without_key_then_refused(
    world: World,
):
    async with AsyncClient(world.address) as client:
        await client.ask(calls.arm([STOP]))

        assert await refusal(client, calls.arm([STOP])) == (409, "conflict")
        assert len((await client.ask(calls.search())).triggers) == 1


async def test_b030_given_recovery_under_way_when_armed_then_503_and_nothing_stored(
    tmp_path: Path,
):
    world = build(tmp_path)
    async with served(world), AsyncClient(world.address) as client:
        with pytest.raises(DaemonRefused) as caught:
            await client.ask(calls.arm([STOP]))
        ready = await client.ask(calls.ready())

    assert (caught.value.status, caught.value.code) == (503, "recovering")
    assert caught.value.retry_after_s is not None
    assert ready.reasons == ("recovery is not finished",)
    assert world.daemon.store.load().triggers == ()
    await world.daemon.store.close()


async def test_b032_given_a_batch_when_one_is_invalid_then_none_is_armed(world: World):
    async with AsyncClient(world.address) as client:
        batch = [STOP, {**TARGET, "take_profit": "110.005"}, TARGET]

        assert await refusal(client, calls.arm(batch)) == (422, "off_step")
        assert (await client.ask(calls.search())).triggers == ()


async def test_b035_given_a_cancelled_trigger_when_cancelled_again_then_no_error(
    world: World,
):
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([STOP]))).triggers[0].id
        await client.ask(calls.cancel(id))

        again = await client.ask(calls.cancel(id))

    assert again.triggers[0].state == "cancelled"
    assert again.notes == (f"{id} is already done: cancelled",)


async def test_b036_given_an_unknown_or_foreign_id_when_cancelled_then_404(
    world: World,
):
    async with AsyncClient(world.address) as client, world.unix() as raw:
        id = (await client.ask(calls.arm([STOP]))).triggers[0].id

        unknown = await refusal(client, calls.cancel("sol-core/nothing"))
        answers = [
            await raw.request(method, f"/v1/triggers/{id}{action}?account=other")
            for method, action in (("DELETE", ""), ("GET", ""), ("POST", ":pause"))
        ]

    assert unknown == (404, "unknown")
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert world.state_of(id) == "armed"


async def test_b020_given_a_crossed_level_when_armed_then_by_the_wish(world: World):
    crossed = {**STOP, "stop_loss": "101"}
    async with AsyncClient(world.address) as client:
        # A price must be known to be judged by.
        first = (await client.ask(calls.arm([STOP]))).triggers[0]
        await world.watched_mark("100")

        refused = await refusal(client, calls.arm([crossed]))
        waits = await client.ask(calls.arm([crossed], if_crossed="wait"))

    assert refused == (409, "already_crossed")
    assert (waits.triggers[0].state, waits.triggers[0].waiting_for) == (
        "waiting",
        "already crossed",
    )
    assert world.state_of(first.id) == "armed"


async def test_given_no_position_when_armed_to_wait_then_armed_once_it_opens(
    world: World,
):
    short = {"symbol": SOL, "side": "short", "stop_loss": "120"}
    async with AsyncClient(world.address) as client:
        assert await refusal(client, calls.arm([short])) == (409, "no_position")
        id = (
            (await client.ask(calls.arm([short], if_no_position="wait"))).triggers[0].id
        )
        assert world.state_of(id) == "waiting"

        world.venue.hold(SOL, "-3")
        await world.watched_mark("100")

    await world.until(lambda: world.state_of(id) == "armed")


async def test_given_an_amend_when_done_then_level_and_expiry_follow(world: World):
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([STOP]))).triggers[0].id
        amended = await client.ask(calls.amend(id, {"level": "96.5", "expires": "8h"}))
        cleared = await client.ask(calls.amend(id, {"expires": None}))
        nothing = await refusal(client, calls.amend(id, {}))

    assert amended.triggers[0].level == "96.5"
    assert amended.triggers[0].expires is not None
    assert cleared.triggers[0].expires is None
    assert nothing == (422, "nothing_changed")


async def test_given_a_file_owned_trigger_when_changed_then_409_with_its_line(
    filed: World,
):
    async with AsyncClient(filed.address) as client:
        with pytest.raises(DaemonRefused) as caught:
            await client.ask(calls.amend("sol-core/sl", {"level": "91"}))
        cancelled = await refusal(client, calls.cancel("sol-core/sl"))
        paused = await client.ask(calls.pause("sol-core/sl"))
        planned = await client.ask(calls.plan())
        status = await client.ask(calls.status())
        resumed = await client.ask(calls.resume("sol-core/sl"))

    assert (caught.value.status, caught.value.code) == (409, "owned_by_file")
    assert "conf.d/sol.yaml:7" in caught.value.sentence
    assert cancelled == (409, "owned_by_file")
    assert paused.triggers[0].state == "paused"
    assert planned.drift == status.configuration.drift == ("sol-core/sl",)
    assert resumed.triggers[0].state == "armed"


async def test_b104_given_a_firing_when_cancelled_then_conflict_unless_abandoned(
    world: World,
):
    world.venue.script(Hold(executes_first=False))
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([STOP]))).triggers[0].id
        await world.watched_mark("94")
        await world.until(lambda: world.state_of(id) == "firing")

        assert await refusal(client, calls.cancel(id)) == (409, "firing")
        assert world.state_of(id) == "firing"
        given_up = await client.ask(calls.cancel(id, abandon=True))
    world.venue.release()

    assert given_up.triggers[0].state == "abandoned"


async def test_given_an_armed_stop_when_fired_by_command_then_closed(world: World):
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([STOP]))).triggers[0].id
        await client.ask(calls.fire(id))
        await world.until(lambda: world.state_of(id) == "done")
        rearmed = await refusal(client, calls.rearm(id))

    assert [order.filled for order in world.venue.ledger] == [10]
    assert rearmed == (409, "no_position")


async def test_given_an_open_position_when_closed_then_one_reduce_only_close(
    world: World,
):
    async with AsyncClient(world.address) as client:
        close = calls.close(KEY, quantity="4", idempotency_key="c1")
        first = await client.ask(close)
        again = await client.ask(close)
        other = calls.close(KEY, quantity="5", idempotency_key="c1")
        conflict = await refusal(client, other)
        await world.until(lambda: world.state_of(first.triggers[0].id) == "done")
        await client.ask(calls.close("*"))
        await world.until(lambda: len(world.venue.ledger) == 2)

    assert first.triggers[0].id == again.triggers[0].id
    assert conflict == (409, "idempotency_conflict")
    assert [order.quantity for order in world.venue.ledger] == [4, 6]
    assert all(order.reduce_only for order in world.venue.ledger)


async def test_given_a_dry_run_when_asked_then_the_exact_order_and_nothing_sent(
    world: World,
):
    async with AsyncClient(world.address) as client:
        id = (await client.ask(calls.arm([TARGET]))).triggers[0].id
        before = world.daemon.store.load()

        order = await client.ask(calls.order_if_fired(id))

        assert (order.side, order.quantity, order.order) == ("sell", "5", "market")
        assert order.request is not None
        assert order.reduce_only
        assert world.venue.sent == []
        # Up to when prices were seen is noted each second, whoever asks what.
        after = world.daemon.store.load()
        assert replace(after, seen=()) == replace(before, seen=())
        assert world.state_of(id) == "armed"
        await client.ask(calls.fire(id))
        await world.until(lambda: len(world.venue.sent) == 1)

    sent = world.venue.sent[0].order
    assert (str(sent.quantity), sent.client_order_id) == ("5", order.client_order_id)


async def test_given_concurrent_arms_when_all_are_answered_then_all_are_stored(
    world: World,
):
    async with AsyncClient(world.address) as client:
        levels = [f"{80 + n / 100:.2f}" for n in range(40)]
        await asyncio.gather(
            *(client.ask(calls.arm([{**STOP, "stop_loss": one}])) for one in levels)
        )

    stored = {str(t.definition.level) for t in world.daemon.store.load().triggers}
    assert len(stored) == 40
