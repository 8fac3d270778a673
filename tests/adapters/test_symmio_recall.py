"""After a start: what is followed, for whom, and whether the contracts fit."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chain.deployed import XRP_NAME
from chain.world import world
from exitd.adapters.symmio.addresses import Examined, examine
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
        why = await chain.why_undelegable(SubAccount(other, multi))
        assert why == f"{other} is not among the `sub_accounts` of base"
        assert await chain.why_undelegable(SubAccount(w.chain.sub, multi)) == ""


async def test_given_contracts_that_do_not_belong_together_when_examined_then_named():
    async with world() as w:
        multi, other = w.chain.multi.address, w.chain.wallet.address
        good = await examine(w.settings, w.clock)
        settings = replace(w.settings, symmio=other, multi_accounts=(multi, other))

        wrong = await examine(settings, w.clock)

    assert good == Examined((), ())
    elsewhere, nothing = wrong.contracts
    assert f"the MultiAccount {multi} closes at {w.chain.trading.address}" in elsewhere
    assert f"{other} under `multi_accounts` is no MultiAccount" in nothing


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
