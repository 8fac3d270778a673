"""
One WebSocket session: SUBSCRIBE and UNSUBSCRIBE in, frames out.

A subscription that succeeds gets no reply. What fails gets an error frame: 4006 for
a stream that does not exist, 4003 for a bad signature.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from exitd.simulator import frames
from exitd.simulator.candles import INTERVALS
from exitd.simulator.exchange import Exchange
from exitd.simulator.hub import Session
from exitd.simulator.refusal import Refused
from exitd.simulator.signature import verify

INVALID_SIGNATURE = 4003
INVALID_STREAM = 4006
# Not recorded anywhere; any codes but the two above would do.
UNREADABLE = 4000
TOO_MANY = 4007

_SYMBOL_STREAMS = (
    "markPrice",
    "ticker",
    "trade",
    "bookTicker",
    "depth",
    "depth.200ms",
    "depth.600ms",
    "depth.1000ms",
    "openInterest",
)
_PRIVATE = ("account.orderUpdate", "account.positionUpdate", "account.balanceUpdate")
_PRIVATE_NAME = re.compile(
    r"(account\.(?:order|position|balance|rfq)Update)(?:\.(.+))?\Z"
)


def is_private(stream: str) -> bool:
    return stream.startswith("account.")


def is_stream(stream: str, exchange: Exchange) -> bool:
    """Whether the exchange has a stream of this name."""
    markets = exchange.state.markets
    if is_private(stream):
        found = _PRIVATE_NAME.match(stream)
        return found is not None and (
            found.group(2) is None or found.group(2) in markets
        )
    if stream in ("liquidation", "openInterest"):
        return True
    kind, _, symbol = stream.rpartition(".")
    if symbol not in markets:
        return False
    if kind.startswith("kline."):
        return kind.removeprefix("kline.") in INTERVALS
    return kind in _SYMBOL_STREAMS


class StreamSession:
    """What the other end asks for, and what it gets."""

    def __init__(self, exchange: Exchange, session: Session) -> None:
        self._exchange = exchange
        self._session = session

    def receive(self, text: str) -> None:
        """Act on one text frame; errors go back as frames, never up."""
        try:
            message = json.loads(text)
        except ValueError:
            self._error(UNREADABLE, "Parse error")
            return
        if not isinstance(message, dict):
            self._error(UNREADABLE, "Parse error")
            return
        method, params = message.get("method"), message.get("params")
        if not isinstance(params, list) or not all(isinstance(p, str) for p in params):
            self._error(UNREADABLE, "Invalid params")
        elif method == "SUBSCRIBE":
            self._subscribe(params, message.get("signature"))
        elif method == "UNSUBSCRIBE":
            for stream in params:
                self._exchange.hub.unsubscribe(self._session, stream)
        else:
            self._error(UNREADABLE, "Invalid method")

    def _subscribe(self, streams: list[str], signature: Any) -> None:
        exchange = self._exchange
        known = [stream for stream in streams if is_stream(stream, exchange)]
        for _ in range(len(streams) - len(known)):
            self._error(INVALID_STREAM, "Invalid stream")
        key = ""
        if any(is_private(stream) for stream in known):
            try:
                key = self._signed_by(signature)
            except Refused as refused:
                self._error(INVALID_SIGNATURE, refused.message)
                known = [stream for stream in known if not is_private(stream)]
        limit = exchange.quirks.subscriptions_max
        for stream in known:
            if limit and len(self._session.subscriptions) >= limit:
                self._error(TOO_MANY, "Too many subscriptions")
                return
            owner = key if is_private(stream) else ""
            exchange.hub.subscribe(self._session, stream, owner)
            if stream.startswith("account.positionUpdate"):
                self._snapshot(stream, key)

    def _signed_by(self, signature: Any) -> str:
        """
        The API key that signed a subscription.

        Raises:
            Refused: The signature is not four strings, or does not hold.
        """
        exchange = self._exchange
        if (
            not isinstance(signature, list)
            or len(signature) != 4
            or not all(isinstance(part, str) for part in signature)
        ):
            raise Refused(400, "INVALID_SIGNATURE", "Invalid signature")
        key: str
        key, signed, timestamp, window = signature
        now_ms = exchange.clock.now_us() // 1_000
        verify(
            key, signed, timestamp, window, "subscribe", [()], exchange.quirks, now_ms
        )
        exchange.state.open_account(key)
        return key

    def _snapshot(self, stream: str, key: str) -> None:
        """Open positions, without `e`; nothing when there are none."""
        exchange = self._exchange
        symbol = stream.removeprefix("account.positionUpdate").removeprefix(".")
        account = exchange.state.open_account(key)
        rows = [
            exchange.publisher.position_data(None, account, position)
            for position in account.positions.values()
            if symbol in ("", position.symbol)
        ]
        if exchange.quirks.position_snapshot == "array":
            if rows:
                self._session.send(frames.envelope(stream, rows))
            return
        for row in rows:
            self._session.send(frames.envelope(stream, row))

    def _error(self, code: int, message: str) -> None:
        self._session.send(frames.error_frame(code, message))


async def serve_socket(
    exchange: Exchange,
    transport: asyncio.Transport | None,
    path: str,
    receive: Any,
    send: Any,
) -> None:
    """Run one WebSocket until either end closes it (ASGI `receive` and `send`)."""
    opened = await receive()
    assert opened["type"] == "websocket.connect"
    if path not in ("", "/"):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    session = exchange.hub.open(transport)
    stream = StreamSession(exchange, session)
    writer = asyncio.create_task(
        write_frames(session, send), name=f"writer {session.number}"
    )
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                text = (message.get("bytes") or b"").decode("utf-8", "replace")
            stream.receive(text)
    finally:
        exchange.hub.close(session)
        writer.cancel()
        await asyncio.wait([writer])
        if not writer.cancelled():
            writer.exception()


async def write_frames(session: Session, send: Any) -> None:
    """Send what is in the outbox, in order, whenever there is something."""
    while True:
        await session.wake.wait()
        session.wake.clear()
        while session.outbox and not session.is_frozen:
            frame = session.outbox.popleft()
            await send({"type": "websocket.send", "text": frame.decode()})
