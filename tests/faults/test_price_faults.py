"""Rows W of the failure model: what a price stream sends that is no price."""

from __future__ import annotations

from exitd.ports.feed import FeedSignal
from fakes.backpack_feed import MARK, mark, running


async def test_w10_given_binary_frames_fragments_and_pings_then_only_prices_are_told():
    async with running(MARK) as rig:
        socket_there = rig.server.sockets[-1]
        await rig.server.push(b"\x00\xff\xfe not json", b"")
        for _ in range(200):
            await socket_there.ping()
        # One message in pieces of a byte, with pings between them as any proxy may.
        await socket_there.send(["{", '"data"', ': {"e": "markPrice", "p": "1"', "}}"])
        await rig.server.push(mark("98.5"))
        await rig.price(MARK, "98.5")
        assert not rig.lost.done()

    assert rig.prices(MARK) == ["98.5"]
    garbage = [n for n in rig.notices.all if n.signal is FeedSignal.GARBAGE]
    assert 1 <= len(garbage) <= 3
