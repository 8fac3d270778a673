"""Firings as rows for a spreadsheet or a tax return, one for each fill."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TextIO

import msgspec
from msgspec import Struct

from exitd.core.position import OrderSide, Side
from exitd.core.records import FillRecord
from exitd.core.trigger import FireRecord
from exitd.core.units import NS_PER_S, ZERO, text
from exitd.ports.store import ExitRow


class ExportRow(Struct, frozen=True, kw_only=True):
    """One line of the export; what is not known is empty, never zero.

    `time` is UTC to the nanosecond. `quantity` is in base units, `price`, `level`
    and `observed` in quote per base unit, `fee` in `fee_asset`. The profit of a
    firing is in the quote currency and stands once, on the row of its last fill,
    so that a column adds up; `funding` is the venue's, where it told. `slippage`
    is quote per base unit, positive where the fill was worse than the level.
    """

    time: str
    account: str
    symbol: str
    position: str
    side: str
    quantity: str
    price: str
    fee: str
    fee_asset: str
    realised_pnl: str
    funding: str
    venue_order_id: str
    venue_trade_id: str
    client_order_id: str
    fire_id: str
    trigger_id: str
    level: str
    observed: str
    slippage: str


COLUMNS = ExportRow.__struct_fields__


def export_rows(
    exits: Iterable[ExitRow], funding: Mapping[str, Decimal] | None = None
) -> Iterator[ExportRow]:
    """Lay firings out, in the order given.

    A firing that reports more than its fills account for gets a row for the rest,
    at the average price that is left, without a venue trade id: an export never
    hides what is missing. A firing without any fill has no row.

    Args:
        exits: What `Store.exits` gives.
        funding: The venue's funding by fire id, in the quote currency.
    """
    for row in exits:
        fills = list(row.fills)
        rest = _rest(row.fire, fills)
        if rest is not None:
            fills.append(rest)
        for fill in fills:
            is_last = fill is fills[-1]
            paid = None if funding is None else funding.get(row.fire.fire_id)
            yield _export_row(
                row.fire,
                fill,
                pnl=row.fire.pnl if is_last else None,
                funding=paid if is_last else None,
            )


def write_csv(rows: Iterable[ExportRow], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(msgspec.structs.astuple(row) for row in rows)


def utc(ts_ns: int) -> str:
    """Write an instant as ISO 8601, to the nanosecond that the venue gave."""
    seconds, ns = divmod(ts_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ns:09}Z"


def slippage(fill: FillRecord, level: Decimal | None) -> Decimal | None:
    if level is None:
        return None
    return level - fill.price if fill.side is OrderSide.SELL else fill.price - level


def _rest(fire: FireRecord, fills: list[FillRecord]) -> FillRecord | None:
    quantity = fire.filled - sum((fill.quantity for fill in fills), ZERO)
    if quantity <= ZERO:
        return None
    value = fire.filled_quote - sum((f.quantity * f.price for f in fills), ZERO)
    return FillRecord(
        account=fire.account,
        symbol=fire.symbol,
        trade_id="",
        venue_order_id="",
        client_order_id=None,
        fire_id=fire.fire_id,
        side=(fire.side or Side.LONG).close_side,
        quantity=quantity,
        price=value / quantity,
        fee=ZERO,
        fee_asset="",
        is_maker=None,
        ts_venue_ns=fire.ts_done_ns or fire.ts_hit_ns,
    )


def _export_row(
    fire: FireRecord, fill: FillRecord, *, pnl: Decimal | None, funding: Decimal | None
) -> ExportRow:
    is_known = fill.trade_id != ""
    return ExportRow(
        time=utc(fill.ts_venue_ns),
        account=fill.account,
        symbol=fill.symbol,
        position=fire.side or "",
        side=fill.side,
        quantity=text(fill.quantity),
        price=text(fill.price),
        fee=text(fill.fee) if is_known else "",
        fee_asset=fill.fee_asset,
        realised_pnl=_or_empty(pnl),
        funding=_or_empty(funding),
        venue_order_id=fill.venue_order_id,
        venue_trade_id=fill.trade_id,
        client_order_id=""
        if fill.client_order_id is None
        else str(fill.client_order_id),
        fire_id=fire.fire_id,
        trigger_id=fire.trigger_id,
        level=_or_empty(fire.level),
        observed=_or_empty(fire.observed),
        slippage=_or_empty(slippage(fill, fire.level)),
    )


def _or_empty(number: Decimal | None) -> str:
    return "" if number is None else text(number)
