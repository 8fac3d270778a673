"""
Analysing: what an entry costs, from the price at which its alert was raised.

    market price ──setup cost──▶ intended price ──execution slippage──▶ fill price

The first is the strategy's choice, the second the broker's work. Both are quote
currency per unit, above zero when they are adverse: bought higher, or sold lower.
"""

import decimal
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.ticket import TicketType
from exitd.core.units import HUNDRED, ZERO, text
from exitd.signals.fields import BadField, amount
from exitd.signals.model import Direction, Json, Signal

# Two numbers of at most 28 digits each are multiplied without rounding.
_EXACT_DIGITS = 80
PERCENT_STEP = Decimal("0.001")
WORSE_THAN_LIMIT = "fill worse than limit"


class Quality(StrEnum):
    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


#: What is below or at these percentages of the market price is called so; the first
#: is below only.
EXCELLENT_BELOW = Decimal("0.1")
GOOD_MAX = Decimal("0.25")
FAIR_MAX = Decimal("0.5")


class Costs(Struct, frozen=True, kw_only=True, gc=False):
    """Costs of the whole quantity, in the quote currency."""

    setup_cost: Decimal | None
    execution_slippage: Decimal | None
    total_cost: Decimal | None


class Analysis(Struct, frozen=True, kw_only=True):
    """
    The three prices of an entry and what lies between them; None is not known.

    `total_cost_percent` is percent of the market price, to three decimals;
    `execution_quality` goes by its exact value. `flags` are contradictions between
    the prices: a limit order is never filled beyond its limit.
    """

    order_type: TicketType
    market_price: Decimal | None
    intended_price: Decimal | None
    setup_cost: Decimal | None = None
    actual_fill_price: Decimal | None = None
    execution_slippage: Decimal | None = None
    total_cost: Decimal | None = None
    total_cost_percent: Decimal | None = None
    execution_quality: Quality | None = None
    cash: Costs | None = None
    flags: tuple[str, ...] = ()


def analyse(signal: Signal, fill_price: Decimal | None = None) -> Analysis:
    """
    Reckon what an entry costs, as far as its prices are known.

    Args:
        fill_price: The average price of the fills, above zero; without it the
            `actualFillPrice` of the alert, if there is one.
    """
    fill = fill_price if fill_price is not None else _told_fill(signal)
    with decimal.localcontext() as context:
        context.prec = _EXACT_DIGITS
        market = signal.market_price
        intended = intended_price(signal)
        setup = _adverse(signal.direction, market, intended)
        slippage = _adverse(signal.direction, intended, fill)
        total = _adverse(signal.direction, market, fill)
        cash = None
        if fill is not None and signal.qty is not None:
            cash = Costs(
                setup_cost=_times(setup, signal.qty),
                execution_slippage=_times(slippage, signal.qty),
                total_cost=_times(total, signal.qty),
            )
        percent = None
        if total is not None and market is not None:
            percent = _plain(
                (total * HUNDRED / market).quantize(PERCENT_STEP, ROUND_HALF_UP)
            )
        return Analysis(
            order_type=signal.order_type,
            market_price=market,
            intended_price=intended,
            setup_cost=setup,
            actual_fill_price=fill,
            execution_slippage=slippage,
            total_cost=total,
            total_cost_percent=percent,
            execution_quality=quality_of(total, market),
            cash=cash,
            flags=_flags(signal, fill),
        )


def intended_price(signal: Signal) -> Decimal | None:
    """
    Give the price that the order itself asks for; None when it says none.

    A trailing stop asks for where it first rests: below the market when it sells,
    above when it buys.
    """
    market = signal.market_price
    match signal.order_type:
        case TicketType.MARKET:
            return market
        case TicketType.LIMIT | TicketType.STOP_LIMIT:
            return signal.limit_price
        case TicketType.STOP:
            return signal.stop_price
        case TicketType.TRAILING_STOP if market is not None and signal.direction:
            trail = signal.trail_price
            if trail is None and signal.trail_percent is not None:
                trail = market * signal.trail_percent / HUNDRED
            if trail is None:
                return None
            is_long = signal.direction is Direction.LONG
            rests = market + trail if is_long else market - trail
            return _plain(rests) if rests > ZERO else None
    return None


def quality_of(
    total_cost: Decimal | None, market_price: Decimal | None
) -> Quality | None:
    """Rate a total cost per unit; None without one. A gain is excellent."""
    if total_cost is None or market_price is None:
        return None
    hundredfold = total_cost * HUNDRED
    if hundredfold < EXCELLENT_BELOW * market_price:
        return Quality.EXCELLENT
    if hundredfold <= GOOD_MAX * market_price:
        return Quality.GOOD
    if hundredfold <= FAIR_MAX * market_price:
        return Quality.FAIR
    return Quality.POOR


def analysis_json(analysis: Analysis) -> Json:
    """Write what is known, in the words of the format; prices as numbers."""
    written: dict[str, object] = {
        "intendedPrice": analysis.intended_price,
        "setupCost": analysis.setup_cost,
        "actualFillPrice": analysis.actual_fill_price,
        "executionSlippage": analysis.execution_slippage,
        "totalCost": analysis.total_cost,
        "totalCostPercent": analysis.total_cost_percent,
        "executionQuality": analysis.execution_quality,
    }
    if analysis.cash is not None:
        cash = {
            "setupCost": analysis.cash.setup_cost,
            "executionSlippage": analysis.cash.execution_slippage,
            "totalCost": analysis.cash.total_cost,
        }
        written["cash"] = {
            name: cost for name, cost in cash.items() if cost is not None
        }
    if analysis.flags:
        written["flags"] = list(analysis.flags)
    return {name: value for name, value in written.items() if value is not None}


def _told_fill(signal: Signal) -> Decimal | None:
    told = signal.extra.get("actualFillPrice")
    try:
        return amount("actualFillPrice", told)
    except BadField:
        return None


def _adverse(
    direction: Direction | None, before: Decimal | None, after: Decimal | None
) -> Decimal | None:
    """What is paid more, or got less, per unit."""
    if direction is None or before is None or after is None:
        return None
    more = after - before
    return _plain(more if direction is Direction.LONG else -more)


def _times(cost: Decimal | None, quantity: Decimal) -> Decimal | None:
    return None if cost is None else _plain(cost * quantity)


def _plain(number: Decimal) -> Decimal:
    return Decimal(text(number))


def _flags(signal: Signal, fill: Decimal | None) -> tuple[str, ...]:
    limit = signal.limit_price
    if signal.order_type not in (TicketType.LIMIT, TicketType.STOP_LIMIT):
        return ()
    beyond = _adverse(signal.direction, limit, fill)
    return (WORSE_THAN_LIMIT,) if beyond is not None and beyond > ZERO else ()
