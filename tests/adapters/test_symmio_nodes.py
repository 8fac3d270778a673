"""Nodes that are down, behind, ahead of time, on another chain, or that lie."""

from __future__ import annotations

import asyncio

import pytest

from chain.world import World, world
from contract.venue_rig import lost
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.errors import FeedError, OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import PrivateEvent, StreamUp
from fakes.observed import Observed


def shifted(answer: dict[str, str], **by: int) -> dict[str, str]:
    return {**answer, **{key: hex(int(answer[key], 16) + n) for key, n in by.items()}}


async def followed(w: World) -> str:
    w.chain.mine(20)
    symbol = await w.ready(w.chain.open())
    await w.look()
    return symbol


@pytest.mark.parametrize("down", [0, 1])
async def test_given_a_node_down_when_closed_then_by_the_other_and_told_once(down):
    async with world(nodes=2) as w:
        symbol = await followed(w)
        w.nodes[down].is_down = True

        report = await w.send(w.order(symbol))
        await w.look()
        await w.look()
        w.nodes[down].is_down = False
        await w.look()

        assert isinstance(report, OrderReport)
        assert report.status is OrderStatus.WORKING
        first, second = w.notices
        assert "503" in first
        assert second.endswith("believed again")


async def test_given_all_nodes_down_when_read_then_unavailable_and_the_stream_lost():
    async with world(nodes=2) as w:
        symbol = await followed(w)
        for node in w.nodes:
            node.is_down = True

        with pytest.raises(VenueUnavailable):
            await w.venue.positions(symbol)
        with pytest.raises(FeedError):
            await w.venue.run_stream(lambda _: None)
        with pytest.raises(VenueUnavailable):
            await w.send(w.order(symbol))

        assert w.pool.seen == []


async def test_given_nothing_was_sent_when_the_nodes_are_back_then_the_same_bytes_go():
    async with world() as w:
        symbol = await followed(w)
        order = w.order(symbol)
        prepared = w.venue.prepare(order)
        w.nodes[0].is_down = True
        with pytest.raises(VenueUnavailable):
            await w.venue.send(order, prepared)
        w.nodes[0].is_down = False

        report = await w.venue.send(order, prepared)

        assert isinstance(report, OrderReport)
        assert len(w.pool.seen) == 1


async def test_given_a_node_behind_when_read_then_not_from_it():
    async with world(nodes=2) as w:
        symbol = await followed(w)
        w.nodes[0].lag = 10

        w.chain.ask_close(int(symbol[-1:]), "100", "1", seconds=300)
        w.chain.fill(int(symbol[-1:]), "100", "2")
        w.chain.mine(8)
        report, _ = await w.venue.positions(symbol)

        assert report.quantity == 0
        assert "10 blocks behind" in w.notices[0]


async def test_given_a_node_a_little_behind_when_read_then_the_newest_is_asked():
    async with world(nodes=2) as w:
        symbol = await followed(w)
        w.nodes[0].lag = 2
        w.chain.ask_close(int(symbol[-1:]), "100", "1", seconds=300)
        w.chain.fill(int(symbol[-1:]), "100", "2")

        report, _ = await w.venue.positions(symbol)

        # The one that is behind cannot confirm it: then its word is not needed.
        assert report.quantity == 0
        assert w.notices == []


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (lambda head: shifted(head, number=1_000), "known to nobody else"),
        (lambda head: shifted(head, timestamp=3_600), "of the future"),
        (lambda head: shifted(head, timestamp=-3_600), "s old"),
        (lambda head: {**head, "hash": "0x" + "ab" * 32}, "another block"),
        (lambda head: None, "no block"),
        (lambda head: "what", "not what one looks like"),
        (lambda head: {**head, "number": "what"}, "no number"),
    ],
)
async def test_given_a_node_that_lies_about_its_head_then_not_believed(lie, said):
    async with world(nodes=3) as w:
        symbol = await followed(w)
        w.nodes[0].lies["eth_getBlockByNumber"] = lie

        report, _ = await w.venue.positions(symbol)
        sent = await w.send(w.order(symbol))

        assert report.quantity == 100
        assert isinstance(sent, OrderReport)
        assert said in w.notices[0]


