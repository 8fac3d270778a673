"""Rules W1 to W11, and that of DAY exits: what is odd about an alert, and no error."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from exitd.core.ticket import AssetClass, TicketTime, TicketType
from exitd.core.units import HUNDRED, ONE, is_on_step
from exitd.signals.assets import asset_class_of
from exitd.signals.faults import shown
from exitd.signals.model import Direction, Finding, ProfitType, Signal
from exitd.signals.platforms.capabilities import Terms, unsupported
from exitd.signals.platforms.known import PLATFORMS

#: Percent of the market price beyond which an entry price is worth a look.
FAR_PERCENT = Decimal(5)
_ONE_DECIMAL = Decimal("0.1")
_HAS_STOP = (TicketType.STOP, TicketType.STOP_LIMIT)
_HAS_LIMIT = (TicketType.LIMIT, TicketType.STOP_LIMIT)


def warnings_of(
    signal: Signal,
    *,
    platform: str,
    asset_class: AssetClass | None,
    may_be_native: bool = True,
) -> Iterator[Finding]:
    """Give every warning by its number, that of DAY exits last.

    Without `may_be_native` no broker holds the exits, and they end with no day.
    """
    kind = asset_class or asset_class_of(signal.ticker or "")
    found = [
        *_unsupported(signal, platform, kind),
        *_far(signal),
        *_missing(signal),
        *_ignored(signal),
        *_named(signal, platform),
    ]
    yield from sorted(found, key=lambda finding: int(finding.rule[1:]))
    if may_be_native:
        yield from _day_exits(signal, platform, kind)


def _unsupported(signal: Signal, platform: str, kind: AssetClass) -> Iterator[Finding]:
    able = PLATFORMS.get(platform)
    if able is None:
        return
    terms = Terms(
        asset_class=kind,
        order=signal.order_type,
        time=signal.time_in_force,
        is_fractional=signal.qty is not None and not is_on_step(signal.qty, ONE),
        is_notional=signal.notional is not None,
        is_extended=signal.extended_hours is True,
    )
    yield from unsupported(able, terms)


def _far(signal: Signal) -> Iterator[Finding]:
    """W2 to W4: entry prices that are far from the market, or beyond it."""
    market, stop, limit = signal.market_price, signal.stop_price, signal.limit_price
    if market is None:
        return
    if signal.order_type in _HAS_STOP and stop is not None:
        yield from _distance("W2", "stop", stop, market)
        is_through = (signal.direction is Direction.LONG and stop <= market) or (
            signal.direction is Direction.SHORT and stop >= market
        )
        if is_through:
            yield Finding(
                rule="W4",
                message="Entry stop price is already through the market price",
                cause="The stop triggers at once: a buy waits above the market, a sale"
                " below it",
                remedy="Review order setup",
                field="stopPrice",
            )
    if signal.order_type in _HAS_LIMIT and limit is not None:
        yield from _distance("W3", "limit", limit, market)


def _distance(
    rule: str, name: str, price: Decimal, market: Decimal
) -> Iterator[Finding]:
    gap = abs(price - market) * HUNDRED
    if gap <= FAR_PERCENT * market:
        return
    percent = (gap / market).quantize(_ONE_DECIMAL, ROUND_HALF_UP)
    yield Finding(
        rule=rule,
        message=f"Entry {name} price is {percent}% from market price",
        cause="Large price gap",
        remedy="Review order setup",
        field=f"{name}Price",
    )


def _missing(signal: Signal) -> Iterator[Finding]:
    if signal.market_price is None:
        yield Finding(
            rule="W5",
            message="marketPrice missing: analytics unavailable",
            cause="Costs are counted from the price at which the alert was raised",
            remedy='Add "marketPrice": 150.25',
            field="marketPrice",
        )
    if signal.qty is None and signal.notional is None:
        yield Finding(
            rule="W6",
            message="Neither qty nor notional was given; the configured default"
            " quantity applies",
            cause="The size of the route decides; without one, nothing is opened, and "
            "what closes takes all that is held",
            remedy='Add "qty": 10, or "notional" in dollars',
            field="qty",
        )


def _ignored(signal: Signal) -> Iterator[Finding]:
    """W7: prices that the order type does not use; they are never sent."""
    order = signal.order_type
    has_trail = signal.trail_price is not None or signal.trail_percent is not None
    if has_trail and order is not TicketType.TRAILING_STOP:
        message = f"trailPrice and trailPercent ignored for {order} orders"
        yield _surplus(message, "trailPrice")
    if signal.stop_price is not None and order not in _HAS_STOP:
        yield _surplus(f"stopPrice ignored for {order} orders", "stopPrice")
    if signal.limit_price is not None and order not in _HAS_LIMIT:
        yield _surplus(f"limitPrice ignored for {order} orders", "limitPrice")
    profit, loss = signal.take_profit, signal.stop_loss
    if profit is not None and profit.stop_price is not None and not profit.is_touch:
        message = "profitTargetStopPrice ignored for limit profit targets"
        yield _surplus(message, "profitTargetStopPrice")
    if loss is not None and loss.limit_price is not None and not loss.has_limit:
        message = "stopLossLimitPrice ignored for stop stop losses"
        yield _surplus(message, "stopLossLimitPrice")


def _surplus(message: str, field: str) -> Finding:
    return Finding(
        rule="W7",
        message=message,
        cause="This type of order has no such price",
        remedy="Leave it out, or choose the type that uses it",
        field=field,
    )


def _named(signal: Signal, platform: str) -> Iterator[Finding]:
    named = signal.metadata.get("brokerPlatform")
    if signal.broker_platform is not None and signal.broker_platform not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        yield Finding(
            rule="W8",
            message=f"Unknown broker platform '{shown(named)}'",
            cause="The route decides where the order goes",
            remedy=f"Write one of {known}, or leave brokerPlatform out",
            field="metadata.brokerPlatform",
        )
    if signal.tag is not None:
        yield Finding(
            rule="W10",
            message=f"positionIntent '{shown(signal.tag)}' is not an Alpaca value"
            " and is kept as a tag",
            cause="It names a strategy; the held position decides what the order does",
            remedy="Write buy_to_open, buy_to_close, sell_to_open or sell_to_close to"
            " say what it does",
            field="positionIntent",
        )
    if _has_local_touch(signal, platform):
        yield Finding(
            rule="W11",
            message=f"Stop-limit profit target is not native on {platform};"
            " managed locally",
            cause="exitd waits for the touch and then places the limit",
            remedy='Use "profitTargetType": "limit" to leave it to the broker',
            field="profitTargetType",
        )


def _has_local_touch(signal: Signal, platform: str) -> bool:
    """Whether a profit exit waits for a touch that the broker does not wait for."""
    able, profit = PLATFORMS.get(platform), signal.take_profit
    is_touch = profit is not None and profit.type is ProfitType.STOP_LIMIT
    return able is not None and is_touch and not able.has_touch_exits


def _day_exits(signal: Signal, platform: str, kind: AssetClass) -> Iterator[Finding]:
    """C21: what a broker holds with a DAY order ends with the day."""
    if _has_local_touch(signal, platform):
        return
    is_day = signal.time_in_force is TicketTime.DAY or (
        signal.time_in_force is None and kind is not AssetClass.CRYPTO
    )
    if signal.has_exits and is_day:
        yield Finding(
            rule="C21",
            message="Exit targets on a day order end with the session at the broker",
            cause="Protective orders of a day order die at the close",
            remedy='Add "timeInForce": "gtc", or let exitd hold the exits',
            field="timeInForce",
        )
