"""Blocks that are undone after they were read, and failures in those that may be."""

from __future__ import annotations

import asyncio

import pytest

from exitd.core.inputs import OrderReport, OrderStatus
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import PrivateEvent, Refusal, StreamDown, StreamUp
from simulation.chain.acts import act_of
from simulation.chain.contract import LIMIT, WEI, asked
from simulation.chain.node import Moods
from simulation.chain.rig import Rig, on_chain


def orders(events: list[PrivateEvent]) -> list[OrderReport]:
    return [event for event in events if isinstance(event, OrderReport)]


def close_by_owner(rig: Rig) -> None:
    """Let the quote's owner ask for a close, so that ours fails in the same block."""
    rig.chain.ours_first = 0.0
    rig.chain.do(
        "owner closes",
        lambda state, ts_s: asked(
            state, state.quotes[1], 130 * WEI, 10 * WEI, LIMIT, ts_s + 20, ts_s
        ),
    )


def forget_waiting(rig: Rig) -> None:
    """Nobody has what was in blocks that were undone."""
    rig.chain.pool.clear()
    for node in rig.nodes:
        node.known.clear()


def undo(rig: Rig, depth: int) -> None:
    """Undo blocks; what was in them is in none of the others, and forgotten."""
    rig.chain.comes_later = 1.0
    rig.chain.undo(depth)
    forget_waiting(rig)


async def sent(rig: Rig) -> OrderReport | Refusal:
    sending = asyncio.ensure_future(rig.send(rig.order()))
    await asyncio.sleep(0.2)
    rig.mine()
    return await sending


async def working(rig: Rig) -> OrderReport:
    await rig.ready()
    report = await sent(rig)
    assert isinstance(report, OrderReport), report
    await rig.look()
    return report


def test_b089_given_a_close_found_after_a_restart_when_undone_then_sent_again():
    async def story(rig: Rig) -> None:
        await rig.ready()
        order = rig.order()
        prepared = rig.venue.prepare(order)
        sending = asyncio.ensure_future(rig.venue.send(order, prepared))
        await asyncio.sleep(0.2)
        rig.mine()
        await sending
        rig.start()
        await rig.ready()
        await rig.venue.send(order, prepared)

        undo(rig, 1)
        await rig.look()
        rig.mine()

        (told,) = orders(await rig.look())
        assert (told.client_order_id, told.status) == (1, OrderStatus.WORKING)
        assert len(rig.network.sent) == 1

    on_chain(story)


def test_b089_given_a_request_that_was_told_when_undone_then_all_is_asked_anew():
    async def story(rig: Rig) -> None:
        await working(rig)
        rig.start()
        await rig.ready()
        rig.mine()
        await rig.venue.orders_since(0, rig.symbol)
        assert [one.status for one in orders(await rig.look())] == [OrderStatus.WORKING]

        undo(rig, 2)
        rig.mine()
        events = await rig.look()

        assert [type(e) for e in events if isinstance(e, StreamDown | StreamUp)] == [
            StreamDown,
            StreamUp,
        ]
        assert not any(isinstance(e, StreamUp) for e in await rig.look())

    on_chain(story)


def test_b089_given_a_close_that_failed_in_a_block_not_read_yet_then_it_may_succeed():
    async def story(rig: Rig) -> None:
        rig.confirmations = 3
        rig.start()
        for _ in range(3):
            rig.mine()
        await rig.ready()
        sending = asyncio.ensure_future(rig.send(rig.order()))
        await asyncio.sleep(0.2)
        close_by_owner(rig)
        rig.mine()
        await asyncio.sleep(1.0)
        assert rig.chain.head.mined[-1].succeeded is False
        assert not sending.done()

        rig.chain.ours_first, rig.chain.comes_later = 1.0, 0.0
        rig.chain.undo(1)
        for _ in range(2):
            rig.mine()

        report = await sending
        assert isinstance(report, OrderReport), report
        assert report.status is OrderStatus.WORKING

    on_chain(story)


def test_b092_given_an_end_that_nobody_could_judge_then_told_at_a_later_look():
    async def story(rig: Rig) -> None:
        await working(rig)
        close_by_owner(rig)
        rig.chain.comes_later = 0.0
        rig.chain.undo(1)
        outbox = rig.venue._session.outbox
        (flight,) = await outbox.watch(rig.venue._session.known_head())

        (again,) = await outbox.watch(rig.venue._session.known_head())
        assert again is flight

        rig.mine()
        failed = [o for o in orders(await rig.look()) if o.client_order_id == 1]
        assert [one.status for one in failed] == [OrderStatus.CANCELLED]
        assert await outbox.watch(rig.venue._session.known_head()) == []

    on_chain(story)


def test_b092_given_a_nonce_that_was_given_back_then_later_closes_do_not_wait_for_it():
    async def story(rig: Rig) -> None:
        await working(rig)
        rig.fill()
        rig.mine()
        rig.start()
        await rig.ready()
        undo(rig, 2)
        rig.chain.deeds.clear()
        rig.mine()

        sending = asyncio.ensure_future(rig.send(rig.order()))
        with pytest.raises(OutcomeUnknown):
            await sending
        for _ in range(8):
            await rig.look()
            rig.mine()

        done = [act_of(m.sent) for b in rig.chain.blocks for m in b.mined if m.sent]
        assert [act.client_id for act in done] == [None, 2]

    on_chain(story)


def test_b089_given_a_nonce_given_back_whose_close_is_open_then_it_is_left_to_that():
    async def story(rig: Rig) -> None:
        await rig.ready()
        signed = rig.venue.prepare(rig.order()).body
        rig.start(signed_before=lambda: [signed])
        await rig.ready()
        rig.mine()
        with pytest.raises(OutcomeUnknown):
            await rig.send(rig.order())
        for _ in range(8):
            await rig.look()
            rig.mine()

        assert list(rig.network.sent) == [1]

    on_chain(story)


def test_given_a_node_that_is_behind_after_a_restart_then_no_nonce_is_used_twice():
    async def story(rig: Rig) -> None:
        await working(rig)
        rig.fill()
        rig.mine()
        rig.start()
        await rig.ready()
        for node in rig.nodes:
            node.others["eth_getTransactionCount"] = Moods(behind=(1,))
        with pytest.raises(OutcomeUnknown):
            await rig.send(rig.order())
        await rig.look()

        assert list(rig.venue._session.outbox.flights) == [1]

    on_chain(story)
