"""SYMMIO on the contract, as far as a chain fits it.

Left out is what a chain has not: trigger orders, a position that turns round under one
name, and an order that ends at once when the price is not met; there it waits for its
deadline. A reply that is lost is no doubt either, while a node can be asked for the
receipt. All of these have tests of their own under tests/adapters.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from chain.mempool import Mempool
from chain.world import World, world
from contract.venue_contract import FaultyVenueContract, VenueContract
from contract.venue_rig import PRICE
from exitd.adapters.symmio.calls import tag_of


class EagerSolver:
    """Fills what its price allows and grants every cancel, in the next block."""

    def __init__(self, pool: Mempool) -> None:
        self._chain = pool.chain
        self._mine = pool.mine
        pool.mine = self.mine

    def mine(self) -> None:
        self._mine()
        count = self._chain.trading.functions.getNextQuoteId().call()
        for quote_id in range(1, count + 1):
            quote = self._chain.quote(quote_id)
            status, bound, is_short = quote[16], quote[18], quote[3] == 1
            price = int(PRICE) * 10**18
            is_met = price <= bound if is_short else price >= bound
            if status == 5 and is_met:
                asked = quote[19]
                fill = self._chain.trading.functions.fill(quote_id, asked, price)
                self._chain.do(fill, self._chain.solver)
            elif status == 6:
                self._chain.accept_cancel(quote_id)


class SymmioRig:
    """Every position is a quote of its own; `symbol` is the newest's."""

    def __init__(self, there: World) -> None:
        self.there = there
        self.venue = there.venue
        self.symbol = ""

    async def start(self) -> None:
        """With a quote that is closed: a market, and nothing held."""
        chain, self.there.price = self.there.chain, PRICE
        quote_id = chain.open("1", str(PRICE))
        chain.ask_close(quote_id, "1", "1")
        chain.fill(quote_id, "1", str(PRICE))
        self.symbol = await self.there.ready(quote_id)
        EagerSolver(self.there.pool)

    async def hold(self, net: str) -> None:
        size = Decimal(net)
        # Hardly any collateral is locked, so that any part may stay.
        quote_id = self.there.chain.open(
            str(abs(size)), str(PRICE), short=size < 0, locked="4000"
        )
        self.symbol = await self.there.ready(quote_id)

    async def count(self, client_order_id: int) -> int:
        chain, found = self.there.chain, 0
        for number in range(chain.height + 1):
            for hash_ in chain.tester.get_block_by_number(number)["transactions"]:
                sent = chain.tester.get_transaction_by_hash(hash_)
                found += tag_of(bytes.fromhex(sent["data"][2:])) == client_order_id
        return found

    async def lose_request(self) -> None:
        session = self.venue._session
        session.settings = replace(session.settings, inclusion_s=0.02)
        self.there.nodes[0].drops = True

    async def pass_window(self) -> None:
        self.there.pass_time(200)

    async def take_down(self) -> None:
        self.there.nodes[0].is_down = True


@pytest.fixture
async def rig() -> AsyncIterator[SymmioRig]:
    async with world() as there:
        rig = SymmioRig(there)
        await rig.start()
        yield rig


class TestSymmioVenue:
    """The tests of the contract that fit, by name."""

    part = VenueContract.part


_FIT = [
    VenueContract.test_given_a_venue_when_asked_for_instruments_then_steps_above_zero,
    VenueContract.test_given_flat_when_asked_then_both_sides_zero_and_none_listed,
    VenueContract.test_given_a_position_when_asked_then_its_side_and_size,
    VenueContract.test_given_a_long_when_closed_in_part_then_filled_and_smaller,
    VenueContract.test_given_nothing_paid_when_asked_for_funding_then_none,
    VenueContract.test_b003_given_a_short_when_closed_then_bought,
    VenueContract.test_given_too_large_a_close_when_sent_then_never_flipped,
    VenueContract.test_b091_given_no_position_when_closed_then_not_reduced,
    VenueContract.test_given_a_limit_within_the_price_when_sent_then_filled,
    VenueContract.test_given_a_resting_limit_when_cancelled_then_nothing_rests,
    VenueContract.test_given_nothing_when_cancelled_then_refused,
    VenueContract.test_given_a_filled_close_when_history_is_read_then_order_and_fills,
    VenueContract.test_given_a_close_when_prepared_then_it_expires_after_signing,
    VenueContract.test_given_the_stream_when_closing_then_it_tells_all_of_it,
    FaultyVenueContract.test_b089_given_a_lost_request_when_sent_then_unknown_and_not_found,
    FaultyVenueContract.test_b099_given_an_expired_request_when_sent_then_refused_as_such,
    FaultyVenueContract.test_given_a_venue_that_is_down_when_read_then_unavailable_not_flat,
]
for _test in _FIT:
    setattr(TestSymmioVenue, _test.__name__, _test)
