"""A WebSocket server that says what a test tells it to say, frame by frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from fakes.observed import Observed


class FrameServer:
    """`requests` observes what clients send; `refuses` names streams it refuses."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: Observed[dict[str, Any]] = Observed()
        self.refuses: set[str] = set()
        self.sockets: list[ServerConnection] = []

    async def push(self, *frames: str | bytes | dict[str, Any]) -> None:
        """Send frames to the newest connection, in order."""
        for frame in frames:
            await self.sockets[-1].send(
                json.dumps(frame) if isinstance(frame, dict) else frame
            )

    async def subscribed(self, stream: str) -> None:
        """Wait until somebody asks for a stream."""
        await self.requests.until(
            lambda r: r["method"] == "SUBSCRIBE" and stream in r["params"]
        )

    def freeze(self) -> None:
        """Read no more and answer nothing, pings included; the connection stays."""
        self.sockets[-1].transport.pause_reading()

    async def handle(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        try:
            async for message in socket:
                request = json.loads(message)
                if request["method"] == "SUBSCRIBE" and self.refuses & set(
                    request["params"]
                ):
                    error = {"code": 4006, "message": "Invalid stream"}
                    await socket.send(json.dumps({"id": None, "error": error}))
                self.requests(request)
        except ConnectionClosed:
            return


@asynccontextmanager
async def frame_server() -> AsyncIterator[FrameServer]:
    frames = FrameServer()
    async with serve(frames.handle, "127.0.0.1", 0, close_timeout=0.1) as server:
        host, port = next(iter(server.sockets)).getsockname()[:2]
        frames.url = f"ws://{host}:{port}"
        try:
            yield frames
        finally:
            for socket in frames.sockets:
                socket.transport.abort()
            await asyncio.gather(*(s.wait_closed() for s in frames.sockets))
