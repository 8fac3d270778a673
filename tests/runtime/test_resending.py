"""A venue with nonces is sent the same bytes again while an attempt is in doubt."""

from __future__ import annotations

import asyncio

from exitd.core.attempt import Capabilities, Dedupe, Expiry
from exitd.core.trigger import DoneReason
from fakes.exchange import SOL
from fakes.outcomes import Fill, Hold, LoseRequest
from runtime.desk import ACCOUNT, Desk, StreamlessVenue, in_virtual_time, stop
from simulation.virtual_time import VirtualClock, let_pass

# What a nonce does, by the means that the fake has: the second one is refused.
_NONCE = Capabilities(dedupe=Dedupe.ALWAYS, expiry=Expiry.NONCE)


async def nonce_desk() -> Desk:
    clock = VirtualClock(asyncio.get_running_loop())
    venue = StreamlessVenue(clock, ACCOUNT, symbols=(SOL,), capabilities=_NONCE)
    desk = await Desk(venue=venue).start()
    await desk.arm(stop())
    return desk


@in_virtual_time
async def test_b089_given_a_lost_request_then_the_same_bytes_go_out_again_and_fill():
    desk = await nonce_desk()
    desk.venue.script(LoseRequest())
    desk.mark("95")

    await desk.settle(2)

    sent = desk.venue.sent
    assert len(sent) >= 2
    assert len({s.order.client_order_id for s in sent}) == 1
    assert len(desk.venue.ledger) == 1
    assert desk.trigger().reason is DoneReason.FILLED


@in_virtual_time
async def test_b089_given_an_answer_under_way_then_its_bytes_are_not_sent_beside_it():
    desk = await nonce_desk()
    desk.venue.script(LoseRequest(), Hold(Fill()))
    desk.mark("95")
    await desk.settle(4)

    desk.venue.release()
    await desk.settle(2)

    assert len(desk.venue.sent) == 2
    assert desk.trigger().reason is DoneReason.FILLED


@in_virtual_time
async def test_b089_given_a_shut_gate_then_nothing_is_sent_again():
    desk = await nonce_desk()
    desk.venue.script(*[LoseRequest()] * 50)
    desk.mark("95")
    await desk.settle(1)
    desk.account.dispatcher.stop()
    before = len(desk.venue.sent)

    await let_pass(2)

    assert len(desk.venue.sent) == before
