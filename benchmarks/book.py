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
TURNS = 45


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


def ticks(first_ns: int, count: int) -> list[Tick]:
    prices = [Decimal(9_600 + n % 500) / 100 for n in range(500)]
    return [
        Tick(SOURCE, prices[n % 500], first_ns + n, first_ns + n) for n in range(count)
    ]


def median_us(work: Callable[[int], int]) -> float:
    """Time *work*, which takes the round's number and returns how many it did."""
    found = []
    for number in range(ROUNDS):
        started = time.perf_counter_ns()
        done = work(number)
        found.append((time.perf_counter_ns() - started) / done / 1_000)
    return statistics.median(found)


def quiet_ticks_us(engines: dict[int, Engine]) -> dict[int, float]:
    """Time quiet ticks of every engine in turns, so that all share what disturbs."""
    found: dict[int, list[float]] = {count: [] for count in engines}
    for number in range(TURNS):
        batch = ticks(10_000_000 * (number + 1), TICKS // 5)
        for count, engine in engines.items():
            handle = engine.handle
            started = time.perf_counter_ns()
            for tick in batch:
                handle(tick)
            took_ns = time.perf_counter_ns() - started
            found[count].append(took_ns / len(batch) / 1_000)
    return {count: statistics.median(took) for count, took in found.items()}


def new_high_us(engine: Engine) -> tuple[float, float]:
    """Time ticks of which each is a new high; the first one joins all groups.

    Gives what that first one takes, and what each takes that follows.
    """
    found = []
    first_tick_us = 0.0
    for number in range(ROUNDS):
        first_ns = 10**14 + 10_000_000 * number
        highs = [
            Tick(SOURCE, Decimal(11_000_000 + number * TICKS + n) / 100_000, ns, ns)
            for n, ns in enumerate(range(first_ns, first_ns + TICKS))
        ]
        handle = engine.handle
        if number == 0:
            started = time.perf_counter_ns()
            handle(highs.pop(0))
            first_tick_us = (time.perf_counter_ns() - started) / 1_000
        started = time.perf_counter_ns()
        for tick in highs:
            handle(tick)
        found.append((time.perf_counter_ns() - started) / len(highs) / 1_000)
    return first_tick_us, statistics.median(found)


def amortised_us(
    count: int, quiet_us: float, first_tick_us: float, high_us: float
) -> float:
    """Spread the tick that joins all groups over those without which they would not be.

    Trails of so many different highs began at as many prices, each lower than the
    last: a tick for each, and quiet ones.
    """
    whole = count * quiet_us + first_tick_us + TICKS * high_us
    return whole / (count + TICKS)


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
    engines = {count: engine_with(count) for count in COUNTS}
    gc.collect()
    quiet_us = quiet_ticks_us(engines)
    del engines
    gc.collect()
    rows = {}
    for count in COUNTS:
        first_us, high_us = new_high_us(engine_with(count, trails_only=True))
        whole_us = amortised_us(count, quiet_us[count], first_us, high_us)
        rows[count] = {
            "quiet_tick_us": round(quiet_us[count], 3),
            "new_high_us": round(high_us, 3),
            "joining_tick_ms": round(first_us / 1_000, 1),
            "amortised_us": round(whole_us, 3),
            "scan_us": round(scan_us(count), 3),
        }
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
    print(
        f"{'triggers':>10} {'quiet tick µs':>14} {'new high µs':>12}"
        f" {'amortised µs':>13} {'a scan µs':>12} {'ratio':>9}"
    )
    for count, row in rows.items():
        ratio = row["scan_us"] / row["quiet_tick_us"]
        print(
            f"{count:>10,} {row['quiet_tick_us']:>14.3f} {row['new_high_us']:>12.3f}"
            f" {row['amortised_us']:>13.3f} {row['scan_us']:>12,.1f} {ratio:>8,.0f}x"
        )
    print(f"largest over smallest: {result['largest_over_smallest']} (goal 1.5)")
    print(f"10,000 crossed by one tick: {at_once_ms:.1f} ms (goal 50)")
    print(
        f"memory per resting trigger: {result['bytes_per_trigger']} bytes (goal 1024)"
    )


if __name__ == "__main__":
    main()
