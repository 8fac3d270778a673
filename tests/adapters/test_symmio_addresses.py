"""Chain and contracts are compared with the configuration before anything is sent."""

from __future__ import annotations

import pytest

from chain.deployed import VERSIONS
from chain.rpc_node import CHAIN_ID
from chain.world import World, world
from exitd.errors import VenueUnavailable
from exitd.ports.chain import SubAccount
from exitd.ports.notices import NoticeKind


async def refused(w: World) -> str:
    with pytest.raises(VenueUnavailable) as caught:
        await w.venue.chain.recall(())
    return str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_a_multi_account_that_closes_elsewhere_then_both_are_named(version):
    async with world(version) as w:
        w.start(symmio=w.chain.stranger)

        said = await refused(w)

        assert w.chain.multi.address in said
        assert w.chain.trading.address in said
        assert w.chain.stranger in said
        await w.venue.close()


async def test_given_what_is_no_multi_account_then_said_with_all_other_findings():
    async with world() as w:
        settings = w.settings
        nobodys, wallet = w.chain.stranger, w.chain.wallet.address
        w.start(multi_accounts=(nobodys, wallet, *settings.multi_accounts))

        first, second = (await refused(w)).splitlines()

        assert nobodys in first
        assert wallet in second
        assert settings.symmio in first
        await w.venue.close()


async def test_given_only_nodes_of_another_chain_then_both_chains_are_named():
    async with world(nodes=2) as w:
        w.nodes[0].chain_id = w.nodes[1].chain_id = 1

        # What the runtime asks first.
        with pytest.raises(VenueUnavailable) as caught:
            await w.venue.sync_clock()

        assert f"`chain_id` is {CHAIN_ID}" in str(caught.value)
        assert "on chain 1:" in str(caught.value)


@pytest.mark.parametrize("down", [1, 2])
async def test_given_a_node_cannot_be_asked_then_it_is_no_error_of_the_file(down):
    async with world(nodes=2) as w:
        w.nodes[0].chain_id = CHAIN_ID if down == 1 else 1
        for node in w.nodes[:down]:
            node.is_down = True
        if down == 1:
            await w.venue.chain.recall(())
            return

        with pytest.raises(VenueUnavailable):
            await w.venue.chain.recall(())


@pytest.mark.parametrize("found", ["at the start", "later"])
async def test_given_it_is_not_as_configured_then_told_once_and_unavailable(found: str):
    async with world() as w:
        w.start(symmio=w.chain.stranger)
        if found == "later":
            w.nodes[0].is_down = True
            with pytest.raises(VenueUnavailable):
                await w.venue.chain.recall(())
            w.nodes[0].is_down = False

        for _ in range(2):
            with pytest.raises(VenueUnavailable, match="closes at"):
                await w.venue.chain.recall(())

        told = [n for n in w.notices if n.kind is NoticeKind.ADDRESS_WRONG]
        assert len(told) == 1
        assert w.chain.stranger in told[0]
        await w.venue.close()


async def test_given_it_was_not_checked_at_the_start_then_the_api_is_told():
    async with world() as w:
        w.start(symmio=w.chain.stranger)
        w.nodes[0].is_down = True
        with pytest.raises(VenueUnavailable):
            await w.venue.sync_clock()
        w.nodes[0].is_down = False
        sub = SubAccount(w.chain.sub, w.chain.multi.address)

        with pytest.raises(VenueUnavailable, match="closes at"):
            await w.venue.chain.owner_of(sub)
        await w.venue.close()


async def test_given_the_right_addresses_then_each_is_asked_about_once():
    async with world() as w:
        await w.venue.chain.recall(())
        sub = SubAccount(w.chain.sub, w.chain.multi.address)
        await w.venue.chain.missing_access(sub)
        before = w.nodes[0].asked.count("eth_call")

        await w.venue.chain.missing_access(sub)

        # The two functions that are needed, and nothing else.
        assert w.nodes[0].asked.count("eth_call") - before == 2
