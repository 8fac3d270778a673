"""The private stream: recorded messages, every variant of them, and its end."""

import asyncio
import json as stdlib_json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.position import OrderSide, Side
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_US
from exitd.errors import FeedError
from exitd.ports.venue import PrivateEvent, StreamUp
from exitd.secret import Secret
from fakes.answers import Answers
from fakes.clocks import ManualClock
from fakes.frame_server import FrameServer, frame_server
from fakes.observed import DEADLINE_S, Observed

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
ORDERS, POSITIONS = "account.orderUpdate", "account.positionUpdate"

# Recorded from the venue.
PLACED = (
    '{"E":1748288167010366,"O":"USER","P":"178.05","Q":"0","S":"Ask",'
    '"T":1748288167009460,"V":"RejectTaker","X":"TriggerPending","Y":"20.03","Z":"0",'
    '"e":"triggerPlaced","f":"GTC","i":"114575813313101824","o":"LIMIT","p":"178.15",'
    '"q":"0","r":false,"s":"SOL_USDC","t":null,"z":"0"}'
)
CANCELLED = (
    '{"B":"LastPrice","E":1748289564405220,"O":"USER","P":"178.55","S":"Ask",'
    '"T":1748289564404373,"V":"RejectTaker","X":"Cancelled","Y":"80%","Z":"0",'
    '"e":"orderCancelled","f":"GTC","i":"114575904705282048","o":"MARKET","q":"0",'
    '"r":false,"s":"SOL_USDC","t":null,"z":"0"}'
)
FILLED = (
    '{"E":1754939110175879,"L":"4299.16","N":"ETH","O":"USER","Q":"4.30","S":"Bid",'
    '"T":1754939110175001,"V":"RejectTaker","X":"Filled","Z":"4.299160",'
    '"e":"orderFill","f":"GTC","i":"5406825793","l":"0.0010","m":false,"n":"0.000001",'
    '"o":"MARKET","q":"0.0010","r":true,"s":"ETH_USDC","t":2888471,"z":"0.0010",'
    '"c":4242}'
)
OPENED = (
    '{"B":"4236.36","E":1754943862040486,"M":"4235.88650933","P":"-0.000473",'
    '"Q":"0.0099","T":1754943862040001,"b":"4238.479","e":"positionOpened","f":"0.02",'
    '"i":5411399049,"l":"0","m":"0.0125","n":"4.23588650933","p":"0","q":"0.0010",'
    '"s":"ETH_USDC_PERP"}'
)


class Rig:
    def __init__(self, server: FrameServer) -> None:
        self.server = server
        self.events: Observed[PrivateEvent] = Observed()
        self.venue = BackpackVenue(
            "bp",
            key=KEY,
            secret=Secret(SEED),
            clock=ManualClock(),
            ws_url=server.url,
            transport=Answers({}),
        )
        self.lost: asyncio.Future[FeedError] = asyncio.Future()

    async def run(self) -> None:
        try:
            await self.venue.run_stream(self.events)
        except FeedError as exc:
            self.lost.set_result(exc)

    async def is_lost(self) -> FeedError:
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.shield(self.lost)

    async def tell(self, stream: str, data: str | dict | list) -> None:
        text = data if isinstance(data, str) else stdlib_json.dumps(data)
        await self.server.push(f'{{"data":{text},"stream":"{stream}"}}')

    async def order(self, data: str | dict) -> OrderReport:
        await self.tell(ORDERS, data)
        report = await self.events.until(lambda e: isinstance(e, OrderReport))
        assert isinstance(report, OrderReport)
        return report


@asynccontextmanager
async def running() -> AsyncIterator[Rig]:
    async with frame_server() as server, asyncio.TaskGroup() as group:
        rig = Rig(server)
        group.create_task(rig.run())
        await server.subscribed(ORDERS)
        yield rig
        await rig.venue.close()
        await rig.is_lost()


async def test_given_a_stream_when_opened_then_signed_and_up():
    async with running() as rig:
        up = await rig.events.until(lambda e: isinstance(e, StreamUp))

    assert up == StreamUp("bp")
    (request,) = rig.server.requests.all
    assert request["params"] == [ORDERS, POSITIONS]
    key, signature, timestamp, window = request["signature"]
    assert key == KEY
    assert len(signature) == 88
    assert timestamp.isdigit()
    assert window == "5000"


async def test_given_a_fill_when_told_then_fill_and_order_with_engine_time():
    async with running() as rig:
        report = await rig.order(FILLED)

    fill = next(e for e in rig.events.all if isinstance(e, FillReport))
    assert (fill.quantity, fill.price) == (Decimal("0.0010"), Decimal("4299.16"))
    assert (fill.fee, fill.fee_asset) == (Decimal("0.000001"), "ETH")
    assert (fill.trade_id, fill.client_order_id) == ("2888471", 4242)
    assert fill.is_maker is False
    assert fill.ts_venue_ns == 1754939110175001 * NS_PER_US
    assert rig.events.all.index(fill) < rig.events.all.index(report)
    assert report.status is OrderStatus.FILLED
    assert report.order is OrderType.MARKET
    assert report.side is OrderSide.BUY
    assert report.reduce_only is True
    assert report.filled_quote == Decimal("4.299160")


async def test_given_a_trigger_order_when_told_then_known_as_one():
    async with running() as rig:
        report = await rig.order(PLACED)

    assert report.is_trigger
    assert report.status is OrderStatus.WORKING
    assert report.quantity == Decimal("20.03")
    assert report.price == Decimal("178.15")


async def test_given_a_cancel_when_told_then_cancelled():
    async with running() as rig:
        report = await rig.order(CANCELLED)

    assert report.status is OrderStatus.CANCELLED
    assert report.client_order_id is None


