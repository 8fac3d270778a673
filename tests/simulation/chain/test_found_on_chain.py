"""What the simulated chain has found, each as the shortest story that shows it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal

import pytest
from msgspec.structs import replace

from exitd.adapters.symmio.node import NodeSaidNo
from exitd.adapters.symmio.outbox import is_refusal
from exitd.core.inputs import FillReport, OrderReport, OrderStatus
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import PrivateEvent, Refusal
from simulation.chain.acts import act_of
from simulation.chain.contract import LIMIT, WEI, asked
from simulation.chain.node import Moods
from simulation.chain.rig import Rig, on_chain
from simulation.chain.wire import CallRates


def orders(events: list[PrivateEvent]) -> list[OrderReport]:
    return [event for event in events if isinstance(event, OrderReport)]


async def working(rig: Rig) -> OrderReport:
    """A close of ours that a block has, and that the solver has not filled."""
    await rig.ready()
    sending = asyncio.ensure_future(rig.send(rig.order()))
    await asyncio.sleep(0.2)
    rig.mine()
    report = await sending
    assert isinstance(report, OrderReport), report
    await rig.look()
    return report


def test_given_a_calm_chain_when_a_close_is_sent_then_acked_and_filled_once():
    async def story(rig: Rig) -> None:
        report = await working(rig)
        rig.fill()
        rig.mine()

        (told,) = orders(await rig.look())

        assert (report.status, told.status) == (OrderStatus.WORKING, OrderStatus.FILLED)
        assert told.filled == Decimal(2)
        assert rig.chain.state.quotes[1].open == 8 * WEI
        assert len(rig.network.sent) == 1

    on_chain(story)


def test_b089_given_nodes_in_trouble_after_they_took_a_close_then_it_is_in_doubt():
    async def story(rig: Rig) -> None:
        await rig.ready()
        rig.network.set_rates(CallRates(), CallRates(troubled=1.0))

        with pytest.raises(OutcomeUnknown, match="no node has taken"):
            await rig.send(rig.order())

        rig.network.set_rates(CallRates(), CallRates())
        rig.mine()
        await rig.look()
        rig.mine()
        (told,) = orders(await rig.look())
        assert told.client_order_id == 1

    on_chain(story)


def test_b089_given_receipts_that_lag_behind_counts_then_it_is_not_taken_for_lost():
    async def story(rig: Rig) -> None:
        await rig.ready()
        sending = asyncio.ensure_future(rig.send(rig.order()))
        await asyncio.sleep(0.2)
        for node in rig.nodes:
            node.moods, node.hidden = Moods(receipt_lag=6), "RequestToClosePosition"
        for _ in range(5):
            rig.mine()
            await asyncio.sleep(0.5)
        assert not sending.done()

        for node in rig.nodes:
            node.moods, node.hidden = Moods(), ""
        with pytest.raises(OutcomeUnknown):
            await sending
        assert len(rig.network.sent) == 1

    on_chain(story)


@pytest.mark.parametrize(
    ("code", "message", "is_no"),
    [
        (-32000, "insufficient funds for gas * price + value", True),
        (-32000, "max fee per gas less than block base fee", True),
        (-32000, "intrinsic gas too low", True),
        (-32000, "txpool is full", True),
        (-32003, "rejected", True),
        (3, "execution reverted: paused", True),
        (-32603, "internal error", False),
        (-32000, "request timed out", False),
        (-32005, "daily request count exceeded", False),
        (-32000, "what nobody has heard of before", False),
    ],
)
def test_given_what_a_node_says_then_only_a_no_to_the_transaction_is_a_refusal(
    code: int, message: str, is_no: bool
):
    assert is_refusal(NodeSaidNo("node", code, message)) is is_no


def test_b111_given_nodes_that_forgot_a_close_when_started_then_its_nonce_is_taken():
    async def story(rig: Rig) -> None:
        await rig.ready()
        signed = rig.venue.prepare(rig.order()).body

        rig.start(signed_before=lambda: [signed])
        await rig.ready()
        with pytest.raises(OutcomeUnknown):
            await rig.send(rig.order())

        ((nonce, sent),) = rig.network.sent.items()
        assert nonce == 1
        assert {act_of(one).client_id for one in sent.values()} == {2}

    on_chain(story)


def test_given_nonces_between_what_was_signed_then_they_are_free():
    async def story(rig: Rig) -> None:
        await rig.ready()
        for _ in range(2):
            rig.venue.prepare(rig.order())
        signed = rig.venue.prepare(rig.order()).body

        rig.start(signed_before=lambda: [signed])
        await rig.ready()

        assert rig.venue._session.key.free == {0, 1}

    on_chain(story)


def test_b088_given_a_node_a_block_behind_then_a_close_is_not_taken_for_cancelled():
    async def story(rig: Rig) -> None:
        await working(rig)

        for node in rig.nodes:
            for question in ("latest", "eth_call"):
                node.others[question] = Moods(behind=(1,))

        assert orders(await rig.look()) == []

    on_chain(story)


def test_b088_given_a_quote_of_another_fork_then_its_close_is_not_taken_for_cancelled():
    async def story(rig: Rig) -> None:
        await working(rig)
        *before, head = rig.chain.blocks
        undone = replace(head, state=before[-1].state, mined=())
        for node in rig.nodes:
            node.others["eth_call"] = [*before, undone]

        assert orders(await rig.look()) == []

    on_chain(story)


def test_b088_given_a_request_and_its_fill_in_one_block_then_not_taken_for_cancelled():
    async def story(rig: Rig) -> None:
        await rig.ready()
        sending = asyncio.ensure_future(rig.send(rig.order()))
        await asyncio.sleep(0.2)
        for node in rig.nodes:
            node.hidden = "FillCloseRequest"
        rig.chain.ours_first = 1.0
        rig.fill()
        rig.mine()

        await sending

        (told,) = orders(await rig.look())

        assert (told.status, told.filled) == (OrderStatus.FILLED, Decimal(2))

    on_chain(story)


def test_b088_given_logs_without_the_newest_block_then_read_until_they_explain_it():
    async def story(rig: Rig) -> None:
        await rig.ready()
        await rig.look()
        # What reads logs meets a machine that is behind, and says nothing of it.
        for node in rig.nodes:
            node.others["eth_getLogs"] = Moods(behind=(1,), cuts_logs=True)
        sending = asyncio.ensure_future(rig.send(rig.order()))
        await asyncio.sleep(0.2)
        rig.mine()
        with pytest.raises(OutcomeUnknown):
            await sending
        assert orders(await rig.look()) == []

        rig.mine()
        (told,) = orders(await rig.look())

        assert (told.client_order_id, told.status) == (1, OrderStatus.WORKING)

    on_chain(story)


def test_b088_given_an_undone_block_that_one_node_believes_in_then_read_again():
    async def story(rig: Rig) -> None:
        await working(rig)
        rig.network.down.add(1)
        before = list(rig.chain.blocks)
        rig.chain.ours_first, rig.chain.comes_later = 1.0, 0.0
        rig.fill()
        rig.chain.undo(1)
        rig.mine()
        # A machine that has the newest block, and under it the one that was undone.
        mixed = [*before, rig.chain.head]
        rig.nodes[0].others["eth_getBlockByNumber"] = mixed

        told = await rig.look()

        assert [one.filled for one in orders(told)][-1:] == [Decimal(2)]
        assert [e.quantity for e in told if isinstance(e, FillReport)] == [Decimal(2)]

    on_chain(story)


def test_b088_given_undone_blocks_and_logs_that_leave_the_close_out_then_it_is_found():
    async def story(rig: Rig) -> None:
        await working(rig)
        rig.chain.ours_first, rig.chain.comes_later = 1.0, 0.0
        rig.chain.undo(1)
        for node in rig.nodes:
            node.others["eth_getLogs"] = Moods(behind=(1,), cuts_logs=True)
        with suppress(VenueUnavailable):
            await rig.look()

        for node in rig.nodes:
            node.others.clear()
        rig.fill()
        rig.mine()
        told = await rig.look()

        assert [one.filled for one in orders(told)][-1:] == [Decimal(2)]
        assert [e.quantity for e in told if isinstance(e, FillReport)] == [Decimal(2)]

    on_chain(story)


def test_given_a_close_that_fails_in_the_block_of_another_fork_then_that_is_told():
    async def story(rig: Rig) -> None:
        await working(rig)
        rig.mine()
        rig.chain.do(
            "owner closes",
            lambda state, ts_s: asked(
                state, state.quotes[1], 130 * WEI, 10 * WEI, LIMIT, ts_s + 20, ts_s
            ),
        )
        rig.chain.ours_first = rig.chain.comes_later = 0.0
        rig.chain.undo(2)
        rig.mine()

        told = orders(await rig.look())

        failed = [one for one in told if one.client_order_id == 1]
        assert [one.status for one in failed][-1:] == [OrderStatus.CANCELLED]
        assert not isinstance(failed[-1], Refusal)

    on_chain(story)
