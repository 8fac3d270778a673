"""The account's private stream: what became of orders, and what is held.

Position updates are a snapshot on subscribing and every change after it; of orders
there is no snapshot, so those are read by REST after each connect. The documents and
recorded traffic disagree about casing, numbers or text, one message or an array, and
the key of the expiry reason: all of it is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from exitd.adapters.backpack.refusals import expiry_kind
from exitd.adapters.backpack.reports import (
    ORDER_TYPES,
    STATUSES,
    TRIGGER_KINDS,
    finite,
    net_reports,
    quantity_of_trigger,
    side_of,
    status_of,
)
from exitd.adapters.backpack.session import Session
from exitd.adapters.backpack.wire import id_or_none
from exitd.adapters.network.connection import Connect, Connection
from exitd.core.inputs import FillReport, OrderReport, OrderStatus
from exitd.core.units import NS_PER_MS, NS_PER_US, ZERO
from exitd.ports.venue import PrivateEvent, StreamUp

STREAMS = ("account.orderUpdate", "account.positionUpdate")

OnEvent = Callable[[PrivateEvent], None]
T = TypeVar("T")


class _Error(Struct, frozen=True):
    code: int | str = 0
    message: str = ""


class _Frame(Struct, frozen=True):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None


class _OrderUpdate(Struct, frozen=True):
    """`account.orderUpdate`; E and T are microseconds."""

    kind: str = field(name="e")
    symbol: str = field(name="s")
    id: str | int = field(name="i")
    side: str = field(name="S")
    status: str = field(name="X")
    engine_us: int = field(name="T")
    client_id: int | str | None = field(name="c", default=None)
    order_type: str = field(name="o", default="")
    quantity: Decimal | None = field(name="q", default=None)
    price: Decimal | None = field(name="p", default=None)
    trigger_price: Decimal | None = field(name="P", default=None)
    trigger_by: str | None = field(name="B", default=None)
    trigger_quantity: str | None = field(name="Y", default=None)
    executed: Decimal | None = field(name="z", default=None)
    executed_quote: Decimal | None = field(name="Z", default=None)
    reduce_only: bool | None = field(name="r", default=None)
    reason: str | None = field(name="R", default=None)
    other_reason: str | None = field(name="er", default=None)
    trade_id: int | str | None = field(name="t", default=None)
    fill_quantity: Decimal | None = field(name="l", default=None)
    fill_price: Decimal | None = field(name="L", default=None)
    is_maker: bool | None = field(name="m", default=None)
    fee: Decimal | None = field(name="n", default=None)
    fee_asset: str | None = field(name="N", default=None)


class _PositionUpdate(Struct, frozen=True):
    """`account.positionUpdate`; `q` is the signed net quantity.

    `Q` counts open orders too and is left out on purpose.
    """

    symbol: str = field(name="s")
    net: Decimal = field(name="q")
    engine_us: int = field(name="T", default=0)
    entry_price: Decimal | None = field(name="B", default=None)
    position_id: str | int = field(name="i", default="")


_FRAME = msgspec.json.Decoder(_Frame)
_ORDERS = msgspec.json.Decoder(_OrderUpdate | list[_OrderUpdate])
_POSITIONS = msgspec.json.Decoder(_PositionUpdate | list[_PositionUpdate])


class PrivateStream:
    """`garbage` counts messages that could not be read; they end the connection.

    A price that cannot be read is followed by the next one. A fill that cannot be
    read is not: the connection is dropped, and what it told is read by REST.
    """

    def __init__(self, session: Session, url: str, connect: Connect) -> None:
        self.garbage = 0
        self._session = session
        self._connection = Connection(url, connect, session.clock)
        self._on_event: OnEvent | None = None
        self._is_up = False

    async def run(self, on_event: OnEvent) -> None:
        """Connect once.

        Raises:
            FeedError: The stream was lost or refused.
        """
        self._on_event, self._is_up = on_event, False
        await self._connection.run(self._on_frame, self._subscribe)

    def abort(self) -> None:
        self._connection.fail("aborted")

    async def _subscribe(self) -> None:
        session = self._session
        timestamp_ms = session.venue_clock.now_ns() // NS_PER_MS
        request = {
            "method": "SUBSCRIBE",
            "params": list(STREAMS),
            "signature": session.signer.subscription(timestamp_ms, session.window_ms),
        }
        await self._connection.send(msgspec.json.encode(request).decode())
        # Success is silent: what proves it is an answer to a later frame, and no error.
        await self._connection.answered()
        self._up()

    def _up(self) -> None:
        if not self._is_up:
            self._is_up = True
            self._tell(StreamUp(self._session.account))

    def _on_frame(self, frame: bytes) -> None:
        try:
            message = _FRAME.decode(frame)
            if message.error is not None:
                self._connection.fail(
                    f"the venue refused the private stream:"
                    f" {message.error.code} {message.error.message}"
                )
                return
            events = self._read(message)
        except (msgspec.DecodeError, ValueError) as exc:
            self.garbage += 1
            self._connection.fail(f"a private message cannot be read: {exc}")
            return
        self._up()
        for event in events:
            self._tell(event)

    def _tell(self, event: PrivateEvent) -> None:
        assert self._on_event is not None
        self._on_event(event)

    def _read(self, message: _Frame) -> list[PrivateEvent]:
        stream = message.stream
        events: list[PrivateEvent] = []
        if stream.startswith(STREAMS[0]):
            for order in _each(_ORDERS.decode(message.data)):
                events += self._order(order)
        elif stream.startswith(STREAMS[1]):
            for position in _each(_POSITIONS.decode(message.data)):
                events += self._position(position)
        return events

    def _order(self, update: _OrderUpdate) -> list[PrivateEvent]:
        session = self._session
        ts_venue_ns = update.engine_us * NS_PER_US
        now_ns = session.clock.now_ns()
        client_id = id_or_none(update.client_id)
        side = side_of(update.side)
        events: list[PrivateEvent] = []
        # A fill says all of this; one that does not may not pass unnoticed.
        if update.trade_id is not None or update.kind == "orderFill":
            fill = FillReport(
                account=session.account,
                symbol=update.symbol,
                venue_order_id=str(update.id),
                client_order_id=client_id,
                trade_id=str(_needed(update.trade_id)),
                side=side,
                quantity=finite(_needed(update.fill_quantity)),
                price=finite(_needed(update.fill_price)),
                fee=ZERO if update.fee is None else finite(update.fee),
                fee_asset=update.fee_asset or "",
                is_maker=update.is_maker,
                ts_venue_ns=ts_venue_ns,
                now_ns=now_ns,
            )
            events.append(fill)
        status = status_of(update.status)
        reason = update.reason or update.other_reason or ""
        if update.status not in STATUSES:
            reason = update.status
        events.append(
            OrderReport(
                account=session.account,
                symbol=update.symbol,
                venue_order_id=str(update.id),
                client_order_id=client_id,
                status=status,
                side=side,
                quantity=_quantity(update),
                filled=ZERO if update.executed is None else finite(update.executed),
                filled_quote=(
                    ZERO
                    if update.executed_quote is None
                    else finite(update.executed_quote)
                ),
                order=ORDER_TYPES.get(update.order_type.lower()),
                price=update.price,
                reduce_only=update.reduce_only,
                is_trigger=update.trigger_price is not None,
                trigger_price=update.trigger_price,
                trigger_kind=TRIGGER_KINDS.get(update.trigger_by or "", ""),
                reason=reason,
                refusal=expiry_kind(reason) if status is OrderStatus.EXPIRED else None,
                ts_venue_ns=ts_venue_ns,
                now_ns=now_ns,
            )
        )
        return events

    def _position(self, update: _PositionUpdate) -> tuple[PrivateEvent, ...]:
        session = self._session
        ts_venue_ns = update.engine_us * NS_PER_US or session.venue_clock.now_ns()
        return net_reports(
            session.account,
            update.symbol,
            finite(update.net),
            update.entry_price,
            str(update.position_id),
            ts_venue_ns,
            session.clock.now_ns(),
        )


def _needed(value: T | None) -> T:
    if value is None:
        raise ValueError("a fill without its trade, quantity or price")
    return value


def _quantity(update: _OrderUpdate) -> Decimal | None:
    if update.status == "TriggerPending":
        return quantity_of_trigger(update.trigger_quantity)
    return None if update.quantity is None else finite(update.quantity)


def _each(one_or_many: T | list[T]) -> list[T]:
    return one_or_many if isinstance(one_or_many, list) else [one_or_many]
