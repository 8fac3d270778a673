"""Durable arms a second through the HTTP API.

    python benchmarks/arms.py [--triggers 10000] [--batch 200] [--json]

The whole daemon in a process of its own, asked over its unix socket by one client that
waits for each answer: an answer means that the batch is on disk. `bare` is what one
would write instead, asked in the same way: FastAPI that puts the same JSON into a
SQLite file and answers after the commit, checking nothing.
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
from decimal import Decimal
from pathlib import Path

import httpx
from rig import SYMBOL, Exchange, keys, start_daemon
from worlds import machine

ROUNDS = 3
BARE = """
import json, sqlite3, sys
import uvicorn
from fastapi import FastAPI, Request

app = FastAPI()
base = sqlite3.connect(sys.argv[2], isolation_level=None, check_same_thread=False)
base.execute("pragma journal_mode = wal")
base.execute("pragma synchronous = full")
base.execute("create table triggers (id integer primary key, body text not null)")

@app.post("/v1/triggers", status_code=201)
async def arm(request: Request):
    triggers = (await request.json())["triggers"]
    base.execute("begin")
    rows = [(json.dumps(trigger),) for trigger in triggers]
    base.executemany("insert into triggers (body) values (?)", rows)
    base.execute("commit")
    return {"triggers": triggers}

uvicorn.run(app, uds=sys.argv[1], log_level="warning")
"""


def bodies(triggers: int, batch: int) -> list[bytes]:
    assert triggers < 13_900, "each stop has a level of its own, above zero"
    stops = [
        {
            "symbol": SYMBOL,
            "side": "long",
            "stop_loss": str(Decimal(13_900 - n) / 100),
            "close": "0.1",
        }
        for n in range(triggers)
    ]
    return [
        json.dumps({"triggers": stops[first : first + batch]}).encode()
        for first in range(0, triggers, batch)
    ]


async def arms_per_s(path: Path, requests: list[bytes], triggers: int) -> float:
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", timeout=60, headers=headers
    ) as client:
        started = time.perf_counter()
        for body in requests:
            answer = await client.post("/v1/triggers", content=body)
            assert answer.status_code == 201, answer.text
        return triggers / (time.perf_counter() - started)


def exitd(requests: list[bytes], triggers: int, number: int) -> float:
    exchange = Exchange()
    key, secret = keys(number)
    try:
        exchange.hold(key)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            process = start_daemon(exchange.url, key, secret, folder, 1)
            try:
                return asyncio.run(
                    arms_per_s(folder / "exitd.sock", requests, triggers)
                )
            finally:
                process.terminate()
                process.wait()
    finally:
        exchange.close()


def bare(requests: list[bytes], triggers: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "bare.sock"
        process = subprocess.Popen(
            [sys.executable, "-c", BARE, str(path), f"{name}/bare.db"]
        )
        try:
            _wait_for(path, process)
            return asyncio.run(arms_per_s(path, requests, triggers))
        finally:
            process.terminate()
            process.wait()


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens on a socket."""
    while process.poll() is None:
        with socket.socket(socket.AF_UNIX) as trial:
            if trial.connect_ex(str(path)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the bare server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--triggers", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    requests = bodies(options.triggers, options.batch)
    found: dict[str, list[float]] = {"exitd": [], "bare": []}
    for number in range(options.rounds):
        found["exitd"].append(exitd(requests, options.triggers, number))
        found["bare"].append(bare(requests, options.triggers))
    rates = {name: statistics.median(values) for name, values in found.items()}
    result = {
        "machine": machine(),
        "triggers": options.triggers,
        "batch": options.batch,
        "arms_per_s": round(rates["exitd"]),
        "bare_per_s": round(rates["bare"]),
        "ratio": round(rates["exitd"] / rates["bare"], 3),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(f"{options.triggers:,} arms in batches of {options.batch}, each durable:")
    print(f"  exitd                  {rates['exitd']:>9,.0f} /s (goal 2,000)")
    print(f"  FastAPI and an insert  {rates['bare']:>9,.0f} /s")


if __name__ == "__main__":
    main()
