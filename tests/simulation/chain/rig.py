"""A venue in front of the simulated chain and nothing else, for one question each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from decimal import Decimal
from random import Random
from typing import Any

from exitd.adapters.symmio.settings import ChainSettings, Precision
from exitd.adapters.symmio.venue import SymmioVenue
from exitd.core.attempt import AttemptKey, CloseOrder, TimeInForce
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_S
from exitd.ports.venue import PrivateEvent, Refusal
from exitd.secret import Secret
from simulation.chain.blocks import BLOCK_S, Chain, address_of
from simulation.chain.choices import ACCOUNT, symbol_of
from simulation.chain.contract import (
    MULTI,
    SYMBOL_NAME,
    SYMMIO,
    WEI,
    Row,
    State,
    filled,
)
from simulation.chain.node import CHAIN_ID, SimNode
from simulation.chain.wire import URL, ChainNetwork, NodeCarrier
from simulation.virtual_time import START_NS, VirtualClock, VirtualLoop, run

KEY = "c1" * 32


class Rig:
    """A long quote of 10, number 1; `mine` makes a block as time passes."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        rng = Random(1)
        row = Row(1, 0, 10 * WEI, 140 * WEI, 100 * WEI)
        self.start_s = START_NS // NS_PER_S
        self.chain = Chain(address_of(KEY), State({1: row}), self.start_s, rng)
        self.nodes = [SimNode(self.chain, "both", rng) for _ in range(2)]
        self.network = ChainNetwork(self.nodes, rng)
        self.symbol = symbol_of(1)
        self.confirmations = 1
        self.venue = self.start()
        self._ids = iter(range(1, 100))

    def start(self, signed_before: Callable[[], Iterable[bytes]] = tuple) -> Any:
        """Make the venue, anew after a crash."""
        self.venue = SymmioVenue(
            ACCOUNT,
            secret=Secret(KEY),
            settings=ChainSettings(
                chain_id=CHAIN_ID,
                symmio=SYMMIO,
                multi_accounts=(MULTI,),
                nodes=(f"{URL}0", f"{URL}1"),
                node_deadline_s=2.0,
                window_ns=30 * NS_PER_S,
                confirmations=self.confirmations,
                inclusion_s=4.0,
                history_blocks=500,
            ),
            clock=VirtualClock(self.loop),
            price_of=lambda name: Decimal(140),
            precisions={SYMBOL_NAME: Precision(price=2, quantity=1)},
            carrier=NodeCarrier(self.network),
            signed_before=signed_before,
        )
        return self.venue

    async def ready(self) -> None:
        await self.venue.sync_clock()
        await self.venue.chain.recall([self.symbol])

    def order(self, quantity: str = "2") -> CloseOrder:
        client_id = next(self._ids)
        return CloseOrder(
            attempt=AttemptKey("stop", 1, client_id),
            account=ACCOUNT,
            symbol=self.symbol,
            side=OrderSide.SELL,
            quantity=Decimal(quantity),
            order=OrderType.MARKET,
            price=None,
            time_in_force=TimeInForce.IOC,
            client_order_id=client_id,
        )

    async def send(self, order: CloseOrder) -> OrderReport | Refusal:
        return await self.venue.send(order, self.venue.prepare(order))

    async def look(self) -> list[PrivateEvent]:
        """One turn of the private stream."""
        return await self.venue._watch.look()

    def mine(self) -> None:
        self.chain.mine(self.chain.head.ts_s + BLOCK_S)

    def fill(self, quantity: str = "2") -> None:
        """Let the solver fill what is pending, in the next block."""
        number = int(Decimal(quantity) * WEI)
        self.chain.do(
            "fill", lambda state, ts_s: filled(state, 1, number, 140 * WEI, ts_s)
        )


def on_chain(story: Callable[[Rig], Coroutine[Any, Any, None]]) -> None:
    """Let a story happen in virtual time."""
    loop = VirtualLoop()

    async def told() -> None:
        await story(Rig(loop))

    run(told(), loop)
