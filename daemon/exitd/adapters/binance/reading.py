"""Reading frames: decoded in one pass, routed by their stream's name, and told."""

from __future__ import annotations

import msgspec

from exitd.adapters.binance.door import Door
from exitd.adapters.binance.frames import (
    FRAME,
    FRAME_HEAD,
    BookFrame,
    Frame,
    KlineFrame,
    MarkFrame,
    TradeFrame,
)
from exitd.adapters.prices.bars import Bars
from exitd.adapters.prices.routes import Route
from exitd.adapters.prices.teller import PriceTeller
from exitd.core.units import NS_PER_MS


class FrameReader:
    """Makes prices of frames; `routes` says who wants what of each stream."""

    def __init__(self, teller: PriceTeller, bars: Bars) -> None:
        self.routes: dict[str, Route] = {}
        self._teller = teller
        self._bars = bars

    def read(self, door: Door, frame: bytes) -> None:
        """Tell the prices in a frame that came through a door."""
        teller = self._teller
        teller.counters.frames += 1
        teller.ts_arrived_ns = door.connection.ts_alive_ns
        try:
            message = FRAME.decode(frame)
        except (msgspec.DecodeError, ValueError) as exc:
            self._unreadable(frame, exc)
            return
        data = message.data
        route = self.routes.get(message.stream)
        if data is None or route is None:
            self._aside(door, message)
            return
        if data.symbol != route.symbol:
            teller.garbage(f"{message.stream} carried a price of {data.symbol[:40]}")
            return
        door.live.add(message.stream)
        if isinstance(data, MarkFrame):
            at_ns = data.emitted_ms * NS_PER_MS
            if route.mark is not None and data.mark is not None:
                teller.tell(route.mark, data.mark, at_ns, 0)
            if route.index is not None and data.index is not None:
                teller.tell(route.index, data.index, at_ns, 0)
        elif isinstance(data, TradeFrame):
            if route.last is not None:
                at_ns = (data.traded_ms or data.emitted_ms) * NS_PER_MS
                teller.tell(route.last, data.price, at_ns, data.number)
        elif isinstance(data, BookFrame):
            at_ns = (data.engine_ms or data.emitted_ms) * NS_PER_MS
            if route.bid is not None and data.bid is not None:
                teller.tell(route.bid, data.bid, at_ns, data.update)
            if route.ask is not None and data.ask is not None:
                teller.tell(route.ask, data.ask, at_ns, data.update)
        else:
            self._bar(route, data)

    def _bar(self, route: Route, data: KlineFrame) -> None:
        at_ns, bar = data.emitted_ms * NS_PER_MS, data.bar
        if not self._bars.moved(data.symbol, bar.close, at_ns, route.running):
            return
        if route.closed is not None:
            end_ns = (bar.last_ms + 1) * NS_PER_MS
            self._bars.ended(
                route.closed, bar.close, at_ns, end_ns, is_closed=bar.is_closed
            )

    def _aside(self, door: Door, message: Frame) -> None:
        if message.refusal:
            door.subscriptions.answered(message.id, message.refusal)
        elif message.id is not None:
            door.subscriptions.answered(message.id, "")
        else:
            why = "a frame without a stream or without data"
            self._teller.stray(message.stream, self.routes, why)

    def _unreadable(self, frame: bytes, exc: Exception) -> None:
        try:
            stream = FRAME_HEAD.decode(frame).stream
        except (msgspec.DecodeError, ValueError):
            stream = ""
        why = f"{stream or 'a frame'} cannot be read: {exc}"
        self._teller.stray(stream, self.routes, why)
