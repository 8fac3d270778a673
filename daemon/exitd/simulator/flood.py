"""As many mark prices as the sockets take: the source side of a throughput test."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

from exitd.simulator import frames
from exitd.simulator.exchange import Exchange
from exitd.simulator.values import text

_BATCH = 200
_BUFFER_BYTES_MAX = 1 << 20


def text_frame(payload: bytes) -> bytes:
    """An unmasked, final WebSocket text frame (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        head = bytes((0x81, size))
    elif size < 65_536:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return head + payload


async def flood(
    exchange: Exchange, symbol: str, count: int, low: Decimal, high: Decimal
) -> tuple[int, int]:
    """
    Send *count* frames of `markPrice.<symbol>`, alternating around *low* and *high*.

    The frames go straight to the transports, past the sessions' outboxes, so that
    the exchange is not what a benchmark measures. The engine's mark does not move.

    Returns:
        Frames sent to each session and the nanoseconds it took.
    """
    stream = f"markPrice.{symbol}"
    sessions = [s for s in exchange.hub.listeners(stream) if s.transport is not None]
    prices = exchange.state.prices[symbol]
    funding_ms = exchange.next_funding_ms(exchange.state.markets[symbol])
    started_ns = time.perf_counter_ns()
    sent = 0
    while sent < count and sessions:
        batch = []
        for number in range(sent, min(sent + _BATCH, count)):
            data = frames.mark_price(
                symbol, prices, funding_ms, exchange.clock.now_us()
            )
            data["p"] = text(low if number % 2 else high)
            batch.append(text_frame(frames.envelope(stream, data)))
        sent += len(batch)
        block = b"".join(batch)
        for session in list(sessions):
            transport = session.transport
            if transport is None or transport.is_closing():
                sessions.remove(session)
                continue
            # The transport's flow control belongs to uvicorn's protocol.
            while transport.get_write_buffer_size() > _BUFFER_BYTES_MAX:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            transport.write(block)
        await asyncio.sleep(0)
    return sent, time.perf_counter_ns() - started_ns
