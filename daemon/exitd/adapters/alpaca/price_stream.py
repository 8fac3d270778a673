"""One of Alpaca's price streams: that of shares, or that of crypto."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import assert_never

import msgspec

from exitd.adapters.alpaca.frames import (
    FRAME,
    HEAD,
    MESSAGE,
    PARTS,
    READ,
    Message,
    MinuteBar,
    Problem,
    Quote,
    Said,
    Subscribed,
    Trade,
    at_ns,
)
from exitd.adapters.alpaca.subscriptions import ANSWER_S, Subscriptions
from exitd.adapters.network.connection import Connect, Connection, open_socket
from exitd.adapters.prices.bars import Bars
from exitd.adapters.prices.candle_close import interval_ns
from exitd.adapters.prices.plausible import is_price
from exitd.adapters.prices.teller import PriceTeller
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S, ZERO
from exitd.ports.clock import Clock
from exitd.ports.feed import FeedSignal
from exitd.secret import Secret

MINUTE_NS = 60 * NS_PER_S
#: Exchanges' clocks differ: a trade this much older than the last one is not late.
DISORDER_NS = NS_PER_S
#: Errors that end it: this connection will carry nothing.
_HOPELESS = {
    401: "not authenticated",
    402: "the key and the secret are not accepted; check both",
    403: "already authenticated",
    404: "the authentication took too long",
    406: "the account has another connection to this stream, and may have one only;"
    " end the other program, or give it a key of another account",
    409: "the subscription of the account does not cover this; set data_feed: iex",
}
MSGPACK = {"Content-Type": "application/msgpack"}

open_msgpack: Connect = functools.partial(open_socket, headers=MSGPACK)


def stream_of(source: PriceSource) -> str:
    """Name the stream that carries a source; empty where none does.

    A running candle closes with each trade, so it is told by the trades.
    """
    match source.kind:
        case PriceKind.LAST:
            return f"trades.{source.symbol}"
        case PriceKind.LAST_CLOSE:
            channel = "bars" if source.closed else "trades"
            return f"{channel}.{source.symbol}"
        case PriceKind.BID | PriceKind.ASK:
            return f"quotes.{source.symbol}"
        case PriceKind.MARK | PriceKind.INDEX:
            return ""


class PriceStream:
    """Connects once per `run`; tells what is watched of what it carries."""

    def __init__(
        self,
        url: str,
        *,
        keys: tuple[Secret, Secret],
        clock: Clock,
        teller: Callable[[Callable[[str], None]], PriceTeller],
        bars: Callable[[PriceTeller], Bars],
        connect: Connect,
        ping_s: float,
    ) -> None:
        self.connection = Connection(url, connect, clock, ping_s=ping_s)
        self.teller = teller(self.connection.fail)
        self.bars = bars(self.teller)
        self.wanted = asyncio.Event()
        self._keys = keys
        self._subscriptions = Subscriptions(self.connection, self.teller.refused)
        self._by_stream: dict[str, tuple[PriceSource, ...]] = {}
        self._newest_ns: dict[PriceSource, int] = {}
        self._arrived = 0
        self._said = asyncio.Event()
        self._is_in = False

    @property
    def taken(self) -> frozenset[str]:
        return self._subscriptions.taken

    def watch(self, sources: frozenset[PriceSource]) -> None:
        found: dict[str, list[PriceSource]] = {}
        for source in sorted(sources, key=str):
            stream = stream_of(source)
            if stream:
                found.setdefault(stream, []).append(source)
            else:
                self.teller.refused(str(source), "Alpaca has no such price")
        self._by_stream = {name: tuple(of_it) for name, of_it in found.items()}
        self.bars.watch(sources)
        self._subscriptions.want(self._by_stream)
        if sources:
            self.wanted.set()

    async def run(self) -> None:
        """
        Raises:
            FeedError: The connection was lost, or never came about.
        """
        await self.wanted.wait()
        self._said.clear()
        self._is_in = False
        await self.connection.run(self._on_frame, self._begin, self.bars.run)

    async def _begin(self) -> None:
        await self._next("its greeting")
        key, secret = self._keys
        request = {"action": "auth", "key": key.reveal(), "secret": secret.reveal()}
        await self.connection.send(msgspec.json.encode(request).decode())
        await self._next("the answer to the key")
        self._is_in = True
        self.teller.notice(FeedSignal.CONNECTED, self.connection.url)
        await self._subscriptions.run()

    async def _next(self, what: str) -> None:
        """Wait for a success message."""
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._said.wait()
        except TimeoutError:
            self.connection.fail(f"{what} did not come")
        self._said.clear()

    def _on_frame(self, frame: bytes) -> None:
        teller = self.teller
        teller.counters.frames += 1
        teller.ts_arrived_ns = self.connection.ts_alive_ns
        try:
            messages = FRAME.decode(frame)
        except (msgspec.DecodeError, ValueError):
            self._each(frame)
            return
        for message in messages:
            self._take(message)

    def _each(self, frame: bytes) -> None:
        """Take what can be read of a frame in which something cannot."""
        try:
            parts = PARTS.decode(frame)
        except (msgspec.DecodeError, ValueError) as exc:
            self.teller.garbage(f"a frame cannot be read: {exc}")
            return
        for part in parts:
            try:
                if HEAD.decode(part).kind in READ:
                    self._take(MESSAGE.decode(part))
            except (msgspec.DecodeError, ValueError) as exc:
                self.teller.garbage(f"a message cannot be read: {exc}")

    def _take(self, message: Message) -> None:
        try:
            match message:
                case Trade():
                    self._trade(message)
                case Quote():
                    self._quote(message)
                case MinuteBar():
                    self._bar(message)
                case Subscribed():
                    self._subscriptions.took()
                case Said():
                    self._said.set()
                case Problem():
                    self._problem(message)
                case _:
                    assert_never(message)
        except ValueError as exc:
            self.teller.garbage(f"a message cannot be read: {exc}")

    def _problem(self, problem: Problem) -> None:
        hopeless = _HOPELESS.get(problem.code)
        if hopeless is not None or not self._is_in:
            why = hopeless or problem.msg
            self.connection.fail(f"Alpaca refused the prices ({problem.code}): {why}")
            return
        why = f"{problem.code} {problem.msg}"
        if problem.code == 405:
            why += "; the free plan allows 30 symbols"
        self._subscriptions.took(why)

    def _sources(self, stream: str) -> tuple[PriceSource, ...]:
        sources = self._by_stream.get(stream, ())
        if not sources:
            # For a moment after it was unsubscribed.
            self.teller.counters.unasked += 1
        return sources

    def _trade(self, trade: Trade) -> None:
        if not trade.is_last:
            return
        for source in self._sources(f"trades.{trade.symbol}"):
            self._tell(source, trade.price, trade.at)

    def _quote(self, quote: Quote) -> None:
        for source in self._sources(f"quotes.{quote.symbol}"):
            price = quote.bid if source.kind is PriceKind.BID else quote.ask
            if price != ZERO:
                self._tell(source, price, quote.at)

    def _tell(self, source: PriceSource, price: Decimal, at: datetime) -> None:
        ts_ns, newest_ns = at_ns(at), self._newest_ns.get(source, 0)
        if 0 < newest_ns - ts_ns <= DISORDER_NS:
            ts_ns = newest_ns
        self._newest_ns[source] = max(newest_ns, ts_ns)
        # Ids are those of one exchange each; what arrives later counts as later.
        self._arrived += 1
        self.teller.tell(source, price, ts_ns, self._arrived)

    def _bar(self, bar: MinuteBar) -> None:
        """Take a minute that is over; a longer bar is over with its last minute."""
        end_ns = at_ns(bar.at) + MINUTE_NS
        if not is_price(bar.close):
            self.teller.garbage(f"the bar of {bar.symbol[:40]} closed at no price")
            return
        for source in self._sources(f"bars.{bar.symbol}"):
            span_ns = interval_ns(source.candle) or MINUTE_NS
            if end_ns % span_ns == 0:
                self.bars.ended(source, bar.close, end_ns, end_ns, is_closed=True)
