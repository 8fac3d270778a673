"""What a close looks like on the wire, and what every kind of answer means."""

import asyncio
import json as stdlib_json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exitd.adapters.backpack.closes import close_body, native_stop_body
from exitd.adapters.backpack.signing import canonical
from exitd.core.attempt import RefusalKind, TimeInForce
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_S
from exitd.errors import OutcomeUnknown
from exitd.ports.venue import NativeStop, Refusal
from fakes.backpack_orders import (
    NOW_NS,
    SEED,
    SOL,
    answer_to,
    answering,
    close,
    order,
    venue_at,
)
from fakes.raw_http import response

# What is sent.


async def test_given_a_close_when_sent_then_signed_headers_and_reduce_only_body():
    async with answering(response(order())) as (venue, server):
        report = await venue.send(close(), venue.prepare(close()))

    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/order HTTP/1.1")
    assert stdlib_json.loads(body) == {
        "clientId": 4242,
        "orderType": "Market",
        "quantity": "1.5",
        "reduceOnly": True,
        "side": "Ask",
        "symbol": SOL,
    }
    # The vector of the signing tests: same values, same instant, same window.
    assert b"lzsDrRup/h/B4plCTs775IrcYiqY381xKLwpmux1PFJ8b" in head
    assert b"Cookie" not in head
    assert isinstance(report, OrderReport)
    assert report.status is OrderStatus.FILLED
    assert report.filled_quote == Decimal("209.985")


async def test_given_a_prepared_close_when_sent_twice_then_the_same_bytes():
    async with answering(response(order())) as (venue, server):
        prepared = venue.prepare(close())
        await venue.send(close(), prepared)
        await venue.send(close(), prepared)

    first, second = server.requests
    assert first == second


def test_given_a_prepared_close_when_stored_then_it_says_all_but_the_secret():
    prepared = venue_at("http://127.0.0.1:9").prepare(close())

    stored = msgspec.json.decode(prepared.body)
    assert stored["method"] == "POST"
    assert stored["path"] == "/api/v1/order"
    assert stored["headers"]["X-Timestamp"] == "1750793021519"
    assert SEED.encode() not in prepared.body
    assert prepared.ts_signed_venue_ns == NOW_NS
    assert prepared.expires_venue_ns == NOW_NS + 5 * NS_PER_S


def test_given_a_limit_close_when_written_then_price_and_time_in_force():
    limit = close(order=OrderType.LIMIT, price=Decimal("135.50"))

    body = close_body(limit)

    assert (body["orderType"], body["price"], body["timeInForce"]) == (
        "Limit",
        "135.5",
        "IOC",
    )
    assert body["reduceOnly"] is True


quantities = st.decimals("1e-12", "1e12", allow_nan=False, allow_infinity=False)


@given(
    quantities,
    st.sampled_from(OrderSide),
    st.sampled_from(OrderType),
    st.sampled_from(TimeInForce),
    st.integers(0, 2**32 - 1),
)
def test_b012_given_any_close_when_written_then_reduce_only_and_exact(
    quantity, side, kind, tif, client_id
):
    body = close_body(
        close(
            str(quantity),
            side=side,
            order=kind,
            price=quantity,
            time_in_force=tif,
            client_order_id=client_id,
        )
    )

    assert body["reduceOnly"] is True
    assert Decimal(str(body["quantity"])) == quantity
    assert "E" not in str(body["quantity"])
    assert "reduceOnly=true" in canonical("orderExecute", body, 1, 5000)


def test_given_a_native_stop_when_written_then_it_follows_the_position():
    stop = NativeStop(
        symbol=SOL,
        side=OrderSide.SELL,
        trigger_price=Decimal("150"),
        trigger_kind="mark",
        quantity=None,
        client_order_id=7,
    )

    body = native_stop_body(stop)

    assert body["triggerQuantity"] == "100%"
    assert body["triggerBy"] == "MarkPrice"
    assert body["reduceOnly"] is True
    assert "quantity" not in body
    fixed = msgspec.structs.replace(
        stop, quantity=Decimal("0.50"), limit_price=Decimal("149")
    )
    assert native_stop_body(fixed)["triggerQuantity"] == "0.5"
    assert native_stop_body(fixed)["price"] == "149"
    assert native_stop_body(fixed)["orderType"] == "Limit"


