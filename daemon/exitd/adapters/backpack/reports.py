"""Backpack's REST records as reports for the engine."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from exitd.adapters.backpack.refusals import expiry_kind
from exitd.adapters.backpack.wire import (
    MARKET,
    WireFill,
    WireFunding,
    WireMarket,
    WireOrder,
    WirePosition,
    id_or_none,
    iso_ns,
)
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.market import BookState, Instrument, InstrumentKind
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_MS, ZERO
from exitd.ports.venue import FundingReport

STATUSES: MappingProxyType[str, OrderStatus] = MappingProxyType(
    {
        "New": OrderStatus.WORKING,
        "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
        "Filled": OrderStatus.FILLED,
        "Cancelled": OrderStatus.CANCELLED,
        "Expired": OrderStatus.EXPIRED,
        "TriggerPending": OrderStatus.WORKING,
        "TriggerFailed": OrderStatus.EXPIRED,
        # What a fired trigger does next, it does as an order with an id of its own.
        "Triggered": OrderStatus.EXPIRED,
    }
)
SIDES = MappingProxyType({"Bid": OrderSide.BUY, "Ask": OrderSide.SELL})
ORDER_TYPES = MappingProxyType({"market": OrderType.MARKET, "limit": OrderType.LIMIT})
TRIGGER_KINDS = MappingProxyType(
    {"MarkPrice": "mark", "LastPrice": "last", "IndexPrice": "index"}
)
BOOK_STATES = MappingProxyType(
    {
        "Open": BookState.OPEN,
        "LimitOnly": BookState.LIMIT_ONLY,
        "PostOnly": BookState.POST_ONLY,
        "CancelOnly": BookState.CANCEL_ONLY,
        "Closed": BookState.CLOSED,
    }
)
KINDS = MappingProxyType(
    {"PERP": InstrumentKind.PERPETUAL, "SPOT": InstrumentKind.SPOT}
)


def status_of(text: str) -> OrderStatus:
    """Read a status; one that nobody has described has not ended the order."""
    return STATUSES.get(text, OrderStatus.WORKING)


def order_report(
    account: str, order: WireOrder, now_ns: int, ts_venue_ns: int | None = None
) -> OrderReport:
    """Translate an order.

    Without *ts_venue_ns* the state dates from the order's creation: right for what
    executes or expires on arrival, the only instant that REST records carry.

    Raises:
        ValueError: Its side or its instant cannot be read.
    """
    created_ns = (
        order.created_at * NS_PER_MS
        if isinstance(order.created_at, int)
        else iso_ns(order.created_at)
    )
    status = status_of(order.status)
    reason = order.expiry_reason or ""
    if order.status not in STATUSES:
        reason = order.status
    return OrderReport(
        account=account,
        symbol=order.symbol,
        venue_order_id=order.id,
        client_order_id=id_or_none(order.client_id),
        status=status,
        side=side_of(order.side),
        quantity=_quantity(order),
        filled=finite(order.executed_quantity or ZERO),
        filled_quote=finite(order.executed_quote_quantity or ZERO),
        order=ORDER_TYPES.get(order.order_type.lower()),
        price=order.price,
        reduce_only=order.reduce_only,
        is_trigger=order.trigger_price is not None,
        trigger_price=order.trigger_price,
        trigger_kind=TRIGGER_KINDS.get(order.trigger_by or "", ""),
        reason=reason,
        refusal=expiry_kind(reason) if status is OrderStatus.EXPIRED else None,
        ts_created_venue_ns=created_ns,
        ts_venue_ns=created_ns if ts_venue_ns is None else ts_venue_ns,
        now_ns=now_ns,
    )


def _quantity(order: WireOrder) -> Decimal | None:
    """The size asked for; None while a trigger order follows its whole position."""
    if order.status == "TriggerPending":
        return quantity_of_trigger(order.trigger_quantity)
    return None if order.quantity is None else finite(order.quantity)


def quantity_of_trigger(text: str | None) -> Decimal | None:
    """Read a trigger quantity; None for a share of the position, such as `100%`."""
    if text is None or text.endswith("%"):
        return None
    try:
        return finite(Decimal(text))
    except InvalidOperation as exc:
        raise ValueError(f"a trigger quantity of {text[:20]!r}") from exc


def fill_report(account: str, fill: WireFill, now_ns: int) -> FillReport:
    """Translate an execution from the history.

    Raises:
        ValueError: Its side or its instant cannot be read.
    """
    return FillReport(
        account=account,
        symbol=fill.symbol,
        venue_order_id=fill.order_id,
        client_order_id=id_or_none(fill.client_id),
        trade_id=str(fill.trade_id),
        side=side_of(fill.side),
        quantity=finite(fill.quantity),
        price=finite(fill.price),
        fee=finite(fill.fee),
        fee_asset=fill.fee_symbol,
        is_maker=fill.is_maker,
        ts_venue_ns=iso_ns(fill.timestamp),
        now_ns=now_ns,
    )


def funding_report(account: str, payment: WireFunding) -> FundingReport:
    """Translate a funding payment.

    Raises:
        ValueError: Its amount or its instant cannot be read.
    """
    rate = payment.funding_rate
    return FundingReport(
        account=account,
        symbol=payment.symbol,
        amount=finite(payment.quantity),
        rate=None if rate is None else finite(rate),
        ts_venue_ns=iso_ns(payment.interval_end_timestamp),
    )


def position_reports(
    account: str, position: WirePosition, ts_venue_ns: int, now_ns: int
) -> tuple[PositionReport, PositionReport]:
    """Give both sides of a net position, the flat side first."""
    absent, held = net_reports(
        account,
        position.symbol,
        position.net_quantity,
        position.entry_price,
        str(position.position_id),
        ts_venue_ns,
        now_ns,
    )
    liquidation = position.est_liquidation_price
    if liquidation is None or not liquidation.is_finite() or liquidation <= ZERO:
        return absent, held
    return absent, replace(held, liquidation_price=liquidation)


def net_reports(
    account: str,
    symbol: str,
    net: Decimal,
    entry_price: Decimal | None,
    position_id: str,
    ts_venue_ns: int,
    now_ns: int,
) -> tuple[PositionReport, PositionReport]:
    """Give both sides of a signed quantity.

    The flat side comes first: after a flip the old side must end before the new
    one begins.
    """
    held = Side.LONG if net > ZERO else Side.SHORT
    absent = Side.SHORT if net > ZERO else Side.LONG
    has_entry = entry_price is not None and entry_price > ZERO and net != ZERO
    return (
        PositionReport(
            key=PositionKey(account, symbol, absent),
            quantity=ZERO,
            ts_venue_ns=ts_venue_ns,
            now_ns=now_ns,
        ),
        PositionReport(
            key=PositionKey(account, symbol, held),
            quantity=abs(net),
            entry_price=entry_price if has_entry else None,
            position_id=position_id if net != ZERO else "",
            ts_venue_ns=ts_venue_ns,
            now_ns=now_ns,
        ),
    )


def side_of(text: str) -> OrderSide:
    side = SIDES.get(text)
    if side is None:
        raise ValueError(f"an order side that is neither Bid nor Ask: {text[:20]!r}")
    return side


def finite(number: Decimal) -> Decimal:
    """Let a number pass; `ValueError` for NaN and infinity."""
    if not number.is_finite():
        raise ValueError(f"{number} where a number belongs")
    return number


def instrument_or_none(account: str, row: msgspec.Raw) -> Instrument | None:
    """Translate a market; None for one without usable steps.

    One market of a new kind must not hide all the others.
    """
    try:
        market = MARKET.decode(row)
    except msgspec.ValidationError:
        return None
    steps = (market.filters.price.tick_size, market.filters.quantity.step_size)
    if not all(step.is_finite() and step > ZERO for step in steps):
        return None
    return _instrument(account, market)


def _instrument(account: str, market: WireMarket) -> Instrument:
    filters = market.filters
    return Instrument(
        account=account,
        symbol=market.symbol,
        kind=KINDS.get(market.market_type, InstrumentKind.OTHER),
        base=market.base_symbol,
        quote=market.quote_symbol,
        price_step=filters.price.tick_size,
        quantity_step=filters.quantity.step_size,
        min_quantity=filters.quantity.min_quantity,
        max_quantity=filters.quantity.max_quantity,
        # A state that nobody has described holds no close back: if the book does not
        # take it, the venue says so.
        book_state=BOOK_STATES.get(market.order_book_state, BookState.OPEN),
    )
