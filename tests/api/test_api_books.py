"""The books over HTTP: ours, what was done by hand, and how they agree."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.daemons import ACCOUNT, World
from exitd.client import AsyncClient, DaemonRefused, book_calls, calls
from exitd.core.position import OrderSide
from fakes.exchange import SOL
from fakes.outcomes import Fill
from runtime.by_hand import sell_by_hand

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95", "close": "4"}


async def fire(world: World, client: AsyncClient) -> str:
    world.venue.script(Fill(price=Decimal("93.5")))
    id = (await client.ask(calls.arm([STOP]))).triggers[0].id
    await world.watched_mark("94")
    await world.until(lambda: world.state_of(id) == "done")
    return id


async def test_b140_given_a_fill_when_its_row_is_read_then_money_adds_up(world: World):
    world.venue.exchange.fee_rate = Decimal("0.001")
    async with AsyncClient(world.address) as client:
        id = await fire(world, client)

        (row,) = (await client.ask(book_calls.books())).rows
        detail = await client.ask(calls.show(id))

    assert (row.kind, row.trigger_id, row.position) == ("fill", id, "long")
    assert (row.quantity, row.price, row.entry_price) == ("4", "93.5", "100")
    assert (row.fee, row.fee_asset) == ("0.374", "USDC")
    assert row.realised_pnl == "-26.374"
    assert detail.fires[0].pnl == "-26.374"
    assert (row.level, row.observed, row.slippage) == ("95", "94", "1.5")


async def test_given_trades_between_ours_when_reconciled_then_all_agree(world: World):
    async with AsyncClient(world.address) as client:
        await sell_by_hand(world.venue, "1")
        await fire(world, client)
        await sell_by_hand(world.venue, "2")
        await world.daemon.accounts[ACCOUNT].books.keep()

        found = await client.ask(book_calls.differences())
        rows = (await client.ask(book_calls.books())).rows

    assert (found.agreed, found.differences) == (3, ())
    assert [row.quantity for row in rows] == ["1", "4", "2"]
    assert [row.fire_id != "" for row in rows] == [False, True, False]


async def test_given_a_venue_that_is_silent_when_reconciled_then_said_not_guessed(
    world: World,
):
    async with AsyncClient(world.address) as client:
        await fire(world, client)
        world.venue.is_down = True

        with pytest.raises(DaemonRefused, match=ACCOUNT):
            await client.ask(book_calls.differences())
        assert len((await client.ask(book_calls.books())).rows) == 1


async def test_given_a_time_when_asked_then_only_what_is_in_it(world: World):
    async with AsyncClient(world.address) as client:
        await fire(world, client)

        later = await client.ask(book_calls.books(since="2099-01-01T00:00:00Z"))
        with pytest.raises(DaemonRefused, match="from"):
            await client.ask(book_calls.books(since="yesterday"))

    assert later.rows == ()
    assert world.venue.exchange.fills[0].side is OrderSide.SELL
