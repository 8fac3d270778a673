"""What an open status page costs the daemon, and how soon it is painted.

    python benchmarks/page.py [--seconds 10] [--json]

The whole daemon in a process of its own, 1,000 armed stops, 50 prices a second from the
simulated exchange. CPU is the daemon's own, as the kernel counts it. The first paint is
that of headless Chromium on loopback, where playwright is installed.
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
from contextlib import AsyncExitStack
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import httpx
from rig import Exchange, Move, keys, prices, start_daemon
from worlds import machine

TRIGGERS, PRICES_A_SECOND = 1_000, 50
PAGES = (0, 1, 5)
LOADS = 15
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


async def paints_ms(url: str) -> list[float]:
    """Load the page again and again in one browser, with an empty cache each time."""
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
            await page.wait_for_selector("#rows tr")
            found.append(await page.evaluate(FIRST_PAINT))
            await context.close()
        await browser.close()
    return found


async def measure(seconds: float) -> dict[str, object]:
    exchange = Exchange()
    key, secret = keys(1)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    try:
        exchange.hold(key)
        with tempfile.TemporaryDirectory() as name:
            process = start_daemon(
                exchange.url,
                key,
                secret,
                Path(name),
                TRIGGERS,
                bind=f"127.0.0.1:{port}",
            )
            costs = [
                await cost(exchange, process.pid, url, pages, seconds)
                for pages in PAGES
            ]
            paints = await paints_ms(url)
            process.terminate()
            process.wait()
    finally:
        exchange.close()
    return {
        "machine": machine(),
        "triggers": TRIGGERS,
        "prices_a_second": PRICES_A_SECOND,
        "costs": costs,
        "goal_cpu_percent": GOAL_CPU,
        "first_paint_ms": round(statistics.median(paints)) if paints else None,
        "worst_paint_ms": round(max(paints)) if paints else None,
        "goal_paint_ms": GOAL_PAINT_MS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.pop("NOTIFY_SOCKET", None)
    result = asyncio.run(measure(options.seconds))
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(f"{TRIGGERS:,} triggers, {PRICES_A_SECOND} prices a second:")
    costs = result["costs"]
    assert isinstance(costs, list)
    for one in costs:
        print(
            f"  {one['pages']} pages open  {one['cpu_percent']:5.1f} % of one core,"
            f" {one['messages_a_second']:.1f} messages and {one['kib_a_second']:.1f}"
            " KiB a second"
        )
    print(f"  goal            {GOAL_CPU:5.1f} % with one page open")
    if result["first_paint_ms"] is None:
        print("  first paint: needs playwright and Chromium")
        return
    print(
        f"  first paint     {result['first_paint_ms']} ms, {result['worst_paint_ms']}"
        f" ms the slowest of {LOADS} (goal {GOAL_PAINT_MS})"
    )


if __name__ == "__main__":
    sys.exit(main())
