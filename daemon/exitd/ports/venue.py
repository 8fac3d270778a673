"""Where closes are sent and positions are read.

Adapters translate; they decide nothing and retry nothing. Every method raises
`VenueUnavailable` when the venue did not answer a read, and nothing outside an
adapter sees an exception of the HTTP or WebSocket library.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol, Self

from msgspec import Struct

from exitd.core.attempt import Capabilities, CloseOrder, RefusalKind
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import Instrument
from exitd.core.position import OrderSide
from exitd.core.trigger import CancelScope, OrderType


class Prepared(Struct, frozen=True):
    """A signed request: what is stored before it is sent, and sent as stored."""

    body: bytes
    ts_signed_venue_ns: int
    expires_venue_ns: int


class Refusal(Struct, frozen=True):
    """A definite no. `retry_after_ns` is the venue's own wish, if it gave one.

    `is_for_all`: the venue takes no order of anybody now, as in a maintenance.
    """

    kind: RefusalKind
    code: str
    message: str
    retry_after_ns: int | None = None
    is_for_all: bool = False


class NativeStop(Struct, frozen=True, kw_only=True):
    """A reduce-only trigger order to rest at the venue itself.

    `quantity` None means the whole position, following its size.
    """

    symbol: str
    side: OrderSide
    trigger_price: Decimal
    trigger_kind: str
    quantity: Decimal | None
    client_order_id: int
    limit_price: Decimal | None = None


class FundingReport(Struct, frozen=True, kw_only=True):
    """One funding payment as the venue lists it.

    `amount` is in the market's quote currency, above zero where it was received.
    """

    account: str
    symbol: str
    amount: Decimal
    rate: Decimal | None
    ts_venue_ns: int


class StreamUp(Struct, frozen=True):
    """The private stream is subscribed; a snapshot of positions follows."""

    account: str


class StreamDown(Struct, frozen=True):
    account: str
    detail: str


PrivateEvent = OrderReport | FillReport | PositionReport | StreamUp | StreamDown


def is_in_scope(order: OrderReport, scope: CancelScope) -> bool:
    """Whether an order is of the kind that is to be cancelled; `ONE` goes by its id."""
    match scope:
        case CancelScope.ALL:
            return True
        case CancelScope.LIMIT:
            return order.order is OrderType.LIMIT and not order.is_trigger
        case CancelScope.TRIGGER:
            return order.is_trigger
        case CancelScope.ONE:
            return False


class Venue(Protocol):
    account: str
    capabilities: Capabilities

    def venue_now_ns(self) -> int:
        """Our best knowledge of the venue's clock."""
        ...

    async def sync_clock(self) -> int:
        """Measure the venue's clock; returns the offset to ours in nanoseconds."""
        ...

    async def instruments(self) -> tuple[Instrument, ...]: ...

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        """Read open positions; `ts_venue_ns` is no later than when it was asked for.

        Dated later, by a venue's clock that is not known exactly, a report would
        hide what the stream says of the instants in between.

        With a symbol, a flat side is reported as zero; without one, only what
        is open is listed.
        """
        ...

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        """List what rests, native trigger orders included."""
        ...

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        """Read order history back to an instant, every page of it."""
        ...

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        """Read fills back to an instant, every page of it, oldest first."""
        ...

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        """Read funding payments back to an instant, every page, oldest first."""
        ...

    def with_window(self, window_ns: int) -> Self:
        """Give this venue, signing its requests for another window.

        It shares all else. A close is signed for its own window where it has one.
        """
        ...

    def prepare(self, order: CloseOrder) -> Prepared:
        """Sign a close, reduce-only; synchronous, no I/O."""
        ...

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        """Send exactly the prepared bytes, once.

        Raises:
            OutcomeUnknown: The venue may or may not have the order.
        """
        ...

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal: ...

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        """Cancel one order; None when it was accepted but not yet executed."""
        ...

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        """Cancel all orders in a scope; None when accepted but not yet executed."""
        ...

    async def mark_price(self, symbol: str) -> Decimal | None: ...

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        """Connect the private stream once; raises `FeedError` when it is lost."""
        ...

    def abort_stream(self) -> None: ...

    async def close(self) -> None: ...
