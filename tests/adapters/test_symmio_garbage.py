"""Whatever a node answers, nothing but our own errors comes out of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from msgspec.structs import replace

from chain.world import World, world
from exitd.errors import VenueError

METHODS = (
    "eth_getBlockByNumber",
    "eth_call",
    "eth_getTransactionCount",
    "eth_maxPriorityFeePerGas",
    "eth_getBalance",
    "eth_sendRawTransaction",
    "eth_getTransactionReceipt",
    "eth_getTransactionByHash",
    "eth_getLogs",
)
LOG = {
    "address": "0x" + "11" * 20,
    "topics": ["0x7f9710cf0d5a0ad968b7fc45b62e78bf71c0ca8ebb71a16128fc27b07fa5608d"],
    "data": "0x12",
    "blockNumber": "0x1",
    "transactionHash": "0x" + "22" * 32,
    "logIndex": "0x0",
}
GARBAGE = (
    None,
    True,
    5,
    -1,
    1.5,
    "",
    "0x",
    "0xzz",
    "0x1",
    "0x" + "ff" * 32,
    "0x" + "ff" * 1_024,
    [],
    [None],
    [[]],
    [{**LOG, "topics": []}],
    [{**LOG, "data": "0x1"}],
    [{**LOG, "blockNumber": None}],
    [{**LOG, "topics": [None]}],
    [LOG],
    {},
    {"number": "0x1"},
    {"number": "0x", "hash": 5, "timestamp": "0x1"},
    {"transactionHash": "0x1", "blockNumber": "0x", "status": "0x"},
    {"from": None, "nonce": "0x", "input": "0x1"},
    "a" * 10_000,
)


@pytest.mark.parametrize("method", METHODS)
async def test_given_garbage_of_a_node_then_only_errors_that_are_ours(method):
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        free = await w.ready(w.chain.open())
        await w.send(w.order(symbol, "10", rests=True))
        session, said = w.venue._session, []
        session.settings = replace(session.settings, inclusion_s=0.02)

        asks = (
            w.look,
            w.venue.positions,
            w.venue.open_orders,
            lambda: w.venue.orders_since(0, symbol),
            lambda: w.venue.fills_since(0),
            lambda: w.send(w.order(symbol)),
            lambda: w.send(w.order(free)),
            lambda: w.venue.cancel_order(symbol, client_order_id=1),
            lambda: w.venue.chain.quote(quote_id),
        )
        # What does not hear of one garbage will not hear of another.
        hearing = [ask for ask in asks if await hears(w, method, ask)]
        for garbage in GARBAGE:
            w.nodes[0].lies = {method: lambda _, garbage=garbage: garbage}
            for ask in hearing:
                try:
                    await ask()
                except VenueError as exc:
                    said.append(str(exc))

        assert hearing
        w.nodes[0].lies = {}
        report, _ = await w.venue.positions(symbol)
        assert report.quantity == 100
        assert all("0x" + "c1" * 32 not in words for words in said)


async def hears(w: World, method: str, ask: Callable[[], Awaitable[object]]) -> bool:
    """Say whether an ask comes to a method of the node at all."""
    heard = []
    w.nodes[0].lies = {method: heard.append}
    with suppress(VenueError):
        await ask()
    return bool(heard)
