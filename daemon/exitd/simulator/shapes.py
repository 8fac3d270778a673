"""What REST answers hold: names, spellings, nulls and time formats of the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from exitd.simulator.accounts import Account, FundingPayment, Position
from exitd.simulator.candles import Candle
from exitd.simulator.markets import Market, margin_functions
from exitd.simulator.quirks import Quirks
from exitd.simulator.values import (
    ZERO,
    AttachedExit,
    Fill,
    Order,
    Prices,
    Trade,
    text,
)


def maybe(value: Decimal | None) -> str | None:
    """A decimal, or null."""
    return None if value is None else text(value)


def iso_ms(ts_us: int) -> str:
    """The naive UTC time of the history endpoints: 2025-09-11T20:10:40.699"""
    return f"{_iso_second(ts_us // 1_000_000)}.{ts_us // 1_000 % 1_000:03d}"


@lru_cache(1_024)
def _iso_second(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}"


def spaced(at_s: int) -> str:
    """The time of REST candles: a space instead of the T."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S}"


def _exit_fields(prefix: str, leg: AttachedExit | None) -> dict[str, Any]:
    return {
        f"{prefix}LimitPrice": None if leg is None else maybe(leg.limit_price),
        f"{prefix}TriggerBy": None if leg is None else leg.trigger_by,
        f"{prefix}TriggerPrice": None if leg is None else text(leg.trigger_price),
    }


def _shared(order: Order) -> dict[str, Any]:
    return {
        "clientId": order.client_id,
        "executedQuantity": text(order.executed),
        "executedQuoteQuantity": text(order.executed_quote),
        "id": order.id,
        "orderType": order.order_type,
        "selfTradePrevention": order.self_trade_prevention,
        "side": order.side.value,
        "status": order.status.value,
        **_exit_fields("stopLoss", order.stop_loss),
        "strategyId": None,
        "symbol": order.symbol,
        **_exit_fields("takeProfit", order.take_profit),
        "timeInForce": order.time_in_force,
        "triggerBy": order.trigger_by,
        "triggerPrice": maybe(order.trigger_price),
        "triggerQuantity": order.trigger_quantity,
    }


def order_document(order: Order, quirks: Quirks) -> dict[str, Any]:
    """An order as `/api/v1/order` and `/api/v1/orders` show it."""
    document = _shared(order)
    document["createdAt"] = order.created_us // 1_000
    echoes = quirks.reduce_only_echo == "echoed"
    document["reduceOnly"] = order.reduce_only if echoes else None
    document["relatedOrderId"] = order.related_order_id
    triggered_us = order.triggered_us
    document["triggeredAt"] = None if triggered_us is None else triggered_us // 1_000
    document["quantity"] = text(order.quantity or ZERO)
    if order.order_type == "Market":
        quote = order.quote_quantity or order.executed_quote
        document["quoteQuantity"] = text(quote)
    else:
        document["price"] = maybe(order.price)
        document["postOnly"] = bool(order.post_only)
    return dict(sorted(document.items()))


def history_document(order: Order) -> dict[str, Any]:
    """An order as `/wapi/v1/history/orders` shows it."""
    document = _shared(order)
    reason = order.expiry_reason
    quote = order.quote_quantity
    if quote is None and order.price is not None and order.quantity is not None:
        quote = order.price * order.quantity
    if quote is None and order.executed:
        quote = order.executed_quote
    document |= {
        "createdAt": iso_ms(order.created_us),
        "expiryReason": None if reason is None else reason.value,
        "postOnly": bool(order.post_only),
        "price": maybe(order.price),
        "quantity": maybe(order.quantity),
        "quoteQuantity": maybe(quote),
        "systemOrderType": order.system_order_type,
    }
    return dict(sorted(document.items()))


def fill_document(fill: Fill, quirks: Quirks) -> dict[str, Any]:
    """A fill as `/wapi/v1/history/fills` shows it."""
    client_id: int | str | None = fill.client_id
    if client_id is not None and quirks.fill_client_id == "string":
        client_id = str(client_id)
    return {
        "clientId": client_id,
        "fee": text(fill.fee),
        "feeSymbol": fill.fee_symbol,
        "isMaker": fill.is_maker,
        "orderId": fill.order_id,
        "price": text(fill.price),
        "quantity": text(fill.quantity),
        "side": fill.side.value,
        "symbol": fill.symbol,
        "systemOrderType": fill.system_order_type,
        "timestamp": iso_ms(fill.ts_us),
        "tradeId": fill.trade_id,
    }


def break_even(position: Position) -> Decimal:
    """The price at which the position would have cost nothing, fees included."""
    if position.net_quantity == 0:
        return position.entry_price
    paid = position.fees - position.funding - position.pnl_realized
    return (position.entry_price + paid / position.net_quantity).quantize(
        Decimal("1e-8")
    )


