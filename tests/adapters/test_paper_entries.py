"""What entries do on paper beyond the contract: days, refusals, prices, restarts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.entries_rig import BUY, SELL, average, entry, net, send, sent
from contract.test_entries_contract_paper import PaperEntriesRig
from exitd.adapters.paper.account import PaperAccount
from exitd.adapters.paper.entries import PaperEntries
from exitd.adapters.paper.venue import PaperVenue
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderStatus
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import OrderSide
from exitd.core.ticket import (
    AssetClass,
    AttachedExits,
    PositionIntent,
    Ticket,
    TicketTime,
    TicketType,
)
from exitd.core.units import NS_PER_HOUR, NS_PER_S
from exitd.ports.venue import Refusal
from exitd.signals.days import day_end_ns
from fakes.exchange import SOL

LIMIT, STOP = TicketType.LIMIT, TicketType.STOP
TRAILING = TicketType.TRAILING_STOP
#: 2026-11-20T21:30:00Z, half past four in New York.
AFTERNOON_NS = 1_795_210_200 * NS_PER_S


@pytest.fixture
def rig() -> PaperEntriesRig:
    return PaperEntriesRig(PriceKind.BID, PriceKind.ASK)


def quote(rig: PaperEntriesRig, kind: PriceKind, price: str) -> None:
    now_ns = rig.clock.now_ns()
    source = PriceSource("paper", SOL, kind)
    rig.venue.on_tick(Tick(source, Decimal(price), now_ns, now_ns))


async def refused(rig: PaperEntriesRig, order: EntryOrder) -> Refusal:
    answer = await send(rig, order)
    assert isinstance(answer, Refusal), answer
    return answer


@pytest.mark.parametrize(
    ("asset_class", "hours"),
    [(AssetClass.EQUITY, 79.5), (AssetClass.OPTION, 79.5), (AssetClass.CRYPTO, 2.5)],
)
def test_given_a_friday_after_the_close_when_the_day_is_asked_for_then_mondays(
    asset_class, hours
):
    assert day_end_ns(asset_class, AFTERNOON_NS) == AFTERNOON_NS + int(
        hours * NS_PER_HOUR
    )


@pytest.mark.parametrize(("side", "price"), [(BUY, "141"), (SELL, "139")])
async def test_given_a_spread_when_taken_then_the_worse_side_is_paid(rig, side, price):
    quote(rig, PriceKind.BID, "139")
    quote(rig, PriceKind.ASK, "141")

    report = await sent(rig, entry(rig, side))

    assert average(report) == Decimal(price)


async def test_given_an_old_quote_when_taken_then_the_last_trade_is_paid(rig):
    rig.clock.advance(61 * NS_PER_S)
    quote(rig, PriceKind.LAST, "150")

    report = await sent(rig, entry(rig))

    assert average(report) == 150


@pytest.mark.parametrize(
    ("side", "stop", "trade"), [(BUY, "151", "152"), (SELL, "129", "128")]
)
async def test_given_a_stop_when_trades_leave_the_quote_behind_then_that_is_not_paid(
    rig, side, stop, trade
):
    quote(rig, PriceKind.BID, "139")
    quote(rig, PriceKind.ASK, "141")
    order = entry(rig, side, order=STOP, stop_price=stop)
    await sent(rig, order)

    rig.clock.advance(1)
    quote(rig, PriceKind.LAST, trade)

    assert average(await rig.entries.find_entry(order)) == Decimal(trade)


async def test_given_a_trade_within_the_spread_when_taken_then_the_quote_is_paid(rig):
    quote(rig, PriceKind.BID, "139")
    quote(rig, PriceKind.ASK, "141")
    rig.clock.advance(1)
    quote(rig, PriceKind.LAST, "140")

    report = await sent(rig, entry(rig))

    assert average(report) == 141


async def test_given_a_limit_when_only_the_bid_comes_to_it_then_it_rests(rig):
    order = entry(rig, order=LIMIT, limit_price="139")
    await sent(rig, order)

    quote(rig, PriceKind.BID, "138")
    resting = await rig.entries.find_entry(order)
    quote(rig, PriceKind.ASK, "139")
    filled = await rig.entries.find_entry(order)

    assert resting.status is OrderStatus.WORKING
    assert filled.status is OrderStatus.FILLED
    assert average(filled) == 139


@pytest.mark.parametrize("time", [TicketTime.IOC, TicketTime.FOK])
async def test_given_a_limit_that_may_not_wait_when_not_met_then_over_and_why(
    rig, time
):
    order = entry(rig, order=LIMIT, limit_price="139", time_in_force=time)

    report = await sent(rig, order)

    assert report.status is OrderStatus.EXPIRED
    assert (
        report.reason == f"PAPER: the price was not there, and '{time}' waits for none"
    )


async def test_given_a_leap_through_a_limit_when_filled_then_at_the_limit(rig):
    order = entry(rig, order=LIMIT, limit_price="139")
    await sent(rig, order)

    await rig.price("100")

    assert average(await rig.entries.find_entry(order)) == 139


async def test_given_a_day_order_when_its_day_is_over_then_expired(rig):
    day = entry(rig, order=LIMIT, limit_price="100")
    kept = entry(rig, order=LIMIT, limit_price="100", time_in_force=TicketTime.GTC)
    await sent(rig, day)
    await sent(rig, kept)

    rig.clock.advance(86_400 * NS_PER_S)
    (resting,) = await rig.venue.open_orders()

    assert resting.reference == kept.ticket.client_order_id
    ended = await rig.entries.find_entry(day)
    assert (ended.status, ended.reason) == (OrderStatus.EXPIRED, "the day is over")


@pytest.mark.parametrize("time", [TicketTime.OPG, TicketTime.CLS])
async def test_given_an_auction_when_sent_then_refused_with_what_to_use(rig, time):
    answer = await refused(rig, entry(rig, time_in_force=time))

    assert "no auctions" in answer.message
    assert "'day'" in answer.message


async def test_given_exits_for_the_broker_when_sent_then_left_to_exitd(rig):
    order = entry(rig, attached=AttachedExits(stop_price=Decimal(120)))

    assert "exits: exitd" in (await refused(rig, order)).message


@pytest.mark.parametrize(("held", "side"), [("3", SELL), ("-3", BUY)])
async def test_given_the_other_side_held_when_told_to_open_then_refused(
    rig, held, side
):
    await rig.hold(held)

    answer = await refused(rig, entry(rig, side))

    assert "does not fit" in answer.message
    assert await net(rig) == Decimal(held)


@pytest.mark.parametrize(
    ("held", "side", "intent"),
    [
        ("3", SELL, PositionIntent.SELL_TO_CLOSE),
        ("-3", BUY, PositionIntent.BUY_TO_CLOSE),
    ],
)
async def test_given_an_entry_that_is_to_close_when_too_large_then_never_flipped(
    rig, held, side, intent
):
    await rig.hold(held)

    report = await sent(rig, entry(rig, side, "5", intent=intent))

    assert report.filled == 3
    assert report.reduce_only is True
    assert await net(rig) == 0


async def test_given_nothing_held_when_told_to_close_then_not_reduced(rig):
    order = entry(rig, SELL, intent=PositionIntent.SELL_TO_CLOSE)

    assert (await refused(rig, order)).kind is RefusalKind.NOT_REDUCED


async def test_given_no_intent_when_larger_than_what_is_held_then_turned_over(rig):
    await rig.hold("3")

    await sent(rig, entry(rig, SELL, "5", intent=None))

    assert await net(rig) == -2
    (short,) = await rig.venue.positions()
    assert short.entry_price == 140


async def test_given_two_entries_when_filled_then_held_at_their_average(rig):
    await sent(rig, entry(rig, quantity="1"))
    await rig.price("150")

    await sent(rig, entry(rig, quantity="3"))

    (held,) = await rig.venue.positions()
    assert held.entry_price == Decimal("147.5")


async def test_given_an_expired_request_when_sent_then_refused_as_such(rig):
    order = entry(rig)
    prepared = rig.entries.prepare_entry(order)
    rig.clock.advance(6 * NS_PER_S)

    answer = await rig.entries.send_entry(order, prepared)

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.EXPIRED


async def test_given_no_price_seen_when_sent_then_the_real_venue_is_asked(rig):
    rig.real.set_price(SOL, "133")
    rig.venue = rig.entries = PaperVenue("paper", clock=rig.clock, market=rig.real)

    report = await sent(rig, entry(rig))

    assert average(report) == 133


async def test_given_no_price_anywhere_when_sent_then_refused(rig):
    rig.real.is_down = True
    rig.venue = rig.entries = PaperVenue("paper", clock=rig.clock, market=rig.real)

    answer = await refused(rig, entry(rig))

    assert answer.kind is RefusalKind.LIQUIDITY
    assert f"no price of {SOL}" in answer.message


async def test_given_the_steps_of_a_market_when_money_is_spent_then_in_whole_steps(
    rig,
):
    steps = {i.symbol: i.quantity_step for i in await rig.venue.instruments()}

    report = await sent(rig, entry(rig, quantity=None, notional="100"))
    off_step = await refused(rig, entry(rig, quantity="0.00001"))
    too_little = await refused(rig, entry(rig, quantity=None, notional="0.01"))

    assert report.filled % steps[SOL] == 0
    assert 0 <= 100 - report.filled_quote < 140 * steps[SOL]
    assert "is no multiple of" in off_step.message
    assert "too small" in too_little.message


async def test_given_what_rests_when_restarted_then_it_fills_as_before(rig):
    stop = entry(rig, order=STOP, stop_price="145")
    trail = entry(rig, SELL, order=TRAILING, trail_price="5", intent=None)
    await sent(rig, stop)
    await sent(rig, trail)
    await rig.price("144")

    state = rig.venue.state()
    rig.venue = rig.entries = PaperVenue(
        "paper", clock=rig.clock, market=rig.real, state=state
    )
    await rig.price("139")
    trailed = await rig.entries.find_entry(trail)
    await rig.price("146")
    stopped = await rig.entries.find_entry(stop)

    assert (trailed.status, average(trailed)) == (OrderStatus.FILLED, 139)
    assert (stopped.status, average(stopped)) == (OrderStatus.FILLED, 146)
    assert (await sent(rig, stop)).venue_order_id == stopped.venue_order_id


async def test_given_what_rests_or_is_held_when_it_changes_then_prices_are_asked_for(
    rig,
):
    told: list[frozenset[str]] = []
    rig.venue.follow_prices(told.append)
    order = entry(rig, order=LIMIT, limit_price="130")

    report = await sent(rig, order)
    await rig.entries.cancel_entry(order, report.venue_order_id)
    await rig.hold("2")

    assert told == [{SOL}, frozenset(), {SOL}]


prices = st.integers(1, 20).map(Decimal)
kinds = st.sampled_from((PriceKind.BID, PriceKind.ASK, PriceKind.LAST, PriceKind.MARK))
tickets = st.builds(
    lambda side, quantity, order, price, trail, time: _ticket(
        side, quantity, order, price, trail, time
    ),
    st.sampled_from(OrderSide),
    st.integers(1, 5).map(Decimal),
    st.sampled_from(TicketType),
    prices,
    st.integers(1, 3).map(Decimal),
    st.sampled_from((TicketTime.DAY, TicketTime.GTC, TicketTime.IOC, TicketTime.FOK)),
)


def _ticket(
    side: OrderSide,
    quantity: Decimal,
    order: TicketType,
    price: Decimal,
    trail: Decimal,
    time: TicketTime,
) -> Ticket:
    prices: dict[str, Any] = {
        TicketType.MARKET: {},
        TicketType.LIMIT: {"limit_price": price},
        TicketType.STOP: {"stop_price": price},
        TicketType.STOP_LIMIT: {"stop_price": price, "limit_price": price},
        TicketType.TRAILING_STOP: {"trail_price": trail},
    }[order]
    return Ticket(
        symbol=SOL,
        asset_class=AssetClass.CRYPTO,
        side=side,
        quantity=quantity,
        order=order,
        time_in_force=time,
        **prices,
    )


@given(st.lists(st.one_of(st.tuples(kinds, prices), tickets), max_size=25))
def test_given_any_entries_and_prices_when_traded_then_the_books_add_up(steps):
    account = PaperAccount("paper", Decimal(0))
    entries = PaperEntries(account)
    account.on_tick(Tick(PriceSource("p", SOL, PriceKind.LAST), Decimal(10), 0, 0))
    for n, step in enumerate(steps, 1):
        if isinstance(step, Ticket):
            ticket = replace(step, client_order_id=str(n))
            order = EntryOrder(id=str(n), account="paper", ticket=ticket)
            assert not isinstance(entries.take(order, n), Refusal)
        else:
            kind, price = step
            account.on_tick(Tick(PriceSource("p", SOL, kind), price, n, n))
            entries.on_price(SOL, n)

    bought = sum(f.quantity for f in account.state.fills if f.side is BUY)
    sold = sum(f.quantity for f in account.state.fills if f.side is SELL)
    assert account.net(SOL) == bought - sold
    for taken in account.state.orders:
        fills = [f for f in account.state.fills if f.venue_order_id == taken.id]
        assert sum(f.quantity for f in fills) == taken.filled <= taken.quantity
        assert taken.filled in (0, taken.quantity)
        for fill in fills:
            if taken.price is not None and taken.side is BUY:
                assert fill.price <= taken.price
            elif taken.price is not None:
                assert fill.price >= taken.price
