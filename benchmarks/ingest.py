"""How many price frames a second one core takes, with many triggers on watch.

    python benchmarks/ingest.py [--triggers 100000] [--frames 200000] [--json]

Frames arrive over a real WebSocket from a process of its own that sends as fast as it
can. `bare` is the same socket with `websockets` and msgspec alone.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from decimal import Decimal

import msgspec
import websockets
from book import engine_with
from worlds import ACCOUNT, SOURCE, SYMBOL, machine

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import Tick

SENDER = """
import asyncio, sys, time, websockets
from websockets.exceptions import ConnectionClosed
async def serve(ws):
    await ws.recv()
    n = int(sys.argv[1])
    for i in range(n):
        now = time.time_ns() // 1000
        await ws.send('{"data":{"E":%d,"T":%d,"e":"markPrice","f":"0.0000125",'
            '"i":"%d.98994504","n":1788368400000,"p":"%d.94998504",'
            '"s":"SOL_USDC_PERP"},"stream":"markPrice.SOL_USDC_PERP"}'
            % (now, now + i, 96 + i % 5, 96 + i % 5))
    try:
        await ws.recv()
        await ws.wait_closed()
    except ConnectionClosed:
        pass
async def main():
    async with websockets.serve(serve, '127.0.0.1', 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()
asyncio.run(main())
"""


class Mark(msgspec.Struct):
    p: Decimal
    i: Decimal


class Frame(msgspec.Struct):
    data: Mark


async def bare(url: str, frames: int) -> float:
    decode = msgspec.json.Decoder(Frame).decode
    async with websockets.connect(url, compression=None) as socket:
        await socket.send("go")
        await socket.recv(decode=False)
        started = time.perf_counter()
        for _ in range(frames - 1):
            decode(await socket.recv(decode=False))
        return (frames - 1) / (time.perf_counter() - started)


async def whole(url: str, frames: int, triggers: int) -> float:
    """The adapter's feed into the engine, as the daemon runs it."""
    engine = engine_with(triggers)
    feed = BackpackFeed(
        ACCOUNT, clock=SystemClock(), url="http://127.0.0.1:9", ws_url=url
    )
    feed.watch(frozenset({SOURCE}))
    seen, started, done = 0, 0.0, asyncio.Event()

    def on_tick(tick: Tick) -> None:
        nonlocal seen, started
        engine.handle(tick)
        seen += 1
        if seen == 1:
            started = time.perf_counter()
        elif seen == frames:
            done.set()

    running = asyncio.ensure_future(feed.run(on_tick, lambda notice: None))
    finished = asyncio.ensure_future(done.wait())
    await asyncio.wait((running, finished), return_when=asyncio.FIRST_COMPLETED)
    took_s = time.perf_counter() - started
    assert done.is_set(), f"only {seen} of {frames} prices came through"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await feed.close()
    return (frames - 1) / took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--triggers", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(options.frames)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sender.stdout is not None
    url = f"ws://127.0.0.1:{sender.stdout.readline().strip()}"
    try:
        rates = {
            "bare": max(asyncio.run(bare(url, options.frames)) for _ in range(2)),
            "exitd": max(
                asyncio.run(whole(url, options.frames, options.triggers))
                for _ in range(2)
            ),
        }
    finally:
        sender.terminate()
        sender.wait()
    result = {
        "machine": machine(),
        "symbol": SYMBOL,
        "triggers": options.triggers,
        "bare_frames_per_s": round(rates["bare"]),
        "exitd_frames_per_s": round(rates["exitd"]),
        "ratio": round(rates["exitd"] / rates["bare"], 2),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(f"websockets + msgspec alone: {rates['bare']:>9,.0f} frames/s")
    print(f"exitd, {options.triggers:,} armed: {rates['exitd']:>9,.0f} frames/s")
    print(f"ratio: {result['ratio']} (goal 0.5)")


if __name__ == "__main__":
    main()
