"""What an open status page costs the daemon, and how soon it is painted.

    python benchmarks/page.py [--seconds 10] [--many 100000] [--json]

The whole daemon in a process of its own, 1,000 armed stops, 50 prices a second from the
simulated exchange. CPU is the daemon's own, as the kernel counts it. The first paint is
that of headless Chromium on loopback, where playwright is installed. Then many stored
stops: what a look of `exitd top` costs, and an open page.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
from rig import Exchange, Move, keys, prices, start_daemon
from startup import fill
from worlds import machine

TRIGGERS, PRICES_A_SECOND = 1_000, 50
PAGES = (0, 1, 5)
LOADS, LOOKS = 15, 40
SETTLES_S = 12
#: What `exitd top` asks on a terminal of 40 lines.
LOOKED_AT = ("/v1/status", "/v1/nearest?limit=40")
#: Per cent of one core with one page open, and milliseconds.
GOAL_CPU, GOAL_PAINT_MS = 20, 300
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
CHROMIUM = "/usr/bin/chromium"
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def look(raw: httpx.AsyncClient, seen: list[int]) -> None:
    """Be an open page, and count what it is sent."""
    async with raw.stream("GET", "/v1/stream", timeout=None) as answer:
        async for part in answer.aiter_raw():
            seen[0] += len(part)
            seen[1] += part.count(b"\n\n")


async def move_for(move: Move, seconds: float) -> None:
    """Set a new price fifty times a second."""
    began = time.perf_counter()
    for number in range(int(seconds * PRICES_A_SECOND)):
        await move(Decimal("140") + Decimal(number % 97) / 100)
        due = began + (number + 1) / PRICES_A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))


async def cost(
    exchange: Exchange, pid: int, url: str, pages: int, seconds: float
) -> dict[str, float]:
    seen = [0, 0]
    async with prices(exchange) as move, AsyncExitStack() as stack:
        raw = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
        looking = [asyncio.create_task(look(raw, seen)) for _ in range(pages)]
        await move_for(move, 3)
        before_s, started, had = cpu_s(pid), time.perf_counter(), list(seen)
        await move_for(move, seconds)
        took_s = time.perf_counter() - started
        used = (cpu_s(pid) - before_s) / took_s
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
    return {
        "pages": pages,
        "cpu_percent": round(100 * used, 1),
        "messages_a_second": round((seen[1] - had[1]) / took_s, 1),
        "kib_a_second": round((seen[0] - had[0]) / took_s / 1024, 1),
    }


async def look_cost(pid: int, url: str) -> dict[str, float]:
    """Ask what `top` asks, again and again; what each look costs the daemon."""
    async with httpx.AsyncClient(base_url=url) as raw:
        before_s, began = cpu_s(pid), time.perf_counter()
        for _ in range(LOOKS):
            for path in LOOKED_AT:
                answer = await raw.get(path)
                assert answer.status_code == 200, answer.text
        took_s = time.perf_counter() - began
    used_s = cpu_s(pid) - before_s
    return {
        "cpu_ms": round(1_000 * used_s / LOOKS, 1),
        "took_ms": round(1_000 * took_s / LOOKS, 1),
    }


async def paints_ms(url: str, ready: str) -> list[float]:
    """Load a page again and again in one browser, with an empty cache each time."""
    if find_spec("playwright") is None or shutil.which(CHROMIUM) is None:
        return []
    from playwright.async_api import async_playwright

    found = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        for _ in range(LOADS):
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(url)
            await page.wait_for_selector(ready)
            found.append(await page.evaluate(FIRST_PAINT))
            await context.close()
        await browser.close()
    return found


@asynccontextmanager
async def bare_page() -> AsyncIterator[str]:
    """Serve one word: what a browser needs to paint anything at all."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"<!doctype html><title>bare</title><p>word")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@asynccontextmanager
async def daemon_on(
    exchange: Exchange, key: str, secret: str, *, levels: int, stored: int = 0
) -> AsyncIterator[tuple[int, str]]:
    """Run a daemon; gives its process and where it is served."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if stored:
            (folder / "state").mkdir(mode=0o700)
            await fill(folder / "state/exitd.db", stored)
        bind = f"127.0.0.1:{port}"
        process = start_daemon(exchange.url, key, secret, folder, levels, bind=bind)
        try:
            yield process.pid, f"http://{bind}"
        finally:
            process.terminate()
            process.wait()


async def measure(seconds: float, many: int) -> dict[str, object]:
    exchange = Exchange()
    key, secret = keys(1)
    costs = []
    looks = {}
    try:
        exchange.hold(key)
        async with daemon_on(exchange, key, secret, levels=TRIGGERS) as (pid, url):
            for pages in PAGES:
                costs.append(await cost(exchange, pid, url, pages, seconds))
            looks[TRIGGERS] = await look_cost(pid, url)
            paints = await paints_ms(url, "#rows tr")
        async with bare_page() as url:
            bare = await paints_ms(url, "p")
        async with daemon_on(exchange, key, secret, levels=1, stored=many) as (
            pid,
            url,
        ):
            # What it does once after a start, such as telling of each trigger, is over.
            await cost(exchange, pid, url, 0, SETTLES_S)
            open_at_many = await cost(exchange, pid, url, 1, seconds)
            looks[many] = await look_cost(pid, url)
    finally:
        exchange.close()
    return {
        "machine": machine(),
        "triggers": TRIGGERS,
        "prices_a_second": PRICES_A_SECOND,
        "costs": costs,
        "looks": looks,
        "many": many,
        "open_at_many": open_at_many,
        "goal_cpu_percent": GOAL_CPU,
        "loads": LOADS,
        "first_paint_ms": round(statistics.median(paints)) if paints else None,
        "worst_paint_ms": round(max(paints)) if paints else None,
        "bare_paint_ms": round(statistics.median(bare)) if bare else None,
        "goal_paint_ms": GOAL_PAINT_MS,
    }


def show(result: dict[str, Any]) -> None:
    print(result["machine"])
    print(f"{TRIGGERS:,} triggers, {PRICES_A_SECOND} prices a second:")
    for one in result["costs"]:
        print(
            f"  {one['pages']} pages open  {one['cpu_percent']:5.1f} % of one core,"
            f" {one['messages_a_second']:.1f} messages and {one['kib_a_second']:.1f}"
            " KiB a second"
        )
    print(f"  goal            {GOAL_CPU:5.1f} % with one page open")
    at_many = result["open_at_many"]["cpu_percent"]
    print(f"  {result['many']:,} triggers, one page open: {at_many:.1f} %")
    for count, one in result["looks"].items():
        print(
            f"  a look of `top` at {count:,} triggers: {one['cpu_ms']} ms of the"
            f" daemon, answered in {one['took_ms']} ms"
        )
    if result["first_paint_ms"] is None:
        print("  first paint: needs playwright and Chromium")
        return
    print(
        f"  first paint     {result['first_paint_ms']} ms, {result['worst_paint_ms']}"
        f" ms the slowest of {LOADS} (goal {GOAL_PAINT_MS}; a page of one word:"
        f" {result['bare_paint_ms']} ms)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.pop("NOTIFY_SOCKET", None)
    result = asyncio.run(measure(options.seconds, options.many))
    if options.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    sys.exit(main())