@pytest.mark.parametrize("key", ["R", "er"])
@pytest.mark.parametrize("reason", ["PRICE_BAND", "PriceBand"])
@pytest.mark.parametrize("client_id", [4242, "4242"])
async def test_given_an_expiry_in_any_casing_when_told_then_its_kind(
    key, reason, client_id
):
    data = stdlib_json.loads(PLACED) | {"e": "orderExpired", "X": "Expired"}

    async with running() as rig:
        report = await rig.order(data | {key: reason, "c": client_id})

    assert report.status is OrderStatus.EXPIRED
    assert report.refusal is RefusalKind.PRICE_BOUND
    assert report.reason == reason
    assert report.client_order_id == 4242


async def test_given_a_position_when_told_then_net_not_exposure_and_both_sides():
    async with running() as rig:
        await rig.tell(POSITIONS, OPENED)
        held = await rig.events.until(
            lambda e: isinstance(e, PositionReport) and e.quantity > 0
        )

    assert held.quantity == Decimal("0.0010")
    assert held.key.side is Side.LONG
    assert held.entry_price == Decimal("4236.36")
    assert held.position_id == "5411399049"
    assert held.ts_venue_ns == 1754943862040001 * NS_PER_US
    flat = next(e for e in rig.events.all if isinstance(e, PositionReport))
    assert (flat.key.side, flat.quantity) == (Side.SHORT, 0)


async def test_given_numbers_in_an_array_without_e_when_told_then_read_all_the_same():
    snapshot = (
        '[{"B":4236.36,"Q":9,"T":1754943862040001,"q":-0.1,"i":"7","s":"A"},'
        '{"B":1.5,"Q":9,"T":1754943862040001,"q":3,"i":8,"s":"B"}]'
    )
    async with running() as rig:
        await rig.tell(POSITIONS, snapshot)
        await rig.events.until(
            lambda e: isinstance(e, PositionReport) and e.quantity == 3
        )

    held = [e for e in rig.events.all if isinstance(e, PositionReport) and e.quantity]
    assert [(e.key.symbol, e.key.side, e.quantity) for e in held] == [
        ("A", Side.SHORT, Decimal("0.1")),
        ("B", Side.LONG, Decimal(3)),
    ]
    assert held[0].entry_price == Decimal("4236.36")
    assert held[0].position_id == "7"


async def test_given_a_closed_position_when_told_then_both_sides_zero():
    closed = stdlib_json.loads(OPENED) | {"e": "positionClosed", "q": "0"}

    async with running() as rig:
        await rig.tell(POSITIONS, closed)
        await rig.events.until(
            lambda e: isinstance(e, PositionReport) and e.key.side is Side.SHORT
        )

    reports = [e for e in rig.events.all if isinstance(e, PositionReport)]
    assert {(e.key.side, e.quantity, e.entry_price) for e in reports} == {
        (Side.LONG, 0, None),
        (Side.SHORT, 0, None),
    }


async def test_given_a_snapshot_at_once_when_told_then_up_comes_first():
    async with running() as rig:
        await rig.tell(POSITIONS, OPENED)
        await rig.events.until(lambda e: isinstance(e, PositionReport))

    assert isinstance(rig.events.all[0], StreamUp)
    assert sum(isinstance(e, StreamUp) for e in rig.events.all) == 1


async def test_given_a_refused_subscription_when_told_then_lost_with_the_reason():
    async with running() as rig:
        error = {"code": 4003, "message": "Invalid signature"}
        await rig.server.push({"id": None, "error": error})

        lost = await rig.is_lost()
    assert "4003 Invalid signature" in str(lost)


@pytest.mark.parametrize(
    "bad",
    [
        '{"e":"orderFill"}',
        FILLED.replace('"4299.16"', '"NaN"'),
        FILLED.replace('"L":"4299.16",', ""),
        FILLED.replace('"Bid"', '"Up"'),
        FILLED.replace('"0.0010"', "true"),
        "17",
    ],
)
async def test_given_a_private_message_that_cannot_be_read_then_lost_not_missed(bad):
    async with running() as rig:
        await rig.tell(ORDERS, bad)

        lost = await rig.is_lost()
    assert "cannot be read" in str(lost)
    assert not any(isinstance(e, FillReport) for e in rig.events.all)


async def test_given_a_stream_of_another_kind_when_told_then_ignored():
    async with running() as rig:
        await rig.tell("account.balanceUpdate", {"e": "balanceUpdate", "a": "USDC"})
        await rig.order(FILLED)

        assert not rig.lost.done()


async def test_b015_given_a_message_twice_when_told_then_equal_reports():
    async with running() as rig:
        await rig.order(FILLED)
        await rig.tell(ORDERS, FILLED)
        await rig.order(CANCELLED)
        await rig.events.until(
            lambda e: isinstance(e, OrderReport) and e.status is OrderStatus.CANCELLED
        )

    first, second = (e for e in rig.events.all if isinstance(e, FillReport))
    assert first == second


async def test_given_a_lost_stream_when_run_again_then_a_new_connection():
    async with running() as rig:
        await rig.events.until(lambda e: isinstance(e, StreamUp))
        rig.server.sockets[-1].transport.abort()
        await rig.is_lost()
        again: Observed[PrivateEvent] = Observed()

        async def run() -> None:
            with pytest.raises(FeedError):
                await rig.venue.run_stream(again)

        async with asyncio.TaskGroup() as group:
            group.create_task(run())
            await again.until(lambda e: isinstance(e, StreamUp))
            rig.venue.abort_stream()
