"""One of the two doors through which Binance's streams come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from exitd.adapters.binance.subscriptions import ANSWER_S, PAUSE_S, Subscriptions
from exitd.adapters.network.connection import Connect, Connection
from exitd.ports.clock import Clock


class Door:
    """A connection, what was asked for on it, and what has come.

    Args:
        url: Such as `wss://fstream.binance.com/market`.
        on_refused: Told a stream that is refused, and the error.
        ping_s: A second; less makes everything quicker, for tests.

    `live` are the streams that have carried data on this connection; `taken` says
    when, by our monotonic clock, the subscription of a stream was acknowledged.
    """

    def __init__(
        self,
        url: str,
        connect: Connect,
        clock: Clock,
        on_refused: Callable[[str, str], None],
        *,
        ping_s: float,
    ) -> None:
        self.connection = Connection(f"{url}/stream", connect, clock, ping_s=ping_s)
        self.live: set[str] = set()
        self.taken: dict[str, int] = {}
        self._clock = clock
        self.subscriptions = Subscriptions(
            self.connection,
            on_refused,
            self._take,
            pause_s=PAUSE_S * ping_s,
            answer_s=ANSWER_S * ping_s,
        )
        self.is_wanted = False
        self.is_open = False

    def want(self, streams: Iterable[str]) -> None:
        wanted = frozenset(streams)
        self.is_wanted = bool(wanted)
        self.subscriptions.want(wanted)

    async def run(
        self,
        on_frame: Callable[[bytes], None],
        *works: Callable[[], Awaitable[None]],
    ) -> None:
        """Connect, ask for what is wanted, and receive until the connection is lost.

        Raises:
            FeedError: It was lost, or never came about.
        """
        self.live.clear()
        self.taken.clear()
        try:
            await self.connection.run(
                on_frame, self._opened, self.subscriptions.run, *works
            )
        finally:
            self.is_open = False

    async def _opened(self) -> None:
        self.is_open = True

    def _take(self, stream: str) -> None:
        self.taken[stream] = self._clock.monotonic_ns()
