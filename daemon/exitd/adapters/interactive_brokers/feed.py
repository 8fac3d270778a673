"""Prices of Interactive Brokers: the gateway's WebSocket, `smd+conid`.

Frames hold what has changed only. What is delayed, frozen, halted or yesterday's is
never told: a trigger must not fire on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import msgspec

from exitd.adapters.interactive_brokers.contracts import Contracts
from exitd.adapters.interactive_brokers.defaults import URL
from exitd.adapters.interactive_brokers.queries import (
    AVAILABILITY,
    FIELDS,
    Queries,
    live_price,
)
from exitd.adapters.interactive_brokers.session import Session
from exitd.adapters.interactive_brokers.wire import FRAME, ms_ns, text_in
from exitd.adapters.network.connection import Connection, Socket, open_socket
from exitd.adapters.network.tls import tls_for
from exitd.adapters.network.venue_clock import VenueClock
from exitd.adapters.prices.routes import Route, routes_of
from exitd.adapters.prices.teller import MAX_AGE_NS, FeedCounters, PriceTeller
from exitd.core.market import PriceSource, Tick
from exitd.errors import FeedError, VenueError, VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.feed import Candle, FeedNotice, FeedSignal, TickSink

#: The gateway closes a stream that is silent for a minute.
HEARTBEAT_S = 30.0
_KINDS = {FIELDS[kind]: kind.value for kind in FIELDS}
_ASKED = msgspec.json.encode({"fields": [*FIELDS.values(), AVAILABILITY]}).decode()


def is_over(args: bytes) -> bool:
    """Whether a status of the session says that nobody is logged in.

    Raises:
        msgspec.DecodeError: It is no status.
    """
    status = msgspec.json.decode(args, type=dict[str, msgspec.Raw])
    return bytes(status.get("authenticated", b"")) == b"false"


class InteractiveBrokersFeed:
    """Implements the `Feed` port.

    Args:
        name: The account whose gateway streams these prices.
        session: Its session; contracts and snapshots are asked for in it.
        max_age_ns: Older prices are counted and not told.
    """

    def __init__(
        self,
        name: str,
        *,
        session: Session,
        contracts: Contracts,
        clock: Clock,
        url: str = URL,
        max_age_ns: int = MAX_AGE_NS,
    ) -> None:
        self.name = name
        self.watched: frozenset[PriceSource] = frozenset()
        self.subscribed: set[str] = set()
        self._session = session
        self._contracts = contracts
        self._queries = Queries(session, contracts)
        self._clock = clock
        self._url = url
        ws_url = f"ws{url.removeprefix('http')}/ws"
        self._connection = Connection(ws_url, self._connect, clock)
        self._teller = PriceTeller(
            name, clock, VenueClock(clock), max_age_ns, self._connection.fail
        )
        self._routes: dict[str, Route] = {}
        self._availability: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._seq = 0

    @property
    def ts_alive_ns(self) -> int:
        return self._connection.ts_alive_ns

    @property
    def counters(self) -> FeedCounters:
        return self._teller.counters

    def watch(self, sources: frozenset[PriceSource]) -> None:
        self.watched = sources
        self._routes = routes_of(sources, lambda source: source.symbol)
        self._changed.set()

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None:
        """See the port.

        Raises:
            FeedError: The connection was lost, or never came about.
        """
        self._teller.on_tick, self._teller.on_notice = on_tick, on_notice
        self.subscribed.clear()
        self._availability.clear()
        self._changed.set()
        await self._connection.run(self._on_frame, self._subscribe, self._keep_alive)

    def abort(self) -> None:
        self._connection.fail("aborted")

    async def poll(self, source: PriceSource) -> Tick | None:
        asked_ns = self._clock.now_ns()
        price = await self._queries.price(source.symbol, source.kind)
        if price is None:
            return None
        return Tick(source, price, asked_ns, self._clock.now_ns())

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        raise VenueUnavailable(
            f"{self.name} gives no candles; what happened while nobody watched is"
            " not known"
        )

    async def close(self) -> None:
        self.abort()

    async def _connect(self, url: str) -> Socket:
        """Open the stream of the session: the gateway knows it by a cookie."""
        try:
            session = await self._session.tickle()
            await self._session.open()
        except VenueError as exc:
            raise FeedError(str(exc)) from exc
        cookie = msgspec.json.encode({"session": session}).decode()
        headers = {"Cookie": f"api={cookie}", "User-Agent": "exitd"}
        return await partial(open_socket, headers=headers, tls=tls_for(self._url))(url)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await self._connection.send("tic")
            try:
                await self._session.tickle()
            except VenueError as exc:
                self._connection.fail(str(exc))

    async def _subscribe(self) -> None:
        self._teller.notice(FeedSignal.CONNECTED, self._connection.url)
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = set(self._routes)
            for symbol in sorted(self.subscribed - wanted):
                self.subscribed.discard(symbol)
                await self._connection.send(f"umd+{self._contracts.known(symbol)}+{{}}")
            for symbol in sorted(wanted - self.subscribed):
                try:
                    conid = await self._contracts.conid(symbol)
                except VenueError as exc:
                    self._teller.refused(symbol, str(exc))
                    continue
                self.subscribed.add(symbol)
                await self._connection.send(f"smd+{conid}+{_ASKED}")

    def _on_frame(self, frame: bytes) -> None:
        teller = self._teller
        teller.counters.frames += 1
        teller.ts_arrived_ns = self._connection.ts_alive_ns
        try:
            message = FRAME.decode(frame)
            topic = text_in(message.get("topic", b""))
            if topic.startswith("smd+"):
                self._prices(topic.removeprefix("smd+"), message)
            elif topic == "sts" and is_over(message.get("args", b"{}")):
                self._connection.fail("the session is over; log in at the gateway")
        except (msgspec.DecodeError, ValueError) as exc:
            teller.garbage(f"a frame cannot be read: {exc}")

    def _prices(self, conid: str, message: dict[str, msgspec.Raw]) -> None:
        """Tell what a frame says of a contract.

        Raises:
            ValueError: A number in it cannot be read.
        """
        if not conid.isdigit():
            raise ValueError("a price of no contract")
        symbol = self._contracts.symbol_of(int(conid), "")
        if AVAILABILITY in message:
            told = text_in(message[AVAILABILITY])
            if told[:1] != "R" and self._availability.get(conid) != told:
                self._teller.refused(symbol, f"its prices are not live ({told})")
            self._availability[conid] = told
        route = self._routes.get(symbol)
        if route is None:
            self._teller.counters.unasked += 1
            return
        at_ns = ms_ns(message.get("_updated", b"")) or self._clock.now_ns()
        for field, place in _KINDS.items():
            source: PriceSource | None = getattr(route, place)
            if source is None or field not in message:
                continue
            price = live_price(
                text_in(message[field]), self._availability.get(conid, "")
            )
            if price is not None:
                # Frames come in order; several may be of one millisecond.
                self._seq += 1
                self._teller.tell(source, price, at_ns, self._seq)
