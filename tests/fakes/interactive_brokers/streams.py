"""The gateway's WebSocket: prices by `smd+conid`, and that orders have changed."""

from __future__ import annotations

import asyncio
import json

from aiohttp import WSMsgType, web

from fakes.interactive_brokers.book import Book, Contract, Json, now_ms

FIELDS = {"31": "last", "84": "bid", "86": "ask", "7635": "mark"}


def text_of(document: object) -> str:
    """Write JSON whose decimals are numbers, as the broker does."""
    return json.dumps(document, default=float)


class Streams:
    """Whoever is connected, and what is subscribed; all connections share it."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.is_authenticated = True
        self.topics: set[str] = set()
        self.cookies: list[str] = []
        self._topics_changed = asyncio.Event()
        self._sockets: list[web.WebSocketResponse] = []

    def prices(self, contract: Contract, fields: list[str]) -> Json:
        row: Json = {"_updated": now_ms(), "6509": contract.availability}
        row |= {f: str(getattr(contract, FIELDS[f])) for f in fields if f in FIELDS}
        return row

    async def push(self, frame: Json | str) -> None:
        text = frame if isinstance(frame, str) else text_of(frame)
        for socket in list(self._sockets):
            if not socket.closed:
                await socket.send_str(text)

    async def until_topics(self, wanted: set[str]) -> None:
        """Wait until exactly these are subscribed."""
        while self.topics != wanted:
            self._topics_changed.clear()
            await self._topics_changed.wait()

    async def drop_sockets(self) -> None:
        for socket in list(self._sockets):
            await socket.close()

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.cookies.append(request.headers.get("Cookie", ""))
        self._sockets.append(socket)
        await socket.send_str(text_of({"topic": "system", "success": "fake"}))
        sts: Json = {"topic": "sts", "args": {}}
        status = {"authenticated": self.is_authenticated, "competing": False}
        await socket.send_str(text_of(sts | {"args": status}))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._heard(message.data)
        finally:
            self._sockets.remove(socket)
            if not self._sockets:
                self.topics.clear()
        return socket

    async def _heard(self, text: str) -> None:
        topic, _, rest = text.partition("+")
        conid = rest.partition("+")[0]
        if topic == "smd":
            contract = self.book.contracts.get(int(conid))
            if contract is None:
                await self.push({"topic": "smd", "error": "invalid conid"})
                return
            frame: Json = {"topic": f"smd+{conid}", "conid": contract.conid}
            await self.push(frame | self.prices(contract, list(FIELDS)))
            self.topics.add(f"smd+{conid}")
            self._topics_changed.set()
        elif topic == "umd":
            self.topics.discard(f"smd+{conid}")
            self._topics_changed.set()
        elif topic in ("sor", "str"):
            self.topics.add(topic)
            await self.push({"topic": topic, "args": []})
