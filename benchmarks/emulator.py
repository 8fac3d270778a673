"""Resting stops in exitd's engine and in NautilusTrader's OrderEmulator, in one run.

    python benchmarks/emulator.py [--nautilus-python PATH] [--counts 10 1000 10000]
        [--rounds 9] [--json]

nautilus_trader is no dependency; PATH is the python of an environment of its own that
has it. Measured with 1.231.0 on CPython 3.12 and with 1.221.0, the last one for 3.11.

Both are given the same stops and the same prices, case by case in turns, and both are
checked: that everything rests, that trails have followed, that one crossing makes one
reduce-only market sell of each stop and the next price none. Trails begin at one price
and differ in their offsets; `book.py` has trails that each saw a high of their own.
What is timed is the synchronous call that a price makes; medians of rounds.

What differs. Both are in memory, without a store and without a log: theirs keeps the
events of every order and makes its cache current, ours gives back the records and facts
that a store would write. Theirs is compiled, ours is plain Python. Theirs hands over an
order in the same call; ours decides first (`decided`) and makes the orders as slots of
the venue's rate budget open, here all at once (`orders made`, the row to compare).
Neither signs or sends. A quote has a bid and an ask, our tick one price.
"""

import argparse
import gc
import itertools
import platform
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec.structs import replace
from worlds import SOURCE, engine_with_position, machine, stop, trail

from exitd.core.condition import Offset
from exitd.core.engine import Engine
from exitd.core.events import FactKind
from exitd.core.inputs import SlotOpened
from exitd.core.intents import Intent, RequestSlot, SendClose
from exitd.core.market import Tick
from exitd.core.position import OrderSide
from exitd.core.records import Snapshot
from exitd.core.trigger import OrderType, TriggerRecord, TriggerState

SCRIPT = Path(__file__).resolve().parent / "contenders" / "nautilus_script.py"
COUNTS = (10, 1_000, 10_000)
HOW_TO = (
    "NautilusTrader was not measured: python3 -m venv DIR, DIR/bin/pip install"
    " nautilus_trader, then --nautilus-python DIR/bin/python"
)
#: Prices a round; theirs gets fewer, down to so many, or a run would take hours.
TICKS, TICKS_LEAST = 20_000, 5
#: To build ten thousand stops in theirs takes seconds, and each crossing needs them.
CROSSINGS_OF_MANY = 3
#: Bitcoin at 100,000 that rises by 1 % in steps of 0.1 makes so many. Their release of
#: an order copies all its events, of which every move is one.
HIGHS_BEFORE, HIGHS_BEFORE_OF = 10_000, 10


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What rests and which prices come; NautilusTrader's part reads it as JSON.

    `prices` are the levels of fixed stops or the offsets of trailing ones. They are
    armed at `start`, and `highs_before` new highs come before anything is timed. Quiet
    ticks go up and down `span` steps, from `below` under the highest price on.
    """

    kind: str
    prices: tuple[str, ...]
    highs_before: int
    ticks: int
    rounds: int
    crossings: int
    start: str = "105.00"
    step: str = "0.01"
    below: str = "9.00"
    span: int = 500
    crossing: str = "1.00"

    @property
    def name(self) -> str:
        after = f" after {self.highs_before:,} highs" if self.highs_before else ""
        return f"{len(self.prices):,} {self.kind}{after}"


class Found(msgspec.Struct, kw_only=True):
    """What one of the two took; `decided_us` is known of exitd only."""

    version: str
    python: str
    quiet_us: float
    orders_us: float
    new_high_us: float | None = None
    decided_us: float | None = None


WORK = {
    "quiet tick": "quiet_us",
    "new high": "new_high_us",
    "all crossed, decided": "decided_us",
    "all crossed, orders made": "orders_us",
}


class Row(msgspec.Struct, frozen=True):
    """One kind of work on one case; `ratio` is NautilusTrader's time to ours."""

    kind: str
    count: int
    highs_before: int
    work: str
    exitd_us: float
    nautilus_us: float | None
    ratio: float | None


