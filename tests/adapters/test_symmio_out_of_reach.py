"""Accounts that no delegation lets us close for: on the chain, as it is."""

from __future__ import annotations

import pytest

from chain.deployed import CLOSER, VERSIONS
from chain.world import world
from exitd.adapters.symmio import calls
from exitd.errors import VenueUnavailable
from exitd.ports.chain import SubAccount


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_an_account_of_another_contract_then_told_who_alone_moves_it(
    version,
):
    async with world(version) as w:
        # A contract, and no MultiAccount has made it: as those of an AccountLayer.
        account = w.chain.wallet.address
        quote_id = w.chain.open(sub=account)
        sub = SubAccount(account, w.chain.multi.address)

        why = await w.venue.chain.why_undelegable(sub)

        assert account in why
        assert "InstantLayer" in why
        assert await w.venue.chain.missing_access(sub) == tuple(
            calls.NEEDED_ACCESS.values()
        )
        with pytest.raises(VenueUnavailable, match="multi_accounts"):
            await w.ready(quote_id)
        assert w.pool.seen == []


async def test_given_a_wallet_that_trades_itself_then_nobody_else_can_close():
    async with world() as w:
        sub = SubAccount(w.chain.stranger, w.chain.multi.address)

        assert "is a wallet" in await w.venue.chain.why_undelegable(sub)


async def test_given_a_sub_account_that_has_not_delegated_then_it_still_can():
    async with world() as w:
        other = w.chain.add_account("second")
        sub = SubAccount(other, w.chain.multi.address)

        assert await w.venue.chain.why_undelegable(sub) == ""
        assert await w.venue.chain.missing_access(sub) != ()
        w.chain.delegate(other, CLOSER)
        assert await w.venue.chain.missing_access(sub) == ()
