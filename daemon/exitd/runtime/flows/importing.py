"""From what rests at a venue to exits of ours: what to arm, and the YAML of it."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_UP, Decimal

from msgspec import Struct

from exitd.core.condition import ConditionKind
from exitd.core.inputs import OrderReport, PositionReport
from exitd.core.position import Side
from exitd.core.trigger import OrderType, Quantity, QuantityKind
from exitd.core.units import HUNDRED, ZERO, text

_SLIPPAGE_STEP = Decimal("0.0001")


class NativeExit(Struct, frozen=True, kw_only=True):
    """A resting order of the venue that closes a position, as an exit of ours.

    `quantity` None takes the whole position.
    """

    order: OrderReport
    position: PositionReport
    name: str
    kind: ConditionKind
    level: Decimal
    price_kind: str
    quantity: Quantity | None
    close_order: OrderType
    slippage_limit: Decimal | None

    def words(self) -> dict[str, str]:
        """Give the exit in the words of the files."""
        words = {self.kind.value: text(self.level)}
        if self.price_kind != "mark":
            words["price"] = self.price_kind
        if self.quantity is not None:
            words["close"] = text(self.quantity.value)
        if self.close_order is OrderType.LIMIT:
            words["order"] = "limit"
        if self.slippage_limit is not None:
            words["slippage_limit"] = f"{text(self.slippage_limit)}%"
        return words


class Imported(Struct, frozen=True):
    """The exits found, and a sentence for each order that is none."""

    exits: tuple[NativeExit, ...]
    left: tuple[str, ...]


def native_exits(
    positions: Iterable[PositionReport],
    orders: Iterable[OrderReport],
    marks: Mapping[str, Decimal],
) -> Imported:
    """Read a venue's resting stops and take-profits.

    A trigger order does not say which way its price must come: beyond the mark
    price on the losing side it is a stop, on the other a take-profit.
    """
    held = {
        (r.key.symbol, r.key.side.close_side): r for r in positions if r.quantity > ZERO
    }
    exits: list[NativeExit] = []
    left: list[str] = []
    numbers: dict[tuple[str, str], int] = {}
    for order in orders:
        position = held.get((order.symbol, order.side))
        if position is None:
            left.append(f"{_named(order)} closes no open position")
        elif not order.is_trigger and not order.reduce_only:
            left.append(f"{_named(order)} is not reduce-only, so it is not an exit")
        elif order.is_trigger and order.trigger_price is None:
            left.append(f"{_named(order)} does not say its trigger price")
        elif order.is_trigger and order.symbol not in marks:
            left.append(f"{_named(order)}: there is no mark price to judge it by")
        else:
            found = _exit(order, position, marks.get(order.symbol))
            word = "stop" if found[0] is ConditionKind.STOP_LOSS else "target"
            place = (str(position.key), word)
            numbers[place] = numbers.get(place, 0) + 1
            exits.append(
                _native_exit(order, position, found, f"{word}-{numbers[place]}")
            )
    return Imported(tuple(exits), tuple(left))


def _named(order: OrderReport) -> str:
    return f"order {order.venue_order_id} on {order.symbol}"


def _exit(
    order: OrderReport, position: PositionReport, mark: Decimal | None
) -> tuple[ConditionKind, Decimal]:
    if order.trigger_price is None:
        assert order.price is not None, "a resting limit order has a price"
        return ConditionKind.TAKE_PROFIT, order.price
    assert mark is not None
    is_below = order.trigger_price < mark
    is_stop = is_below == (position.key.side is Side.LONG)
    kind = ConditionKind.STOP_LOSS if is_stop else ConditionKind.TAKE_PROFIT
    return kind, order.trigger_price


def _native_exit(
    order: OrderReport,
    position: PositionReport,
    found: tuple[ConditionKind, Decimal],
    name: str,
) -> NativeExit:
    kind, level = found
    quantity = None
    if order.quantity is not None and order.quantity - order.filled < position.quantity:
        left = order.quantity - order.filled
        quantity = Quantity(QuantityKind.ABSOLUTE, left)
    is_limit = order.order is OrderType.LIMIT
    return NativeExit(
        order=order,
        position=position,
        name=name,
        kind=kind,
        level=level,
        price_kind=order.trigger_kind or "mark",
        quantity=quantity,
        close_order=OrderType.LIMIT if is_limit else OrderType.MARKET,
        slippage_limit=_slippage(order, level) if is_limit else None,
    )


def _slippage(order: OrderReport, level: Decimal) -> Decimal | None:
    """Say how much worse than the level a limit is, in percent; None when not."""
    if order.price is None or order.price == level:
        return None
    share = abs(order.price - level) / level * HUNDRED
    return share.quantize(_SLIPPAGE_STEP, ROUND_UP).normalize()


def yaml_of(account: str, imported: Imported) -> str:
    """Write the exits as a file for `conf.d/`, with a comment for what was left."""
    lines = [f"# What rests at {account}, as exits of exitd.", *_left(imported)]
    if not imported.exits:
        return "\n".join([*lines, "positions: {}"]) + "\n"
    lines.append("positions:")
    for position in dict.fromkeys(exit_.position for exit_ in imported.exits):
        key = position.key
        lines += [
            f"  {position_name(position)}:",
            f"    venue: {account}",
            f"    symbol: {key.symbol}",
            f"    side: {key.side}",
            "    exits:",
        ]
        for exit_ in imported.exits:
            if exit_.position is position:
                words = ", ".join(f"{k}: {v}" for k, v in exit_.words().items())
                lines.append(
                    f"      {exit_.name}: {{{words}}}  # {_named(exit_.order)}"
                )
    return "\n".join(lines) + "\n"


def position_name(position: PositionReport) -> str:
    base = position.key.symbol.partition("_")[0].lower() or position.key.symbol.lower()
    return f"{base}-{position.key.side}"


def _left(imported: Imported) -> Iterator[str]:
    for sentence in imported.left:
        yield f"# left alone: {sentence}"