def position_document(
    account: Account, position: Position, market: Market, prices: Prices, alone: bool
) -> dict[str, Any]:
    """
    A position as `/api/v1/position` shows it.

    Args:
        alone: Whether one symbol was asked for; else there is no liquidation price.
    """
    net = position.net_quantity
    exposure = account.exposure(position.symbol)
    imf, mmf = margin_functions(market)
    liquidation = ZERO
    if alone and net:
        room = max(ZERO, account.balance("USDC")) / net
        liquidation = max(ZERO, position.entry_price - room)
    return {
        "breakEvenPrice": text(break_even(position)),
        "cumulativeFundingPayment": text(position.funding),
        "cumulativeInterest": "0",
        "entryPrice": text(position.entry_price),
        "estLiquidationPrice": text(liquidation.quantize(Decimal("1e-8"))),
        "imf": imf["base"],
        "imfFunction": imf,
        "markPrice": text(prices.mark),
        "mmf": mmf["base"],
        "mmfFunction": mmf,
        "netCost": text(net * position.entry_price),
        "netExposureNotional": text(abs(exposure) * prices.mark),
        "netExposureQuantity": text(exposure),
        "netQuantity": text(net),
        "pnlRealized": text(position.pnl_realized),
        "pnlUnrealized": text((prices.mark - position.entry_price) * net),
        "positionId": str(position.position_id),
        "subaccountId": None,
        "symbol": position.symbol,
        "userId": account.user_id,
    }


def position_history_document(account: Account, position: Position) -> dict[str, Any]:
    """A lifetime as `/wapi/v1/history/position` shows it."""
    closed_us = position.closed_us
    return {
        "closedAt": None if closed_us is None else iso_ms(closed_us),
        "closingPrice": maybe(position.closing_price),
        "cumulativeFundingPayment": text(position.funding),
        "cumulativeInterest": "0",
        "cumulativePnlRealized": text(position.pnl_realized),
        "entryPrice": text(position.entry_price),
        "fees": text(position.fees),
        "maxQuantity": text(position.quantity_max),
        "netQuantity": text(position.net_quantity),
        "openedAt": iso_ms(position.opened_us),
        "positionId": str(position.position_id),
        "state": "Open" if closed_us is None else "Closed",
        "symbol": position.symbol,
        "userId": account.user_id,
    }


def mark_price_document(
    market: Market, prices: Prices, next_funding_ms: int
) -> dict[str, Any]:
    """A market as `/api/v1/markPrices` shows it."""
    return {
        "fundingRate": text(prices.funding_rate),
        "indexPrice": text(prices.index),
        "markPrice": text(prices.mark),
        "nextFundingTimestamp": next_funding_ms,
        "symbol": market.symbol,
    }


def trade_document(trade: Trade) -> dict[str, Any]:
    """A print as `/api/v1/trades` shows it."""
    return {
        "id": trade.trade_id,
        "isBuyerMaker": trade.is_buyer_maker,
        "price": text(trade.price),
        "quantity": text(trade.quantity),
        "quoteQuantity": text(trade.price * trade.quantity),
        "timestamp": trade.ts_us // 1_000,
    }


def candle_document(candle: Candle) -> dict[str, Any]:
    """A bar as `/api/v1/klines` shows it; a bar without trades has nulls."""
    return {
        "close": maybe(candle.close),
        "end": spaced(candle.end_s),
        "high": maybe(candle.high),
        "low": maybe(candle.low),
        "open": maybe(candle.open),
        "quoteVolume": text(candle.quote_volume),
        "start": spaced(candle.start_s),
        "trades": str(candle.trades),
        "volume": text(candle.volume),
    }


def ticker_document(symbol: str, day: Candle) -> dict[str, Any]:
    """A bar as `/api/v1/ticker` shows it; the change is a fraction, not percent."""
    assert day.open is not None, "a ticker without data is a 204"
    assert day.close is not None, "a bar with an open has a close"
    change = day.close - day.open
    share = (change / day.open).quantize(Decimal("0.000001")) if day.open else ZERO
    return {
        "firstPrice": maybe(day.open),
        "high": maybe(day.high),
        "lastPrice": maybe(day.close),
        "low": maybe(day.low),
        "priceChange": text(change),
        "priceChangePercent": text(share),
        "quoteVolume": text(day.quote_volume),
        "symbol": symbol,
        "trades": str(day.trades),
        "volume": text(day.volume),
    }


def funding_document(account: Account, payment: FundingPayment) -> dict[str, Any]:
    """A payment as `/wapi/v1/history/funding` shows it."""
    return {
        "fundingRate": text(payment.rate),
        "intervalEndTimestamp": iso_ms(payment.ts_us)[:-4],
        "quantity": text(payment.quantity),
        "subaccountId": None,
        "symbol": payment.symbol,
        "userId": account.user_id,
    }
