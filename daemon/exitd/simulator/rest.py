"""
The REST surface: which endpoint signs what, and where requests go wrong.

The order of things is that of a real exchange behind a load balancer: lost, limited
or overloaded before anybody looks; signature and window; a queue; the engine; and
then a reply that may be slow or never arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from exitd.simulator import rest_account, rest_history, rest_market, rest_orders
from exitd.simulator.cdn import CACHED
from exitd.simulator.exchange import Exchange
from exitd.simulator.faults import Fault
from exitd.simulator.quirks import Quirks
from exitd.simulator.refusal import Refused, not_found
from exitd.simulator.requests import (
    TEXT,
    Reply,
    Request,
    json_reply,
    refused_reply,
)
from exitd.simulator.signature import Signed, verify_headers

Handler = Callable[[Exchange, Request], Reply]


@dataclass(slots=True, frozen=True)
class Endpoint:
    """A handler, and the instruction that its requests are signed with, if any."""

    handler: Handler
    instruction: str | None = None


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/api/v1/assets"): Endpoint(rest_market.assets),
    ("GET", "/api/v1/collateral"): Endpoint(rest_market.collateral),
    ("GET", "/api/v1/securities"): Endpoint(rest_market.securities),
    ("GET", "/api/v1/markets"): Endpoint(rest_market.markets),
    ("GET", "/api/v1/market"): Endpoint(rest_market.market),
    ("GET", "/api/v1/markPrices"): Endpoint(rest_market.mark_prices),
    ("GET", "/api/v1/klines"): Endpoint(rest_market.klines),
    ("GET", "/api/v1/ticker"): Endpoint(rest_market.ticker),
    ("GET", "/api/v1/tickers"): Endpoint(rest_market.tickers),
    ("GET", "/api/v1/depth"): Endpoint(rest_market.depth),
    ("GET", "/api/v1/trades"): Endpoint(rest_market.trades),
    ("GET", "/api/v1/trades/history"): Endpoint(rest_market.trades),
    ("GET", "/api/v1/openInterest"): Endpoint(rest_market.open_interest),
    ("GET", "/api/v1/fundingRates"): Endpoint(rest_market.funding_rates),
    ("GET", "/api/v1/time"): Endpoint(rest_market.time),
    ("GET", "/api/v1/ping"): Endpoint(rest_market.ping),
    ("GET", "/api/v1/status"): Endpoint(rest_market.status),
    ("GET", "/api/v1/position"): Endpoint(rest_account.positions, "positionQuery"),
    ("GET", "/api/v1/account"): Endpoint(rest_account.show, "accountQuery"),
    ("PATCH", "/api/v1/account"): Endpoint(rest_account.update, "accountUpdate"),
    ("GET", "/api/v1/capital"): Endpoint(rest_account.capital, "balanceQuery"),
    ("GET", "/api/v1/capital/collateral"): Endpoint(
        rest_account.collateral, "collateralQuery"
    ),
    ("GET", "/api/v1/account/limits/order"): Endpoint(
        rest_account.order_limit, "maxOrderQuantity"
    ),
    ("POST", "/api/v1/order"): Endpoint(rest_orders.place, "orderExecute"),
    ("GET", "/api/v1/order"): Endpoint(rest_orders.get, "orderQuery"),
    ("DELETE", "/api/v1/order"): Endpoint(rest_orders.cancel, "orderCancel"),
    ("POST", "/api/v1/orders"): Endpoint(rest_orders.place_batch, "orderExecute"),
    ("GET", "/api/v1/orders"): Endpoint(rest_orders.get_all, "orderQueryAll"),
    ("DELETE", "/api/v1/orders"): Endpoint(rest_orders.cancel_all, "orderCancelAll"),
    ("GET", "/wapi/v1/history/orders"): Endpoint(
        rest_history.orders, "orderHistoryQueryAll"
    ),
    ("GET", "/wapi/v1/history/fills"): Endpoint(
        rest_history.fills, "fillHistoryQueryAll"
    ),
    ("GET", "/wapi/v1/history/position"): Endpoint(
        rest_history.positions, "positionHistoryQueryAll"
    ),
    ("GET", "/wapi/v1/history/funding"): Endpoint(
        rest_history.funding, "fundingHistoryQueryAll"
    ),
}

#: What answers during a maintenance, too.
SYSTEM = frozenset({"/api/v1/status", "/api/v1/time", "/api/v1/ping"})


async def answer(exchange: Exchange, request: Request, peer: str) -> Reply | None:
    """
    Serve one request, with whatever goes wrong on the way.

    Returns:
        The reply; None when the connection is to be cut without one.
    """
    try:
        return await _answer(exchange, request, peer)
    except Refused as refused:
        return refused_reply(refused)


async def _answer(exchange: Exchange, request: Request, peer: str) -> Reply | None:
    endpoint = ENDPOINTS.get((request.method, request.path))
    if endpoint is None:
        raise not_found()
    request.read_body()
    claimed = request.headers.get("x-api-key", "")

    def goes_wrong(kind: str) -> Fault | None:
        if exchange.faults.is_empty:
            return None
        return exchange.faults.take_request(
            (kind,), request.method, request.path, request.symbols(), claimed
        )

    early = _before(exchange, goes_wrong, request.path in SYSTEM)
    if early is not None:
        return early if early.status else None
    now_us = exchange.clock.now_us()
    exchange.limiter.check(claimed or peer, request.path, now_us)
    signed = _check_signature(exchange, request, endpoint)
    refusal = goes_wrong("refuse")
    if refusal is not None:
        raise Refused(
            refusal.status or 400,
            refusal.code or "INVALID_ORDER",
            refusal.message or "Invalid order",
        )
    if delay := goes_wrong("delay"):
        await asyncio.sleep(delay.delay_ms / 1_000)
    if signed is not None and exchange.quirks.window_check == "execution":
        signed.check_window(exchange.clock.now_us() // 1_000)
    accepted = goes_wrong("accepted_202") if request.method == "DELETE" else None
    if accepted is not None:
        exchange.spawn(
            _execute_later(exchange, request, endpoint, accepted.delay_ms), "cancel"
        )
        return Reply(202)
    reply = _execute(exchange, request, endpoint)
    return await _after(goes_wrong, reply)


def _check_signature(
    exchange: Exchange, request: Request, endpoint: Endpoint
) -> Signed | None:
    if endpoint.instruction is None:
        return None
    signed = verify_headers(
        request.headers,
        endpoint.instruction,
        request.groups(),
        exchange.quirks,
        exchange.clock.now_us() // 1_000,
    )
    request.key = signed.key
    return signed


def _before(
    exchange: Exchange, goes_wrong: Callable[[str], Fault | None], is_system: bool
) -> Reply | None:
    """What stops a request before it is read; status 0 stands for a cut line."""
    if goes_wrong("lost_request"):
        return Reply(0)
    if limited := goes_wrong("too_many_requests"):
        wait = limited.retry_after_s
        headers = () if wait is None else (("Retry-After", str(wait)),)
        return json_reply(
            {
                "code": "TOO_MANY_REQUESTS",
                "message": "You have exceeded the rate limit",
            },
            429,
            headers,
        )
    if goes_wrong("error_before"):
        return server_error()
    if goes_wrong("unavailable") or (exchange.status != "Ok" and not is_system):
        return unavailable(exchange.quirks)
    return None


def _execute(exchange: Exchange, request: Request, endpoint: Endpoint) -> Reply:
    request.now_us = exchange.clock.stamp_us()
    age_s = exchange.quirks.cdn_age_s if request.path in CACHED else 0
    cached = exchange.cdn.find(request, request.now_us, age_s)
    if cached is not None:
        return cached
    try:
        reply = endpoint.handler(exchange, request)
    finally:
        exchange.publish()
    return exchange.cdn.keep(request, reply, request.now_us, age_s)


async def _execute_later(
    exchange: Exchange, request: Request, endpoint: Endpoint, delay_ms: int
) -> None:
    await asyncio.sleep(delay_ms / 1_000)
    try:
        _execute(exchange, request, endpoint)
    except Refused:
        return  # the client was told 202; nothing else will be said


async def _after(
    goes_wrong: Callable[[str], Fault | None], reply: Reply
) -> Reply | None:
    if slow := goes_wrong("slow_reply"):
        await asyncio.sleep(slow.delay_ms / 1_000)
    if goes_wrong("lost_reply"):
        return None
    if goes_wrong("error_after"):
        return server_error()
    return reply


def server_error() -> Reply:
    return json_reply({"code": "SERVER_ERROR", "message": "Internal server error"}, 500)


def unavailable(quirks: Quirks) -> Reply:
    """A 503 in one of the shapes that it may have."""
    match quirks.unavailable_body:
        case "service_unavailable":
            return json_reply(
                {
                    "code": "SERVICE_UNAVAILABLE",
                    "message": "Unknown error, please check your request or try again "
                    "later.",
                },
                503,
            )
        case "maintenance":
            return json_reply(
                {"code": "MAINTENANCE", "message": "Maintenance in progress"}, 503
            )
        case "text":
            return Reply(503, b"Service Unavailable", TEXT)
        case "empty":
            return Reply(503)
