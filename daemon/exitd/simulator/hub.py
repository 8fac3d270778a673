"""
Who listens to what: sessions, their streams, and frames on their way out.

Publishing is synchronous, so frames leave in the order in which things happened; a
session's writer sends them when its socket takes them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from exitd.simulator.faults import FaultBoard
from exitd.simulator.frames import envelope

#: A stream's name, and the account it belongs to; no account for public streams.
Subscription = tuple[str, str]

PUBLIC = ""
#: A peer that does not read loses the oldest frames beyond this many.
OUTBOX_MAX = 100_000

#: A Close frame with status 1001, going away (RFC 6455, section 7.4.1).
_GOING_AWAY = b"\x88\x02\x03\xe9"


class Session:
    """
    One WebSocket connection.

    Attributes:
        is_frozen: Nothing is sent, and nothing read, pings included.
    """

    def __init__(self, number: int, transport: asyncio.Transport | None) -> None:
        self.number = number
        self.transport = transport
        self.subscriptions: set[Subscription] = set()
        self.outbox: deque[bytes] = deque(maxlen=OUTBOX_MAX)
        self.wake = asyncio.Event()
        self.is_frozen = False

    def send(self, frame: bytes) -> None:
        self.outbox.append(frame)
        self.wake.set()

    def freeze(self) -> None:
        """Stop reading and sending while the connection stays up."""
        self.is_frozen = True
        if self.transport is not None:
            self.transport.pause_reading()

    def thaw(self) -> None:
        self.is_frozen = False
        if self.transport is not None:
            self.transport.resume_reading()
        self.wake.set()

    def close_politely(self) -> None:
        """Send a Close frame, as the exchange does before it goes down."""
        if self.transport is not None:
            self.transport.write(_GOING_AWAY)
            self.transport.close()

    def drop(self) -> None:
        """Cut the connection without a Close frame."""
        if self.transport is not None:
            self.transport.abort()


SOCKET_ACTIONS: dict[str, Callable[[Session], None]] = {
    "drop": Session.drop,
    "close": Session.close_politely,
    "freeze": Session.freeze,
    "thaw": Session.thaw,
    "garbage": lambda session: session.send(b'{"data":{"e":'),
}


class Hub:
    """All sessions and subscriptions."""

    def __init__(self, faults: FaultBoard) -> None:
        self._faults = faults
        self._listeners: dict[Subscription, dict[Session, None]] = {}
        self._held: dict[Subscription, bytes] = {}
        self._last_number = 0
        self.sessions: dict[Session, None] = {}
        self.frames_sent = 0

    def open(self, transport: asyncio.Transport | None) -> Session:
        self._last_number += 1
        session = Session(self._last_number, transport)
        self.sessions[session] = None
        return session

    def close(self, session: Session) -> None:
        for subscription in session.subscriptions:
            self._listeners[subscription].pop(session, None)
        session.subscriptions.clear()
        self.sessions.pop(session, None)

    def touch(self, action: str, stream: str | None, text: str | None = None) -> int:
        """
        Do *action* to the sockets that have a stream beginning with *stream*.

        Returns:
            How many there were; all sockets count when *stream* is None. A *text*
            is what `garbage` sends.
        """
        act = SOCKET_ACTIONS[action]
        chosen = [
            session
            for session in self.sessions
            if stream is None
            or any(name.startswith(stream) for name, _ in session.subscriptions)
        ]
        for session in chosen:
            if text is not None:
                session.send(text.encode())
            else:
                act(session)
        return len(chosen)

    def subscribe(self, session: Session, stream: str, key: str = PUBLIC) -> None:
        self._listeners.setdefault((stream, key), {})[session] = None
        session.subscriptions.add((stream, key))

    def unsubscribe(self, session: Session, stream: str) -> None:
        """Leave a stream; leaving one that was never joined is no error."""
        for subscription in list(session.subscriptions):
            if subscription[0] == stream:
                session.subscriptions.discard(subscription)
                self._listeners[subscription].pop(session, None)

    def listened(self) -> Iterator[Subscription]:
        """Every subscription that somebody holds now."""
        return (s for s, sessions in self._listeners.items() if sessions)

    def has_listeners(self, stream: str, key: str = PUBLIC) -> bool:
        return bool(self._listeners.get((stream, key)))

    def listeners(self, stream: str) -> Iterable[Session]:
        return list(self._listeners.get((stream, PUBLIC), ()))

    def publish(
        self,
        stream: str,
        build: Callable[[], object],
        key: str = PUBLIC,
        *,
        wrap: Callable[[str, object], bytes] = envelope,
    ) -> None:
        """Send one frame to whoever listens; *build* runs only if somebody does."""
        subscription = (stream, key)
        sessions = self._listeners.get(subscription)
        if not sessions:
            return
        frames = [wrap(stream, build())]
        if self._faults.has_stream_faults or subscription in self._held:
            frames = self._spoiled(subscription, frames[0])
        for frame in frames:
            self.frames_sent += len(sessions)
            for session in sessions:
                session.send(frame)

    def _send_later(
        self, subscription: Subscription, frame: bytes, delay_ms: int
    ) -> None:
        def send() -> None:
            for session in self._listeners.get(subscription, ()):
                session.send(frame)

        asyncio.get_running_loop().call_later(delay_ms / 1_000, send)

    def _spoiled(self, subscription: Subscription, frame: bytes) -> list[bytes]:
        """What the stream faults make of one frame."""
        held = self._held.pop(subscription, None)
        late = [] if held is None else [held]
        fault = self._faults.take_stream(subscription[0])
        if fault is None:
            return [frame, *late]
        if fault.kind == "silence":
            return late
        if fault.kind == "late":
            self._send_later(subscription, frame, fault.delay_ms)
            return late
        if fault.kind == "duplicate":
            return [frame, frame, *late]
        if fault.kind == "garbage":
            return [frame[: len(frame) // 2], frame, *late]
        self._held[subscription] = frame
        return late
