"""The heartbeat: fetched while ready, and its address never told."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from exitd import logs
from exitd.adapters.notify.heartbeat import Heartbeat
from exitd.adapters.system.clock import SystemClock
from exitd.core.units import NS_PER_MS
from exitd.errors import ConfigurationError
from exitd.secret import Secret

DEADLINE_S = 10.0


class Watcher:
    """The other end: counts what it was asked for."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.paths: list[str] = []
        self.news = asyncio.Event()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                self.paths.append(line.decode().split()[1])
                self.news.set()
                writer.write(self.answer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while len(self.paths) < count:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def watcher(status: str = "200 OK") -> AsyncIterator[tuple[Watcher, str]]:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    found = Watcher(answer)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield found, f"http://127.0.0.1:{port}/ping/verysecret"


@asynccontextmanager
async def beating(heartbeat: Heartbeat) -> AsyncIterator[None]:
    task = asyncio.create_task(heartbeat.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_given_ready_daemon_when_time_passes_then_url_is_fetched_again():
    async with watcher() as (found, url):
        heartbeat = Heartbeat(Secret(url), interval_ns=NS_PER_MS, is_ready=lambda: True)
        async with beating(heartbeat):
            await found.until(3)

    assert set(found.paths) == {"/ping/verysecret"}


async def test_given_daemon_that_is_not_ready_when_time_passes_then_silence():
    asked = asyncio.Event()
    looks = []

    def is_ready() -> bool:
        looks.append(1)
        if len(looks) >= 5:
            asked.set()
        return False

    async with watcher() as (found, url):
        heartbeat = Heartbeat(Secret(url), interval_ns=NS_PER_MS, is_ready=is_ready)
        async with beating(heartbeat), asyncio.timeout(DEADLINE_S):
            await asked.wait()

    assert found.paths == []


@pytest.mark.parametrize("status", ["503 Unavailable", ""])
async def test_given_watcher_that_fails_when_beaten_then_logged_without_the_address(
    status: str,
):
    reading, writing = os.pipe()
    clock = SystemClock()
    log = logs.configure(
        format="json",
        now_ns=clock.now_ns,
        monotonic_ns=clock.monotonic_ns,
        fd=writing,
    )
    try:
        async with watcher(status) as (found, url):
            heartbeat = Heartbeat(
                Secret(url), interval_ns=NS_PER_MS, is_ready=lambda: True
            )
            async with beating(heartbeat):
                await found.until(2)
    finally:
        log.close()
        os.close(writing)
    with os.fdopen(reading) as file:
        lines = file.read().splitlines()

    assert json.loads(lines[0])["event"] == "heartbeat.failed"
    assert "verysecret" not in "".join(lines)


@pytest.mark.parametrize("text", ["verysecret", "ftp://x/verysecret", "http://"])
def test_given_text_that_is_no_url_when_made_then_refused_without_showing_it(text: str):
    with pytest.raises(ConfigurationError) as caught:
        Heartbeat(Secret(text), interval_ns=NS_PER_MS, is_ready=lambda: True)

    assert "verysecret" not in str(caught.value)
