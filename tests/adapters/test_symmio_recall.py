"""After a start: what is followed, for whom, and whether the contracts fit."""

from __future__ import annotations

import pytest

from chain.deployed import XRP_NAME
from chain.world import world
from exitd.adapters.symmio.belonging import examine
from exitd.errors import VenueUnavailable
from exitd.ports.chain import SubAccount


async def test_given_many_quotes_when_recalled_then_all_are_positions():
    async with world() as w:
        symbols = [f"{XRP_NAME}#{w.chain.open()}" for _ in range(45)]
        await w.venue.sync_clock()

        await w.venue.chain.recall(symbols)

        held = await w.venue.positions()
    assert sorted(report.key.symbol for report in held) == sorted(symbols)


async def test_given_one_that_cannot_be_read_when_recalled_then_positions_are_unknown():
    async with world() as w:
        symbols = [f"{XRP_NAME}#{w.chain.open()}" for _ in range(3)]
        await w.venue.sync_clock()

        with pytest.raises(VenueUnavailable, match="knows no quote 99"):
            await w.venue.chain.recall([*symbols, f"{XRP_NAME}#99"])
        with pytest.raises(VenueUnavailable, match="recalled"):
            await w.venue.positions()
        before = len(w.nodes[0].asked)
        await w.venue.chain.recall(symbols)

        # Those that could be read are not read again.
        assert len(w.nodes[0].asked) - before < 3
        assert len(await w.venue.positions()) == 3


async def test_given_named_sub_accounts_then_others_and_their_quotes_are_not_there():
    async with world() as w:
        other = w.chain.add_account("second")
        w.chain.delegate(other)
        mine, theirs = w.chain.open(), w.chain.open(sub=other)
        multi = w.chain.multi.address
        venue = w.start(sub_accounts=((w.chain.sub.lower(), multi.lower()),))
        await venue.sync_clock()
        chain = venue.chain

        assert await chain.quote(mine) is not None
        assert await chain.quote(theirs) is None
        assert await chain.owner_of(SubAccount(w.chain.sub, multi)) == w.chain.owner
        assert await chain.owner_of(SubAccount(other, multi)) is None
        with pytest.raises(VenueUnavailable, match="not among the `sub_accounts`"):
            await chain.missing_access(SubAccount(other, multi))


async def test_given_contracts_that_do_not_belong_together_then_each_is_named():
    async with world() as w:
        multi, other = w.chain.multi.address, w.chain.wallet.address
        good = await w.venue.chain.strays()
        wrong = w.start(symmio=other, multi_accounts=(multi, w.chain.stranger, other))

        named = await wrong.chain.strays()

    assert good == ()
    assert named == (
        f"{multi}: it is a MultiAccount of {w.chain.trading.address}, not of {other}",
        f"{w.chain.stranger}: it is no MultiAccount",
        f"{other}: it is no MultiAccount",
    )


async def test_given_a_node_of_another_chain_when_examined_then_named_and_passed_over():
    async with world(nodes=2) as w:
        w.nodes[1].chain_id = 1

        found = await examine(w.settings, w.clock)

        w.nodes[0].is_down = True
        with pytest.raises(VenueUnavailable, match="no node can be believed"):
            await examine(w.settings, w.clock)

    assert found.contracts == ()
    (trouble,) = found.nodes
    assert "it is on chain 1, not" in trouble
