"""The webhook on a real socket and a real store, with a broker that does as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.sqlite.store import SqliteStore
from exitd.adapters.system.clock import SystemClock
from exitd.api.listening import listen_tcp
from exitd.api.senders import Senders
from exitd.api.serving import HttpServer
from exitd.api.webhook.door import WebhookDoor
from exitd.api.webhook.routes import OpenRoute, Routes
from exitd.configuration.webhook import Route
from exitd.core.engine import Engine
from exitd.ports.store import Store
from exitd.runtime.audit_log import AuditLog
from exitd.runtime.loop import EngineLoop
from exitd.runtime.steady import SteadyClock
from exitd.secret import Secret
from runtime.signals.inboxes import ROUTE, Broker, Desk

KEY = "a secret of the route tv"
OTHER_KEY = "a secret of the other route"


@dataclass
class Receiver:
    """A webhook that is served, and who stands behind it."""

    desk: Desk
    store: Store
    port: int
    client: httpx.AsyncClient
    sent: int = field(default=0)

    @property
    def broker(self) -> Broker:
        return self.desk.broker

    async def post(
        self, body: Any, route: str = "tv", **headers: str
    ) -> httpx.Response:
        """Send a body: what is not text or bytes already is written as JSON."""
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return await self.client.post(
            f"/webhook/{route}", content=content, headers=headers
        )

    async def rest(self) -> None:
        await self.desk.rest()


def alert(**fields: Any) -> dict[str, Any]:
    """Make a body for the route `tv`; a field that is None is left out."""
    body = {
        "ticker": "AAPL",
        "direction": "long",
        "auth_key": KEY,
        "orderType": "market",
        "qty": 10,
        "marketPrice": 150.25,
        **fields,
    }
    return {name: value for name, value in body.items() if value is not None}


@asynccontextmanager
async def receiving(
    folder: Path,
    *,
    route: dict[str, Any] | None = None,
    trusted: tuple[str, ...] = (),
    allowed: tuple[str, ...] = (),
    broker: Broker | None = None,
    store: Store | None = None,
    patience_s: float = 2.0,
    key: str = KEY,
) -> AsyncIterator[Receiver]:
    """Serve the routes `tv` (with the settings *route*) and `other`."""
    clock = SteadyClock(SystemClock())
    if store is None:
        store = open_store(
            folder / "exitd.db", clock, asyncio.get_running_loop(), reserve_bytes=0
        )
    routes = {"tv": ROUTE.model_copy(update=route or {}), "other": ROUTE}
    keys = {"tv": key, "other": OTHER_KEY}
    desk = Desk(
        store,
        clock,
        broker or Broker(),
        routes,
        patience_s=patience_s,
        commit_patience_s=patience_s,
    )
    await desk.start()
    numbers = iter(range(1, 1 << 30))
    door = WebhookDoor(
        Routes(_opened(routes, keys, clock)),
        desk.inbox,
        senders=Senders(trusted=trusted, allowed=allowed),
        clock=clock,
        audit_log=AuditLog(EngineLoop(Engine(), store, clock)),
        tell=desk.told.append,
        make_id=lambda: f"req_{next(numbers):04}",
    )
    listener = listen_tcp("127.0.0.1", 0)
    port = listener.socket.getsockname()[1]
    server = HttpServer(door, (listener,))
    serving = asyncio.create_task(server.run_until_stopped())
    await server.up.wait()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        transport=httpx.AsyncHTTPTransport(verify=False),
        trust_env=False,
        timeout=10,
    ) as client:
        try:
            yield Receiver(desk, store, port, client)
        finally:
            server.stop()
            await serving
            if isinstance(store, SqliteStore):
                await store.close()


def _opened(
    routes: dict[str, Route], keys: dict[str, str], clock: SteadyClock
) -> dict[str, OpenRoute]:
    return {
        name: OpenRoute(
            name,
            route,
            Secret(keys[name]),
            is_paper=route.mode == "paper",
            platform="alpaca",
            monotonic_ns=clock.monotonic_ns,
        )
        for name, route in routes.items()
    }
