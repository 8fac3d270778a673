"""Whatever Alpaca sends, nothing raises into the loop, and no price comes of it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exitd.adapters.alpaca.feed import AlpacaFeed
from exitd.adapters.alpaca.reports import order_reports
from exitd.adapters.alpaca.venue import AlpacaVenue
from exitd.adapters.alpaca.wire import ORDER
from exitd.core.inputs import FillReport
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.ports.venue import PrivateEvent
from exitd.secret import Secret
from fakes.clocks import ManualClock

KEY = Secret("PKTEST")
GOOD = {
    "id": "1",
    "client_order_id": "exitd-7",
    "created_at": "2026-01-02T03:04:05Z",
    "updated_at": "2026-01-02T03:04:05.123456789Z",
    "symbol": "AAPL",
    "side": "sell",
    "status": "filled",
    "type": "market",
    "qty": "10",
    "filled_qty": "10",
    "filled_avg_price": "140",
}
odd = st.sampled_from(
    [None, "", "NaN", "sNaN", "-Infinity", "1e400", "x", 0, -1, True, [], {}, "10"]
)


def updates() -> tuple[Any, list[PrivateEvent]]:
    venue = AlpacaVenue("alpaca", key=KEY, secret=KEY, clock=ManualClock())
    told: list[PrivateEvent] = []
    venue._stream._on_event = told.append
    return venue._stream, told


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_given_any_bytes_on_the_order_stream_then_nothing_is_told(frame):
    stream, told = updates()

    stream._on_frame(frame)

    assert told == []


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(sorted(GOOD)), odd, max_size=3), odd, odd, odd)
def test_given_an_odd_update_then_told_whole_or_not_at_all(changed, qty, price, held):
    stream, told = updates()
    data = {
        "event": "fill",
        "order": {**GOOD, **changed},
        "timestamp": "2026-01-02T03:04:05.2Z",
        "qty": qty,
        "price": price,
        "position_qty": held,
    }

    stream._on_frame(json.dumps({"stream": "trade_updates", "data": data}).encode())

    for event in told:
        if isinstance(event, FillReport):
            assert event.price.is_finite()
            assert event.quantity.is_finite()


@pytest.mark.parametrize("name", ["qty", "filled_qty", "filled_avg_price"])
@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity"])
def test_given_no_amount_in_an_order_when_read_then_it_cannot_be(name, amount):
    with pytest.raises(msgspec.ValidationError, match="is no amount"):
        ORDER.decode(json.dumps({**GOOD, name: amount}))


def test_given_an_order_of_several_legs_when_read_then_left_out():
    stream, _ = updates()
    order = ORDER.decode(json.dumps({**GOOD, "symbol": "", "side": None}))

    assert list(order_reports(stream._session, order)) == []


def prices() -> tuple[Any, list[Tick]]:
    feed = AlpacaFeed("alpaca", key=KEY, secret=KEY, clock=ManualClock())
    kinds = (PriceKind.LAST, PriceKind.BID, PriceKind.ASK)
    feed.watch(frozenset(PriceSource("alpaca", "AAPL", kind) for kind in kinds))
    told: list[Tick] = []
    feed._shares.teller.on_tick = told.append
    return feed._shares, told


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_given_any_bytes_on_a_price_stream_then_no_price(frame):
    stream, told = prices()

    stream._on_frame(frame)

    assert told == []


@settings(max_examples=25)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["T", "S", "p", "bp", "ap", "t", "c", "i", "code", "msg"]),
            st.one_of(
                st.sampled_from(["t", "q", "b", "x", "error", "AAPL", "NaN", "sNaN"]),
                st.floats(),
                st.integers(-(2**60), 2**60),
                st.datetimes(),
                st.lists(st.sampled_from(["@", "W", ""]), max_size=2),
            ),
        ),
        max_size=4,
    )
)
def test_given_odd_messages_on_a_price_stream_then_only_prices_are_told(messages):
    stream, told = prices()

    stream._on_frame(msgspec.msgpack.encode(messages))

    assert all(tick.price > Decimal(0) for tick in told)
