"""Rest a reduce-only take-profit at the venue: a limit close at an exact price.

It is a trigger of ours that fires as it is armed, so it has an attempt, a durable
id and its place beside its siblings: a stop that is hit takes it back, and it is
retired with its position.
"""

from decimal import Decimal

from exitd.core.inputs import PositionReport
from exitd.core.position import OrderSide, Side
from exitd.core.units import ZERO, text
from exitd.runtime.flow_views import HeldPositionView
from exitd.runtime.problems import Conflict, Unusable

#: As orders are called at the venue whose flow this is.
SIDES = {"Bid": OrderSide.BUY, "Ask": OrderSide.SELL}
STATUSES = {
    "working": "New",
    "partially_filled": "PartiallyFilled",
    "filled": "Filled",
    "cancelled": "Cancelled",
    "expired": "Expired",
    "refused": "Refused",
    "in_doubt": "InDoubt",
}
#: No order yet: it is held back, mostly as other closes hold all of the position.
HELD = "Held"


def position_to_reduce(
    reports: tuple[PositionReport, ...], symbol: str, side: OrderSide
) -> PositionReport:
    """Find the position that an order of *side* would reduce.

    Raises:
        Conflict: None is open on the symbol, or the side would not reduce it.
    """
    held = [r for r in reports if r.key.symbol == symbol and r.quantity > ZERO]
    if not held:
        raise Conflict(
            "no_position",
            f"no position is open on {symbol}, so there is no profit to take",
            "check the symbol; `exitd status` lists what is open",
        )
    for report in held:
        if report.key.side.close_side is side:
            return report
    have, need = held[0].key.side, held[0].key.side.close_side
    word = "Ask" if need is OrderSide.SELL else "Bid"
    raise Conflict(
        "not_reducing",
        f"that side would add to the {have} of {text(held[0].quantity)} on {symbol}",
        f"use --side {word}",
    )


def check_target(side: Side, price: Decimal, mark: Decimal, symbol: str) -> None:
    """A long takes its profit above the mark price, a short below.

    Raises:
        Unusable: The price is on the other side, or at the mark.
    """
    is_right = price > mark if side is Side.LONG else price < mark
    if not is_right:
        place = "above" if side is Side.LONG else "below"
        raise Unusable(
            "wrong_side",
            f"a take-profit of a {side} on {symbol} lies {place} the mark price of "
            f"{text(mark)}, and {text(price)} does not",
            "choose another price, or `exitd close` to close now",
        )


def held_views(reports: tuple[PositionReport, ...]) -> tuple[HeldPositionView, ...]:
    return tuple(
        HeldPositionView(
            symbol=report.key.symbol,
            side=report.key.side.value,
            quantity=text(report.quantity),
            entry_price=(
                text(report.entry_price) if report.entry_price is not None else None
            ),
        )
        for report in reports
        if report.quantity > ZERO
    )
