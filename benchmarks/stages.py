"""Where the time of one close goes: each piece of the path by itself.

Used by `latency.py --stages`, with the same pause between two closes: what comes out
of the blue finds cold caches. The pieces are the real ones: the feed's frame, the
engine from the crossing tick to the attempt that is written down, the signature, one
durable batch in a file, and the request until its first bytes are read elsewhere.
"""

import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace
from worlds import ACCOUNT, SYMBOL, engine_with_position, stop

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.signing import throwaway_keys
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.cli.running import run_loop
from exitd.core.engine import Engine
from exitd.core.inputs import (
    Arm,
    AttemptSigned,
    OrderReport,
    OrderStatus,
    PositionReport,
    SlotOpened,
)
from exitd.core.intents import RequestSlot, SendClose
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import PositionKey, Side
from exitd.core.state import Decision
from exitd.ports.store import Batch, Store
from exitd.ports.venue import Prepared

WARM_UP = 10
TRADE = (
    '{"data":{"E":%d,"T":%d,"a":"1","b":"2","e":"trade","m":true,"p":"%s","q":"1",'
    '"s":"SOL_USDC_PERP","t":%d},"stream":"trade.SOL_USDC_PERP"}'
)
# Answers each order at once, with the instant of its first bytes as the order's id.
SINK = """
import asyncio, json, time

async def serve(reader, writer):
    while head := await reader.readuntil(b"\\r\\n\\r\\n"):
        read_ns = time.monotonic_ns()
        length = int(head.lower().split(b"content-length:")[1].split(b"\\r")[0])
        order = json.loads(await reader.readexactly(length))
        body = json.dumps({
            "id": str(read_ns), "symbol": order["symbol"], "side": order["side"],
            "status": "Filled", "orderType": order["orderType"], "createdAt": 0,
            "clientId": order["clientId"], "quantity": order["quantity"],
            "executedQuantity": order["quantity"], "executedQuoteQuantity": "1",
        }).encode()
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n"
                     b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)

async def handled(reader, writer):
    try:
        await serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()

async def main():
    server = await asyncio.start_server(handled, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class Samples:
    """Microseconds of each stage, round by round."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {
            name: [] for name in ("parse", "decide", "sign", "commit", "send")
        }

    def add(self, stage: str, took_ns: int) -> None:
        self.stages[stage].append(took_ns / 1_000)

    def join(self, other: "Samples") -> None:
        for name, found in other.stages.items():
            self.stages[name] += found[WARM_UP:]

    def medians(self) -> dict[str, float]:
        return {
            name: round(statistics.median(found), 1)
            for name, found in self.stages.items()
        }


class Bench:
    """One close after another, each a whole firing of a stop of its own."""

    def __init__(self, url: str) -> None:
        self.clock = SystemClock()
        self.samples = Samples()
        self.engine: Engine = engine_with_position()
        key, secret = throwaway_keys()
        self.venue = BackpackVenue(
            ACCOUNT, key=key.reveal(), secret=secret, clock=self.clock, url=url
        )
        self.source = PriceSource(ACCOUNT, SYMBOL, PriceKind.LAST)
        self.feed = BackpackFeed(ACCOUNT, clock=self.clock, url=url)
        self.feed.watch(frozenset({self.source}))
        self.ticks: list[Tick] = []
        self.feed._teller.on_tick = self.ticks.append
        self.left = Decimal(1_000_000)

    async def one(self, number: int, store: Store) -> None:
        """Fire once, and take the time of each stage."""
        level = Decimal(9_500) - number
        self._arm(number, level)
        tick = self._parse(level, number)
        order, batch, prepared = self._decide(tick)
        started_ns = time.monotonic_ns()
        await _durable(store, batch)
        self.samples.add("commit", time.monotonic_ns() - started_ns)
        started_ns = time.monotonic_ns()
        report = await self.venue.send(order.order, prepared)
        assert isinstance(report, OrderReport)
        self.samples.add("send", int(report.venue_order_id) - started_ns)
        self._finish(report)

    def _arm(self, number: int, level: Decimal) -> None:
        definition = replace(stop(number, level), source=self.source)
        self.engine.handle(Arm(definitions=(definition,), now_ns=self.clock.now_ns()))

    def _parse(self, price: Decimal, number: int) -> Tick:
        now_us = self.clock.now_ns() // 1_000
        frame = (TRADE % (now_us, now_us, price, number + 1)).encode()
        started_ns = time.monotonic_ns()
        self.feed._on_frame(frame)
        self.samples.add("parse", time.monotonic_ns() - started_ns)
        return self.ticks.pop()

    def _decide(self, tick: Tick) -> tuple[SendClose, Batch, Prepared]:
        """From the tick to the attempt written down, the signature apart."""
        handle = self.engine.handle
        started_ns = time.monotonic_ns()
        hit = handle(tick)
        slot = next(i for i in hit.intents if isinstance(i, RequestSlot))
        sized = handle(SlotOpened(slot.trigger_id, slot.arming, self.clock.now_ns()))
        send = next(i for i in sized.intents if isinstance(i, SendClose))
        before_ns = time.monotonic_ns()
        prepared = self.venue.prepare(send.order)
        after_ns = time.monotonic_ns()
        signed = handle(
            AttemptSigned(
                send.order,
                prepared.body,
                prepared.ts_signed_venue_ns,
                prepared.expires_venue_ns,
                self.clock.now_ns(),
            )
        )
        ended_ns = time.monotonic_ns()
        self.samples.add("sign", after_ns - before_ns)
        self.samples.add("decide", ended_ns - started_ns - (after_ns - before_ns))
        return send, _batch(hit, sized, signed), prepared

    def _finish(self, report: OrderReport) -> None:
        """Let the position show the fill, so that the firing is over."""
        self.engine.handle(report)
        self.left -= report.filled
        now_ns = self.clock.now_ns()
        self.engine.handle(
            PositionReport(
                key=PositionKey(ACCOUNT, SYMBOL, Side.LONG),
                quantity=self.left,
                entry_price=Decimal(100),
                ts_venue_ns=now_ns,
                now_ns=now_ns,
            )
        )
        assert report.status is OrderStatus.FILLED


def _batch(*decisions: Decision) -> Batch:
    return Batch(
        tuple(record for decision in decisions for record in decision.records),
        tuple(fact for decision in decisions for fact in decision.facts),
    )


async def _durable(store: Store, batch: Batch) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    store.submit(batch, lambda error: done.set_result(None))
    await done


async def _measure(url: str, rounds: int, pause_s: float) -> Samples:
    bench = Bench(url)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(
            Path(folder) / "exitd.db", bench.clock, asyncio.get_running_loop()
        )
        try:
            gc.collect()
            for number in range(rounds + WARM_UP):
                await asyncio.sleep(pause_s)
                await bench.one(number, store)
        finally:
            await bench.venue.close()
            await bench.feed.close()
            await store.close()
    return bench.samples


def stages(rounds: int, pause_s: float) -> Samples:
    """Measure every stage of *rounds* closes; the first few samples warm it up."""
    sink = subprocess.Popen(
        [sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True
    )
    assert sink.stdout is not None
    try:
        port = sink.stdout.readline().strip()
        return run_loop(_measure(f"http://127.0.0.1:{port}", rounds, pause_s))
    finally:
        sink.terminate()
        sink.wait()
