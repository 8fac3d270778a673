"""How the books are laid out, and how two sides of them are compared."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.store_samples import fill, fire, paid
from exitd.core.inputs import FillReport
from exitd.core.market import PriceKind, PriceSource
from exitd.core.money import Fee
from exitd.core.position import OrderSide, Side
from exitd.core.records import FillRecord
from exitd.core.units import NS_PER_S
from exitd.ports.store import BookedFill, ExitRow
from exitd.ports.venue import FundingReport
from exitd.runtime.comparing import Comparison, Entry, fill_entry, funding_entry
from exitd.runtime.ledger import book_rows, untraced

D = Decimal
FIRED = replace(
    fire(),
    filled=D("10.0"),
    filled_quote=D("1311"),
    entry_price=D("133"),
    quote="USDC",
    position_id="p1",
    fees=(Fee("USDC", D("0.2")),),
    open=False,
    ts_done_ns=3_000,
)
amounts = st.decimals("0.001", "1000", places=3)


def quote_of(account: str, symbol: str) -> str:
    return "USDC" if (account, symbol) == ("main", "SOL_USDC_PERP") else ""


def test_given_a_fill_of_a_stop_when_laid_out_then_every_column():
    (row,) = book_rows([BookedFill(fill(), FIRED)], [], [], quote_of)

    assert row.kind == "fill"
    assert row.time == "1970-01-01T00:00:00.000002500Z"
    assert (row.position, row.lifetime, row.position_id) == ("long", "1", "p1")
    assert (row.side, row.quantity, row.price) == ("sell", "4", "131.1")
    assert (row.fee, row.fee_asset, row.quote) == ("0.1", "USDC", "USDC")
    assert (row.entry_price, row.realised_pnl) == ("133", "-7.7")
    assert (row.trade_id, row.venue_order_id, row.client_order_id) == ("t1", "o1", "1")
    assert (row.fire_id, row.trigger_id) == ("sl#1", "sl")
    assert (row.level, row.observed, row.slippage) == ("131.25", "131.2", "0.15")
    assert row.funding == ""


def test_b140_given_an_exit_by_another_market_when_laid_out_then_no_slippage():
    source = PriceSource("binance", "BTCUSDT", PriceKind.MARK)
    by_bitcoin = replace(FIRED, level=D(60000), observed=D(59000), source=source)

    (row,) = book_rows([BookedFill(fill(), by_bitcoin)], [], [], quote_of)

    assert (row.level, row.observed, row.slippage) == ("60000", "59000", "")
    assert row.realised_pnl == "-7.7"


def test_given_a_fill_by_hand_when_laid_out_then_what_nobody_knows_is_empty():
    by_hand = replace(fill(fire_id=""), client_order_id=None)

    (row,) = book_rows([BookedFill(by_hand, None)], [], [], quote_of)

    assert (row.quantity, row.quote) == ("4", "USDC")
    assert (row.client_order_id, row.fire_id, row.realised_pnl) == ("", "", "")
    assert (row.position, row.level, row.slippage) == ("", "", "")


def test_given_funding_between_fills_when_laid_out_then_in_the_order_of_time():
    fills = [
        BookedFill(fill("t2", ts_venue_ns=2_800), FIRED),
        BookedFill(fill(), FIRED),
    ]

    rows = book_rows(fills, [], [paid()], quote_of)

    assert [row.kind for row in rows] == ["fill", "funding", "fill"]
    assert (rows[1].funding, rows[1].quote) == ("-0.25", "USDC")
    assert (rows[1].position, rows[1].lifetime) == ("long", "1")
    assert rows[1].realised_pnl == ""


def test_given_a_firing_that_filled_more_than_is_known_then_a_row_for_the_rest():
    rows = book_rows(
        [BookedFill(fill(), FIRED)], [ExitRow(FIRED, (fill(),))], [], quote_of
    )

    rest = rows[1]
    assert (rest.kind, rest.quantity, rest.price) == ("untraced", "6", "131.1")
    assert (rest.trade_id, rest.fee, rest.fire_id) == ("", "", "sl#1")
    assert rest.realised_pnl == "-11.4"


def test_given_a_firing_under_way_or_whole_then_nothing_is_called_untraced():
    under_way = replace(FIRED, open=True)
    whole = replace(FIRED, filled=D(4), filled_quote=D("524.4"))

    assert book_rows([], [ExitRow(under_way, ())], [], quote_of) == ()
    assert untraced(whole, [fill()]) is None


@given(st.sampled_from(Side), st.lists(st.tuples(amounts, amounts, amounts)))
def test_given_any_fills_then_the_column_adds_up_to_the_firing(side, trades):
    fills = [
        replace(
            fill(f"t{n}"), quantity=quantity, price=price, fee=fee, side=side.close_side
        )
        for n, (quantity, price, fee) in enumerate(trades)
    ]
    fired = replace(
        FIRED,
        side=side,
        filled=sum((f.quantity for f in fills), D(0)),
        filled_quote=sum((f.quantity * f.price for f in fills), D(0)),
        fees=(Fee("USDC", sum((f.fee for f in fills), D(0))),),
    )

    rows = book_rows([BookedFill(f, fired) for f in fills], [], [], quote_of)

    total = sum((D(row.realised_pnl) for row in rows), D(0))
    assert total == (fired.pnl or 0)


def told(record: FillRecord, **changed: object) -> FillReport:
    fields: dict[str, object] = {
        name: getattr(record, name)
        for name in FillReport.__struct_fields__
        if name not in ("now_ns", "reference")
    }
    return FillReport(**{**fields, **changed, "now_ns": 0})  # type: ignore[arg-type]


def compared(
    here: list[Entry], venue: list[Entry], recent_ns: int = 10_000
) -> Comparison:
    found = Comparison(0, 10_000)
    found.compare(here, venue, recent_ns=recent_ns)
    return found


def test_given_the_same_on_both_sides_then_agreed_whatever_the_text_of_a_number():
    venue = told(fill(), quantity=D("4.000"), ts_venue_ns=2_000)
    payment = FundingReport(
        account="main",
        symbol="SOL_USDC_PERP",
        amount=D("-0.250"),
        rate=None,
        ts_venue_ns=0,
    )

    found = compared(
        [fill_entry(fill()), funding_entry(paid())],
        [fill_entry(venue), funding_entry(payment)],
    )

    assert (found.agreed, found.differences) == (2, [])


def test_given_rows_on_one_side_then_each_is_named_with_its_side():
    found = compared([fill_entry(fill("a"))], [fill_entry(told(fill("b")))])

    assert [(d.found, d.id) for d in found.differences] == [
        ("here", "a"),
        ("venue", "b"),
    ]
    assert found.agreed == 0


def test_given_a_fill_that_says_something_else_then_what_is_named():
    venue = told(fill(), price=D("131.2"), side=OrderSide.BUY, ts_venue_ns=9_000_000)

    (difference,) = compared([fill_entry(fill())], [fill_entry(venue)]).differences

    assert difference.found == "both"
    assert "price is 131.1 here and 131.2 there" in difference.why
    assert "side is sell here and buy there" in difference.why
    assert "its time is" in difference.why


def test_given_rows_of_the_last_seconds_then_too_recent_to_tell():
    found = compared(
        [fill_entry(fill("a", ts_venue_ns=9_000))],
        [fill_entry(told(fill("b", ts_venue_ns=8_999)))],
        recent_ns=9_000,
    )

    assert (found.recent, [d.id for d in found.differences]) == (1, ["b"])


def test_given_rows_outside_the_time_then_they_are_left_out():
    found = Comparison(2_500, 2_600)
    here = [fill(str(ts), ts_venue_ns=ts) for ts in (2_499, 2_500, 2_600)]

    found.compare([fill_entry(f) for f in here], [], recent_ns=NS_PER_S)

    assert [d.id for d in found.differences] == ["2500"]
