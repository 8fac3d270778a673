"""Quotes that ended leave memory when it is quiet; what they were paid in stays."""

from __future__ import annotations

from exitd.core.attempt import Capabilities
from exitd.core.engine import Engine
from exitd.core.hole_inputs import HoleFound
from exitd.core.inputs import InstrumentReport, PositionReport
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side
from exitd.core.units import ZERO
from exitd.runtime.control.quotes import Quotes
from exitd.runtime.control.running import settle
from exitd.runtime.holes import doubt, fill_hole
from exitd.runtime.loop import EngineLoop
from fakes.clocks import ManualClock
from fakes.store import FakeStore
from runtime.desk import ACCOUNT, D

KEPT_NS = Policies().done_kept_ns
ONE, OTHER = (ACCOUNT, "ETHUSDT#1"), (ACCOUNT, "ETHUSDT#2")
MARK = PriceSource(*ONE, PriceKind.MARK)


class Here:
    """An engine loop on a fake store, with two quotes of a chain."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeStore(self.clock)
        self.loop = EngineLoop(Engine(), self.store, self.clock)
        self.state = self.loop.engine.state
        chain = Capabilities(hedge_mode=True, ends_markets=True)
        self.loop.engine.add_account(ACCOUNT, 7, chain)
        self.state.book(MARK)
        for account, symbol in (ONE, OTHER):
            quote = Instrument(
                account=account,
                symbol=symbol,
                kind=InstrumentKind.PERPETUAL,
                base="ETH",
                quote="USDT",
                price_step=D("0.01"),
                quantity_step=D("0.01"),
                min_quantity=D("0.01"),
            )
            self.loop.handle(InstrumentReport(quote, self.clock.now_ns()))
            self.holds(symbol, D(10))

    @property
    def daemon(self):
        """All that is asked of a daemon here."""
        return self

    def holds(self, symbol: str, quantity: object) -> None:
        self.clock.advance(1)
        now_ns = self.clock.now_ns()
        self.loop.handle(
            PositionReport(
                key=PositionKey(ACCOUNT, symbol, Side.LONG),
                quantity=quantity,
                entry_price=D(100),
                ts_venue_ns=now_ns,
                now_ns=now_ns,
            )
        )

    async def forgets_one(self) -> None:
        self.holds(ONE[1], ZERO)
        await settle(self.store)
        self.clock.advance(KEPT_NS)
        self.loop.past.step()


async def test_given_a_quote_that_ended_when_it_is_quiet_then_forgotten():
    here = Here()

    await here.forgets_one()
    await settle(here.store)

    left = here.store.load()
    assert list(here.state.instruments) == [OTHER]
    assert [i.symbol for i in left.instruments] == ["ETHUSDT#2"]
    assert [p.key.symbol for p in left.positions] == ["ETHUSDT#2"]
    assert [source.symbol for source in here.loop.engine.sources()] == []


async def test_given_forgotten_quotes_when_asked_then_what_they_were_paid_in():
    here = Here()
    await here.forgets_one()
    await settle(here.store)

    found = await Quotes(here.daemon).of([ONE, OTHER, (ACCOUNT, "nothing")])

    assert found == {ONE: "USDT", OTHER: "USDT"}


async def test_given_a_quote_that_goes_while_it_is_asked_for_then_it_is_known():
    here = Here()
    read = here.store.past_instruments

    async def slow(markets):
        await here.forgets_one()
        return await read(markets)

    here.store.past_instruments = slow  # type: ignore[method-assign]

    found = await Quotes(here.daemon).of([ONE, (ACCOUNT, "nothing")])

    assert found == {ONE: "USDT"}
    assert ONE not in here.state.instruments


async def test_given_a_hole_of_a_quote_that_is_gone_then_nobody_asks_for_candles():
    here = Here()
    now_ns = here.clock.now_ns()
    here.loop.handle(HoleFound(MARK, now_ns - 1, now_ns))
    await here.forgets_one()
    asked = []

    async def candles(*bars):
        asked.append(bars)
        return ()

    assert await fill_hole(here.loop, MARK, candles) == ""
    doubt(here.loop, MARK, "nobody knows")

    assert not asked
    assert MARK not in here.state.books
