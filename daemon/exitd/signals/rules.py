"""Rules E1 to E20: what makes an alert unusable, in the format's words and order."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from exitd.core.ticket import PositionIntent, TicketType
from exitd.signals.model import (
    Direction,
    Finding,
    LossType,
    Normalised,
    ProfitType,
    Signal,
)

CLIENT_ORDER_ID_MAX = 128
_BUYS = (PositionIntent.BUY_TO_OPEN, PositionIntent.BUY_TO_CLOSE)


def errors_of(
    normalised: Normalised, *, needs_auth_key: bool, is_strict: bool
) -> Iterator[Finding]:
    """Give every error: what could not be read first, then by number."""
    numbered = [finding for finding in normalised.errors if finding.rule]
    yield from (finding for finding in normalised.errors if not finding.rule)
    found = [
        *numbered,
        *_required(normalised, needs_auth_key=needs_auth_key),
        *(finding for rule in _RULES for finding in rule(normalised)),
        *_price_relation(normalised.signal, is_strict=is_strict),
    ]
    yield from sorted(found, key=lambda finding: int(finding.rule[1:]))


def _required(normalised: Normalised, *, needs_auth_key: bool) -> Iterator[Finding]:
    signal, unread = normalised.signal, normalised.unread
    if signal.ticker is None and "ticker" not in unread:
        yield _missing("E1", "ticker", "", "Missing symbol", '"AAPL"')
    if signal.direction is None and "direction" not in unread:
        yield _missing("E2", "direction", "", "Missing direction", '"long"')
    if needs_auth_key and not normalised.has_auth_key:
        yield _missing("E3", "auth_key", "", "Missing key", '"your_key"')


def _order_prices(normalised: Normalised) -> Iterator[Finding]:
    """E4 to E7: the prices that each order type needs."""
    signal, unread = normalised.signal, normalised.unread
    needs_stop = signal.order_type in (TicketType.STOP, TicketType.STOP_LIMIT)
    needs_limit = signal.order_type in (TicketType.LIMIT, TicketType.STOP_LIMIT)
    order = signal.order_type
    rules = {
        TicketType.LIMIT: ("E4", "Limit order without price"),
        TicketType.STOP: ("E5", "Stop order without price"),
        TicketType.STOP_LIMIT: ("E6", "Stop-limit order without one of its prices"),
    }
    if order in rules:
        rule, cause = rules[order]
        of = f" for {order} orders"
        if needs_stop and signal.stop_price is None and "stopPrice" not in unread:
            yield _missing(rule, "stopPrice", of, cause, "150.50")
        if needs_limit and signal.limit_price is None and "limitPrice" not in unread:
            yield _missing(rule, "limitPrice", of, cause, "150.00")
    is_trailing = order is TicketType.TRAILING_STOP
    if (
        is_trailing
        and signal.trail_price is None
        and signal.trail_percent is None
        and not {"trailPrice", "trailPercent"} & unread
    ):
        yield Finding(
            rule="E7",
            message="trailPrice or trailPercent is required for trailing_stop orders",
            cause="Trailing stop without a distance",
            remedy='Add "trailPercent": 2.5, or "trailPrice" in dollars',
            field="trailPercent",
        )


def _price_relation(signal: Signal, *, is_strict: bool) -> Iterator[Finding]:
    """E8 and E9: a stop-limit order is triggered before it reaches its limit."""
    finding = stop_limit_fault(
        signal.direction,
        signal.stop_price if signal.order_type is TicketType.STOP_LIMIT else None,
        signal.limit_price,
        is_strict=is_strict,
    )
    if finding is not None:
        yield finding


def stop_limit_fault(
    direction: Direction | None,
    stop: Decimal | None,
    limit: Decimal | None,
    *,
    is_strict: bool,
) -> Finding | None:
    """Say how the two prices of a stop-limit order contradict each other, if so."""
    if direction is None or stop is None or limit is None:
        return None
    if stop == limit and not is_strict:
        return None
    if direction is Direction.LONG and stop >= limit:
        rule, relation = "E8", "less"
    elif direction is Direction.SHORT and stop <= limit:
        rule, relation = "E9", "greater"
    else:
        return None
    return Finding(
        rule=rule,
        message=f"stopPrice must be {relation} than limitPrice",
        cause="Invalid price relationship",
        remedy="Fix price relationship: "
        + (
            "a buy is triggered at the stop and pays up to the limit above it"
            if rule == "E8"
            else "a sale is triggered at the stop and takes down to the limit below it"
        ),
        field="stopPrice",
    )


def _ids(normalised: Normalised) -> Iterator[Finding]:
    signal = normalised.signal
    if len(signal.client_order_id or "") > CLIENT_ORDER_ID_MAX:
        yield Finding(
            rule="E13",
            message=f"clientOrderId must be at most {CLIENT_ORDER_ID_MAX} characters",
            cause="Brokers take no longer ones",
            remedy='Shorten it: "clientOrderId": "breakout-001"',
            field="clientOrderId",
        )


def _sizes(normalised: Normalised) -> Iterator[Finding]:
    signal = normalised.signal
    if signal.qty is not None and signal.notional is not None:
        yield Finding(
            rule="E14",
            message="qty and notional are mutually exclusive",
            cause="Two sizes for one order",
            remedy='Keep "qty" (shares) or "notional" (dollars)',
            field="notional",
        )
    is_trailing = signal.order_type is TicketType.TRAILING_STOP
    if is_trailing and signal.trail_price and signal.trail_percent:
        yield Finding(
            rule="E15",
            message="trailPrice and trailPercent are mutually exclusive"
            " for trailing_stop orders",
            cause="Two distances for one trailing stop",
            remedy='Keep "trailPrice" (dollars) or "trailPercent"',
            field="trailPercent",
        )


def _intents(normalised: Normalised) -> Iterator[Finding]:
    signal = normalised.signal
    intent = signal.intent
    if intent is None:
        return
    direction = signal.direction
    if direction is not None and (intent in _BUYS) != (direction is Direction.LONG):
        other = Direction.LONG if intent in _BUYS else Direction.SHORT
        yield Finding(
            rule="E16",
            message=f"positionIntent '{intent}' conflicts with direction '{direction}'",
            cause="direction is the side of the order: long buys, short sells",
            remedy=f'Write "direction": "{other}", or correct positionIntent',
            field="positionIntent",
        )
    if signal.has_exits and not intent.opens:
        yield Finding(
            rule="E17",
            message=f"exit targets are not allowed with positionIntent '{intent}'",
            cause="An order that closes leaves nothing for exits to close",
            remedy="Take the take profit and the stop loss out",
            field="positionIntent",
        )


def _exit_fields(normalised: Normalised) -> Iterator[Finding]:
    """E18: the prices that each type of exit needs."""
    signal, unread = normalised.signal, normalised.unread
    profit, loss = signal.take_profit, signal.stop_loss
    if profit is not None:
        of = f" for {profit.type} profit targets"
        cause = "Profit target without its price"
        if (
            profit.type is ProfitType.STOP_LIMIT
            and profit.stop_price is None
            and "takeProfit.stopPrice" not in unread
        ):
            yield _missing("E18", "profitTargetStopPrice", of, cause, "155.00")
        if profit.limit_price is None and "takeProfit.limitPrice" not in unread:
            yield _missing("E18", "profitTargetLimitPrice", of, cause, "154.75")
    if loss is not None:
        of = f" for {loss.type} stop losses"
        cause = "Stop loss without its price"
        if loss.stop_price is None and "stopLoss.stopPrice" not in unread:
            yield _missing("E18", "stopLossStopPrice", of, cause, "145.00")
        if (
            loss.type is LossType.STOP_LIMIT
            and loss.limit_price is None
            and "stopLoss.limitPrice" not in unread
        ):
            yield _missing("E18", "stopLossLimitPrice", of, cause, "144.75")


def _exit_prices(normalised: Normalised) -> Iterator[Finding]:
    """E19 and E20: exits that would close at a worse price than they say."""
    signal = normalised.signal
    profit, loss, direction = signal.take_profit, signal.stop_loss, signal.direction
    if direction is None:
        return
    if profit is not None and loss is not None:
        worst, stop = profit.limit_price, loss.stop_price
        if (
            worst is not None
            and stop is not None
            and not _better(worst, stop, direction)
        ):
            above = "above" if direction is Direction.LONG else "below"
            yield Finding(
                rule="E19",
                message=f"take profit must be {above} stop loss for {direction} orders",
                cause="The two exits have changed places",
                remedy=f"Move the take profit {above} the stop loss",
                field="takeProfit",
            )
    if loss is not None and loss.type is LossType.STOP_LIMIT:
        yield from _limit_beyond(
            direction, "stopLoss", loss.stop_price, loss.limit_price
        )
    if profit is not None and profit.is_touch:
        yield from _limit_beyond(
            direction, "profitTarget", profit.stop_price, profit.limit_price
        )


def _limit_beyond(
    direction: Direction, name: str, stop: Decimal | None, limit: Decimal | None
) -> Iterator[Finding]:
    if stop is None or limit is None or not _better(limit, stop, direction):
        return
    side = "above" if direction is Direction.LONG else "below"
    other = "no higher" if direction is Direction.LONG else "no lower"
    yield Finding(
        rule="E20",
        message=f"{name}LimitPrice must not be {side} {name}StopPrice"
        f" for {direction} orders",
        cause="The exit would be triggered where its limit cannot be filled",
        remedy=f"Set {name}LimitPrice {other} than {name}StopPrice",
        field=f"{name}LimitPrice",
    )


def _better(price: Decimal, than: Decimal, direction: Direction) -> bool:
    """Whether closing a position of this direction at *price* gains more."""
    return price > than if direction is Direction.LONG else price < than


def _missing(rule: str, name: str, of: str, cause: str, example: str) -> Finding:
    return Finding(
        rule=rule,
        message=f"{name} is required{of}",
        cause=cause,
        remedy=f'Add "{name}": {example}',
        field=name,
    )


_RULES: tuple[Callable[[Normalised], Iterator[Finding]], ...] = (
    _order_prices,
    _ids,
    _sizes,
    _intents,
    _exit_fields,
    _exit_prices,
)
