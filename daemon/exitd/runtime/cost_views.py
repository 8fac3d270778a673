"""What orders cost, as the API gives it."""

from msgspec import Struct

from exitd.core.units import text
from exitd.runtime.analytics import Traded
from exitd.runtime.cost_groups import CostGroup, Spread
from exitd.runtime.numbers import rounded_text
from exitd.runtime.shown import timestamp
from exitd.signals.analysing import Costs

_NS_PER_MS = 1_000_000
_NO_CASH = Costs(setup_cost=None, execution_slippage=None, total_cost=None)


class CostRow(Struct, frozen=True, kw_only=True):
    """One order and what it cost; null is not known.

    `kind` is `entry`, `close` (an alert closed with it) or `exit` (a trigger did).
    `time` is when the alert came in, for an exit when it was hit; for one that the
    broker held itself (`leg_id`) when it ended there. Prices and costs are `quote` per
    unit, above zero when they are adverse; `cash_…` are the costs of all of `quantity`,
    which is what has filled. Percentages are of `market_price`. `ms_to_order` and
    `ms_to_fill` are counted from `time`, until the order was sent and until its last
    fill by the broker's clock.
    """

    time: str
    kind: str
    route: str
    strategy: str
    account: str
    on_paper: bool
    symbol: str
    side: str
    order_type: str
    state: str
    quantity: str
    quote: str
    market_price: str | None
    intended_price: str | None
    fill_price: str | None
    setup_cost: str | None
    slippage: str | None
    total_cost: str | None
    slippage_percent: str | None
    total_cost_percent: str | None
    quality: str | None
    cash_setup_cost: str | None
    cash_slippage: str | None
    cash_total_cost: str | None
    ms_to_order: int | None
    ms_to_fill: int | None
    executions: int
    flags: str
    signal_id: str
    entry_id: str
    trigger_id: str
    fire_id: str
    client_order_id: str
    leg_id: str


class SpreadView(Struct, frozen=True, kw_only=True):
    """Percent of the market price; `p90` is what nine of ten do not exceed."""

    best: str
    median: str
    p90: str
    worst: str


class CostGroupView(Struct, frozen=True, kw_only=True):
    """Orders that have something in common: `by` is all, strategy, symbol or route.

    `mode` is `live` or `paper`, and never both together; empty where there is no order.
    `cash` is the total cost by currency, of the orders for which it is known, and
    `qualities` counts those that could be rated.
    """

    mode: str
    by: str
    name: str
    orders: int
    filled: int
    qualities: dict[str, int]
    total_cost_percent: SpreadView | None
    slippage_percent: SpreadView | None
    cash: dict[str, str]


class CostsView(Struct, frozen=True, kw_only=True):
    """What orders cost in a time, oldest first, and what they have in common.

    `strangers` are fills that belong to no order of exitd.
    """

    since: str
    until: str
    rows: tuple[CostRow, ...]
    groups: tuple[CostGroupView, ...]
    strangers: int


def cost_row(row: Traded, quote: str) -> CostRow:
    found = row.analysis
    cash = _NO_CASH if found.cash is None else found.cash
    return CostRow(
        time=timestamp(row.ts_ns),
        kind=row.kind,
        route=row.route,
        strategy=row.strategy,
        account=row.account,
        on_paper=row.on_paper,
        symbol=row.symbol,
        side=row.side.value,
        order_type=_order_type(row),
        state=row.state,
        quantity=text(row.filled),
        quote=quote,
        market_price=rounded_text(found.market_price),
        intended_price=rounded_text(found.intended_price),
        fill_price=rounded_text(found.actual_fill_price),
        setup_cost=rounded_text(found.setup_cost),
        slippage=rounded_text(found.execution_slippage),
        total_cost=rounded_text(found.total_cost),
        slippage_percent=rounded_text(row.slippage_percent),
        total_cost_percent=rounded_text(found.total_cost_percent),
        quality=found.execution_quality and found.execution_quality.value,
        cash_setup_cost=rounded_text(cash.setup_cost),
        cash_slippage=rounded_text(cash.execution_slippage),
        cash_total_cost=rounded_text(cash.total_cost),
        ms_to_order=_milliseconds(row.to_order_ns),
        ms_to_fill=_milliseconds(row.to_fill_ns),
        executions=row.executions,
        flags="; ".join(found.flags),
        signal_id=row.signal_id,
        entry_id=row.entry_id,
        trigger_id=row.trigger_id,
        fire_id=row.fire_id,
        client_order_id=row.client_order_id,
        leg_id=row.leg_id,
    )


def cost_group(group: CostGroup) -> CostGroupView:
    return CostGroupView(
        mode=group.mode,
        by=group.by,
        name=group.name,
        orders=group.orders,
        filled=group.filled,
        qualities=dict(group.qualities),
        total_cost_percent=_spread(group.total_cost_percent),
        slippage_percent=_spread(group.slippage_percent),
        cash={quote: rounded_text(total) or "0" for quote, total in group.cash.items()},
    )


def _spread(spread: Spread | None) -> SpreadView | None:
    if spread is None:
        return None
    return SpreadView(
        best=text(spread.best),
        median=text(spread.median),
        p90=text(spread.p90),
        worst=text(spread.worst),
    )


def _milliseconds(duration_ns: int | None) -> int | None:
    return None if duration_ns is None else duration_ns // _NS_PER_MS


def _order_type(row: Traded) -> str:
    """Give the type that the alert had; an exit has put on one only to be reckoned."""
    order_type = row.analysis.order_type
    return "" if row.kind == "exit" or order_type is None else order_type.value
