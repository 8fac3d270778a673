"""How much a close takes and at what price; pure rules over values."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.market import BookState, Instrument
from exitd.core.position import OrderSide, PositionRecord
from exitd.core.trigger import Close, OrderType, Quantity, QuantityKind
from exitd.core.units import HUNDRED, ZERO, ceil_to_step, floor_to_step


def target_quantity(
    quantity: Quantity,
    position: PositionRecord,
    filled_before: Decimal = ZERO,
    *,
    step: Decimal | None = None,
    price: Decimal | None = None,
    of_live: bool = False,
) -> Decimal:
    """Give what a firing is to close in all, at least zero, in base units.

    A share is of the live size plus what this position's exits have already filled
    in this lifetime, so that a ladder of shares adds up (behaviours 66, 74, 77). A
    share of the initial size is rounded up to the step: what stays is floored, so
    shares that add up to the whole leave nothing of it, whatever was sold or filled
    in part meanwhile; what was bought after the first of it was sold stays, but for
    less than a step of each share. None of them is ever above the live size.

    Args:
        quantity: What was asked for.
        position: What it is taken from.
        filled_before: What earlier armings of the trigger have taken of it.
        step: The instrument's quantity step; without it, nothing is rounded.
        price: What the close will bring, quote per base unit; the entry price where
            nobody knows. An amount of quote currency needs one of them: else zero.
        of_live: A share is of the live size alone, whatever was closed of it before.
    """
    live = position.live
    if quantity.is_whole:
        return live
    asked = quantity.value
    if quantity.kind is QuantityKind.SHARE:
        if of_live:
            return live * quantity.value / HUNDRED
        asked = position.base * quantity.value / HUNDRED
    elif quantity.kind is QuantityKind.INITIAL:
        asked = _initial_share(quantity.value, position, step)
    elif quantity.kind is QuantityKind.QUOTE:
        known = position.entry_price if price is None else price
        asked = _quote_amount(quantity.value, known, step)
    return min(max(asked - filled_before, ZERO), live)


def _initial_share(
    percent: Decimal, position: PositionRecord, step: Decimal | None
) -> Decimal:
    # A lifetime that began before its size was kept has none: then all that is known.
    initial = position.initial if position.initial > ZERO else position.base
    share = initial * percent / HUNDRED
    return share if step is None else ceil_to_step(share, step)


def _quote_amount(
    amount: Decimal, price: Decimal | None, step: Decimal | None
) -> Decimal:
    """Floor to the step; less than one is still asked for, see `order_quantity`."""
    if price is None:
        return ZERO
    bought = amount / price
    floored = bought if step is None else floor_to_step(bought, step)
    return floored if floored > ZERO else bought


class Room(Struct, frozen=True, gc=False):
    """What a close has to fit into.

    `closable` is the live size less what other closes may still take; it is
    all there is where no other close `is_shared` with. `price` is what the
    close will bring, for the minimum notional; None where nobody knows.
    """

    instrument: Instrument
    closable: Decimal
    is_shared: bool
    price: Decimal | None

    def is_dust(self, quantity: Decimal) -> bool:
        """Whether the venue would not take an order of this quantity."""
        least, notional = self.instrument.min_quantity, self.instrument.min_notional
        if quantity < least:
            return True
        if notional is None or self.price is None:
            return False
        return quantity * self.price < notional


def order_quantity(
    wanted: Decimal, room: Room, *, is_first: bool, close_dust: bool
) -> Decimal:
    """Fit *wanted* to what can be sent: never above the closable, on the step.

    Off the step only where the venue lets nothing be left that is as small as that.

    What would be left below the venue's minimum is closed too (behaviour 81).
    The first close of a firing is raised to the minimum, or to all there is
    (behaviour 82); a later one that small is given up. Zero: nothing to send.
    """
    step = room.instrument.quantity_step
    most = floor_to_step(max(room.closable, ZERO), step)
    quantity = min(floor_to_step(max(wanted, ZERO), step), most)
    takes_rest = close_dust and not room.is_shared
    if takes_rest and _leaves_dust(quantity, room):
        quantity = most
    elif room.is_dust(quantity):
        quantity = _least(room, most) if is_first and wanted > ZERO else ZERO
        if takes_rest and _leaves_dust(quantity, room):
            quantity = most
    quantity = _split(quantity, room)
    if wanted > ZERO and quantity == most and _is_stuck(room.closable - most, room):
        return room.closable
    return quantity


def _leaves_dust(quantity: Decimal, room: Room) -> bool:
    left = room.closable - quantity
    return quantity > ZERO and (room.is_dust(left) or left < room.instrument.min_left)


def _is_stuck(left: Decimal, room: Room) -> bool:
    """Whether what is off the step would keep all the rest from being closed.

    A position that is off the step itself can then be closed as it is or not at all.
    """
    return not room.is_shared and ZERO < left < room.instrument.min_left


def _least(room: Room, most: Decimal) -> Decimal:
    least = ceil_to_step(room.instrument.min_quantity, room.instrument.quantity_step)
    if least <= most and not room.is_dust(least):
        return least
    return ZERO if room.is_shared and room.is_dust(most) else most


def _split(quantity: Decimal, room: Room) -> Decimal:
    """Stay at or below the venue's maximum, and leave no rest below its minimum."""
    instrument = room.instrument
    if instrument.max_quantity is None or quantity <= instrument.max_quantity:
        return quantity
    part = floor_to_step(instrument.max_quantity, instrument.quantity_step)
    if room.is_dust(quantity - part):
        return floor_to_step(part - instrument.min_quantity, instrument.quantity_step)
    return part


