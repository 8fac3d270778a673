"""What the simulated chain has found, each as the shortest story that shows it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from exitd.core.inputs import OrderReport, OrderStatus
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import PrivateEvent
from simulation.chain.acts import act_of
from simulation.chain.contract import WEI
from simulation.chain.rig import Rig, on_chain


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
