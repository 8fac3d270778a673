"""How much a close takes and at what price; pure rules over values."""

from decimal import Decimal

from exitd.core.market import BookState, Instrument
from exitd.core.position import OrderSide, PositionRecord
from exitd.core.trigger import Close, OrderType, Quantity, QuantityKind
from exitd.core.units import HUNDRED, ZERO, ceil_to_step, floor_to_step


def target_quantity(quantity: Quantity, position: PositionRecord) -> Decimal:
    """Give what a firing is to close in all, in base units.

    A share is of the live size plus what this position's exits have already
    filled in this lifetime, so that a ladder of shares adds up; never above
    the live size (behaviours 66, 74, 77).
    """
    live = position.live
    if quantity.kind is QuantityKind.ABSOLUTE:
        return min(quantity.value, live)
    if quantity.is_whole:
        return live
    base = live + position.filled_in_lifetime
    return min(base * quantity.value / HUNDRED, live)


def order_quantity(
    wanted: Decimal,
    closable: Decimal,
    instrument: Instrument,
    *,
    close_dust: bool,
) -> Decimal:
    """Fit *wanted* to what can be sent: never above *closable*, on the step.

    A remainder below the venue's minimum is closed too (behaviour 81), and a
    close below the minimum is raised to it, or to everything there is
    (behaviour 82), so that no residue is stuck.
    """
    quantity = min(wanted, closable)
    if quantity <= ZERO:
        return ZERO
    floored = floor_to_step(quantity, instrument.quantity_step)
    left = closable - floored
    minimum = instrument.min_quantity
    if left == ZERO or (close_dust and left < minimum):
        return closable
    if floored < minimum:
        return min(minimum, closable)
    if instrument.max_quantity is not None and floored > instrument.max_quantity:
        return floor_to_step(instrument.max_quantity, instrument.quantity_step)
    return floored


def bounded_price(
    reference: Decimal, side: OrderSide, percent: Decimal, step: Decimal
) -> Decimal:
    """Give the worst price within *percent* of *reference*, on the step.

    Rounded towards the reference, so that the bound is never exceeded.
    """
    if side is OrderSide.SELL:
        return ceil_to_step(reference * (HUNDRED - percent) / HUNDRED, step)
    return floor_to_step(reference * (HUNDRED + percent) / HUNDRED, step)


def order_terms(
    close: Close,
    *,
    stage: int,
    is_stop: bool,
    side: OrderSide,
    level: Decimal | None,
    observed: Decimal | None,
    instrument: Instrument,
    wider_factor: Decimal,
    limit_only_bound: Decimal,
) -> tuple[OrderType, Decimal | None] | None:
    """Decide order type and limit price; None when the order book takes neither.

    A stop climbs limit, wider, market; a take-profit keeps its bound. While
    the book takes limits only, a market close becomes a bounded limit close.
    """
    state = instrument.book_state
    if state in (BookState.CLOSED, BookState.CANCEL_ONLY, BookState.POST_ONLY):
        return None
    reference = level if level is not None else observed
    if close.order is OrderType.LIMIT and reference is not None:
        limit = close.slippage_limit or ZERO
        if not is_stop or stage == 0:
            price = bounded_price(reference, side, limit, instrument.price_step)
            return OrderType.LIMIT, price
        if stage == 1 and limit > ZERO:
            wider = min(limit * wider_factor, HUNDRED / 2)
            price = bounded_price(reference, side, wider, instrument.price_step)
            return OrderType.LIMIT, price
    if state is BookState.LIMIT_ONLY:
        if observed is None:
            return None
        price = bounded_price(observed, side, limit_only_bound, instrument.price_step)
        return OrderType.LIMIT, price
    return OrderType.MARKET, None
