"""
The control API under `/sim/`: what a test or a demonstration may do to the exchange.

JSON in, JSON out, snake case, decimals as strings. Only this host may use it, and
nothing of it exists on the real exchange.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from exitd.errors import ConfigurationError
from exitd.simulator import control_views as views
from exitd.simulator.exchange import Exchange
from exitd.simulator.flood import flood
from exitd.simulator.hub import SOCKET_ACTIONS
from exitd.simulator.markets import MARKET_STATES
from exitd.simulator.refusal import Refused, invalid_request, not_found
from exitd.simulator.requests import Reply, Request, json_reply, refused_reply
from exitd.simulator.values import text

Answer = dict[str, Any] | list[Any]
Control = Callable[[Exchange, Request], Answer | Awaitable[Answer]]

_ORIGINS = {
    "liquidation": ("LIQUIDATION_AUTOCLOSE", "LiquidatePositionOnBook"),
    "adl": ("ADL_AUTOCLOSE", "LiquidatePositionOnAdl"),
    "backstop": ("BACKSTOP_LIQUIDITY_PROVIDER", "LiquidatePositionOnBackstop"),
    "settlement": ("SETTLEMENT_AUTOCLOSE", "FutureExpiry"),
}


def _decimal(document: dict[str, Any], name: str) -> Decimal | None:
    value = document.get(name)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as exc:
        raise invalid_request(f"{name}: {value!r} is no decimal") from exc


def _needed(document: dict[str, Any], name: str) -> Any:
    value = document.get(name)
    if value is None:
        raise invalid_request(f"{name} is missing")
    return value


def _symbol(exchange: Exchange, document: dict[str, Any]) -> str:
    symbol = str(_needed(document, "symbol"))
    if symbol not in exchange.state.markets:
        raise invalid_request(f"symbol: there is no market {symbol}")
    return symbol


def set_prices(exchange: Exchange, request: Request) -> Answer:
    """{symbol, mark?, index?, last?}, or {prices: [those]}; pushed at once."""
    document = request.document()
    for each in document.get("prices") or [document]:
        exchange.set_prices(
            _symbol(exchange, each),
            mark=_decimal(each, "mark"),
            index=_decimal(each, "index"),
            last=_decimal(each, "last"),
        )
    return views.prices(exchange)


def set_book(exchange: Exchange, request: Request) -> Answer:
    """{symbol, bids: [[price, quantity]], asks: […]}: the maker's quotes by hand."""
    document = request.document()
    symbol = _symbol(exchange, document)
    sides = []
    for name in ("bids", "asks"):
        try:
            levels = [
                (Decimal(str(p)), Decimal(str(q))) for p, q in document.get(name) or []
            ]
        except (InvalidOperation, ValueError, TypeError) as exc:
            raise invalid_request(f"{name}: write [[price, quantity], …]") from exc
        sides.append(levels)
    exchange.maker.hold(symbol, sides[0], sides[1], exchange.clock.stamp_us())
    exchange.publish()
    return {"symbol": symbol}


def set_position(exchange: Exchange, request: Request) -> Answer:
    """{api_key, symbol, net_quantity, entry_price?}; "0" closes, without an order."""
    document = request.document()
    key = str(_needed(document, "api_key"))
    net = _decimal(document, "net_quantity")
    if net is None:
        raise invalid_request("net_quantity is missing")
    exchange.engine.set_position(
        key,
        _symbol(exchange, document),
        net,
        _decimal(document, "entry_price"),
        exchange.clock.stamp_us(),
    )
    exchange.publish()
    return views.positions(exchange, key)


def fill_order(exchange: Exchange, request: Request) -> Answer:
    """{api_key, order_id or client_id, quantity?}: a passer-by takes an order."""
    document = request.document()
    account = exchange.state.open_account(str(_needed(document, "api_key")))
    wanted = document.get("order_id"), document.get("client_id")
    for order in account.open_orders.values():
        if order.is_resting and (order.id == wanted[0] or order.client_id == wanted[1]):
            quantity = _decimal(document, "quantity") or order.leaves
            if not 0 < quantity <= order.leaves:
                raise invalid_request(f"quantity: {text(order.leaves)} are left")
            exchange.maker.fill(order, quantity, exchange.clock.stamp_us())
            exchange.publish()
            return views.order_row(exchange, order)
    raise not_found("order_id, client_id: no such order rests")


