"""A venue on the chain in this process, through nodes on real sockets."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from chain.deployed import CLOSER_KEY, XRP_NAME, Deployed, deployed
from chain.mempool import Mempool
from chain.rpc_node import CHAIN_ID, RpcNode, serving
from exitd.adapters.symmio.nodes import Tolerance
from exitd.adapters.symmio.settings import ChainSettings, Precision
from exitd.adapters.symmio.venue import SymmioVenue
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_S
from exitd.errors import OutcomeUnknown
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice
from exitd.ports.venue import PrivateEvent, Refusal
from exitd.secret import Secret

ACCOUNT = "base"
PRECISIONS = {XRP_NAME: Precision(price=4, quantity=1)}

#: A block here is younger than the one before by so much.
_QUICK = {
    "poll_s": 0.01,
    "inclusion_s": 10.0,
    "tolerance": Tolerance(block_ms=1_000),
}

_client_ids = itertools.count(0x07000001)


class ChainClock:
    """Our own clock, as right as the chain's; `ahead_s` is by how much it is not."""

    def __init__(self, chain: Deployed) -> None:
        self.ahead_s = 0
        self._chain = chain

    def now_ns(self) -> int:
        return (self._chain.now_s + self.ahead_s) * NS_PER_S

    def monotonic_ns(self) -> int:
        return self.now_ns()


class World:
    """The venue, what it speaks to, and the people on the other side.

    `price` is what the watched contract costs; None while nobody knows. `solver`,
    `folder` and `precisions` are what `start` gives the venue.
    """

    def __init__(
        self,
        chain: Deployed,
        nodes: list[RpcNode],
        clock: Clock | None = None,
        **settings: object,
    ) -> None:
        self.chain = chain
        self.nodes = nodes
        self.pool = nodes[0].pool
        self.clock = clock or ChainClock(chain)
        self.price: Decimal | None = Decimal(2)
        self.notices: list[Notice] = []
        self.solver = ""
        self.folder: Path | None = None
        self.precisions = PRECISIONS
        self.settings = ChainSettings(
            chain_id=CHAIN_ID,
            symmio=chain.trading.address,
            multi_accounts=(chain.multi.address,),
            nodes=tuple(node.url for node in nodes),
            **{**_QUICK, **settings},
        )
        self.venue = self.start()

    def start(self, **settings: object) -> SymmioVenue:
        """Make the venue anew, as a restart does: with nothing in memory."""
        self.settings = replace(self.settings, **settings)
        self.venue = SymmioVenue(
            ACCOUNT,
            secret=Secret(CLOSER_KEY),
            settings=self.settings,
            clock=self.clock,
            price_of=lambda name: self.price if name == XRP_NAME else None,
            solver=self.solver,
            precisions=self.precisions,
            folder=self.folder,
            on_notice=self.notices.append,
        )
        return self.venue

    async def ready(self, *quote_ids: int) -> str:
        """Recall quotes and read nonce and fees; the first one's symbol."""
        symbols = [f"{XRP_NAME}#{quote_id}" for quote_id in quote_ids]
        await self.venue.sync_clock()
        await self.venue.chain.recall(symbols)
        return symbols[0] if symbols else ""

    def order(
        self,
        symbol: str,
        quantity: str = "100",
        price: str | None = "1.9",
        *,
        side: OrderSide = OrderSide.SELL,
        rests: bool = False,
        window_s: int | None = None,
    ) -> CloseOrder:
        client_id = next(_client_ids)
        return CloseOrder(
            attempt=AttemptKey("xrp/sl", 1, client_id),
            account=ACCOUNT,
            symbol=symbol,
            side=side,
            quantity=Decimal(quantity),
            order=OrderType.MARKET if price is None else OrderType.LIMIT,
            price=None if price is None else Decimal(price),
            time_in_force=TimeInForce.GTC if rests else TimeInForce.IOC,
            client_order_id=client_id,
            window_ns=None if window_s is None else window_s * NS_PER_S,
        )

    async def send(self, order: CloseOrder) -> OrderReport | Refusal:
        return await self.venue.send(order, self.venue.prepare(order))

    async def look(self) -> list[PrivateEvent]:
        """One turn of the private stream."""
        return await self.venue._watch.look()

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Within this, a send that no block has at once is in doubt."""
        session = self.venue._session
        before, session.settings = (
            session.settings,
            replace(session.settings, inclusion_s=0.02),
        )
        try:
            with pytest.raises(OutcomeUnknown, match="no block has"):
                yield
        finally:
            session.settings = before

    def pass_time(self, seconds: int) -> None:
        self.chain.pass_time(seconds)


@asynccontextmanager
async def world(
    version: str = "0.8.4",
    nodes: int = 1,
    clock: Clock | None = None,
    **settings: object,
) -> AsyncIterator[World]:
    chain = deployed(version)
    pool = Mempool(chain)
    served = [RpcNode(pool) for _ in range(nodes)]
    async with serving(*served):
        made = World(chain, served, clock, **settings)
        venues = [made.venue]
        try:
            yield made
        finally:
            for venue in {id(v): v for v in (*venues, made.venue)}.values():
                await venue.close()
