"""The account's stream of order updates (`trade_updates`): JSON in binary frames.

It tells what happens to orders, and with each fill how large the position is after it.
Of what is held it gives no snapshot, and no entry price: both are read by REST, the
snapshot before the stream counts as up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exitd.adapters.alpaca import queries
from exitd.adapters.alpaca.reports import (
    finite,
    net_reports,
    order_report,
    side_of,
    trade_id,
)
from exitd.adapters.alpaca.session import Session
from exitd.adapters.alpaca.wire import Exact, WireOrder, instant_ns
from exitd.adapters.network.connection import Connect, Connection
from exitd.core.inputs import FillReport, PositionReport
from exitd.core.units import ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.venue import PrivateEvent, StreamUp

STREAM = "trade_updates"
FILLS = frozenset({"fill", "partial_fill"})
RETRY_S = 1.0
ANSWER_S = 10.0

OnEvent = Callable[[PrivateEvent], None]


class _Frame(Struct, frozen=True):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()


class _Said(Struct, frozen=True):
    """An answer to a request; `streams` are those that it listens to now."""

    status: str = ""
    message: str = ""
    error: str = ""
    streams: list[str] = []


class _Update(Exact, frozen=True):
    event: str
    order: WireOrder
    timestamp: str | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    position_qty: Decimal | None = None


_FRAME = msgspec.json.Decoder(_Frame)
_SAID = msgspec.json.Decoder(_Said)
_UPDATE = msgspec.json.Decoder(_Update)


class UpdateStream:
    """`garbage` counts messages that could not be read; they end the connection.

    A fill that cannot be read is followed by none that says the same: the connection
    is dropped, and what it told is read by REST.
    """

    def __init__(self, session: Session, url: str, connect: Connect) -> None:
        self.garbage = 0
        self._session = session
        self._connection = Connection(url, connect, session.clock)
        self._on_event: OnEvent | None = None
        self._answered = asyncio.Event()
        self._held: set[str] = set()
        self._stale: set[str] = set()
        self._woken = asyncio.Event()

    async def run(self, on_event: OnEvent) -> None:
        """Connect once.

        Raises:
            FeedError: The stream was lost or refused.
        """
        self._on_event = on_event
        self._answered.clear()
        self._stale.clear()
        await self._connection.run(self._on_frame, self._begin)

    def abort(self) -> None:
        self._connection.fail("aborted")

    async def _begin(self) -> None:
        key, secret = self._session.keys
        data = {"key_id": key.reveal(), "secret_key": secret.reveal()}
        await self._ask({"action": "authenticate", "data": data})
        await self._ask({"action": "listen", "data": {"streams": [STREAM]}})
        self._tell(StreamUp(self._session.account))
        try:
            await self._snapshot()
        except VenueUnavailable as exc:
            self._connection.fail(f"the positions could not be read: {exc}")
            return
        await self._keep_entries()

    async def _ask(self, request: dict[str, object]) -> None:
        self._answered.clear()
        await self._connection.send(msgspec.json.encode(request).decode())
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._answered.wait()
        except TimeoutError:
            self._connection.fail(f"{request['action']} was not answered")

    async def _snapshot(self) -> None:
        """Tell all that is held, and that what was held is not."""
        reports = await queries.positions(self._session, None)
        held = {report.key.symbol for report in reports}
        asked_ns = min(
            (r.ts_venue_ns for r in reports),
            default=self._session.venue_clock.earliest_ns(),
        )
        for symbol in sorted(self._held - held):
            for flat in net_reports(self._session, symbol, ZERO, None, "", asked_ns):
                self._tell(flat)
        self._held = held
        for report in reports:
            self._tell(report)

    async def _keep_entries(self) -> None:
        """Read what a fill has changed: the entry price, which it does not say.

        Of several markets at once: where many close together, that is one query.
        """
        while True:
            await self._woken.wait()
            self._woken.clear()
            symbols, self._stale = sorted(self._stale), set()
            try:
                if len(symbols) > 1:
                    await self._snapshot()
                    continue
                for symbol in symbols:
                    for report in await queries.positions(self._session, symbol):
                        self._tell(report)
            except VenueUnavailable:
                self._stale.update(symbols)
                await asyncio.sleep(RETRY_S)
                self._woken.set()

    def _on_frame(self, frame: bytes) -> None:
        try:
            message = _FRAME.decode(frame)
            if message.stream == STREAM:
                events = self._read(_UPDATE.decode(message.data))
            else:
                self._take(message)
                return
        except (msgspec.DecodeError, ValueError) as exc:
            self.garbage += 1
            self._connection.fail(f"an order update cannot be read: {exc}")
            return
        for event in events:
            self._tell(event)

    def _take(self, message: _Frame) -> None:
        """Take an answer to what was asked."""
        said = _SAID.decode(message.data)
        is_refused = message.stream == "authorization" and said.status != "authorized"
        is_deaf = message.stream == "listening" and STREAM not in said.streams
        if is_refused or is_deaf or said.error:
            why = said.message or said.error or said.status or "not listening"
            self._connection.fail(
                f"Alpaca refused the stream of order updates: {why}; check the key and"
                " that it is one of this environment"
            )
        elif message.stream in ("authorization", "listening"):
            self._answered.set()

    def _tell(self, event: PrivateEvent) -> None:
        assert self._on_event is not None
        if isinstance(event, PositionReport) and event.quantity > ZERO:
            self._held.add(event.key.symbol)
        self._on_event(event)

    def _read(self, update: _Update) -> list[PrivateEvent]:
        order = update.order
        self._session.known.note(order)
        if not order.symbol or not order.side:
            return []
        report = order_report(self._session, order)
        if update.event not in FILLS:
            return [report]
        return [*self._fill(update, report.ts_venue_ns)]

    def _fill(self, update: _Update, changed_ns: int) -> list[PrivateEvent]:
        """Tell an execution, the order after it, and the position after that."""
        session, order = self._session, update.order
        if update.qty is None or update.price is None or update.timestamp is None:
            raise ValueError("a fill without its quantity, price or instant")
        # One instant for all three, or the position would seem not to show the fill.
        ts_venue_ns = max(instant_ns(update.timestamp), changed_ns)
        report = replace(order_report(session, order), ts_venue_ns=ts_venue_ns)
        symbol = order.symbol or ""
        fill = FillReport(
            account=session.account,
            symbol=symbol,
            venue_order_id=report.venue_order_id,
            client_order_id=report.client_order_id,
            reference=report.reference,
            trade_id=trade_id(order.id, order.filled_qty or update.qty),
            side=side_of(order.side),
            quantity=finite(update.qty),
            price=finite(update.price),
            ts_venue_ns=instant_ns(update.timestamp),
            now_ns=session.clock.now_ns(),
        )
        session.prices[symbol] = fill.price
        net = None if update.position_qty is None else finite(update.position_qty)
        if net != ZERO:
            # What is flat has no entry price.
            self._stale.add(symbol)
            self._woken.set()
        if net is None:
            return [fill, report]
        return [
            fill,
            report,
            *net_reports(session, symbol, net, None, "", ts_venue_ns),
        ]
