"""The paper venue trades like any other, and says PAPER."""

from decimal import Decimal

import pytest

from contract.venue_contract import VenueContract
from contract.venue_rig import PRICE, close, native_stop, sent
from exitd.adapters.paper.venue import PaperVenue
from exitd.core.attempt import TimeInForce
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import OrderSide, Side
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.venue import FakeVenue


class PaperRig:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.real = FakeVenue(self.clock, "paper")
        self.venue = PaperVenue("paper", clock=self.clock, market=self.real)
        self.symbol = SOL
        self.price(str(PRICE))

    def price(self, price: str, kind: PriceKind = PriceKind.MARK) -> None:
        now_ns = self.clock.now_ns()
        source = PriceSource("paper", SOL, kind)
        self.venue.on_tick(Tick(source, Decimal(price), now_ns, now_ns))

    async def hold(self, net: str) -> None:
        # Whoever opens a position on paper does it here: no order can.
        self.venue._book.set_position(SOL, Decimal(net), PRICE, self.clock.now_ns())
        self.venue._tell()

    async def count(self, client_order_id: int) -> int:
        orders = await self.venue.orders_since(0)
        return [o.client_order_id for o in orders].count(client_order_id)


@pytest.fixture
def rig() -> PaperRig:
    return PaperRig()


class TestPaperVenue(VenueContract):
    async def test_b147_given_paper_when_closed_then_marked_and_nothing_sent(self, rig):
        await rig.hold("2")

        report = await sent(rig, close(rig))

        assert report.venue_order_id.startswith("PAPER-")
        assert rig.real.sent == []
        assert rig.real.ledger == []

    async def test_given_a_fee_when_filled_then_charged_on_the_quote(self, rig):
        await rig.hold("2")

        await sent(rig, close(rig, "2"))

        (fill,) = await rig.venue.fills_since(0)
        assert fill.price == 140
        assert fill.fee == Decimal("0.14")
        assert fill.fee_asset == "USDC"

    async def test_given_real_positions_when_started_then_a_copy_of_them(self, rig):
        rig.real.hold(SOL, "7", "120")

        paper = PaperVenue(
            "paper",
            clock=rig.clock,
            market=rig.real,
            positions=await rig.real.positions(),
        )

        (report,) = await paper.positions()
        assert (report.key.side, report.quantity) == (Side.LONG, 7)
        assert report.entry_price == 120

    async def test_given_a_state_when_restarted_then_it_goes_on(self, rig):
        await rig.hold("5")
        await sent(rig, close(rig, "2"))
        stored = rig.venue.state()

        restarted = PaperVenue("paper", clock=rig.clock, market=rig.real, state=stored)

        assert await restarted.positions() == await rig.venue.positions()
        assert await restarted.orders_since(0) == await rig.venue.orders_since(0)
        assert await restarted.fills_since(0) == await rig.venue.fills_since(0)

    async def test_given_a_resting_limit_when_met_then_filled_at_its_price(self, rig):
        await rig.hold("2")
        await sent(rig, close(rig, "1", price="150", tif=TimeInForce.GTC))

        rig.price("149.99")
        before = await rig.venue.fills_since(0)
        rig.price("151")

        (fill,) = await rig.venue.fills_since(0)
        assert before == ()
        assert fill.price == 150

    async def test_given_no_price_when_closed_then_refused(self, rig):
        fresh = PaperVenue(
            "paper",
            clock=rig.clock,
            market=rig.real,
            positions=(await rig.venue.positions(SOL)),
        )
        rig.venue = fresh
        await rig.hold("1")
        order = close(rig)

        answer = await fresh.send(order, fresh.prepare(order))

        assert "no price" in answer.message

    async def test_given_an_index_price_when_closing_then_not_traded_at(self, rig):
        await rig.hold("1")
        rig.price("999", PriceKind.INDEX)

        report = await sent(rig, close(rig))

        assert report.filled_quote == 140

    async def test_given_a_native_stop_when_price_falls_then_position_closed(self, rig):
        await rig.hold("3")
        stop = await rig.venue.place_native_stop(native_stop(rig, "130"))

        rig.price("130")

        assert stop.quantity is None
        assert await rig.venue.positions() == ()

    @pytest.mark.parametrize(
        ("side", "ours", "others", "paid"),
        [
            (OrderSide.SELL, PriceKind.BID, PriceKind.ASK, 139),
            (OrderSide.BUY, PriceKind.ASK, PriceKind.BID, 141),
        ],
    )
    async def test_given_a_spread_when_closed_then_never_at_the_quote_of_the_others(
        self, rig, side, ours, others, paid
    ):
        await rig.hold("1" if side is OrderSide.SELL else "-1")
        spread = {PriceKind.BID: "139", PriceKind.ASK: "141"}
        rig.price(spread[ours], ours)
        rig.price(spread[others], others)

        report = await sent(rig, close(rig, side=side))

        assert report.filled_quote == paid

    async def test_given_a_limit_when_only_the_ask_is_there_then_not_sold(self, rig):
        await rig.hold("1")
        order = close(rig, "1", price="141", tif=TimeInForce.GTC)
        await sent(rig, order)

        rig.price("141", PriceKind.ASK)
        before = await rig.venue.fills_since(0)
        rig.price("141", PriceKind.BID)

        assert before == ()
        assert len(await rig.venue.fills_since(0)) == 1
