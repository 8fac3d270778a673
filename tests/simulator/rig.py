"""A running exchange for tests, and somebody who trades on it."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets
from nacl.signing import SigningKey
from websockets.asyncio.client import ClientConnection

from exitd.simulator.exchange import Exchange, Settings
from exitd.simulator.serve import serve

DEADLINE_S = 5.0

INSTRUCTIONS = {
    ("GET", "/api/v1/position"): "positionQuery",
    ("GET", "/api/v1/account"): "accountQuery",
    ("PATCH", "/api/v1/account"): "accountUpdate",
    ("GET", "/api/v1/capital"): "balanceQuery",
    ("GET", "/api/v1/capital/collateral"): "collateralQuery",
    ("GET", "/api/v1/account/limits/order"): "maxOrderQuantity",
    ("POST", "/api/v1/order"): "orderExecute",
    ("GET", "/api/v1/order"): "orderQuery",
    ("DELETE", "/api/v1/order"): "orderCancel",
    ("POST", "/api/v1/orders"): "orderExecute",
    ("GET", "/api/v1/orders"): "orderQueryAll",
    ("DELETE", "/api/v1/orders"): "orderCancelAll",
    ("GET", "/wapi/v1/history/orders"): "orderHistoryQueryAll",
    ("GET", "/wapi/v1/history/fills"): "fillHistoryQueryAll",
    ("GET", "/wapi/v1/history/position"): "positionHistoryQueryAll",
    ("GET", "/wapi/v1/history/funding"): "fundingHistoryQueryAll",
}


def written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def message_to_sign(
    instruction: str, groups: list[Mapping[str, Any]], timestamp: int, window: int
) -> str:
    """The canonical string, written from the documentation, not from the exchange."""
    parts = []
    for group in groups:
        pairs = "".join(f"&{k}={written(group[k])}" for k in sorted(group))
        parts.append(f"instruction={instruction}{pairs}")
    return "&".join(parts) + f"&timestamp={timestamp}&window={window}"


@dataclass
class Trader:
    """One API key and the requests it signs."""

    http: httpx.AsyncClient
    signing: SigningKey
    window_ms: int = 5_000

    @property
    def key(self) -> str:
        return base64.b64encode(bytes(self.signing.verify_key)).decode()

    def signature(self, message: str) -> str:
        return base64.b64encode(self.signing.sign(message.encode()).signature).decode()

    def headers(
        self,
        method: str,
        path: str,
        parameters: Any,
        timestamp: int | None = None,
        window: int | None = None,
    ) -> dict[str, str]:
        now = time.time_ns() // 1_000_000 if timestamp is None else timestamp
        window = self.window_ms if window is None else window
        groups = parameters if isinstance(parameters, list) else [parameters or {}]
        message = message_to_sign(INSTRUCTIONS[method, path], groups, now, window)
        return {
            "X-API-Key": self.key,
            "X-Signature": self.signature(message),
            "X-Timestamp": str(now),
            "X-Window": str(window),
        }

    async def call(
        self,
        method: str,
        path: str,
        parameters: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **signing: int,
    ) -> httpx.Response:
        signed = headers or self.headers(method, path, parameters, **signing)
        if method == "GET":
            return await self.http.get(path, params=parameters, headers=signed)
        return await self.http.request(method, path, json=parameters, headers=signed)

    async def place(self, **fields: Any) -> httpx.Response:
        body = {"symbol": "SOL_USDC_PERP", "orderType": "Market", **fields}
        return await self.call("POST", "/api/v1/order", body)

    async def placed(self, **fields: Any) -> dict[str, Any]:
        response = await self.place(**fields)
        assert response.status_code == 200, response.text
        document: dict[str, Any] = response.json()
        return document

    async def get(self, path: str, **parameters: Any) -> Any:
        response = await self.call("GET", path, parameters)
        assert response.status_code == 200, response.text
        return response.json()

    async def cancel(self, **fields: Any) -> httpx.Response:
        body = {"symbol": "SOL_USDC_PERP", **fields}
        return await self.call("DELETE", "/api/v1/order", body)

    def subscription(self, *streams: str) -> str:
        now = time.time_ns() // 1_000_000
        message = message_to_sign("subscribe", [{}], now, 5_000)
        return json.dumps(
            {
                "method": "SUBSCRIBE",
                "params": list(streams),
                "signature": [self.key, self.signature(message), str(now), "5000"],
            }
        )


@dataclass
class Listener:
    """A WebSocket with a deadline on everything."""

    socket: ClientConnection
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, text: str) -> None:
        await self.socket.send(text)

    async def subscribe(self, *streams: str, by: Trader | None = None) -> None:
        """
        Subscribe, and return once it holds.

        A success gets no reply, so the frame also asks for a stream that does not
        exist: when its error arrives, the others are in force.
        """
        names = [*streams, "no such stream"]
        if by is None:
            await self.send(json.dumps({"method": "SUBSCRIBE", "params": names}))
        else:
            await self.send(by.subscription(*names))
        while (await self.next()).get("error", {}).get("code") != 4006:
            pass

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            text = await self.socket.recv()
        frame: dict[str, Any] = json.loads(text)
        self.frames.append(frame)
        return frame

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The data of the next frame whose data has these values."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                data = (await self.next()).get("data")
                if isinstance(data, dict) and all(
                    data.get(name) == value for name, value in wanted.items()
                ):
                    return data


@dataclass
class Rig:
    """A running exchange, seen from inside and outside."""

    exchange: Exchange
    http: httpx.AsyncClient
    url: str
    stream_url: str
    traders: int = 0

    def trader(self) -> Trader:
        """Somebody new, with an account of their own."""
        self.traders += 1
        return Trader(self.http, SigningKey(self.traders.to_bytes(32, "big")))

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        async with websockets.connect(self.stream_url) as socket:
            yield Listener(socket)

    async def sim(self, path: str, /, **document: Any) -> Any:
        """POST to the control API, or GET without a document."""
        if document:
            response = await self.http.post(f"/sim/{path}", json=document)
        else:
            response = await self.http.get(f"/sim/{path}")
        assert response.status_code == 200, response.text
        return response.json()

    async def until(self, condition: Any) -> None:
        """Wait until *condition()* holds inside the exchange."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await self.http.get("/api/v1/ping")


@asynccontextmanager
async def running(
    script: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Rig]:
    """An exchange on a free port whose prices stand still unless asked otherwise."""
    chosen: dict[str, Any] = {"paused": True, "history_minutes": 60, **settings}
    ready = asyncio.Event()
    found: dict[str, Any] = {}

    def on_ready(port: int) -> None:
        found["port"] = port
        ready.set()

    serving = asyncio.create_task(
        serve(
            settings=Settings(**chosen),
            script=script,
            on_ready=on_ready,
            on_exchange=lambda exchange: found.update(exchange=exchange),
        )
    )
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if serving.done():
        await serving
    url = f"http://127.0.0.1:{found['port']}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_S) as http:
            yield Rig(found["exchange"], http, url, url.replace("http", "ws"))
    finally:
        serving.cancel()
        await asyncio.wait({serving})