def deposit(exchange: Exchange, request: Request) -> Answer:
    """{api_key, asset, amount}; the amount may be negative."""
    document = request.document()
    account = exchange.state.open_account(str(_needed(document, "api_key")))
    amount = _decimal(document, "amount") or Decimal(0)
    account.deposit(str(_needed(document, "asset")), amount)
    return {asset: text(value) for asset, value in account.balances.items()}


def set_market_state(exchange: Exchange, request: Request) -> Answer:
    """{symbol, state}: Open, Closed, CancelOnly, LimitOnly or PostOnly."""
    document = request.document()
    market = exchange.state.markets[_symbol(exchange, document)]
    state = document.get("state")
    if state not in MARKET_STATES:
        raise invalid_request(f"state: write one of {', '.join(MARKET_STATES)}")
    market.state = state
    return {"symbol": market.symbol, "state": state}


def set_path(exchange: Exchange, request: Request) -> Answer:
    """{paused?, advance_ms?}: hold the price paths, or move them on by hand."""
    document = request.document()
    if isinstance(document.get("paused"), bool):
        exchange.paused = document["paused"]
    if document.get("advance_ms") is not None:
        exchange.advance(int(document["advance_ms"]))
    return {"paused": exchange.paused, "elapsed_ms": exchange.elapsed_ms}


def pay_funding(exchange: Exchange, request: Request) -> Answer:
    """{symbol, rate}: charge every position of the market once."""
    document = request.document()
    symbol = _symbol(exchange, document)
    rate = _decimal(document, "rate")
    rate = exchange.state.prices[symbol].funding_rate if rate is None else rate
    exchange.engine.pay_funding(symbol, rate, exchange.clock.stamp_us())
    exchange.publish()
    return {"symbol": symbol, "rate": text(rate)}


def liquidate(exchange: Exchange, request: Request) -> Answer:
    """{api_key, symbol, kind?}: liquidation, adl, backstop or settlement."""
    document = request.document()
    kind = document.get("kind", "liquidation")
    if kind not in _ORIGINS:
        raise invalid_request(f"kind: write one of {', '.join(_ORIGINS)}")
    order = exchange.engine.close_by_system(
        str(_needed(document, "api_key")),
        _symbol(exchange, document),
        *_ORIGINS[kind],
        exchange.clock.stamp_us(),
    )
    exchange.publish()
    return views.order_row(exchange, order)


def add_fault(exchange: Exchange, request: Request) -> Answer:
    """What `faults.Fault` holds; several under {faults: […]}."""
    document = request.document()
    raws = document.get("faults") or [document]
    return {"faults": [views.fault_row(exchange.faults.add(raw)) for raw in raws]}


def list_faults(exchange: Exchange, request: Request) -> Answer:
    return {"faults": [views.fault_row(f) for f in exchange.faults.waiting()]}


def clear_faults(exchange: Exchange, request: Request) -> Answer:
    """All, or the one whose id is in the query."""
    return {"cleared": exchange.faults.clear(request.integer("id"))}


def show_quirks(exchange: Exchange, request: Request) -> Answer:
    return msgspec.structs.asdict(exchange.quirks)


def set_quirks(exchange: Exchange, request: Request) -> Answer:
    """Any of the switches; the others stay."""
    exchange.quirks = exchange.quirks.changed(request.document())
    return msgspec.structs.asdict(exchange.quirks)


def set_clock(exchange: Exchange, request: Request) -> Answer:
    """{skew_ms}: how far the exchange's clock is ahead of this host's."""
    exchange.clock.set_skew(int(_needed(request.document(), "skew_ms")))
    return {"skew_ms": exchange.clock.skew_ms}


