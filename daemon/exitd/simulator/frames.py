"""What stream frames hold: one-letter names, microseconds, upper-case order types."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from exitd.simulator.accounts import Account, Position
from exitd.simulator.candles import Candle
from exitd.simulator.happenings import OrderHappened
from exitd.simulator.markets import Market
from exitd.simulator.quirks import Quirks
from exitd.simulator.shapes import break_even, maybe
from exitd.simulator.values import ZERO, Expiry, Order, Prices, Trade, text

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def envelope(stream: str, data: object) -> bytes:
    """The frame; on the recorded wire `data` comes first."""
    return msgspec.json.encode({"data": data, "stream": stream})


def error_frame(code: int, message: str) -> bytes:
    return msgspec.json.encode(
        {"id": None, "error": {"code": code, "message": message}}
    )


def mark_price(
    symbol: str, prices: Prices, next_funding_ms: int, ts_us: int
) -> dict[str, Any]:
    return {
        "E": ts_us,
        "T": ts_us,
        "e": "markPrice",
        "f": text(prices.funding_rate),
        "i": text(prices.index),
        "n": next_funding_ms,
        "p": text(prices.mark),
        "s": symbol,
    }


def trade(happened: Trade) -> dict[str, Any]:
    return {
        "E": happened.ts_us,
        "T": happened.ts_us,
        "a": happened.seller_order_id,
        "b": happened.buyer_order_id,
        "e": "trade",
        "m": happened.is_buyer_maker,
        "p": text(happened.price),
        "q": text(happened.quantity),
        "s": happened.symbol,
        "t": happened.trade_id,
    }


def book_ticker(
    symbol: str,
    bid: tuple[Decimal, Decimal],
    ask: tuple[Decimal, Decimal],
    update_id: int,
    ts_us: int,
) -> dict[str, Any]:
    return {
        "A": text(ask[1]),
        "B": text(bid[1]),
        "E": ts_us,
        "T": ts_us,
        "a": text(ask[0]),
        "b": text(bid[0]),
        "e": "bookTicker",
        "s": symbol,
        "u": update_id,
    }


def _iso(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}"


def kline(symbol: str, candle: Candle, is_closed: bool, ts_us: int) -> dict[str, Any]:
    """The interval is in the stream's name only; the bar's start and end are text."""
    return {
        "E": ts_us,
        "T": _iso(candle.end_s),
        "X": is_closed,
        "c": maybe(candle.close),
        "e": "kline",
        "h": maybe(candle.high),
        "l": maybe(candle.low),
        "n": candle.trades,
        "o": maybe(candle.open),
        "s": symbol,
        "t": _iso(candle.start_s),
        "v": text(candle.volume),
    }


def ticker(symbol: str, day: Candle, ts_us: int) -> dict[str, Any]:
    return {
        "E": ts_us,
        "V": text(day.quote_volume),
        "c": maybe(day.close),
        "e": "ticker",
        "h": maybe(day.high),
        "l": maybe(day.low),
        "n": day.trades,
        "o": maybe(day.open),
        "s": symbol,
        "v": text(day.volume),
    }


def open_interest(symbol: str, quantity: Decimal, ts_us: int) -> dict[str, Any]:
    return {"E": ts_us, "e": "openInterest", "o": text(quantity), "s": symbol}


def liquidation(happened: OrderHappened) -> dict[str, Any]:
    """A public liquidation: what was closed, at which price."""
    fill = happened.fill
    assert fill is not None, "only fills of system orders are liquidations"
    return {
        "E": happened.ts_us,
        "S": fill.side.value,
        "T": happened.ts_us,
        "e": "liquidation",
        "p": text(fill.price),
        "q": text(fill.quantity),
        "s": fill.symbol,
    }


def spelled_reason(reason: Expiry, quirks: Quirks) -> str:
    """`ReduceOnlyNotReduced`, or `REDUCE_ONLY_NOT_REDUCED`."""
    if quirks.expiry_reason_case == "pascal":
        return reason.value
    return _CAPITAL.sub("_", reason.value).upper()


def order_update(happened: OrderHappened, quirks: Quirks, ts_us: int) -> dict[str, Any]:
    """An `account.orderUpdate`; keys that do not apply are left out, `t` is null."""
    order, fill = happened.order, happened.fill
    data: dict[str, Any] = {
        "E": ts_us,
        "O": order.origin,
        "S": order.side.value,
        "T": happened.ts_us,
        "V": order.self_trade_prevention,
        "X": order.status.value,
        "Z": text(order.executed_quote),
        "e": happened.kind,
        "f": order.time_in_force,
        "i": order.id,
        "o": order.order_type.upper(),
        "q": text(order.quantity or ZERO),
        "r": bool(order.reduce_only),
        "s": order.symbol,
        "t": None,
        "z": text(order.executed),
    }
    quote = _quote_quantity(order)
    _put(data, "c", order.client_id)
    _put(data, "Q", maybe(quote))
    _put(data, "p", maybe(order.price))
    _put(data, "P", maybe(order.trigger_price))
    _put(data, "B", order.trigger_by)
    _put(data, "Y", order.trigger_quantity)
    _put(data, "y", order.post_only)
    for leg, (price, limit, by) in (
        (order.take_profit, "ajd"),
        (order.stop_loss, "bkg"),
    ):
        if leg is not None:
            _put(data, price, text(leg.trigger_price))
            _put(data, limit, maybe(leg.limit_price))
            _put(data, by, leg.trigger_by)
    if order.related_order_id is not None:
        related = order.related_order_id
        numeric = quirks.related_order_type == "integer"
        data["I"] = int(related) if numeric else related
    if happened.reason is not None:
        data[quirks.expiry_reason_key] = spelled_reason(happened.reason, quirks)
    if fill is not None:
        data["t"] = fill.trade_id
        data |= {
            "L": text(fill.price),
            "N": fill.fee_symbol,
            "l": text(fill.quantity),
            "m": fill.is_maker,
            "n": text(fill.fee),
        }
    return data


def _quote_quantity(order: Order) -> Decimal | None:
    if order.quote_quantity is not None:
        return order.quote_quantity
    if order.price is not None:
        return order.price * (order.quantity or ZERO)
    return order.executed_quote if order.executed else None


def _put(data: dict[str, Any], name: str, value: object) -> None:
    if value is not None:
        data[name] = value


def position_update(
    kind: str | None,
    account: Account,
    position: Position,
    market: Market,
    prices: Prices,
    quirks: Quirks,
    ts_us: int,
) -> dict[str, Any]:
    """An `account.positionUpdate`; a snapshot has no *kind* and so no `e`."""
    net = position.net_quantity
    exposure = account.exposure(position.symbol)
    unrealised = (prices.mark - position.entry_price) * net

    def number(value: Decimal) -> object:
        if quirks.position_numbers == "strings":
            return text(value)
        return msgspec.Raw(text(value).encode())

    data: dict[str, Any] = {
        "B": number(position.entry_price),
        "E": ts_us,
        "M": number(prices.mark),
        "P": number(unrealised),
        "Q": number(exposure),
        "T": position.updated_us,
        "b": number(break_even(position)),
        "f": number(market.imf),
        "i": position.position_id,
        "l": number(ZERO),
        "m": number(market.mmf),
        "n": number(abs(exposure) * prices.mark),
        "p": number(position.pnl_realized),
        "q": number(net),
        "s": position.symbol,
    }
    if kind is not None:
        data["e"] = kind
    return data


def balance_update(
    asset: str, balance: Decimal, locked: Decimal, ts_us: int
) -> dict[str, Any]:
    return {
        "A": text(balance - locked),
        "E": ts_us,
        "L": text(locked),
        "S": "0",
        "T": ts_us,
        "a": asset,
        "e": "balanceUpdate",
    }
