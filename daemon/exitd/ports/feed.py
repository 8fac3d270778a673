"""Where prices come from."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from exitd.core.market import PriceSource, Tick

TickSink = Callable[[Tick], None]


class FeedSignal(StrEnum):
    CONNECTED = "connected"
    LOST = "lost"
    GARBAGE = "garbage"
    REFUSED = "refused"


class FeedNotice(Struct, frozen=True):
    """Something about the connection itself; `detail` is one sentence."""

    feed: str
    signal: FeedSignal
    detail: str = ""


class Candle(Struct, frozen=True):
    """`high` and `low` are None for a bar without prices."""

    ts_open_ns: int
    ts_close_ns: int
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None


class Feed(Protocol):
    """One venue's public price streams.

    `run` connects once, subscribes to what `watch` asked for, pushes every
    observation into the sink synchronously where its frame arrives, and raises
    `FeedError` when the connection is lost; the supervisor calls it again. The
    first observations after a connect are a snapshot and count as any other.
    `watch` may be called at any time, also while running; sources no longer
    named are unsubscribed. `abort` drops the transport at once, without a
    closing handshake: a frozen peer would not answer it.
    """

    name: str

    def watch(self, sources: frozenset[PriceSource]) -> None: ...

    async def run(
        self, on_tick: TickSink, on_notice: Callable[[FeedNotice], None]
    ) -> None: ...

    def abort(self) -> None: ...

    @property
    def ts_alive_ns(self) -> int:
        """When the peer last proved to be there (any frame or pong), monotonic."""
        ...

    async def poll(self, source: PriceSource) -> Tick | None:
        """Ask once by REST; None when the venue has no price or only a cached one."""
        ...

    async def candles(
        self, source: PriceSource, ts_from_ns: int, ts_to_ns: int
    ) -> tuple[Candle, ...]:
        """Read the bars of a source's own prices that begin in [from, to].

        The source's `candle` is their length; `bid` and `ask` have none of their own.

        Raises:
            VenueError: They could not be read whole.
        """
        ...

    async def close(self) -> None: ...
