"""What the command line says of entries."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from contract import store_samples as samples
from exitd.cli import entry_wording as wording
from exitd.core.engine import Engine
from exitd.core.entry import EntryRecord, EntryState
from exitd.core.ticket import AttachedExits, TicketType
from exitd.core.units import NS_PER_S
from exitd.runtime.entries_shown import entry_view
from exitd.runtime.entry_views import EntryView
from exitd.runtime.shown import timestamp

D = Decimal


def shown(record: EntryRecord | None = None, **ticket: object) -> EntryView:
    """Show a working limit order for 10 AAPL at 150.50, changed as asked."""
    record = record or samples.entry()
    changed = replace(record.order.ticket, **ticket)
    order = replace(record.order, ticket=changed)
    return entry_view(Engine().state, replace(record, order=order), None, {})


def filled(quantity: str, quote: str, state: EntryState) -> EntryRecord:
    record = samples.entry(state=state)
    return replace(record, filled=D(quantity), filled_quote=D(quote))


@pytest.mark.parametrize(
    ("ticket", "asked", "price"),
    [
        ({}, "buy 10 AAPL, limit 150.5", "150.5"),
        (
            {"order": TicketType.STOP_LIMIT, "stop_price": D("150.1")},
            "buy 10 AAPL, stop_limit stop 150.1 limit 150.5",
            "150.5",
        ),
        (
            {"order": TicketType.TRAILING_STOP, "limit_price": None}
            | {"trail_percent": D("2.5")},
            "buy 10 AAPL, trailing_stop by 2.5%",
            "2.5%",
        ),
        (
            {"order": TicketType.MARKET, "limit_price": None}
            | {"quantity": None, "notional": D(5000)},
            "buy for 5000 of AAPL, market",
            "market",
        ),
    ],
)
def test_given_an_order_then_it_says_what_it_asks_for(ticket, asked, price):
    entry = shown(**ticket)

    assert wording.what_it_asks(entry) == asked
    assert wording.price(entry) == price


@pytest.mark.parametrize(
    ("quantity", "quote", "price"),
    [("3", "450", "150"), ("3", "451", "150.3333"), ("3", "0.0000001", "0.0000000333")],
)
def test_given_fills_then_their_average_in_few_digits(quantity, quote, price):
    entry = shown(filled(quantity, quote, EntryState.PARTIALLY_FILLED))

    assert wording.price(entry) == price
    assert wording.filled(entry) == "3/10"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (59, "59s"), (61, "1m"), (7_300, "2h"), (200_000, "2d"), (-5, "0s")],
)
def test_given_an_age_then_in_one_unit(seconds, said):
    entry = shown(replace(samples.entry(), ts_wanted_ns=10 * NS_PER_S))

    assert wording.age(entry, timestamp((10 + seconds) * NS_PER_S)) == said


def test_given_what_would_be_taken_back_then_it_says_what_stays():
    some = shown(filled("3", "450", EntryState.PARTIALLY_FILLED))
    over = shown(filled("10", "1500", EntryState.FILLED))

    assert wording.taking_back(some) == (
        "would take back breakout-1, which is partially_filled, 3/10 filled; the 3 "
        "that have filled keep their exits"
    )
    assert wording.taking_back(over) == (
        "breakout-1 is filled; nothing of it is left to take back"
    )


@pytest.mark.parametrize(
    ("record", "attached", "how"),
    [
        (samples.entry(), False, "armed once something has filled"),
        (samples.entry(), True, "for the broker to hold"),
        (samples.entry(state=EntryState.FILLED, legs=("l",)), True, "held by the"),
        (samples.entry(state=EntryState.REFUSED), False, "over"),
    ],
)
def test_given_exits_then_it_says_who_holds_them(record, attached, how):
    exits = AttachedExits(stop_price=D(140)) if attached else None

    lines = dict(wording.entry_lines(shown(record, attached=exits)))

    assert how in lines["exits"]


def test_given_a_refused_entry_then_it_says_why():
    record = replace(samples.entry(state=EntryState.REFUSED), refusal="NO: not today")

    assert ("refused", "NO: not today") in wording.entry_lines(shown(record))
