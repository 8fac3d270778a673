"""Firings as rows of a table: nothing hidden, and columns that add up."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import msgspec

from contract.store_samples import fill, fire
from exitd.adapters.sqlite.export import COLUMNS, export_rows, utc, write_csv
from exitd.core.position import OrderSide, Side
from exitd.ports.store import ExitRow

FIRED = msgspec.structs.replace(
    fire(open=False, ts_hit_ns=1_700_000_000_000_000_000),
    filled=Decimal("10.0"),
    filled_quote=Decimal("1311.0"),
    pnl=Decimal("-18.90"),
)
FIRST = fill("t1", ts_venue_ns=1_700_000_000_123_456_789)
SECOND = msgspec.structs.replace(
    FIRST, trade_id="t2", quantity=Decimal("6.0"), client_order_id=None
)


def test_given_firing_when_exported_then_one_row_for_each_fill():
    first, second = export_rows([ExitRow(FIRED, (FIRST, SECOND))])

    assert first.time == "2023-11-14T22:13:20.123456789Z"
    assert (first.account, first.symbol) == ("main", "SOL_USDC_PERP")
    assert (first.position, first.side) == ("long", "sell")
    assert (first.quantity, first.price) == ("4", "131.1")
    assert (first.fee, first.fee_asset) == ("0.1", "USDC")
    assert (first.venue_order_id, first.venue_trade_id) == ("o1", "t1")
    assert (first.fire_id, first.trigger_id) == ("sl#1", "sl")
    assert (first.level, first.observed) == ("131.25", "131.2")
    assert first.slippage == "0.15"
    assert (first.client_order_id, second.client_order_id) == ("1", "")


def test_given_profit_and_funding_when_exported_then_each_stands_once():
    rows = list(
        export_rows(
            [ExitRow(FIRED, (FIRST, SECOND))], funding={"sl#1": Decimal("-0.25")}
        )
    )

    assert [row.realised_pnl for row in rows] == ["", "-18.9"]
    assert [row.funding for row in rows] == ["", "-0.25"]


def test_given_fill_that_nobody_told_of_when_exported_then_a_row_for_the_rest():
    first, rest = export_rows([ExitRow(FIRED, (FIRST,))])

    assert first.venue_trade_id == "t1"
    assert rest.venue_trade_id == rest.fee == ""
    assert rest.quantity == "6"
    assert rest.price == "131.1"
    assert rest.realised_pnl == "-18.9"


def test_given_firing_without_fills_when_exported_then_no_row():
    assert list(export_rows([ExitRow(fire(), ())])) == []


def test_given_short_when_bought_above_the_level_then_slippage_is_positive():
    short = msgspec.structs.replace(FIRED, side=Side.SHORT)
    bought = msgspec.structs.replace(
        FIRST, side=OrderSide.BUY, price=Decimal("131.50"), quantity=Decimal(10)
    )

    (row,) = export_rows([ExitRow(short, (bought,))])

    assert row.slippage == "0.25"


def test_given_close_by_a_person_when_exported_then_no_level_and_no_slippage():
    by_hand = msgspec.structs.replace(FIRED, level=None, observed=None)

    first, _ = export_rows([ExitRow(by_hand, (FIRST, SECOND))])

    assert (first.level, first.observed, first.slippage) == ("", "", "")


def test_given_rows_when_written_then_readable_as_csv():
    file = io.StringIO()

    write_csv(export_rows([ExitRow(FIRED, (FIRST, SECOND))]), file)

    header, *rows = csv.reader(io.StringIO(file.getvalue()))
    assert tuple(header) == COLUMNS
    assert [row[header.index("venue_trade_id")] for row in rows] == ["t1", "t2"]


def test_given_instant_when_written_then_exact_to_the_nanosecond():
    assert utc(0) == "1970-01-01T00:00:00.000000000Z"
    assert utc(1_700_000_000_000_000_001) == "2023-11-14T22:13:20.000000001Z"
