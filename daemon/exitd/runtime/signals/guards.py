"""The exits of an alert, and closes of one, as triggers of exitd."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.condition import (
    Condition,
    ConditionKind,
    FixedLevel,
    Offset,
    Trailing,
)
from exitd.core.derived import rounded
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import PositionKey, Side
from exitd.core.ticket import AttachedExits, Ticket, TicketType
from exitd.core.trigger import (
    WHOLE,
    Close,
    OrderType,
    Quantity,
    TriggerDefinition,
)
from exitd.runtime.signals.closing_time import CloseTime
from exitd.signals.model import Signal

_CANDLE = "1m"


def source_of(key: PositionKey, word: str) -> PriceSource:
    """Give the price of a position's market that a route names."""
    if word == "bid_ask":
        kind = PriceKind.BID if key.side is Side.LONG else PriceKind.ASK
    else:
        kind = PriceKind(word)
    candle = _CANDLE if kind is PriceKind.LAST_CLOSE else ""
    return PriceSource(key.account, key.symbol, kind, candle)


def owner_of(route: str) -> str:
    return f"webhook:{route}"


def exit_triggers(
    exits: AttachedExits,
    *,
    id: str,
    route: str,
    key: PositionKey,
    source: PriceSource,
    price_step: Decimal,
) -> tuple[TriggerDefinition, ...]:
    """Make triggers of the exits of an entry; what fills decides how much they close.

    Levels are rounded so that a stop is never looser and a take-profit never nearer. A
    take-profit closes at its limit or better, a touch exit at its limit once its price
    is touched, a stop at market, a stop-limit no worse than its limit.
    """

    def trigger(
        name: str, kind: ConditionKind, level: Decimal, bound: Decimal | None
    ) -> TriggerDefinition:
        return TriggerDefinition(
            id=f"{id}/{name}",
            owner=owner_of(route),
            account=key.account,
            symbol=key.symbol,
            side=key.side,
            source=source,
            condition=FixedLevel(kind, rounded(level, key.side, price_step)),
            action=_close(WHOLE, bound),
        )

    made = []
    if exits.stop_price is not None:
        bound = exits.stop_limit_price
        made.append(trigger("sl", ConditionKind.STOP_LOSS, exits.stop_price, bound))
    if exits.take_profit_price is not None:
        limit = exits.take_profit_price
        level = limit if exits.touch_price is None else exits.touch_price
        if exits.touch_price is None:
            limit = rounded(limit, key.side, price_step)
        made.append(trigger("tp", ConditionKind.TAKE_PROFIT, level, limit))
    return tuple(made)


def trail_of(signal: Signal) -> Offset | None:
    """Give the distance that an entry of another type than a trailing stop names.

    Of two distances the percentage counts: it is right at any price.
    """
    if signal.order_type is TicketType.TRAILING_STOP:
        return None
    if signal.trail_percent is not None:
        return Offset(signal.trail_percent, is_percent=True)
    amount = signal.trail_price
    return None if amount is None else Offset(amount, is_percent=False)


def trailing_exit(
    offset: Offset, *, id: str, route: str, key: PositionKey, source: PriceSource
) -> TriggerDefinition:
    """Make a trailing stop of the distance that an entry of another type names."""
    return TriggerDefinition(
        id=f"{id}/trail",
        owner=owner_of(route),
        account=key.account,
        symbol=key.symbol,
        side=key.side,
        source=source,
        condition=Trailing(offset=offset),
        action=_close(WHOLE, None),
    )


def _close(quantity: Quantity, bound: Decimal | None) -> Close:
    if bound is None:
        return Close(quantity)
    return Close(quantity, OrderType.LIMIT, bound=bound)


def close_trigger(
    ticket: Ticket,
    *,
    id: str,
    route: str,
    key: PositionKey,
    source: PriceSource,
    quantity: Quantity,
    time: CloseTime,
) -> TriggerDefinition:
    """Make a trigger of an order that closes, but for one at market."""
    assert ticket.order is not TicketType.MARKET, "that one closes now"
    return TriggerDefinition(
        id=f"{id}/close",
        owner=owner_of(route),
        account=key.account,
        symbol=key.symbol,
        side=key.side,
        source=source,
        condition=_condition(ticket),
        action=replace(_close(quantity, ticket.limit_price), asked=time.asked),
        expires_ns=time.expires_ns,
    )


def _condition(ticket: Ticket) -> Condition:
    if ticket.order is TicketType.TRAILING_STOP:
        percent, amount = ticket.trail_percent, ticket.trail_price
        if percent is not None:
            return Trailing(offset=Offset(percent, is_percent=True))
        assert amount is not None, "a trail has one of the two"
        return Trailing(offset=Offset(amount, is_percent=False))
    if ticket.order is TicketType.LIMIT:
        assert ticket.limit_price is not None
        return FixedLevel(ConditionKind.TAKE_PROFIT, ticket.limit_price)
    assert ticket.stop_price is not None
    return FixedLevel(ConditionKind.STOP_LOSS, ticket.stop_price)
