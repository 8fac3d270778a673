"""
HTTP and WebSocket on one port, as one ASGI application.

The root path is the stream endpoint, `/sim/` the control API, everything else REST.
Binance's REST is under `/fapi/`, its streams under `/ws` and `/stream`.
A lost request or reply is a connection that is cut, so the gateway has to know the
transport of each request; uvicorn keeps the connections of a server in a set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from exitd.simulator import control, rest
from exitd.simulator.binance_rest import BinanceRest
from exitd.simulator.binance_streams import is_path, serve_binance_socket
from exitd.simulator.exchange import Exchange
from exitd.simulator.requests import Reply, Request
from exitd.simulator.streams import serve_socket

Transports = Callable[[tuple[str, int] | None], asyncio.Transport | None]

_LOOPBACK = ("127.", "::1", "::ffff:127.")


class Gateway:
    """
    The application that uvicorn runs.

    Args:
        transports: Finds the transport of the connection with a peer address.
    """

    def __init__(self, exchange: Exchange, transports: Transports) -> None:
        self._exchange = exchange
        self._transports = transports
        self._binance = BinanceRest(exchange)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        client = scope.get("client")
        peer = None if client is None else (client[0], client[1])
        if scope["type"] == "websocket":
            await self._serve_socket(scope, self._transports(peer), receive, send)
            return
        assert scope["type"] == "http", "lifespan events are switched off"
        request = _request(scope, await _body(receive))
        if request.path.startswith("/sim/"):
            is_local = peer is not None and peer[0].startswith(_LOOPBACK)
            reply: Reply | None = await control.answer(
                self._exchange, request, is_local=is_local
            )
        else:
            address = "" if peer is None else peer[0]
            if request.path.startswith("/fapi/"):
                reply = await self._binance.answer(request, address)
            else:
                reply = await rest.answer(self._exchange, request, address)
        if reply is not None:
            await _send(send, reply)
            return
        transport = self._transports(peer)
        if transport is not None:
            transport.abort()
        # uvicorn learns of the cut in the next round of the loop; returning sooner
        # would make it answer 500 for us.
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _serve_socket(
        self, scope: Any, transport: asyncio.Transport | None, receive: Any, send: Any
    ) -> None:
        path = scope["path"]
        if is_path(path):
            query = scope["query_string"].decode("ascii", "replace")
            await serve_binance_socket(
                self._exchange, transport, path, query, receive, send
            )
        else:
            await serve_socket(self._exchange, transport, path, receive, send)


async def _body(receive: Any) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _request(scope: Any, body: bytes) -> Request:
    query = scope["query_string"].decode("ascii")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=parse_qsl(query, keep_blank_values=True),
        headers={
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        },
        body=body,
    )


async def _send(send: Any, reply: Reply) -> None:
    headers = [(b"content-length", str(len(reply.body)).encode())]
    if reply.body:
        headers.append((b"content-type", reply.content_type.encode()))
    if reply.status == 204:
        headers = []
    headers += [(name.lower().encode(), v.encode()) for name, v in reply.headers]
    await send(
        {"type": "http.response.start", "status": reply.status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": reply.body})
