"""What a tick costs, by the number of resting triggers; and ten thousand at once.

    python benchmarks/book.py [--json]

The engine only: no frame is parsed and nothing is stored. Of the triggers a half are
fixed stops, a third trail (absolute and in percent, each with a high of its own), and
the rest are stops that want two prices in a row. A quiet tick is one that hits nothing
and moves nothing; on a new high every trail moves. `scan` is the same test over all
levels in a list, as most engines do it.
"""

import argparse
import gc
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace
from worlds import SOURCE, engine_with_position, machine, stop, trail

from exitd.core.condition import Confirmation, Offset
from exitd.core.engine import Engine
from exitd.core.market import Tick
from exitd.core.records import Snapshot
from exitd.core.trigger import TriggerRecord, TriggerState

COUNTS = (1, 1_000, 100_000, 1_000_000)
TICKS = 100_000
ROUNDS = 9


def engine_with(count: int, *, trails_only: bool = False) -> Engine:
    """Restore *count* armed triggers, as a start does."""
    engine = engine_with_position()
    lifetime = next(iter(engine.state.positions.values())).lifetime
    engine.restore(
        Snapshot(
            triggers=tuple(
                record(n, count, lifetime, is_trail=trails_only or n % 3 == 2)
                for n in range(count)
            )
        )
    )
    return engine


def record(number: int, count: int, lifetime: int, *, is_trail: bool) -> TriggerRecord:
    """One of many: levels lie below 95, the highs of trails between 102 and 105."""
    common = {
        "state": TriggerState.ARMED,
        "arming": 1,
        "seq": number + 1,
        "lifetime": lifetime,
    }
    if is_trail:
        behind = Decimal(1_000 + number % 3_000) / 100
        return TriggerRecord(
            definition=trail(number, Offset(behind, is_percent=number % 2 == 0)),
            watermark=Decimal(105) - Decimal(3) * number / count,
            trail_seq=number + 1,
            **common,
        )
    definition = stop(number, Decimal(9_500 - number % 4_000) / 100)
    if number % 6 == 0:
        definition = replace(definition, confirmation=Confirmation(prices=2))
    return TriggerRecord(definition=definition, **common)


def ticks(first_ns: int) -> list[Tick]:
    prices = [Decimal(9_600 + n % 500) / 100 for n in range(500)]
    return [
        Tick(SOURCE, prices[n % 500], first_ns + n, first_ns + n) for n in range(TICKS)
    ]


def median_us(work: Callable[[int], int]) -> float:
    """Time *work*, which takes the round's number and returns how many it did."""
    found = []
    for number in range(ROUNDS):
        started = time.perf_counter_ns()
        done = work(number)
        found.append((time.perf_counter_ns() - started) / done / 1_000)
    return statistics.median(found)


def quiet_tick_us(engine: Engine) -> float:
    batches = [ticks(10_000_000 * (n + 1)) for n in range(ROUNDS)]

    def work(number: int) -> int:
        handle = engine.handle
        for tick in batches[number]:
            handle(tick)
        return TICKS

    gc.collect()
    return median_us(work)


def new_high_us(engine: Engine) -> float:
    """Time ticks of which each is a new high; the first one joins all groups."""
    found = []
    for number in range(ROUNDS):
        first_ns = 10**14 + 10_000_000 * number
        highs = [
            Tick(SOURCE, Decimal(11_000_000 + number * TICKS + n) / 100_000, ns, ns)
            for n, ns in enumerate(range(first_ns, first_ns + TICKS))
        ]
        handle = engine.handle
        started = time.perf_counter_ns()
        for tick in highs:
            handle(tick)
        found.append((time.perf_counter_ns() - started) / TICKS / 1_000)
        if number == 0:
            first_us = found[0]
    assert first_us, "the round that joins the groups is timed as well"
    return max(first_us, statistics.median(found))


def scan_us(count: int) -> float:
    levels = [Decimal(9_500 - n % 4_000) / 100 for n in range(count)]
    price = Decimal("96.00")

    def work(number: int) -> int:
        times = max(1, 200_000 // count)
        for _ in range(times):
            for level in levels:
                if price <= level:
                    raise AssertionError
        return times

    return median_us(work)


def fire_at_once_ms(count: int) -> tuple[float, int]:
    """Cross *count* levels with one tick; give the time and the intents."""
    found, intents = [], 0
    for _ in range(ROUNDS):
        engine = engine_with(count)
        gc.collect()
        tick = Tick(SOURCE, Decimal(1), 10**12, 10**12)
        started = time.perf_counter_ns()
        decision = engine.handle(tick)
        found.append((time.perf_counter_ns() - started) / 1_000_000)
        intents = len(decision.intents)
        assert len(decision.facts) >= count * 4 // 5
        # Or the next round would be timed with the end of this one's ten thousand.
        del decision, engine
    return statistics.median(found), intents


def bytes_per_trigger(count: int) -> float:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    engine = engine_with(count)
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(engine.state.triggers) == count
    return used / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    # First, in a heap that no million triggers have passed through before.
    at_once_ms, intents = fire_at_once_ms(10_000)
    rows = {}
    for count in COUNTS:
        engine = engine_with(count)
        rows[count] = {
            "quiet_tick_us": round(quiet_tick_us(engine), 3),
            "new_high_us": round(new_high_us(engine_with(count, trails_only=True)), 3),
            "scan_us": round(scan_us(count), 3),
        }
        del engine
        gc.collect()
    quiet = [row["quiet_tick_us"] for row in rows.values()]
    result = {
        "machine": machine(),
        "triggers": rows,
        "largest_over_smallest": round(max(quiet) / min(quiet), 2),
        "ten_thousand_at_once_ms": round(at_once_ms, 1),
        "ten_thousand_intents": intents,
        "bytes_per_trigger": round(bytes_per_trigger(100_000)),
    }
    if as_json:
        print(json.dumps(result))
        return
    print(result["machine"])
    heads = ("triggers", "quiet tick µs", "new high µs", "a scan µs", "ratio")
    print(f"{heads[0]:>10} {heads[1]:>14} {heads[2]:>12} {heads[3]:>12} {heads[4]:>9}")
    for count, row in rows.items():
        ratio = row["scan_us"] / row["quiet_tick_us"]
        print(
            f"{count:>10,} {row['quiet_tick_us']:>14.3f} {row['new_high_us']:>12.3f}"
            f" {row['scan_us']:>12,.1f} {ratio:>8,.0f}x"
        )
    print(f"largest over smallest: {result['largest_over_smallest']} (goal 1.5)")
    print(f"10,000 crossed by one tick: {at_once_ms:.1f} ms (goal 50)")
    print(
        f"memory per resting trigger: {result['bytes_per_trigger']} bytes (goal 1024)"
    )


if __name__ == "__main__":
    main()