# What answers mean.


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            "400 Bad Request",
            b'{"code":"INVALID_CLIENT_REQUEST","message":"Request has expired"}',
            RefusalKind.EXPIRED,
        ),
        (
            "400 Bad Request",
            b'{"code":"INVALID_ORDER","message":"Reduce only order not reduced"}',
            RefusalKind.NOT_REDUCED,
        ),
        ("400 Bad Request", b"Bad Request: could not parse", RefusalKind.INVALID),
        ("403 Forbidden", b"<html>blocked</html>", RefusalKind.UNAUTHORIZED),
        (
            "503 Service Unavailable",
            b'{"code":"MAINTENANCE","message":"We will be back"}',
            RefusalKind.HALTED,
        ),
    ],
)
async def test_given_a_refusal_when_sent_then_its_kind(status, body, kind):
    answer = await answer_to(response(body, status))

    assert isinstance(answer, Refusal)
    assert answer.kind is kind
    assert answer.is_for_all is (b"MAINTENANCE" in body)


async def test_b093_given_429_when_sent_then_the_wait_it_asks_for():
    body = b'{"code":"TOO_MANY_REQUESTS","message":"You have exceeded the rate limit"}'

    answer = await answer_to(response(body, "429 Too Many", "Retry-After: 3"))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.RATE_LIMITED
    assert answer.retry_after_ns == 3 * NS_PER_S


@pytest.mark.parametrize(
    "answer",
    [
        response(b'{"code":"SERVER_ERROR","message":"x"}', "500 Oops"),
        response(b'{"code":"TIMEOUT","message":"x"}', "400 Bad Request"),
        response(b'{"code":"SERVICE_UNAVAILABLE","message":"x"}', "503 Busy"),
        response(b'{"code":"BRAND_NEW","message":"x"}', "400 Bad Request"),
        response(b"<html>", "502 Bad Gateway"),
        response(b"", "202 Accepted"),
        response(b"", "204 No Content"),
        response(b"", "302 Found", "Location: http://127.0.0.1:9/"),
        response(b""),
        response(b"null"),
        response(b"[]"),
        response(order()[:-20]),
        response(order(), length=len(order()) + 50) + b"",
        response(b"<html>fine</html>", "200 OK", "Content-Type: text/html"),
        response(order(clientId=4243)),
        response(order(clientId=None)),
        response(order(symbol="ETH_USDC_PERP")),
        response(order(side="Sideways")),
        response(order(executedQuantity="NaN")),
        response(order(createdAt="yesterday")),
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
async def test_n5_given_an_unclear_answer_when_sent_then_in_doubt(answer):
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    with pytest.raises(OutcomeUnknown) as caught:
        await answer_to(script)
    assert SEED not in str(caught.value)


async def test_n19_given_an_answer_to_another_request_when_sent_then_new_connection():
    answers = [order(clientId=1), order()]

    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(answers.pop(0)))

    async with answering(script) as (venue, server):
        with pytest.raises(OutcomeUnknown, match="when asked about 4242"):
            await venue.send(close(), venue.prepare(close()))
        report = await venue.send(close(), venue.prepare(close()))

        assert isinstance(report, OrderReport)
        assert server.connections == 2


async def test_given_an_ioc_that_expired_in_part_when_sent_then_what_it_filled():
    body = order(status="Expired", executedQuantity="0.6", expiryReason="PRICE_BAND")

    report = await answer_to(response(body))

    assert isinstance(report, OrderReport)
    assert report.status is OrderStatus.EXPIRED
    assert report.filled == Decimal("0.6")
    assert report.refusal is RefusalKind.PRICE_BOUND


async def test_b102_given_an_order_without_reduce_only_when_answered_then_told():
    report = await answer_to(response(order(reduceOnly=False, orderType="Limit")))

    assert isinstance(report, OrderReport)
    assert report.reduce_only is False
    assert report.order is OrderType.LIMIT
