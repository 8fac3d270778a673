"""One who watches the orders of the Rasa-compatible API over its WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from api.rasa_world import RasaWorld, body


@asynccontextmanager
async def opened(
    rasa: RasaWorld, token: str = "", **options: Any
) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket as a bot does, with a token in its head."""
    head = {"Authorization": f"Bearer {token}"} if token else {}
    async with connect(
        f"ws://127.0.0.1:{rasa.port}/ws/v1/subscribe",
        additional_headers={**head, **options.pop("head", {})},
        proxy=None,
        **options,
    ) as client:
        yield client


async def told(client: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return json.loads(await client.recv())  # type: ignore[no-any-return]


def pattern(address: str = "*", **changed: object) -> dict[str, object]:
    return {
        "app_name": "Cloverfield",
        "address": address,
        "primary_identifier": "*",
        "secondary_identifier": "*",
        **changed,
    }


async def watch(client: ClientConnection, *patterns: object) -> dict[str, Any]:
    await client.send(json.dumps({"channel_patterns": patterns or [pattern()]}))
    return await told(client)


async def post(rasa: RasaWorld, token: str, *orders: object, **changed: object) -> None:
    async with rasa.caller(token) as raw:
        sent = body(*orders, **changed)  # type: ignore[arg-type]
        answer = await raw.post("/api/v4/", json=sent)
    assert answer.status_code == 200, answer.text


async def delete(rasa: RasaWorld, token: str, kind: str) -> None:
    async with rasa.caller(token) as raw:
        answer = await raw.delete(f"/api/v4/179921/{kind}")
    assert answer.status_code == 200, answer.text