def set_status(exchange: Exchange, request: Request) -> Answer:
    """{status: Ok | Maintenance, message?}"""
    document = request.document()
    if document.get("status") not in ("Ok", "Maintenance"):
        raise invalid_request("status: write Ok or Maintenance")
    exchange.status = document["status"]
    exchange.status_message = document.get("message")
    return {"status": exchange.status}


def set_limits(exchange: Exchange, request: Request) -> Answer:
    """{rate_limited}: whether the documented request limits apply."""
    exchange.limiter.is_on = bool(_needed(request.document(), "rate_limited"))
    return {"rate_limited": exchange.limiter.is_on}


def touch_sockets(exchange: Exchange, request: Request) -> Answer:
    """
    {action: drop | close | freeze | thaw | garbage, stream?, text?}

    With a stream, only the sockets that have a stream whose name begins like that.
    """
    document = request.document()
    action, stream = document.get("action"), document.get("stream")
    if action not in SOCKET_ACTIONS:
        raise invalid_request(f"action: write one of {', '.join(SOCKET_ACTIONS)}")
    return {"sockets": exchange.hub.touch(action, stream, document.get("text"))}


def stop(exchange: Exchange, request: Request) -> Answer:
    """End the process, connections closed first."""
    exchange.stopping.set()
    return {"stopping": True}


async def send_flood(exchange: Exchange, request: Request) -> Answer:
    """{symbol, frames, low?, high?}: marks as fast as the sockets take them."""
    document = request.document()
    symbol = _symbol(exchange, document)
    mark = exchange.state.prices[symbol].mark
    sent, took_ns = await flood(
        exchange,
        symbol,
        int(_needed(document, "frames")),
        _decimal(document, "low") or mark,
        _decimal(document, "high") or mark,
    )
    return {"frames": sent, "took_ms": took_ns // 1_000_000}


CONTROLS: dict[tuple[str, str], Control] = {
    ("GET", "/sim/state"): lambda exchange, request: views.state(exchange),
    ("GET", "/sim/accounts"): lambda exchange, request: views.accounts(exchange),
    ("GET", "/sim/orders"): views.orders,
    ("GET", "/sim/fills"): views.fills,
    ("GET", "/sim/ledger"): views.ledger,
    ("GET", "/sim/prices"): lambda exchange, request: views.prices(exchange),
    ("POST", "/sim/prices"): set_prices,
    ("POST", "/sim/book"): set_book,
    ("POST", "/sim/positions"): set_position,
    ("POST", "/sim/fill"): fill_order,
    ("POST", "/sim/deposit"): deposit,
    ("POST", "/sim/market-state"): set_market_state,
    ("POST", "/sim/path"): set_path,
    ("POST", "/sim/funding"): pay_funding,
    ("POST", "/sim/liquidation"): liquidate,
    ("GET", "/sim/faults"): list_faults,
    ("POST", "/sim/faults"): add_fault,
    ("DELETE", "/sim/faults"): clear_faults,
    ("GET", "/sim/quirks"): show_quirks,
    ("POST", "/sim/quirks"): set_quirks,
    ("POST", "/sim/clock"): set_clock,
    ("POST", "/sim/status"): set_status,
    ("POST", "/sim/limits"): set_limits,
    ("POST", "/sim/sockets"): touch_sockets,
    ("POST", "/sim/flood"): send_flood,
    ("POST", "/sim/stop"): stop,
}


async def answer(exchange: Exchange, request: Request, *, is_local: bool) -> Reply:
    """Serve one control request."""
    try:
        if not is_local:
            raise Refused(403, "FORBIDDEN", "The control API is for this host only")
        control = CONTROLS.get((request.method, request.path))
        if control is None:
            raise not_found(f"There is no {request.method} {request.path}")
        request.read_body()
        answered = control(exchange, request)
        if inspect.isawaitable(answered):
            answered = await answered
        return json_reply(answered)
    except ConfigurationError as wrong:
        return refused_reply(invalid_request(str(wrong)))
    except (ValueError, TypeError) as wrong:
        return refused_reply(invalid_request(f"parse request payload error: {wrong}"))
    except Refused as refused:
        return refused_reply(refused)
