"""Alerts, entries and exits as the store has them, for the tests of costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from contract import store_samples as samples
from exitd.core.entry import EntryOrder, EntryRecord, EntryState, SignalRecord
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, Ticket, TicketType
from exitd.core.trigger import DoneReason
from exitd.core.units import NS_PER_S
from exitd.ports.store import BookedFill, ExitRow
from exitd.runtime.analytics import Stored

D = Decimal
ALL = 0, 10**19
S10 = (
    '{"ticker":"AAPL","direction":"long","orderType":"stop_limit",'
    '"marketPrice":150.25,"stopPrice":150.5,"limitPrice":151,'
    '"metadata":{"strategy":"Breakout"}}'
)
SHORT = '{"ticker":"AAPL","direction":"short","orderType":"market","marketPrice":%s}'
USD = {("main", "AAPL"): "USD", ("main", "SOL_USDC_PERP"): "USDC"}


def alert(body: str = S10, id: str = "breakout-1", **changed: Any) -> SignalRecord:
    record = samples.signal(id, ts_received_ns=10 * NS_PER_S)
    return replace(record, body=body, entry_id=id, account="main", **changed)


def order(
    filled: str = "0",
    price: str = "1",
    id: str = "breakout-1",
    side: OrderSide = OrderSide.BUY,
    **changed: Any,
) -> EntryRecord:
    ticket = Ticket(
        symbol="AAPL",
        asset_class=AssetClass.EQUITY,
        side=side,
        quantity=D(100),
        order=TicketType.STOP_LIMIT,
        stop_price=D("150.5"),
        limit_price=D("151.01"),
        client_order_id="swing-1",
    )
    return EntryRecord(
        **{
            "order": EntryOrder(id=id, account="main", ticket=ticket),
            "state": EntryState.FILLED,
            "venue_order_id": "o-" + id,
            "filled": D(filled),
            "filled_quote": D(filled) * D(price),
            "ts_wanted_ns": 10 * NS_PER_S,
            "ts_sent_ns": 10 * NS_PER_S + 25_000_000,
            "ts_filled_venue_ns": 10 * NS_PER_S + 140_000_000,
            **changed,
        }
    )


def fill(order_id: str, quantity: str, price: str, trade_id: str = "t1") -> BookedFill:
    record = replace(
        samples.fill(trade_id, fire_id=""),
        symbol="AAPL",
        venue_order_id=order_id,
        client_order_id=None,
        side=OrderSide.BUY,
        quantity=D(quantity),
        price=D(price),
        ts_venue_ns=11 * NS_PER_S,
    )
    return BookedFill(record, None)


def stored(**given: Any) -> Stored:
    empty: dict[str, Any] = dict.fromkeys(("signals", "entries", "exits", "fills"), ())
    return Stored(**{**empty, "sent_ns": {}, **given})


def fired(trigger_id: str = "breakout-1/sl", **changed: Any) -> ExitRow:
    fire = replace(
        samples.fire(trigger_id, ts_hit_ns=20 * NS_PER_S, open=False),
        **{
            "attempts": 1,
            "reason": DoneReason.FILLED,
            "level": D(100),
            "observed": D("99.8"),
            "filled": D(4),
            "filled_quote": D(4) * D("99.5"),
            **changed,
        },
    )
    executed = samples.fill(
        fire_id=fire.fire_id, ts_venue_ns=20 * NS_PER_S + 40_000_000
    )
    return ExitRow(fire, (executed,))
