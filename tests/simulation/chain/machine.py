"""The daemon with a key on a simulated chain: the class of venues with a nonce."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from exitd.adapters.symmio.quote_prices import QuotePrices
from exitd.adapters.symmio.settings import ChainSettings, Precision
from exitd.adapters.symmio.venue import SymmioVenue
from exitd.app.quotes import known_quotes, under_way
from exitd.core.inputs import InstrumentReport
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S
from exitd.ports.chain import SubAccount
from exitd.ports.feed import FeedNotice, TickSink
from exitd.ports.venue import Venue
from exitd.runtime.steady import SteadyClock
from exitd.secret import Secret
from fakes.feed import FakeFeed
from simulation.chain.choices import ACCOUNT
from simulation.chain.contract import MULTI, SUB, SYMBOL_NAME, SYMMIO
from simulation.chain.node import CHAIN_ID
from simulation.chain.wire import URL, NodeCarrier
from simulation.machine import Machine

if TYPE_CHECKING:
    from simulation.chain.world import ChainWorld

KEY = "c1" * 32
LAG_SLACK_NS = 6 * NS_PER_S
WINDOW_NS = 30 * NS_PER_S
MARK = PriceSource(ACCOUNT, SYMBOL_NAME, PriceKind.MARK)


class ShownFeed(FakeFeed):
    """Prices of the watched contract; whoever connects is shown the last one."""

    def show(self, price: Decimal) -> None:
        self.polled = {} if self.is_down else {MARK: price}
        self.push(MARK, str(price))

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        last = self.polled.get(MARK)

        def noticed(notice: FeedNotice) -> None:
            on_notice(notice)
            if last is not None:
                self.push(MARK, str(last))

        await super().run(on_tick, noticed)

    def watch(self, sources: frozenset[PriceSource]) -> None:
        new = sources - self.watched
        super().watch(sources)
        last = self.polled.get(MARK)
        if MARK in new and last is not None:
            asyncio.get_running_loop().call_soon(lambda: self.push(MARK, str(last)))


class ChainMachine(Machine):
    """A machine of a `ChainWorld`."""

    def __init__(self, world: ChainWorld, path: Path) -> None:
        super().__init__(world, path)
        self.network = world.network
        self.chain_world = world
        self.venue: SymmioVenue
        self.feed: ShownFeed

    def venue_and_feed(self, clock: SteadyClock) -> tuple[SymmioVenue, QuotePrices]:
        world = self.chain_world
        self.feed = ShownFeed(clock, ACCOUNT)
        self.feed.is_down = not world.has_prices
        self.feed.show(world.price)
        prices = QuotePrices(self.feed, {})
        choices = world.choices
        self.venue = SymmioVenue(
            ACCOUNT,
            secret=Secret(KEY),
            settings=ChainSettings(
                chain_id=CHAIN_ID,
                symmio=SYMMIO,
                multi_accounts=(MULTI,),
                nodes=(f"{URL}0", f"{URL}1"),
                node_deadline_s=2.0,
                window_ns=WINDOW_NS,
                confirmations=choices.confirmations,
                poll_s=3.0,
                inclusion_s=8.0,
                bump_after=choices.bump_after,
                history_blocks=500,
                lag_slack_ns=LAG_SLACK_NS,
            ),
            clock=clock,
            price_of=prices.price_of,
            precisions={SYMBOL_NAME: Precision(price=2, quantity=1)},
            on_notice=world.noticed,
            signed_before=lambda: under_way(self.loop.engine.state, ACCOUNT),
            carrier=NodeCarrier(world.network),
        )
        return self.venue, prices

    def before_catching_up(self, venue: Venue) -> Callable[[], Awaitable[None]]:
        async def recall() -> None:
            state = self.loop.engine.state
            await self.venue.chain.recall(known_quotes(state, ACCOUNT))

        return recall

    async def follow(self, quote_id: int) -> None:
        """Follow a quote, as a front-end's first order for it makes the daemon do."""
        chain = self.venue.chain
        quote = await chain.quote(quote_id)
        assert quote is not None
        instrument = await chain.instrument(quote)
        assert instrument is not None
        now_ns = self.loop.clock.now_ns()
        self.loop.handle(InstrumentReport(instrument, now_ns))
        chain.follow(SubAccount(quote.sub_account, MULTI), quote)
        assert quote.sub_account.lower() == SUB