def bounded_price(
    reference: Decimal, side: OrderSide, percent: Decimal, step: Decimal
) -> Decimal:
    """Give the worst price within *percent* of *reference*, on the step.

    Rounded towards the reference, so that the bound is never exceeded.
    """
    if side is OrderSide.SELL:
        return ceil_to_step(reference * (HUNDRED - percent) / HUNDRED, step)
    return floor_to_step(reference * (HUNDRED + percent) / HUNDRED, step)


def meets(side: OrderSide, bound: Decimal, price: Decimal) -> bool:
    """Whether a close at *price* is no worse than its bound."""
    return price >= bound if side is OrderSide.SELL else price <= bound


def bound_on_step(bound: Decimal, side: OrderSide, step: Decimal) -> Decimal:
    """Bring a bound (above zero) to the step, and never to a worse price."""
    return (ceil_to_step if side is OrderSide.SELL else floor_to_step)(bound, step)


#: Stages of a limit close: as asked, wider, market.
WIDER_STAGE = 1
MARKET_STAGE = 2


def next_stage(close: Close, stage: int, *, is_stop: bool) -> int:
    """Climb one stage towards market, where the close may."""
    may_climb = is_stop and close.order is OrderType.LIMIT and not close.keeps_limit
    if not may_climb or stage >= MARKET_STAGE:
        return stage
    return MARKET_STAGE if close.slippage_limit is None else stage + 1


def order_terms(
    close: Close,
    *,
    stage: int,
    side: OrderSide,
    level: Decimal | None,
    observed: Decimal | None,
    instrument: Instrument,
    wider_factor: Decimal,
    limit_only_bound: Decimal,
) -> tuple[OrderType, Decimal | None] | None:
    """Decide order type and limit price; None when the order book takes neither.

    While the book takes limits only, a market close becomes a bounded limit
    close.
    """
    state = instrument.book_state
    if state in (BookState.CLOSED, BookState.CANCEL_ONLY, BookState.POST_ONLY):
        return None
    step = instrument.price_step
    if close.bound is not None:
        return OrderType.LIMIT, bound_on_step(close.bound, side, step)
    reference = level if level is not None else observed
    if (
        close.order is OrderType.LIMIT
        and reference is not None
        and stage < MARKET_STAGE
    ):
        limit = close.slippage_limit or ZERO
        if stage == WIDER_STAGE:
            limit = min(limit * wider_factor, HUNDRED / 2)
        return OrderType.LIMIT, bounded_price(reference, side, limit, step)
    if state is BookState.LIMIT_ONLY:
        if observed is None:
            return None
        return OrderType.LIMIT, bounded_price(observed, side, limit_only_bound, step)
    return OrderType.MARKET, None
