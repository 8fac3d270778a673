"""The world of a FakeVenue: what tests steer, what is scripted, what it is asked.

Nothing here waits for time: what is delayed or lags becomes visible when the injected
clock has moved past it and `settle()` runs, which every call does first. The clock
given is ours; the venue's own runs `skew_ns` ahead of it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from exitd.core.attempt import (
    Capabilities,
    CloseOrder,
)
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import Instrument
from exitd.core.position import Side
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.venue import FundingReport, Prepared, PrivateEvent, Refusal
from fakes.exchange import SOL, FakeExchange, FakeOrder, instrument
from fakes.matching import carry_out
from fakes.outcomes import (
    Delay,
    Fill,
    Hold,
    Outcome,
    Refuse,
    Rest,
)

Stamped = TypeVar("Stamped", bound=OrderReport | FillReport | PositionReport)


@dataclass(frozen=True)
class Sent:
    """One call of `send`, whatever became of it."""

    order: CloseOrder
    prepared: Prepared
    ts_ns: int


class FakeWorld:
    """What tests steer a FakeVenue with.

    `ledger` holds every order ever taken in, `sent` every request that left.
    `history_lag_ns` delays orders and fills in the history, `position_lag_ns`
    positions read by query. `fail_reads(n)` and `is_down` make queries fail;
    while down, a send is lost.
    """

    def __init__(
        self,
        clock: Clock,
        account: str = "fake",
        *,
        symbols: Iterable[str] = (SOL,),
        capabilities: Capabilities | None = None,
        window_ns: int = 5 * NS_PER_S,
        skew_ns: int = 0,
    ) -> None:
        self.account = account
        self.capabilities = capabilities or Capabilities(window_ns=window_ns)
        self.exchange = FakeExchange(account)
        self.listed = {symbol: instrument(account, symbol) for symbol in symbols}
        self.marks: dict[str, Decimal] = {}
        self.funding: list[FundingReport] = []
        self.sent: list[Sent] = []
        self.history_lag_ns = 0
        self.position_lag_ns = 0
        self.is_down = False
        self.skew_ns = skew_ns
        self.connected = asyncio.Event()
        self._clock = clock
        self._window_ns = window_ns
        self._known_skew_ns = 0
        self._script: deque[Outcome] = deque()
        self._due: list[tuple[int, int, CloseOrder, Delay, int]] = []
        self._failing_reads = 0
        self._gate = asyncio.Event()
        self._on_event: Callable[[PrivateEvent], None] | None = None
        self._lost: asyncio.Future[str] | None = None

    @property
    def ledger(self) -> list[FakeOrder]:
        return self.exchange.orders

    def script(self, *outcomes: Outcome) -> None:
        """Queue what becomes of the next sends; when empty, they fill."""
        self._script.extend(outcomes)

    def hold(self, symbol: str, net: str, entry: str = "100") -> None:
        """Make the net position exactly *net* (negative for a short)."""
        self.exchange.set_position(symbol, Decimal(net), Decimal(entry), self._true_ns)
        self.settle()

    def set_price(self, symbol: str, price: str) -> None:
        self.exchange.set_price(symbol, Decimal(price), self._true_ns)
        self.marks[symbol] = Decimal(price)
        self.settle()

    def fail_reads(self, n: int) -> None:
        self._failing_reads += n

    def release(self) -> None:
        """Let every held send answer."""
        self._gate.set()

    def drop_stream(self, detail: str = "dropped by the test") -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(detail)

    @property
    def next_due_ns(self) -> int | None:
        """When the next delayed request arrives, on our clock."""
        return self._due[0][0] - self.skew_ns if self._due else None

    def settle(self) -> None:
        """Carry out what is due, and tell the stream."""
        while self._due and self._due[0][0] <= self._true_ns:
            at_ns, _, order, delay, expires_ns = heapq.heappop(self._due)
            if not delay.checks_window or at_ns <= expires_ns:
                self._carry_out(order, delay.then, at_ns)
        events, self.exchange.events = self.exchange.events, []
        if self._on_event is not None:
            for event in events:
                self._on_event(self._stamp(event))

    @property
    def _true_ns(self) -> int:
        """The venue's clock as it really runs."""
        return self._clock.now_ns() + self.skew_ns

    def _read(self) -> None:
        self.settle()
        if self.is_down or self._failing_reads:
            self._failing_reads = max(self._failing_reads - 1, 0)
            raise VenueUnavailable("the fake venue did not answer; ask again")

    def _write(self) -> None:
        self.settle()
        if self.is_down:
            raise OutcomeUnknown("the fake venue did not answer; look what rests")

    def _stamp(self, report: Stamped) -> Stamped:
        return msgspec.structs.replace(report, now_ns=self._clock.now_ns())

    async def _answer_later(
        self, order: CloseOrder, hold: Hold
    ) -> OrderReport | Refusal:
        if hold.executes_first:
            answer = self._carry_out(order, hold.then, self._true_ns)
            await self._gate.wait()
        else:
            await self._gate.wait()
            answer = self._carry_out(order, hold.then, self._true_ns)
        self.settle()
        return answer

    def _carry_out(
        self, close: CloseOrder, outcome: Fill | Rest | Refuse, ts_ns: int
    ) -> OrderReport | Refusal:
        dedupe = self.capabilities.dedupe
        order = carry_out(self.exchange, dedupe, close, outcome, ts_ns)
        if isinstance(order, Refusal):
            return order
        return self._stamp(self.exchange.report(order))


class FakeQueries(FakeWorld):
    """The half of the `Venue` port that only reads."""

    def venue_now_ns(self) -> int:
        return self._clock.now_ns() + self._known_skew_ns

    async def sync_clock(self) -> int:
        self._read()
        self._known_skew_ns = self.skew_ns
        return self.skew_ns

    async def instruments(self) -> tuple[Instrument, ...]:
        self._read()
        return tuple(self.listed.values())

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        ts_ns = self.venue_now_ns()
        self._read()
        symbols = self.exchange.positions if symbol is None else [symbol]
        reports = [
            self._stamp(
                self.exchange.position_report(
                    self.exchange.position_at(
                        name, self._true_ns - self.position_lag_ns
                    ),
                    side,
                    ts_ns,
                )
            )
            for name in symbols
            for side in Side
        ]
        return tuple(r for r in reports if symbol is not None or r.quantity > ZERO)

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        self._read()
        return tuple(
            self._stamp(self.exchange.report(order))
            for order in self.exchange.orders
            if order.is_resting and symbol in (None, order.symbol)
        )

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        self._read()
        shown_ns = self._true_ns - self.history_lag_ns
        return tuple(
            replace(self._stamp(self.exchange.report(order)), parent=order.parent)
            for order in self.exchange.orders
            if ts_venue_ns <= order.ts_created_ns
            and order.ts_changed_ns <= shown_ns
            and symbol in (None, order.symbol)
        )

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        self._read()
        shown_ns = self._true_ns - self.history_lag_ns
        return tuple(
            self._stamp(fill)
            for fill in self.exchange.fills
            if ts_venue_ns <= fill.ts_venue_ns <= shown_ns
            and symbol in (None, fill.symbol)
        )

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        self._read()
        return tuple(
            payment
            for payment in self.funding
            if ts_venue_ns <= payment.ts_venue_ns and symbol in (None, payment.symbol)
        )

    async def mark_price(self, symbol: str) -> Decimal | None:
        self._read()
        return self.marks.get(symbol)
