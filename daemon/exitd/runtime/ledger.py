"""Laying out the books: a row for each fill and each funding payment."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from exitd.core.money import Fee, realised_pnl
from exitd.core.position import OrderSide
from exitd.core.records import FillRecord, FundingRecord
from exitd.core.trigger import FireRecord
from exitd.core.units import ZERO, text
from exitd.ports.store import BookedFill, ExitRow
from exitd.runtime.book_views import BookRow
from exitd.runtime.shown import text_or_none, timestamp

#: Gives the quote currency of (account, symbol), empty when it is not known.
QuoteOf = Callable[[str, str], str]


def book_rows(
    fills: Iterable[BookedFill],
    exits: Iterable[ExitRow],
    funding: Iterable[FundingRecord],
    quote_of: QuoteOf,
) -> tuple[BookRow, ...]:
    """Lay out fills and funding, oldest first.

    A firing in *exits* that is over and reports more than its fills account for
    gets a row for the rest, at the average price that is left, without a trade id:
    the books never hide what is missing.
    """
    rows = [
        *(fill_row(booked.fill, booked.fire, quote_of) for booked in fills),
        *_untraced_rows(exits, quote_of),
        *(funding_row(payment) for payment in funding),
    ]
    return tuple(sorted(rows, key=lambda row: (row.time, row.trade_id)))


def fill_row(fill: FillRecord, fire: FireRecord | None, quote_of: QuoteOf) -> BookRow:
    is_traced = fill.trade_id != ""
    quote = quote_of(fill.account, fill.symbol) if fire is None else fire.quote
    row = BookRow(
        kind="fill" if is_traced else "untraced",
        time=timestamp(fill.ts_venue_ns),
        account=fill.account,
        symbol=fill.symbol,
        side=fill.side.value,
        quantity=text(fill.quantity),
        price=text(fill.price),
        quote=quote,
        fee=text(fill.fee) if is_traced else "",
        fee_asset=fill.fee_asset,
        client_order_id=""
        if fill.client_order_id is None
        else str(fill.client_order_id),
        venue_order_id=fill.venue_order_id,
        trade_id=fill.trade_id,
    )
    return row if fire is None else _with_fire(row, fill, fire)


def funding_row(payment: FundingRecord) -> BookRow:
    return BookRow(
        kind="funding",
        time=timestamp(payment.ts_venue_ns),
        account=payment.account,
        symbol=payment.symbol,
        position=payment.side.value if payment.side is not None else "",
        lifetime=str(payment.lifetime) if payment.lifetime else "",
        position_id=payment.position_id,
        quote=payment.asset,
        funding=text(payment.amount),
    )


def slippage(fill: FillRecord, fire: FireRecord) -> Decimal | None:
    """Give a fill against the level, quote per base unit, positive when worse.

    None without a level, and where the level is a price of another market.
    """
    level = fire.own_level
    if level is None:
        return None
    return level - fill.price if fill.side is OrderSide.SELL else fill.price - level


def _with_fire(row: BookRow, fill: FillRecord, fire: FireRecord) -> BookRow:
    pnl = realised_pnl(
        fire.side,
        fire.entry_price,
        fill.quantity,
        fill.quantity * fill.price,
        (Fee(fill.fee_asset, fill.fee),),
        fire.quote,
    )
    return BookRow(
        **{
            **{name: getattr(row, name) for name in row.__struct_fields__},
            "position": fire.side.value if fire.side is not None else "",
            "lifetime": str(fire.lifetime) if fire.lifetime else "",
            "position_id": fire.position_id,
            "entry_price": text_or_none(fire.entry_price) or "",
            "realised_pnl": text_or_none(pnl) or "",
            "fire_id": fire.fire_id,
            "trigger_id": fire.trigger_id,
            "level": text_or_none(fire.level) or "",
            "observed": text_or_none(fire.observed) or "",
            "slippage": text_or_none(slippage(fill, fire)) or "",
        }
    )


def _untraced_rows(exits: Iterable[ExitRow], quote_of: QuoteOf) -> Iterator[BookRow]:
    for row in exits:
        rest = None if row.fire.open else untraced(row.fire, row.fills)
        if rest is not None:
            yield fill_row(rest, row.fire, quote_of)


def untraced(fire: FireRecord, fills: Iterable[FillRecord]) -> FillRecord | None:
    """Give what a firing filled beyond the fills that are known, None for nothing."""
    known = tuple(fills)
    quantity = fire.filled - sum((fill.quantity for fill in known), ZERO)
    if quantity <= ZERO or fire.side is None:
        return None
    value = fire.filled_quote - sum((f.quantity * f.price for f in known), ZERO)
    return FillRecord(
        account=fire.account,
        symbol=fire.symbol,
        trade_id="",
        venue_order_id="",
        client_order_id=None,
        fire_id=fire.fire_id,
        side=fire.side.close_side,
        quantity=quantity,
        price=value / quantity,
        fee=ZERO,
        fee_asset="",
        is_maker=None,
        ts_venue_ns=fire.ts_done_ns or fire.ts_hit_ns,
    )