async def test_given_two_nodes_and_one_far_ahead_then_the_believable_one_is_read():
    async with world(nodes=2) as w:
        symbol = await followed(w)
        w.nodes[0].lies["eth_getBlockByNumber"] = lambda h: shifted(h, number=1_000)

        report, _ = await w.venue.positions(symbol)

        assert report.quantity == 100
        assert "known to nobody else" in w.notices[0]


async def test_given_a_node_that_lies_about_a_quote_then_it_takes_two_to_end_one():
    async with world(nodes=2) as w:
        symbol = await followed(w)
        closed = await w.venue.chain.quote(int(symbol[-1:]))
        assert closed is not None

        def as_closed(answer: str) -> str:
            # The word of the status, among those of the struct.
            words = [answer[2:][i : i + 64] for i in range(0, len(answer) - 2, 64)]
            at = 1 + 22
            assert int(words[at], 16) == 4
            words[at] = f"{7:064x}"
            return "0x" + "".join(words)

        w.nodes[0].lies["eth_call"] = as_closed

        with pytest.raises(VenueUnavailable, match="do not agree"):
            await w.venue.positions(symbol)


async def test_given_a_node_of_another_chain_then_never_read_nor_believed():
    async with world(nodes=2) as w:
        w.nodes[0].chain_id = 1
        symbol = await followed(w)

        report, _ = await w.venue.positions(symbol)

        assert report.quantity == 100
        assert "on chain 1" in w.notices[0]


async def test_given_a_chain_that_stands_still_then_its_blocks_decide_nothing():
    async with world() as w:
        symbol = await followed(w)
        before_ns = w.venue.venue_now_ns()
        w.clock.ahead_s = 600

        with pytest.raises(VenueUnavailable, match="s old"):
            await w.venue.positions(symbol)

        assert w.venue.venue_now_ns() == before_ns


async def test_given_a_node_that_drops_what_it_takes_then_the_other_has_it():
    async with world(nodes=2) as w:
        symbol = await followed(w)
        w.nodes[0].drops = True

        report = await w.send(w.order(symbol))

        assert isinstance(report, OrderReport)
        assert report.status is OrderStatus.WORKING


async def test_given_every_node_drops_it_when_watched_then_sent_again_until_mined():
    async with world() as w:
        symbol = await followed(w)
        w.nodes[0].drops = True
        order = w.order(symbol)
        with w.impatient():
            await w.send(order)
        w.nodes[0].drops = False

        await w.look()
        events = await w.look()

        (report,) = [e for e in events if isinstance(e, OrderReport)]
        assert report.status is OrderStatus.WORKING
        assert report.client_order_id == order.client_order_id
        assert len(w.pool.seen) == 1


async def test_given_the_reply_is_lost_when_sent_then_unknown_and_found_once():
    async with world() as w:
        symbol = await followed(w)
        w.nodes[0].loses_reply = True
        order = w.order(symbol)
        with pytest.raises(OutcomeUnknown):
            await w.send(order)
        w.nodes[0].is_down = False

        reports = await w.venue.orders_since(0, symbol)

        assert [r.client_order_id for r in reports] == [order.client_order_id]


async def test_given_hardhats_way_of_refusing_then_the_same_reason():
    async with world() as w:
        symbol = await followed(w)
        w.nodes[0].style = "hardhat"
        order = w.order(symbol)
        prepared = w.venue.prepare(order)
        w.chain.do(w.chain.trading.functions.setPaused(False, True))

        answer = await w.venue.send(order, prepared)

        assert answer.message == "Pausable: PartyA actions paused"


async def test_given_an_address_with_a_key_in_it_then_it_is_never_told():
    async with world() as w:
        host = w.nodes[0].url.removeprefix("http://").rstrip("/")
        w.start(nodes=(f"http://user:canary@{host}/",))
        w.nodes[0].is_down = True

        with pytest.raises(VenueUnavailable) as caught:
            await w.venue.sync_clock()

        assert "canary" not in str(caught.value) + "".join(w.notices)


async def test_given_the_stream_when_run_then_up_first_and_a_lost_node_ends_it():
    async with world() as w:
        symbol = await followed(w)
        events: Observed[PrivateEvent] = Observed()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(lost(w.venue.run_stream(events)))
            await events.until(lambda e: isinstance(e, StreamUp))
            order = w.order(symbol)
            await w.send(order)
            await events.until(lambda e: isinstance(e, OrderReport))
            w.venue.abort_stream()
            await task

        assert isinstance(events.all[0], StreamUp)
