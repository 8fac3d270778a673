"""How closes leave for Alpaca, and what their answers prove."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from adapters.alpaca_desk import AlpacaDesk, desk
from contract.venue_rig import close, native_stop, send, sent
from exitd.adapters.alpaca.closes import close_body, native_stop_body
from exitd.adapters.alpaca.ids import close_id
from exitd.core.attempt import Dedupe, RefusalKind, TimeInForce
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.trigger import CancelScope, OrderType
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import NativeStop, Refusal

ORDERS = "/v2/orders"


@pytest.fixture
async def at() -> AsyncIterator[AlpacaDesk]:
    async with desk() as at_it:
        yield at_it


def order(symbol="AAPL", quantity="1", price=None, **more):
    tif = more.pop("tif", TimeInForce.IOC)
    side = more.pop("side", OrderSide.SELL)
    rig = msgspec.defstruct("Rig", ["venue", "symbol"])
    account = msgspec.defstruct("Venue", ["account"])("alpaca")
    return close(rig(account, symbol), quantity, side=side, price=price, tif=tif)


@pytest.mark.parametrize(
    ("side", "intent"),
    [(OrderSide.SELL, "sell_to_close"), (OrderSide.BUY, "buy_to_close")],
)
def test_b091_given_a_close_when_written_then_its_intent_is_to_close(side, intent):
    body = close_body(order(side=side))

    assert body["position_intent"] == intent
    assert body["side"] == side.value


def test_given_a_close_when_written_twice_then_the_same_id():
    one = replace(order(), client_order_id=4_278_190_081)

    assert close_body(one) == close_body(one)
    assert close_body(one)["client_order_id"] == "exitd-4278190081"


@pytest.mark.parametrize(
    ("symbol", "quantity", "price", "tif", "written"),
    [
        ("AAPL", "10", None, TimeInForce.IOC, "day"),
        ("AAPL", "10", "150", TimeInForce.IOC, "day"),
        ("AAPL", "10", "150", TimeInForce.GTC, "gtc"),
        ("AAPL", "10.5", "150", TimeInForce.GTC, "day"),
        ("BTC/USD", "0.5", None, TimeInForce.IOC, "gtc"),
        ("BTC/USD", "0.5", "60000", TimeInForce.IOC, "ioc"),
        ("BTC/USD", "0.5", "60000", TimeInForce.GTC, "gtc"),
    ],
)
def test_given_a_close_when_written_then_it_works_as_long_as_it_may(
    symbol, quantity, price, tif, written
):
    body = close_body(order(symbol, quantity, price, tif=tif))

    assert body["time_in_force"] == written


@pytest.mark.parametrize(
    ("symbol", "side", "price", "written"),
    [
        ("AAPL", OrderSide.SELL, "150.801", "150.81"),
        ("AAPL", OrderSide.BUY, "150.801", "150.8"),
        ("PENY", OrderSide.SELL, "0.50015", "0.5002"),
        ("PENY", OrderSide.BUY, "0.5", "0.5"),
        ("BTC/USD", OrderSide.SELL, "60000.001", "60000.001"),
    ],
)
def test_given_a_limit_between_steps_when_written_then_never_worse_than_asked(
    symbol, side, price, written
):
    body = close_body(order(symbol, "1", price, side=side))

    assert body["limit_price"] == written


async def test_given_what_the_venue_can_do_then_it_says_so(at):
    capabilities = at.venue.capabilities

    assert capabilities.dedupe is Dedupe.ALWAYS
    assert not capabilities.reduce_only
    assert not capabilities.has_ioc


async def test_b088_given_a_lost_reply_when_sent_again_then_found_and_not_doubled(at):
    await at.hold("10")
    one = close(at, "4")
    prepared = at.venue.prepare(one)
    at.there.faults.add("lost_reply", ORDERS, "POST")
    with pytest.raises(OutcomeUnknown):
        await at.venue.send(one, prepared)

    again = await at.venue.send(one, prepared)

    assert isinstance(again, OrderReport)
    assert (again.status, again.filled) == (OrderStatus.FILLED, 4)
    assert at.there.exchange.book.held("AAPL") == 6
    assert await at.count(one.client_order_id) == 1


async def test_b089_given_a_lost_request_when_sent_again_then_the_same_bytes_once(at):
    await at.hold("10")
    one = close(at, "4")
    prepared = at.venue.prepare(one)
    at.there.faults.add("lost_request", ORDERS, "POST")
    with pytest.raises(OutcomeUnknown):
        await at.venue.send(one, prepared)

    first = await at.venue.send(one, prepared)
    second = await at.venue.send(one, prepared)

    assert isinstance(first, OrderReport)
    assert isinstance(second, OrderReport)
    assert first.venue_order_id == second.venue_order_id
    assert at.there.exchange.book.held("AAPL") == 6


async def test_b088_given_another_order_of_our_id_when_refused_then_no_success(at):
    await at.hold("10")
    one = close(at, "4")
    body = {**close_body(one), "qty": "3"}
    at.there.exchange.submit(body)

    answer = await send(at, one)

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.INVALID
    assert "its quantity is 3" in answer.message
    assert at.there.exchange.book.held("AAPL") == 7


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"symbol": "MSFT"}, "it is of MSFT"),
        ({"side": "buy", "position_intent": "buy_to_open"}, "it is a buy"),
        ({"position_intent": None}, ""),
    ],
)
async def test_b088_given_our_id_on_an_order_when_it_differs_then_said_how(
    at, changed, why
):
    await at.hold("10")
    at.there.exchange.book.apply("MSFT", Decimal(10), Decimal(350))
    one = close(at, "4")
    at.there.exchange.submit({**close_body(one), **changed})

    answer = await send(at, one)

    if why:
        assert isinstance(answer, Refusal)
        assert answer.message.endswith(why)
    else:
        assert isinstance(answer, OrderReport)


async def test_b088_given_an_old_order_of_our_id_when_refused_then_no_success(at):
    await at.hold("10")
    one = close(at, "4")
    old = at.there.exchange.submit(close_body(one))
    old.created_ns -= 3_600 * 10**9

    answer = await send(at, one)

    assert isinstance(answer, Refusal)
    assert "it is of 20" in answer.message


async def test_given_a_second_copy_that_is_refused_then_the_first_is_still_in_doubt(at):
    await at.hold("10")
    one = close(at, "4")
    prepared = at.venue.prepare(one)
    at.there.faults.add("lost_request", ORDERS, "POST")
    with pytest.raises(OutcomeUnknown):
        await at.venue.send(one, prepared)
    # Somebody has sold it all meanwhile, so a second copy is refused.
    await at.hold("-10")

    with pytest.raises(OutcomeUnknown, match="says nothing of the first"):
        await at.venue.send(one, prepared)


async def test_given_a_copy_of_an_earlier_run_when_refused_then_in_doubt(at):
    one = close(at, "4")
    prepared = replace(at.venue.prepare(one), ts_signed_venue_ns=1)

    with pytest.raises(OutcomeUnknown, match="says nothing of the first"):
        await at.venue.send(one, prepared)


async def test_given_an_unanswered_close_when_too_old_then_not_sent_again(at):
    await at.hold("10")
    one = close(at, "4")
    prepared = at.venue.prepare(one)
    at.there.faults.add("lost_request", ORDERS, "POST")
    with pytest.raises(OutcomeUnknown):
        await at.venue.send(one, prepared)
    await at.pass_window()
    asked = len(at.there.faults.requests)

    with pytest.raises(OutcomeUnknown, match="too old to be sent again"):
        await at.venue.send(one, prepared)

    assert len(at.there.faults.requests) == asked
    assert await at.count(one.client_order_id) == 0


@pytest.mark.parametrize("kind", ["error", "error_after", "unavailable"])
async def test_given_a_server_that_fails_when_sent_then_in_doubt(at, kind):
    await at.hold("10")
    at.there.faults.add(kind, ORDERS, "POST")

    with pytest.raises(OutcomeUnknown):
        await send(at, close(at, "4"))


async def test_given_too_many_requests_when_sent_then_limited_until_the_reset(at):
    await at.hold("10")
    at.there.faults.add("rate_limited", ORDERS, "POST")

    answer = await send(at, close(at, "4"))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.RATE_LIMITED
    assert answer.retry_after_ns is not None
    assert answer.retry_after_ns <= 2 * 10**9


async def test_given_a_wrong_key_when_sent_then_unauthorized_and_nothing_else(at):
    at.there.exchange.keys = ("another", "pair")

    answer = await send(at, close(at, "4"))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.UNAUTHORIZED
    posts = [method for method, _ in at.there.faults.requests if method == "POST"]
    assert len(posts) == 1


async def test_given_a_stop_of_ours_that_rests_when_closing_then_it_is_named(at):
    await at.hold("10")
    stop = await at.venue.place_native_stop(native_stop(at))
    assert isinstance(stop, OrderReport)

    answer = await send(at, close(at, "10"))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.OWN_ORDERS
    assert stop.venue_order_id in answer.message

    await at.venue.cancel_order("AAPL", venue_order_id=stop.venue_order_id)
    report = await sent(at, close(at, "10"))
    assert report.status is OrderStatus.FILLED


async def test_given_part_of_a_share_when_a_stop_rests_then_for_the_day(at):
    await at.hold("10.5")

    stop = await at.venue.place_native_stop(native_stop(at))

    assert isinstance(stop, OrderReport)
    assert stop.quantity == Decimal("10.5")
    assert at.there.exchange.orders[-1].time_in_force == "day"


def test_given_a_stop_with_a_limit_when_written_then_a_stop_limit():
    stop = NativeStop(
        symbol="AAPL",
        side=OrderSide.SELL,
        trigger_price=Decimal(100),
        trigger_kind="last",
        quantity=Decimal(2),
        client_order_id=7,
        limit_price=Decimal("99.999"),
    )

    body = native_stop_body(stop, Decimal(2))

    assert body["type"] == "stop_limit"
    assert body["limit_price"] == "100"
    assert body["time_in_force"] == "gtc"
    assert body["client_order_id"] == close_id(7)


async def test_given_a_stop_of_nothing_when_placed_then_refused_unsent(at):
    answer = await at.venue.place_native_stop(native_stop(at))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.NOT_REDUCED


async def test_given_a_coin_when_a_plain_stop_is_wanted_then_refused_unsent():
    async with desk("BTC/USD") as at:
        await at.hold("1")

        answer = await at.venue.place_native_stop(native_stop(at))

    assert isinstance(answer, Refusal)
    assert "give it a limit" in answer.message


async def test_given_a_closed_market_when_closed_then_queued_for_the_opening():
    async with desk(is_prompt=False) as at:
        await at.hold("10")
        at.there.exchange.open_market(False)

        report = await sent(at, close(at, "10"))

        assert report.status is OrderStatus.WORKING
        at.there.exchange.open_market(True)
        assert at.there.exchange.book.held("AAPL") == 0


async def test_given_an_answer_about_another_order_when_sent_then_in_doubt(at):
    await at.hold("10")
    wanted = close(at, "4")
    other = close(at, "3")
    prepared = at.venue.prepare(other)

    with pytest.raises(OutcomeUnknown, match="answered about"):
        await at.venue.send(wanted, prepared)


async def test_given_a_replaced_order_when_cancelled_then_what_replaced_it(at):
    await at.hold("10")
    one = close(at, "4", price="150", tif=TimeInForce.GTC)
    resting = await sent(at, one)
    old = at.there.exchange.order(resting.venue_order_id)
    fresh = at.there.replace(old, {"limit_price": "155"})

    answer = await at.venue.cancel_order("AAPL", venue_order_id=old.id)

    assert isinstance(answer, OrderReport)
    assert answer.venue_order_id == fresh.id
    assert fresh.status == "canceled"


async def test_given_an_order_that_has_filled_when_cancelled_then_refused(at):
    await at.hold("10")
    done = await sent(at, close(at, "4"))

    answer = await at.venue.cancel_order("AAPL", venue_order_id=done.venue_order_id)

    assert isinstance(answer, Refusal)
    assert 'already in "filled" state' in answer.message


async def test_given_an_oco_when_all_is_cancelled_then_both_ends_are_told(at):
    await at.hold("10")
    at.there.exchange.submit(
        {
            "symbol": "AAPL",
            "side": "sell",
            "type": "limit",
            "time_in_force": "gtc",
            "qty": "10",
            "order_class": "oco",
            "take_profit": {"limit_price": "150"},
            "stop_loss": {"stop_price": "130"},
        }
    )

    cancelled = await at.venue.cancel_orders("AAPL", CancelScope.ALL)

    assert isinstance(cancelled, tuple)
    assert await at.venue.open_orders("AAPL") == ()
    assert {report.order for report in cancelled} == {
        OrderType.LIMIT,
        OrderType.MARKET,
    }
