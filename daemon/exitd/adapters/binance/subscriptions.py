"""What one connection has asked for, and keeping that equal to what is wanted.

Each request has a number, and its answer carries the number. The answer says that the
request was read, not that the streams exist: what carries nothing is another part's
business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from exitd.adapters.network.connection import Connection

# Documented for a connection of USD-M; other pages say 200.
STREAMS_MAX = 1024
# Ten messages a second are allowed, pings among them; we send five at most.
PAUSE_S = 0.25
CHUNK_STREAMS = 100
ANSWER_S = 5.0


class Subscriptions:
    """One connection's subscriptions.

    Args:
        on_refused: Told a stream that is refused, and the error.
        on_taken: Told each stream whose subscription is acknowledged.
        pause_s: The least time between two requests.
        answer_s: A request that is not answered within this ends the connection.
    """

    def __init__(
        self,
        connection: Connection,
        on_refused: Callable[[str, str], None],
        on_taken: Callable[[str], None],
        *,
        pause_s: float,
        answer_s: float,
    ) -> None:
        self._connection = connection
        self._on_refused = on_refused
        self._on_taken = on_taken
        self._pause_s = pause_s
        self._answer_s = answer_s
        self._wanted: frozenset[str] = frozenset()
        self._asked: set[str] = set()
        self._refused: set[str] = set()
        # Refused as part of a request: asked for again, each alone.
        self._suspects: set[str] = set()
        self._unanswered: dict[int, tuple[str, ...]] = {}
        self._last_id = 0
        self._woken = asyncio.Event()

    def want(self, streams: Iterable[str]) -> None:
        wanted = set(streams)
        kept = sorted(wanted, key=lambda stream: (stream not in self._asked, stream))
        too_many = set(kept[STREAMS_MAX:])
        for stream in sorted(too_many - self._refused):
            error = f"a connection carries {STREAMS_MAX} streams at most"
            self._on_refused(stream, error)
        self._refused = (self._refused & wanted) | too_many
        self._wanted = frozenset(wanted - too_many)
        self._woken.set()

    def answered(self, number: int | None, error: str) -> None:
        """Take note of an answer; *error* is empty when it is a yes.

        An error without a number belongs to the oldest request: they are answered
        in order.
        """
        if number is None:
            number = next(iter(self._unanswered), 0)
        streams = self._unanswered.pop(number, ())
        if not error:
            for stream in streams:
                self._on_taken(stream)
        elif len(streams) == 1:
            self._refused.add(streams[0])
            self._on_refused(streams[0], error)
        else:
            self._suspects.update(streams)
            self._asked.difference_update(streams)
        self._woken.set()

    async def run(self) -> None:
        """Subscribe to what is wanted, on a new connection; ends with it."""
        self._asked.clear()
        self._refused.intersection_update(self._wanted)
        self._suspects.clear()
        self._unanswered.clear()
        while True:
            self._woken.clear()
            await self._change()
            try:
                patience_s = self._answer_s if self._unanswered else None
                async with asyncio.timeout(patience_s):
                    await self._woken.wait()
            except TimeoutError:
                self._connection.fail(
                    f"a subscription was not answered within {self._answer_s:g} s"
                )
                return

    async def _change(self) -> None:
        wanted = self._wanted - self._refused
        for chunk in _chunks(self._asked - self._wanted, CHUNK_STREAMS):
            self._asked.difference_update(chunk)
            await self._send("UNSUBSCRIBE", chunk, ())
        for chunk in _chunks(wanted - self._asked - self._suspects, CHUNK_STREAMS):
            self._asked.update(chunk)
            await self._send("SUBSCRIBE", chunk, chunk)
        for chunk in _chunks(wanted & self._suspects - self._asked, 1):
            self._asked.update(chunk)
            await self._send("SUBSCRIBE", chunk, chunk)

    async def _send(
        self, method: str, streams: tuple[str, ...], awaited: tuple[str, ...]
    ) -> None:
        self._last_id += 1
        self._unanswered[self._last_id] = awaited
        frame = msgspec.json.encode(
            {"method": method, "params": streams, "id": self._last_id}
        )
        await self._connection.send(frame.decode())
        await asyncio.sleep(self._pause_s)


def _chunks(streams: set[str] | frozenset[str], size: int) -> list[tuple[str, ...]]:
    names = sorted(streams)
    return [tuple(names[i : i + size]) for i in range(0, len(names), size)]
