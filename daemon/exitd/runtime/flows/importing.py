"""From what rests at a venue to exits of ours: what to arm, and the YAML of it."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_UP, Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.condition import ConditionKind
from exitd.core.inputs import OrderReport, PositionReport
from exitd.core.position import Side
from exitd.core.trigger import OrderType, Quantity, QuantityKind
from exitd.core.units import HUNDRED, ZERO, text

_SLIPPAGE_STEP = Decimal("0.0001")


class NativeExit(Struct, frozen=True, kw_only=True):
    """Resting orders of the venue that close a position, as one exit of ours.

    They are several where they differ in size only; `quantity` is then the sum. None
    takes the whole position.
    """

    orders: tuple[OrderReport, ...]
    position: PositionReport
    name: str = ""
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
    for order in orders:
        position = held.get((order.symbol, order.side))
        if position is None:
            left.append(f"{order_name(order)} closes no open position")
        elif not order.is_trigger and not order.reduce_only:
            left.append(f"{order_name(order)} is not reduce-only, so it is not an exit")
        elif order.is_trigger and order.trigger_price is None:
            left.append(f"{order_name(order)} does not say its trigger price")
        elif order.is_trigger and order.symbol not in marks:
            left.append(f"{order_name(order)}: there is no mark price to judge it by")
        else:
            found = _exit(order, position, marks.get(order.symbol))
            exits.append(_native_exit(order, position, found))
    return Imported(tuple(_numbered(_merged(exits))), tuple(left))


def _merged(exits: Iterable[NativeExit]) -> list[NativeExit]:
    """Make one exit of those that differ in size only: exitd arms none twice."""
    alike: dict[tuple[object, ...], NativeExit] = {}
    for exit_ in exits:
        words = replace(exit_, quantity=None).words()
        place = (str(exit_.position.key), *words.items())
        first = alike.get(place)
        alike[place] = exit_ if first is None else _both(first, exit_)
    return list(alike.values())


def _both(first: NativeExit, other: NativeExit) -> NativeExit:
    """Close what both would have closed, at most the position."""
    quantity = None
    if first.quantity is not None and other.quantity is not None:
        total = first.quantity.value + other.quantity.value
        if total < first.position.quantity:
            quantity = Quantity(QuantityKind.ABSOLUTE, total)
    orders = (*first.orders, *other.orders)
    return replace(first, orders=orders, quantity=quantity)


def _numbered(exits: Iterable[NativeExit]) -> Iterator[NativeExit]:
    numbers: dict[tuple[str, str], int] = {}
    for exit_ in exits:
        word = "stop" if exit_.kind is ConditionKind.STOP_LOSS else "target"
        place = (str(exit_.position.key), word)
        numbers[place] = numbers.get(place, 0) + 1
        yield replace(exit_, name=f"{word}-{numbers[place]}")


def order_name(order: OrderReport) -> str:
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
) -> NativeExit:
    kind, level = found
    quantity = None
    if order.quantity is not None and order.quantity - order.filled < position.quantity:
        left = order.quantity - order.filled
        quantity = Quantity(QuantityKind.ABSOLUTE, left)
    is_limit = order.order is OrderType.LIMIT
    return NativeExit(
        orders=(order,),
        position=position,
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
                names = ", ".join(order_name(order) for order in exit_.orders)
                lines.append(f"      {exit_.name}: {{{words}}}  # {names}")
    return "\n".join(lines) + "\n"


def position_name(position: PositionReport) -> str:
    base = position.key.symbol.partition("_")[0].lower() or position.key.symbol.lower()
    return f"{base}-{position.key.side}"


def _left(imported: Imported) -> Iterator[str]:
    for sentence in imported.left:
        yield f"# left alone: {sentence}"
