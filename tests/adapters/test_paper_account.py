"""The paper account under any sequence of prices and closes."""

import itertools
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exitd.adapters.paper.account import PaperAccount, PaperOrder, PaperState
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType

SOL = "SOL_USDC_PERP"
MARK = PriceSource("paper", SOL, PriceKind.MARK)

prices = st.integers(1, 20).map(Decimal)
quantities = st.integers(1, 8).map(Decimal)
ticks = st.tuples(st.just("tick"), prices)
closes = st.tuples(
    st.just("close"),
    quantities,
    st.sampled_from(OrderSide),
    st.none() | prices,
    st.booleans(),
    st.none() | prices,
)


def take(account: PaperAccount, n: int, step: tuple) -> None:
    _, quantity, side, price, rests, trigger_price = step
    order = PaperOrder(
        id=account.number(),
        client_order_id=n,
        symbol=SOL,
        side=side,
        quantity=quantity,
        order=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
        rests=rests and price is not None,
        trigger_price=trigger_price,
        ts_created_ns=n,
        ts_changed_ns=n,
    )
    account.accept(order)
    if trigger_price is not None:
        return
    if account.is_met(order):
        account.execute(order, account.prices.newest(SOL) or Decimal(1), n)
    elif not order.rests:
        account.end(order, OrderStatus.EXPIRED, n)


@given(
    st.integers(-10, 10).map(Decimal),
    st.lists(st.one_of(ticks, closes), max_size=30),
)
def test_given_any_closes_and_prices_when_traded_then_it_can_only_shrink(net, steps):
    account = PaperAccount("paper", Decimal(0), PaperState())
    account.set_position(SOL, net, Decimal(10), 0)
    account.on_tick(Tick(MARK, Decimal(10), 0, 0))
    before = net

    for n, step in enumerate(steps, 1):
        if step[0] == "tick":
            account.on_tick(Tick(MARK, step[1], n, n))
        else:
            take(account, n, step)

        after = account.net(SOL)
        assert abs(after) <= abs(before)
        assert after == 0 or (after > 0) == (net > 0)
        before = after

    filled = sum((f.quantity for f in account.state.fills), Decimal(0))
    assert filled == abs(net) - abs(account.net(SOL))
    for order in account.state.orders:
        fills = [f for f in account.state.fills if f.venue_order_id == order.id]
        assert sum((f.quantity for f in fills), Decimal(0)) == order.filled
        assert order.filled <= order.quantity
        if order.price is not None:
            for fill in fills:
                sells = order.side is OrderSide.SELL
                assert fill.price >= order.price if sells else fill.price <= order.price
    ids = [f.trade_id for f in account.state.fills]
    assert len(set(ids)) == len(ids)


@given(st.lists(st.one_of(ticks, closes), max_size=20))
def test_given_any_history_when_an_order_has_ended_then_it_stays_ended(steps):
    account = PaperAccount("paper", Decimal(0), PaperState())
    account.set_position(SOL, Decimal(9), Decimal(10), 0)
    account.on_tick(Tick(MARK, Decimal(10), 0, 0))
    for n, step in enumerate(steps, 1):
        if step[0] == "tick":
            account.on_tick(Tick(MARK, step[1], n, n))
        else:
            take(account, n, step)

    told: dict[str, list[OrderReport]] = {}
    for event in account.events:
        if isinstance(event, OrderReport):
            told.setdefault(event.venue_order_id, []).append(event)
    resting = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)
    for reports in told.values():
        assert [r.filled for r in reports] == sorted(r.filled for r in reports)
        for earlier, _later in itertools.pairwise(reports):
            assert earlier.status in resting
