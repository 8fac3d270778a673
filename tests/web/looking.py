"""A daemon whose page is served, and somebody who follows its stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.daemons import World, served
from exitd.web.audience import Audience
from exitd.web.routes import page_routes


@dataclass
class Page:
    """A served daemon with its page, and the audience of it."""

    world: World
    audience: Audience


@asynccontextmanager
async def shown(world: World) -> AsyncIterator[Page]:
    audience = Audience(world.control)
    routers = (page_routes(world.control, audience),)
    async with served(world, routers=routers):
        world.daemon.spawn(audience.keep(), "status page")
        yield Page(world, audience)


@dataclass
class Follower:
    """What the page would know by now."""

    lines: AsyncIterator[str]
    messages: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)

    async def until(self, holds: Callable[[Follower], bool]) -> None:
        """Read on until something is so."""
        while not holds(self):
            line = await anext(self.lines)
            if line.startswith("data: "):
                self._take(json.loads(line.removeprefix("data: ")))

    def _take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        if message.get("is_whole"):
            self.rows, self.prices = {}, {}
        self.rows |= {row["id"]: row for row in message.get("rows", [])}
        for gone in message.get("gone", []):
            self.rows.pop(gone, None)
        self.prices |= message.get("prices", {})
        self.facts += message.get("facts", [])
        self.status = message.get("status") or self.status


@asynccontextmanager
async def following(raw: httpx.AsyncClient) -> AsyncIterator[Follower]:
    async with raw.stream("GET", "/v1/stream", timeout=5) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield Follower(answer.aiter_lines())
