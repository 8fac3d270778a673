"""Alerts: from the request to the durable answer, and how many a second.

    python benchmarks/webhook.py [--alerts 1000] [--per-second 200] [--seconds 10]
        [--json]

The whole daemon in a process of its own, asked over TCP on this machine. `answered` is
one sender on one connection that waits for each answer: an answer means that the alert
is on disk. `sustained` sends at fixed moments, whether those before are answered or
not, on as many connections as that takes, and counts from the moment at which each was
due; what was accepted is carried out meanwhile. `bare` is what one would write instead,
asked in the same way: FastAPI that puts the same JSON into a SQLite file, one commit
for each, checking nothing.
"""

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rig import SYMBOL, Exchange, keys, start_daemon
from worlds import machine

KEY = "the auth_key of the route, for this run only"
SECTION = """webhook:
  bind: 127.0.0.1:{port}
  routes:
    tv:
      auth_key: {{file: {folder}/auth_key}}
      mode: paper
      venues: [sim]
      requests_per_minute: 60000
"""
BARE = """
import json, sqlite3, sys
import uvicorn
from fastapi import FastAPI, Request

app = FastAPI()
base = sqlite3.connect(sys.argv[2], isolation_level=None, check_same_thread=False)
base.execute("pragma journal_mode = wal")
base.execute("pragma synchronous = full")
base.execute("create table alerts (id integer primary key, body text not null)")

@app.post("/webhook/tv")
async def take(request: Request):
    body = await request.json()
    base.execute("insert into alerts (body) values (?)", (json.dumps(body),))
    return {"success": True}

uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
"""


def alerts(first: int, count: int) -> list[bytes]:
    """Make requests with one alert each, every one of them another."""
    found = []
    for number in range(first, first + count):
        body = json.dumps(
            {
                "ticker": SYMBOL,
                "direction": "short",
                "auth_key": KEY,
                "orderType": "limit",
                "qty": 1,
                "limitPrice": 150.5,
                "marketPrice": 140.25,
                "positionIntent": "sell_to_close",
                "clientOrderId": f"alert-{number}",
                "metadata": {"strategy": "Benchmark", "signalPlatform": "custom"},
            }
        ).encode()
        head = f"POST /webhook/tv HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
        found.append(f"{head}\r\n\r\n".encode() + body)
    return found


class Sender:
    """One connection; HTTP as simple as it gets, so that it is not what is measured."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, request: bytes) -> None:
        """Send an alert and wait for the answer, which must be that it was taken."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split()[0])
        body = await self._reader.readexactly(length)
        assert head.startswith("http/1.1 200"), f"{head}{body.decode()}"

    def close(self) -> None:
        self._writer.close()


async def sender(port: int) -> Sender:
    return Sender(*await asyncio.open_connection("127.0.0.1", port))


async def answered_ms(port: int, requests: list[bytes]) -> list[float]:
    one = await sender(port)
    found = []
    for request in requests:
        began = time.perf_counter()
        await one.send(request)
        found.append((time.perf_counter() - began) * 1_000)
    one.close()
    return found


async def sustained_ms(
    port: int, requests: list[bytes], per_second: int
) -> list[float]:
    """
    Send each at its moment; returns how long after that it was answered.

    Raises:
        SystemExit: Some were not taken at all.
    """
    idle: list[Sender] = []
    found: list[float] = []
    lost: list[str] = []
    began = time.perf_counter() + 0.1

    async def one(request: bytes, due: float) -> None:
        try:
            used = idle.pop() if idle else await sender(port)
            await used.send(request)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            lost.append(str(error))
            return
        found.append((time.perf_counter() - due) * 1_000)
        idle.append(used)

    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(request, due))
    for connection in idle:
        connection.close()
    if lost:
        # exitd holds 256 connections; more are open once answers take over a second.
        raise SystemExit(
            f"{len(lost)} of {len(requests)} alerts were not taken ({lost[0]}): this "
            f"machine is too busy for {per_second} a second"
        )
    return found


async def measure(port: int, options: argparse.Namespace) -> dict[str, list[float]]:
    many = options.per_second * options.seconds
    await answered_ms(port, alerts(0, 50))
    answered = await answered_ms(port, alerts(1_000, options.alerts))
    requests = alerts(1_000 + options.alerts, many)
    return {
        "answered": answered,
        "sustained": await sustained_ms(port, requests, options.per_second),
    }


def exitd(options: argparse.Namespace) -> dict[str, list[float]]:
    exchange = Exchange()
    key, secret = keys(0)
    port = free_port()
    try:
        exchange.control("deposit", {"api_key": key, "asset": "USDC", "amount": "1e7"})
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "auth_key").write_text(KEY)
            (folder / "auth_key").chmod(0o600)
            section = SECTION.format(port=port, folder=folder)
            process = start_daemon(exchange.url, key, secret, folder, 1, section)
            try:
                return asyncio.run(measure(port, options))
            finally:
                process.terminate()
                process.wait()
    finally:
        exchange.close()


def bare(options: argparse.Namespace) -> dict[str, list[float]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        process = subprocess.Popen(
            [sys.executable, "-c", BARE, str(port), f"{name}/bare.db"]
        )
        try:
            _wait_for(port, process)
            return asyncio.run(measure(port, options))
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens on a port."""
    while process.poll() is None:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the bare server did not start")


def summary(found: list[float]) -> dict[str, float]:
    ordered = sorted(found)
    return {
        "median_ms": round(statistics.median(ordered), 3),
        "p99_ms": round(ordered[len(ordered) * 99 // 100], 3),
        "worst_ms": round(ordered[-1], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--alerts", type=int, default=1_000)
    parser.add_argument("--per-second", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = {
        name: {what: summary(times) for what, times in contender(options).items()}
        for name, contender in (("exitd", exitd), ("bare", bare))
    }
    result = {
        "machine": machine(),
        "alerts": options.alerts,
        "per_second": options.per_second,
        "seconds": options.seconds,
        **rows,
    }
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    for name, row in rows.items():
        one, many = row["answered"], row["sustained"]
        print(f"{name}, one after another, each durable (goal: median under 5 ms):")
        print(f"  median {one['median_ms']} ms, p99 {one['p99_ms']} ms")
        print(f"{name}, {options.per_second} a second for {options.seconds} s:")
        print(f"  median {many['median_ms']} ms, worst {many['worst_ms']} ms")


if __name__ == "__main__":
    main()
