"""Conditional orders as they are sent, and what is refused of them in which words."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from exitd.api.rasa.holdings import Holding
from exitd.api.rasa.wire import (
    Json,
    decimal_of,
    decimal_or_zero,
    integer_of,
    member,
    one_of,
)
from exitd.core.condition import ConditionKind
from exitd.core.market import Instrument
from exitd.core.position import Side
from exitd.core.trigger import OrderType, Quantity, QuantityKind
from exitd.core.units import HUNDRED, ZERO, text
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.problems import Conflict, ControlError, Unusable

KINDS = (ConditionKind.TAKE_PROFIT.value, ConditionKind.STOP_LOSS.value)
PRICE_TYPES = ("last_close", "market")
SIDES = (Side.LONG, Side.SHORT)
ORDERS_MAX = 20
_MARKET, _LIMITS = 1, (0, 2)


class Order(Struct, frozen=True, kw_only=True):
    """One take-profit or stop; `price` is the worst that its close may get."""

    kind: str
    quantity: Decimal
    price: Decimal
    level: Decimal
    price_type: str = "market"
    is_limit: bool = False

    def misses(self, side: Side) -> bool:
        """Whether a close at the level itself would be worse than `price`."""
        return self.price > self.level if side is Side.LONG else self.price < self.level


def read_orders(body: Json) -> list[tuple[Order, Side | None]]:
    """Read `conditional_orders`, each with the side that it says it is for.

    Raises:
        Unusable: One of them is not as it has to be.
    """
    written = member(body, "conditional_orders")
    if not isinstance(written, list) or not written:
        raise Unusable(
            "no_orders", "must be a list of at least one", field="conditional_orders"
        )
    if len(written) > ORDERS_MAX:
        raise Unusable(
            "too_many_orders",
            f"has more than {ORDERS_MAX}",
            field="conditional_orders",
        )
    found = []
    for index, one in enumerate(written):
        try:
            found.append(_read_order(one))
        except Unusable as error:
            raise error.within(f"conditional_orders.{index}") from error
    return found


def _read_order(one: object) -> tuple[Order, Side | None]:
    if not isinstance(one, dict):
        raise Unusable("missing_field", "must be an object")
    if one.get("leverage") is not None:
        decimal_or_zero(one, "leverage")
    side = None
    if one.get("position_type") is not None:
        side = side_of(one)
    price_type = "market"
    if one.get("conditional_price_type") is not None:
        price_type = one_of(one, "conditional_price_type", PRICE_TYPES)
    order = Order(
        kind=one_of(one, "conditional_order_type", KINDS),
        quantity=decimal_of(one, "quantity"),
        price=decimal_of(one, "price"),
        level=decimal_of(one, "conditional_price"),
        price_type=price_type,
        is_limit=is_limit(integer_of(one, "order_type")),
    )
    return order, side


def is_limit(order_type: int) -> bool:
    """Say what an order type means: 1 is market; 2, and on chain 0, is limit.

    Raises:
        Unusable: It is none of them.
    """
    if order_type == _MARKET:
        return False
    if order_type in _LIMITS:
        return True
    raise Unusable(
        "bad_word", "must be 1 for market or 2 for limit", field="order_type"
    )


def side_of(body: Json) -> Side:
    number = integer_of(body, "position_type")
    if number not in (0, 1):
        raise Unusable(
            "bad_word", "must be 0 for long or 1 for short", field="position_type"
        )
    return SIDES[number]


class Distances(Struct, frozen=True):
    """How near levels may be, in percent of the price; zero: as near as they like."""

    to_price: Decimal = ZERO
    of_both: Decimal = ZERO


def check_orders(
    orders: list[Order],
    holding: Holding,
    instrument: Instrument,
    distances: Distances,
    price: Decimal | None,
) -> None:
    """Check orders against what they are for.

    Raises:
        ControlError: One of them cannot be, and why.
    """
    for index, order in enumerate(orders):
        wrong = _wrong(order, holding, instrument, distances, price)
        if wrong is not None:
            raise wrong.within(f"conditional_orders.{index}")
    _check_both(orders, holding.key.side, distances)


def _wrong(
    order: Order,
    holding: Holding,
    instrument: Instrument,
    distances: Distances,
    price: Decimal | None,
) -> ControlError | None:
    left = holding.quantity - order.quantity
    if left < ZERO:
        return Unusable(
            "quantity_above_open",
            f"{text(order.quantity)} is above the {text(holding.quantity)} that is "
            "open",
            field="quantity",
        )
    least = instrument.min_notional
    is_small = left < instrument.min_quantity or (
        least is not None and left * order.level < least
    )
    if left > ZERO and is_small:
        return Unusable(
            "remainder_below_minimum",
            f"would leave {text(left)} {instrument.base}, which is too little to be "
            "closed later",
            "close all of it, or less",
            field="quantity",
        )
    if price is not None and price > ZERO:
        away = abs(order.level - price) / price * HUNDRED
        if away < distances.to_price:
            return Unusable(
                "too_near",
                f"{text(order.level)} is closer to the price {text(price)} than "
                f"{text(distances.to_price)} %",
                field="conditional_price",
            )
    return None


def _check_both(orders: list[Order], side: Side, distances: Distances) -> None:
    stops = [order.level for order in orders if order.kind == "stop_loss"]
    targets = [order.level for order in orders if order.kind == "take_profit"]
    if not stops or not targets:
        return
    is_long = side is Side.LONG
    stop = max(stops) if is_long else min(stops)
    target = min(targets) if is_long else max(targets)
    if (stop >= target) if is_long else (stop <= target):
        place = "below" if is_long else "above"
        raise Conflict(
            "stop_beyond_target",
            f"the stop {text(stop)} must lie {place} the take-profit {text(target)} of "
            f"a {side}",
        )
    if abs(target - stop) / stop * HUNDRED < distances.of_both:
        raise Unusable(
            "too_near",
            f"the stop {text(stop)} and the take-profit {text(target)} are closer than "
            f"{text(distances.of_both)} %",
        )


def unfillable(orders: list[Order], side: Side) -> Iterator[str]:
    """Say of which orders the level itself does not meet their price."""
    for order in orders:
        if not order.misses(side):
            continue
        what = order.kind.replace("_", "-")
        at, price = text(order.level), text(order.price)
        if order.kind == "stop_loss":
            yield (
                f"the {what} at {at} can never be filled: no price beyond it is as "
                f"good as its price {price}"
            )
        else:
            yield (
                f"the {what} at {at} is not filled there, but only once the price "
                f"reaches {price}"
            )


def requests_of(
    orders: list[Order], holding: Holding, *, closed_candles: bool
) -> list[TriggerRequest]:
    """Ask for the triggers that do what orders say."""
    key = holding.key
    return [
        TriggerRequest(
            kind=ConditionKind(order.kind),
            level=order.level,
            account=key.account,
            symbol=key.symbol,
            side=key.side,
            close=Quantity(QuantityKind.ABSOLUTE, order.quantity),
            order=OrderType.LIMIT if order.is_limit else OrderType.MARKET,
            price="mark" if order.price_type == "market" else "last_close",
            closed_candles=closed_candles and order.price_type == "last_close",
            bound=order.price,
        )
        for order in orders
    ]
