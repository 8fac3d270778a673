"""What the stream did not tell is in the books all the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exitd.core.engine import Engine
from exitd.core.inputs import InstrumentReport
from exitd.core.position import Side
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.venue import FundingReport
from exitd.runtime.bookkeeping import Bookkeeper
from exitd.runtime.loop import EngineLoop
from fakes.clocks import ManualClock
from fakes.exchange import SOL, instrument
from fakes.store import FakeStore
from fakes.venue import FakeVenue
from runtime.by_hand import sell_by_hand

ACCOUNT = "main"


class Desk:
    """A store and a venue, and a bookkeeper between them that can be started again."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.venue = FakeVenue(self.clock, ACCOUNT)
        self.store = FakeStore(self.clock)
        self.start()

    def start(self) -> None:
        engine = Engine()
        engine.add_account(ACCOUNT, 7, self.venue.capabilities)
        engine.restore(self.store.load())
        self.loop = EngineLoop(engine, self.store, self.clock)
        self.loop.handle(
            InstrumentReport(instrument(ACCOUNT, SOL), self.clock.now_ns())
        )
        self.books = Bookkeeper(self.loop, self.venue)

    def restart(self) -> None:
        self.store = self.store.restart()
        self.start()

    async def hold(self, net: str) -> None:
        self.venue.hold(SOL, net)
        for report in await self.venue.positions(SOL):
            self.loop.handle(report)

    async def trade_by_hand(self, quantity: str = "1") -> None:
        """Sell a little without the daemon, a second after what came before."""
        self.clock.advance(NS_PER_S)
        await sell_by_hand(self.venue, quantity)

    def pay(self, amount: str) -> None:
        self.venue.funding.append(
            FundingReport(
                account=ACCOUNT,
                symbol=SOL,
                amount=Decimal(amount),
                rate=Decimal("0.0001"),
                ts_venue_ns=self.clock.now_ns() // NS_PER_S * NS_PER_S,
            )
        )

    @property
    def fills(self) -> list[str]:
        return [fill.trade_id for fill in self.store.disk.fills.values()]

    @property
    def listed(self) -> list[str]:
        return [fill.trade_id for fill in self.venue.exchange.fills]


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.hold("10")
    await desk.books.keep()
    return desk


async def test_given_trades_nobody_told_of_when_kept_then_each_is_there_once(desk):
    await desk.trade_by_hand()
    await desk.trade_by_hand()
    await desk.books.keep()
    batches = len(desk.store.submitted)

    await desk.books.keep()

    assert desk.fills == desk.listed
    assert len(desk.fills) == 2
    assert len(desk.store.submitted) == batches


async def test_given_trades_while_it_was_down_when_started_then_kept(desk):
    await desk.trade_by_hand()
    await desk.books.keep()
    desk.restart()
    for _ in range(3):
        desk.clock.advance(3_600 * NS_PER_S)
        await desk.trade_by_hand()

    await desk.books.keep()

    assert desk.fills == desk.listed
    assert len(desk.fills) == 4


async def test_given_history_that_lags_when_kept_again_then_nothing_is_missed(desk):
    desk.venue.history_lag_ns = 20 * NS_PER_S
    await desk.trade_by_hand()
    await desk.books.keep()
    assert desk.fills == []

    desk.clock.advance(30 * NS_PER_S)
    await desk.books.keep()

    assert desk.fills == desk.listed
    assert len(desk.fills) == 1


async def test_given_a_reading_that_fails_when_it_answers_again_then_from_there(desk):
    await desk.trade_by_hand()
    desk.venue.fail_reads(1)
    with pytest.raises(VenueUnavailable):
        await desk.books.keep()
    desk.clock.advance(900 * NS_PER_S)

    await desk.books.keep()

    assert desk.fills == desk.listed
    assert len(desk.fills) == 1


async def test_given_a_first_start_then_the_books_begin_there():
    desk = Desk()
    await desk.hold("10")
    await desk.trade_by_hand()
    desk.clock.advance(86_400 * NS_PER_S)

    await desk.books.keep()

    assert len(desk.listed) == 1
    assert desk.fills == []


async def test_given_a_full_disk_when_kept_then_nothing_is_asked_or_lost(desk):
    await desk.trade_by_hand()
    desk.store.fill_disk()
    await desk.books.keep()
    assert desk.fills == []
    desk.clock.advance(900 * NS_PER_S)
    desk.store.mend_disk()

    await desk.books.keep()

    assert desk.fills == desk.listed
    assert len(desk.fills) == 1


async def test_given_funding_when_kept_then_with_the_lifetime_it_was_paid_on(desk):
    desk.clock.advance(600 * NS_PER_S)
    desk.pay("-0.25")

    await desk.books.keep()

    (paid,) = desk.store.disk.funding.values()
    (position,) = [
        p for p in desk.loop.engine.state.positions.values() if p.quantity > 0
    ]
    assert (paid.amount, paid.asset) == (Decimal("-0.25"), "USDC")
    assert (paid.side, paid.lifetime) == (Side.LONG, position.lifetime)
    assert paid.position_id == position.position_id != ""


async def test_given_a_later_lifetime_when_kept_then_a_payment_is_not_of_that_one(desk):
    desk.clock.advance(600 * NS_PER_S)
    desk.pay("-0.25")
    first = desk.loop.engine.state.positions
    lifetime = max(p.lifetime for p in first.values())
    await desk.books.keep()
    await desk.hold("0")
    desk.clock.advance(3_600 * NS_PER_S)
    await desk.hold("-3")
    desk.clock.advance(600 * NS_PER_S)
    desk.pay("0.5")

    await desk.books.keep()

    before, after = sorted(
        desk.store.disk.funding.values(), key=lambda paid: paid.ts_venue_ns
    )
    assert (before.side, before.lifetime) == (Side.LONG, lifetime)
    assert (after.side, after.amount) == (Side.SHORT, Decimal("0.5"))


async def test_given_a_payment_before_any_known_position_then_of_none(desk):
    desk.clock.step(-7_000 * NS_PER_S)
    desk.pay("-0.25")
    desk.clock.step(7_000 * NS_PER_S)
    desk.clock.advance(600 * NS_PER_S)

    await desk.books.keep()

    (paid,) = desk.store.disk.funding.values()
    assert (paid.side, paid.lifetime, paid.position_id) == (None, 0, "")


async def test_given_payments_often_asked_for_then_only_as_often_as_they_are_due(desk):
    desk.pay("-0.25")
    await desk.books.keep()
    assert desk.store.disk.funding == {}

    await desk.trade_by_hand()
    await desk.books.keep()

    assert len(desk.store.disk.funding) == 1