def cases(counts: Sequence[int], rounds: int) -> Iterator[Case]:
    for count in counts:
        # Levels from 95 down, offsets from 10 up, both over a range of prices.
        for kind, first, way in (("fixed", 9_500, -1), ("trailing", 1_000, 1)):
            steps = (first + way * (n % 3_000) for n in range(count))
            case = Case(
                kind=kind,
                prices=tuple(format(Decimal(n) / 100, "f") for n in steps),
                highs_before=0,
                ticks=max(TICKS_LEAST, TICKS // count),
                rounds=rounds,
                crossings=rounds if count <= 1_000 else CROSSINGS_OF_MANY,
            )
            yield case
            if kind == "trailing" and count == HIGHS_BEFORE_OF:
                yield replace(case, highs_before=HIGHS_BEFORE)


class World:
    """An engine with the stops of a case at rest in it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.step, self.top = Decimal(case.step), Decimal(case.start)
        self._ts_ns = itertools.count(10**12)
        self.engine = engine_with_position()
        lifetime = next(iter(self.engine.state.positions.values())).lifetime
        self.engine.restore(
            Snapshot(
                triggers=tuple(
                    self._record(n, Decimal(price), lifetime)
                    for n, price in enumerate(case.prices)
                )
            )
        )
        for tick in self.highs(case.highs_before):
            self.engine.handle(tick)
        self.check_resting()

    def _record(self, number: int, price: Decimal, lifetime: int) -> TriggerRecord:
        armed = TriggerRecord(
            definition=stop(number, price),
            state=TriggerState.ARMED,
            arming=1,
            seq=number + 1,
            lifetime=lifetime,
        )
        if self.case.kind == "fixed":
            return armed
        definition = trail(number, Offset(price))
        return replace(
            armed, definition=definition, watermark=self.top, trail_seq=number + 1
        )

    def tick(self, price: Decimal) -> Tick:
        ts_ns = next(self._ts_ns)
        return Tick(SOURCE, price, ts_ns, ts_ns)

    def quiet(self, count: int) -> list[Tick]:
        """Prices between the highest stop and what every trail has seen."""
        lowest, span = self.top - Decimal(self.case.below), self.case.span
        return [self.tick(lowest + self.step * (n % span)) for n in range(count)]

    def highs(self, count: int) -> list[Tick]:
        """Prices of which each is a new high."""
        first, self.top = self.top, self.top + self.step * count
        return [self.tick(first + self.step * (n + 1)) for n in range(count)]

    def check_resting(self) -> None:
        state, prices = self.engine.state, self.case.prices
        book = state.book(SOURCE)
        assert len(book) == len(state.triggers) == len(prices)
        for record, price in zip(state.triggers.values(), prices, strict=True):
            assert record.state is TriggerState.ARMED
            if self.case.kind == "trailing":
                trailed = (self.top, self.top - Decimal(price))
                assert book.trailed(record.id) == trailed
            else:
                assert record.trigger_price == Decimal(price)


def tick_us(world: World, rounds: Iterator[list[Tick]]) -> float:
    """Give the median of the rounds; the first one warms up."""
    found = []
    for ticks in rounds:
        on_tick = world.engine.handle
        gc.collect()
        started = time.perf_counter_ns()
        for tick in ticks:
            on_tick(tick)
        found.append((time.perf_counter_ns() - started) / len(ticks) / 1_000)
    world.check_resting()
    return statistics.median(found[1:])


def crossed_us(case: Case) -> tuple[float, float]:
    """Cross all stops with one tick, each time those of a new engine.

    Returns:
        Microseconds until all hits are decided, and until each has its order.
    """
    decided, ordered = [], []
    for _ in range(case.crossings + 1):
        world = World(case)
        tick = world.tick(Decimal(case.crossing))
        gc.collect()
        started = time.perf_counter_ns()
        decision = world.engine.handle(tick)
        decided.append((time.perf_counter_ns() - started) / 1_000)
        orders = open_slots(world.engine, decision.intents, tick.ts_recv_ns)
        ordered.append((time.perf_counter_ns() - started) / 1_000)
        hits = [fact for fact in decision.facts if fact.kind is FactKind.TRIGGER_HIT]
        again = world.engine.handle(world.tick(Decimal(case.crossing)))
        assert len(hits) == len(orders) == len(case.prices)
        assert not again.facts
        assert not again.intents
        for intent in orders:
            assert isinstance(intent, SendClose)
            assert intent.order.side is OrderSide.SELL
            assert intent.order.order is OrderType.MARKET
        # Or the next round would be timed with the end of this one's orders.
        del world, decision, orders, hits, again
    return statistics.median(decided[1:]), statistics.median(ordered[1:])


def open_slots(engine: Engine, intents: Sequence[Intent], now_ns: int) -> list[Intent]:
    """Let every firing that asked for a slot have it, and give what follows."""
    found: list[Intent] = []
    for intent in intents:
        assert isinstance(intent, RequestSlot)
        slot = SlotOpened(intent.trigger_id, intent.arming, now_ns)
        found += engine.handle(slot).intents
    return found


def ours(case: Case) -> Found:
    world, rounds = World(case), range(case.rounds + 1)
    quiet_us = tick_us(world, (world.quiet(TICKS) for _ in rounds))
    new_high_us = None
    if case.kind == "trailing":
        new_high_us = tick_us(world, (world.highs(TICKS) for _ in rounds))
    del world
    decided_us, orders_us = crossed_us(case)
    return Found(
        version=version("exitd"),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        quiet_us=quiet_us,
        new_high_us=new_high_us,
        decided_us=decided_us,
        orders_us=orders_us,
    )


def theirs(python: str, case: Case) -> Found:
    """Run NautilusTrader's part of a case, in a process of its own."""
    try:
        done = subprocess.run(
            [python, str(SCRIPT)],
            input=msgspec.json.encode(case),
            stdout=subprocess.PIPE,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as failed:
        raise SystemExit(
            f"--nautilus-python {python}: {failed}; give the python of an environment"
            " that has nautilus_trader"
        ) from failed
    return msgspec.json.decode(done.stdout, type=Found)


def rows(case: Case, exitd: Found, nautilus: Found | None) -> Iterator[Row]:
    for work, field in WORK.items():
        our_us = getattr(exitd, field)
        their_us = getattr(nautilus, field, None)
        if our_us is not None:
            yield Row(
                kind=case.kind,
                count=len(case.prices),
                highs_before=case.highs_before,
                work=work,
                exitd_us=round(our_us, 3),
                nautilus_us=round(their_us, 3) if their_us else None,
                ratio=round(their_us / our_us, 2) if their_us else None,
            )


def print_row(case: Case, row: Row) -> None:
    their, ratio = "", ""
    if row.nautilus_us is not None and row.ratio is not None:
        their = f"{row.nautilus_us:,.2f}"
        ratio = f"{row.ratio:,.0f}x" if row.ratio >= 10 else f"{row.ratio:.1f}x"
    print(
        f"{case.name:31} {row.work:25} {row.exitd_us:>12,.2f} {their:>14} {ratio:>9}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--nautilus-python", default="", help="one with nautilus_trader"
    )
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: list[Row] = []
    versions: dict[str, str] = {}
    if not options.json:
        print(machine())
        heads = ("resting stops", "work", "exitd µs", "Nautilus µs", "ratio")
        print(
            f"{heads[0]:31} {heads[1]:25} {heads[2]:>12} {heads[3]:>14} {heads[4]:>9}"
        )
    for case in cases(options.counts, options.rounds):
        sides = {"exitd": ours(case)}
        if options.nautilus_python:
            sides["NautilusTrader"] = theirs(options.nautilus_python, case)
        versions = {k: f"{side.version}, {side.python}" for k, side in sides.items()}
        for row in rows(case, sides["exitd"], sides.get("NautilusTrader")):
            found.append(row)
            if not options.json:
                print_row(case, row)
    if options.json:
        result = {"machine": machine(), "versions": versions, "rows": found}
        print(msgspec.json.encode(result).decode())
        return
    print("; ".join(f"{name} {said}" for name, said in versions.items()))
    if not options.nautilus_python:
        print(HOW_TO)


if __name__ == "__main__":
    main()
