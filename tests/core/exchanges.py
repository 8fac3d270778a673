"""A venue that answers by itself, for closes that rest, go wider or go in slices."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from core.worlds import AT_ONCE_MAX, D, S, World, target
from exitd.core.attempt import CloseOrder, TimeInForce
from exitd.core.inputs import OrderStatus
from exitd.core.intents import CancelOrder
from exitd.core.position import OrderSide
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    Twap,
)
from exitd.core.units import text

#: What makes a close a limit close, within 1 % of its level.
LIMIT = {"order": OrderType.LIMIT, "slippage_limit": D(1)}
WHOLE_LIMIT = Close(order=OrderType.LIMIT, slippage_limit=D(1))


def patient(*patience_ns: int, size: str = "100%", hard: bool = False) -> Close:
    """Describe a limit close within 1 % that rests so long at each stage."""
    first, second = (*patience_ns, 0, 0)[:2]
    return replace(
        WHOLE_LIMIT,
        quantity=_quantity(size),
        patience_ns=(first, second),
        is_hard=hard,
    )


def sliced(slices: int, every_ns: int, size: str = "100%", **changed: object) -> Close:
    return Close(quantity=_quantity(size), twap=Twap(slices, every_ns), **changed)  # type: ignore[arg-type]


def _quantity(size: str) -> Quantity:
    if size.endswith("%"):
        return Quantity(QuantityKind.SHARE, D(size[:-1]))
    return Quantity(QuantityKind.ABSOLUTE, D(size))


class Exchange:
    """Fills what its price allows, keeps what may rest, confirms what is cancelled.

    `size` is what it holds. With `is_deaf` it ignores cancels; `liquidity` is how
    much of an order that does not rest it fills.
    """

    def __init__(self, world: World, price: str) -> None:
        self.world = world
        self.price = D(price)
        self.size = world.engine.state.position(world.key).live
        self.liquidity: Decimal | None = None
        self.is_deaf = False
        self.resting: dict[int, Decimal] = {}
        self.cancels = 0
        self._seen = 0
        self._heard = 0

    def mark(self, price: str) -> None:
        """Move the price: what rests may fill, then the engine sees it."""
        self.price = D(price)
        self._match()
        self.world.mark(price)
        self.answer()

    def wait(self, ns: int) -> None:
        """Let time pass in small steps, and answer what they lead to."""
        until_ns = self.world.now_ns + ns
        in_a_row = 0
        while self.world.now_ns < until_ns:
            due_ns = self.world.engine.next_deadline_ns()
            is_due = due_ns is not None and due_ns <= self.world.now_ns
            in_a_row = in_a_row + 1 if is_due else 0
            assert in_a_row < AT_ONCE_MAX, "something is due again and again at once"
            next_ns = until_ns if due_ns is None else min(due_ns, until_ns)
            step_ns = max(next_ns - self.world.now_ns, 1)
            self.world.wait(step_ns)
            self.answer()

    def answer(self) -> None:
        """Answer all that was sent and asked for, and what follows from that."""
        answers = 0
        while self._seen < len(self.world.sent) or self._heard < len(self._asked()):
            answers += 1
            assert answers < AT_ONCE_MAX, "each answer leads to something new at once"
            if self._seen < len(self.world.sent):
                self._seen += 1
                self._take(self._seen - 1)
            else:
                self._heard += 1
                self._cancel(self._asked()[self._heard - 1])

    def _asked(self) -> list[CancelOrder]:
        return self.world.wants(CancelOrder)

    def _reaches(self, order: CloseOrder) -> bool:
        if order.price is None:
            return True
        if order.side is OrderSide.SELL:
            return self.price >= order.price
        return self.price <= order.price

    def _take(self, n: int) -> None:
        order = self.world.sent[n]
        if order.time_in_force is TimeInForce.GTC:
            self.resting[n] = D(0)
            self.world.works(n)
            self._match()
            return
        took = D(0)
        if self._reaches(order):
            took = min(order.quantity, self.size)
            if self.liquidity is not None:
                took = min(took, self.liquidity)
        self._fill(n, took, ends=True)

    def _match(self) -> None:
        for n, filled in list(self.resting.items()):
            order = self.world.sent[n]
            if self._reaches(order):
                self._fill(n, min(order.quantity - filled, self.size), ends=False)

    def _fill(self, n: int, took: Decimal, *, ends: bool) -> None:
        order = self.world.sent[n]
        self.size -= took
        filled = self.resting.get(n, D(0)) + took
        if filled == order.quantity:
            self.resting.pop(n, None)
            self.world.report(n, OrderStatus.FILLED)
        elif ends:
            self.resting.pop(n, None)
            self.world.report(n, OrderStatus.CANCELLED, str(filled))
        else:
            self.resting[n] = filled
            self.world.report(n, OrderStatus.PARTIALLY_FILLED, str(filled))
        self.world.position(str(self.size))

    def _cancel(self, asked: CancelOrder) -> None:
        self.cancels += 1
        for n, filled in list(self.resting.items()):
            same = self.world.sent[n].client_order_id == asked.client_order_id
            if same and not self.is_deaf:
                del self.resting[n]
                self.world.report(n, OrderStatus.CANCELLED, str(filled))


def closes(world: World) -> list[tuple[str, str, str, TimeInForce]]:
    """Who sent what, at which price, and whether it may rest."""
    return [
        (
            order.attempt.trigger_id,
            text(order.quantity),
            text(order.price) if order.price is not None else "market",
            order.time_in_force,
        )
        for order in world.sent
    ]


def hit(
    *definitions: TriggerDefinition, price: str = "94", at: str = "93"
) -> tuple[World, Exchange]:
    """Triggers that are hit at *price*, at a venue that trades at *at*."""
    world = World()
    world.arm(*definitions)
    exchange = Exchange(world, at)
    world.mark(price)
    exchange.answer()
    return world, exchange


def slices_of(how: Close, *, price: str = "110") -> tuple[World, Exchange]:
    """A take-profit in slices has hit, at a venue that fills at its level."""
    return hit(target("tp", "110", action=how), price="110", at=price)


def sent_at(world: World) -> list[int]:
    """Whole seconds from the first close to each."""
    first_ns = world.attempt(0).ts_sent_ns
    return [
        round((world.attempt(n).ts_sent_ns - first_ns) / S)
        for n in range(len(world.sent))
    ]
