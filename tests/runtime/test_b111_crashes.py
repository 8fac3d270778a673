"""Killed after every single commit of a firing: nothing lost, nothing doubled."""

from __future__ import annotations

import pytest

from exitd.core.attempt import RefusalKind
from exitd.core.trigger import DoneReason
from exitd.ports.store import Batch, OnDurable
from fakes.exchange import SOL
from fakes.outcomes import Fill, LoseReply, LoseRequest, Outcome, Refuse
from runtime.desk import D, Desk, in_virtual_time, stop

#: More commits than any of these firings takes.
COMMITS = 24

SCRIPTS: dict[str, tuple[Outcome, ...]] = {
    "filled": (),
    "filled in parts": (Fill(D(1)), Fill(D(2))),
    "reply lost": (LoseReply(Fill()),),
    "request lost": (LoseRequest(),),
    "refused first": (Refuse(RefusalKind.MARGIN), LoseReply(Fill(D(3)))),
}


async def crash_after(desk: Desk, commits: int) -> bool:
    """Let so many more commits become durable, then nothing; did it come to that?"""
    submit, left = desk.store.submit, [commits]

    def counted(batch: Batch, on_durable: OnDurable | None = None) -> None:
        submit(batch, on_durable)
        left[0] -= 1
        if left[0] == 0:
            desk.store.hold()

    desk.store.submit = counted
    desk.mark("95")
    await desk.settle(30)
    return left[0] <= 0


@pytest.mark.parametrize("name", SCRIPTS)
@in_virtual_time
async def test_b111_given_killed_after_any_commit_when_restarted_then_closed_once(
    name: str,
):
    crashed = 0
    for commits in range(1, COMMITS):
        desk = await Desk().start()
        await desk.arm(stop(size="4"), stop("other", "90", "2"))
        desk.venue.script(*SCRIPTS[name])
        crashed += await crash_after(desk, commits)
        again = await desk.restarted()
        await again.start(mark="95")
        await again.settle(60)

        filled = sum((o.filled for o in again.venue.ledger), D(0))
        assert filled == D(4), (commits, again.venue.ledger)
        assert again.venue.exchange.net(SOL) == D(6)
        assert again.trigger().reason is DoneReason.FILLED
        ids = [s.order.client_order_id for s in again.venue.sent]
        assert len(ids) == len(set(ids))
    assert crashed >= 5
