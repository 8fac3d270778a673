"""A venue in memory, deterministic, with a script for what goes wrong."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Self, TypeVar

import msgspec

from exitd.core.attempt import (
    CloseOrder,
    RefusalKind,
    TimeInForce,
)
from exitd.core.inputs import FillReport, OrderReport, OrderStatus, PositionReport
from exitd.core.position import Side
from exitd.core.trigger import CancelScope, OrderType
from exitd.core.units import ZERO
from exitd.errors import FeedError, OutcomeUnknown
from exitd.ports.venue import (
    NativeStop,
    Prepared,
    PrivateEvent,
    Refusal,
    StreamUp,
)
from fakes.exchange import FakeOrder
from fakes.outcomes import (
    Delay,
    Fill,
    Hold,
    LoseReply,
    LoseRequest,
)
from fakes.world import FakeQueries, Sent

Stamped = TypeVar("Stamped", bound=OrderReport | FillReport | PositionReport)


class FakeVenue(FakeQueries):
    """Implements the `Venue` port; what tests steer it with is in its bases.

    Construct it as `FakeVenue(clock, account, symbols=…)`, `script` outcomes, and look
    at `ledger` and `sent`.
    """

    def with_window(self, window_ns: int) -> Self:
        return self

    def prepare(self, order: CloseOrder) -> Prepared:
        ts_ns = self.venue_now_ns()
        expires_ns = ts_ns + (order.window_ns or self._window_ns)
        body = msgspec.json.encode({"order": order, "expires_ns": expires_ns})
        return Prepared(body, ts_ns, expires_ns)

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        self.settle()
        signed = msgspec.json.decode(prepared.body)
        assert msgspec.convert(signed["order"], CloseOrder) == order
        self.sent.append(Sent(order, prepared, self._clock.now_ns()))
        outcome = self._script.popleft() if self._script else Fill()
        if self.is_down or isinstance(outcome, LoseRequest):
            raise OutcomeUnknown("the request was lost on its way; ask for the order")
        if isinstance(outcome, Delay):
            at_ns = self._true_ns + outcome.by_ns
            entry = (at_ns, len(self.sent), order, outcome, prepared.expires_venue_ns)
            heapq.heappush(self._due, entry)
            raise OutcomeUnknown("the venue did not answer in time; ask for the order")
        if self._true_ns > prepared.expires_venue_ns:
            return Refusal(RefusalKind.EXPIRED, "EXPIRED", "Request has expired")
        if isinstance(outcome, Hold):
            return await self._answer_later(order, outcome)
        if isinstance(outcome, LoseReply):
            self._carry_out(order, outcome.then, self._true_ns)
            self.settle()
            raise OutcomeUnknown("the answer was lost on its way; ask for the order")
        answer = self._carry_out(order, outcome, self._true_ns)
        self.settle()
        return answer

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        self._write()
        net = self.exchange.reducible(stop.symbol, stop.side)
        order = FakeOrder(
            id=f"O{self.exchange.number()}",
            client_order_id=stop.client_order_id,
            symbol=stop.symbol,
            side=stop.side,
            quantity=net if stop.quantity is None else stop.quantity,
            order=OrderType.MARKET if stop.limit_price is None else OrderType.LIMIT,
            price=stop.limit_price,
            time_in_force=TimeInForce.GTC,
            trigger_price=stop.trigger_price,
            trigger_kind=stop.trigger_kind,
            ts_created_ns=self._true_ns,
            ts_changed_ns=self._true_ns,
        )
        self.exchange.accept(order)
        self.settle()
        return self._stamp(self.exchange.report(order))

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        self._write()
        for order in self.exchange.orders:
            is_meant = order.id == venue_order_id or (
                client_order_id is not None and order.client_order_id == client_order_id
            )
            if is_meant and order.symbol == symbol and order.is_resting:
                self.exchange.end(order, OrderStatus.CANCELLED, self._true_ns)
                self.settle()
                return self._stamp(self.exchange.report(order))
        return Refusal(RefusalKind.INVALID, "RESOURCE_NOT_FOUND", "Order not found")

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        assert scope is not CancelScope.ONE
        self._write()
        is_trigger = {CancelScope.TRIGGER: True, CancelScope.LIMIT: False}.get(scope)
        cancelled = [
            order
            for order in self.exchange.orders
            if order.symbol == symbol
            and order.is_resting
            and is_trigger in (None, order.trigger_price is not None)
        ]
        for order in cancelled:
            self.exchange.end(order, OrderStatus.CANCELLED, self._true_ns)
        self.settle()
        return tuple(self._stamp(self.exchange.report(order)) for order in cancelled)

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        self.settle()
        if self.is_down:
            raise FeedError("the private stream of the fake venue is down")
        self._lost = asyncio.get_running_loop().create_future()
        on_event(StreamUp(self.account))
        for states in self.exchange.positions.values():
            for side in Side:
                report = self.exchange.position_report(states[-1], side, self._true_ns)
                if report.quantity > ZERO:
                    on_event(self._stamp(report))
        self._on_event = on_event
        self.connected.set()
        try:
            raise FeedError(await self._lost)
        finally:
            self._on_event = None
            self.connected.clear()

    def abort_stream(self) -> None:
        self.drop_stream("aborted")

    async def close(self) -> None:
        self.abort_stream()
