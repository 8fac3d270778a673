"""
Rounding to the price step, before anything is sent.

A limit is never worse than asked: a buy rounds down, a sale up. What only triggers
goes to the nearest step, half of one up. Rounding may push two prices into one
another; then a trigger follows its limit, and what is contradictory is refused.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from msgspec.structs import replace

from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketType
from exitd.core.units import ONE, ZERO, floor_to_step, text
from exitd.signals.model import Direction
from exitd.signals.platforms.order import Refused, opposite
from exitd.signals.rules import stop_limit_fault

_EXACT = Context(prec=80)
CENT = Decimal("0.01")
SUB_DOLLAR_STEP = Decimal("0.0001")
CRYPTO_STEP = Decimal("0.000000001")
_LIMIT = {OrderSide.BUY: ROUND_FLOOR, OrderSide.SELL: ROUND_CEILING}


def price_step(price: Decimal, asset_class: AssetClass) -> Decimal:
    """Give the step of a price: a cent from one dollar on, a hundredth of it below."""
    if asset_class is AssetClass.CRYPTO:
        return CRYPTO_STEP
    return CENT if price >= ONE else SUB_DOLLAR_STEP


def rounded(ticket: Ticket, step: Decimal | None = None) -> Ticket | Refused:
    """
    Round every price of a ticket.

    Args:
        step: The instrument's price step, above zero; else the usual one of its
            asset class.

    Returns:
        The ticket; or why it makes no order on these steps, in the format's words.
    """

    def to_step(price: Decimal | None, rounding: str) -> Decimal | None:
        if price is None:
            return None
        one = step if step is not None else price_step(price, ticket.asset_class)
        # Exact: a quotient that is rounded by itself could pass the next step.
        steps = _EXACT.divide(price, one).to_integral_value(rounding)
        return Decimal(text(_EXACT.multiply(steps, one)))

    stop = to_step(ticket.stop_price, ROUND_HALF_UP)
    limit = to_step(ticket.limit_price, _LIMIT[ticket.side])
    trail = to_step(ticket.trail_price, ROUND_HALF_UP)
    attached = ticket.attached
    if attached is not None:
        close = _LIMIT[opposite(ticket.side)]
        attached = _following(
            opposite(ticket.side),
            AttachedExits(
                take_profit_price=to_step(attached.take_profit_price, close),
                touch_price=to_step(attached.touch_price, ROUND_HALF_UP),
                stop_price=to_step(attached.stop_price, ROUND_HALF_UP),
                stop_limit_price=to_step(attached.stop_limit_price, close),
            ),
        )
    found = replace(
        ticket, stop_price=stop, limit_price=limit, trail_price=trail, attached=attached
    )
    why = (*_vanished(found), *_contradictions(ticket, found))
    return Refused(why=why) if why else found


def floored(size: Decimal | None, step: Decimal) -> Decimal | None:
    """Round a size down: an order is never larger than asked."""
    return None if size is None else floor_to_step(size, step)


def _following(side: OrderSide, exits: AttachedExits) -> AttachedExits:
    """Bring triggers to their limits where rounding has pushed these beyond them."""

    def follow(trigger: Decimal | None, limit: Decimal | None) -> Decimal | None:
        if trigger is None or limit is None:
            return trigger
        is_sale = side is OrderSide.SELL
        return max(trigger, limit) if is_sale else min(trigger, limit)

    return replace(
        exits,
        touch_price=follow(exits.touch_price, exits.take_profit_price),
        stop_price=follow(exits.stop_price, exits.stop_limit_price),
    )


def _vanished(ticket: Ticket) -> tuple[str, ...]:
    prices = {
        "stopPrice": ticket.stop_price,
        "limitPrice": ticket.limit_price,
        "trailPrice": ticket.trail_price,
    }
    if ticket.attached is not None:
        prices |= {
            "takeProfit.limitPrice": ticket.attached.take_profit_price,
            "takeProfit.stopPrice": ticket.attached.touch_price,
            "stopLoss.stopPrice": ticket.attached.stop_price,
            "stopLoss.limitPrice": ticket.attached.stop_limit_price,
        }
    return tuple(
        f"{name} is less than one price step"
        for name, price in prices.items()
        if price is not None and price <= ZERO
    )


def _contradictions(asked: Ticket, found: Ticket) -> tuple[str, ...]:
    """E8, E9 and E19 once more, on the prices that would be sent."""
    why: list[str] = []
    direction = Direction.LONG if found.side is OrderSide.BUY else Direction.SHORT
    if found.order is TicketType.STOP_LIMIT:
        fault = stop_limit_fault(
            direction,
            found.stop_price,
            found.limit_price,
            # Whoever lets equal prices through has let these through as well.
            is_strict=asked.stop_price != asked.limit_price,
        )
        if fault is not None:
            why.append(f"{fault.message} once both are rounded to the price step")
    exits = found.attached
    if exits is not None and exits.take_profit_price and exits.stop_price:
        gain = exits.take_profit_price - exits.stop_price
        if (gain if direction is Direction.LONG else -gain) <= ZERO:
            above = "above" if direction is Direction.LONG else "below"
            why.append(
                f"take profit must be {above} stop loss for {direction} orders once "
                "both are rounded to the price step"
            )
    return tuple(why)
