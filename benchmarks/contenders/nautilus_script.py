"""NautilusTrader's OrderEmulator, given the same stops and prices as exitd's engine.

Usage: nautilus_script.py <CASE, with CASE as `benchmarks/emulator.py` writes it

It is put together as its own tests do it: a cache and a message bus in memory, a
portfolio, a strategy that submits, a test clock, a test instrument, quote ticks handed
to `on_quote_tick`. Its neighbours at the bus only count and keep what they are sent, so
that nothing behind the emulator is timed. Logging is never set up.
"""

import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import nautilus_trader
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import MessageBus, TestClock
from nautilus_trader.execution.emulator import OrderEmulator
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import (
    OrderSide,
    OrderStatus,
    OrderType,
    TrailingOffsetType,
    TriggerType,
)
from nautilus_trader.model.identifiers import TraderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.portfolio.portfolio import Portfolio
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

INSTRUMENT = TestInstrumentProvider.ethusdt_perp_binance()
SIZE = Quantity.from_str("10.000")
LITTLE = Quantity.from_str("0.010")


class World:
    """An emulator with the stops of a case at rest in it."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.step = Decimal(case["step"])
        self.top = Decimal(case["start"])
        self.released: list[SubmitOrder] = []
        self.risk_events = 0
        clock, trader_id = TestClock(), TraderId("BENCH-001")
        bus = MessageBus(trader_id=trader_id, clock=clock)
        bus.register(endpoint="ExecEngine.execute", handler=self.released.append)
        bus.register(endpoint="RiskEngine.process", handler=self._count)
        bus.register(endpoint="DataEngine.execute", handler=lambda _: None)
        self.cache = Cache()
        self.cache.add_instrument(INSTRUMENT)
        parts = {"msgbus": bus, "cache": self.cache, "clock": clock}
        portfolio = Portfolio(**parts)
        self.emulator = OrderEmulator(portfolio=portfolio, **parts)
        self.strategy = Strategy()
        self.strategy.register(trader_id=trader_id, portfolio=portfolio, **parts)
        self.emulator.start()
        self.strategy.start()
        # A trail begins at the last quote of the cache.
        self.cache.add_quote_tick(self.quote(self.top))
        self.orders = [self._submit(Decimal(price)) for price in case["prices"]]
        for tick in self.highs(case["highs_before"]):
            self.emulator.on_quote_tick(tick)
        self.check_resting()

    def _count(self, _: object) -> None:
        self.risk_events += 1

    def _submit(self, price: Decimal) -> Any:
        """Submit a stop, at this level or that far behind the price."""
        factory = self.strategy.order_factory
        common = {
            "instrument_id": INSTRUMENT.id,
            "order_side": OrderSide.SELL,
            "quantity": LITTLE,
            "trigger_type": TriggerType.BID_ASK,
            "emulation_trigger": TriggerType.BID_ASK,
            "reduce_only": True,
        }
        if self.case["kind"] == "fixed":
            order = factory.stop_market(trigger_price=money(price), **common)
        else:
            order = factory.trailing_stop_market(
                trailing_offset=price,
                trailing_offset_type=TrailingOffsetType.PRICE,
                **common,
            )
        self.strategy.submit_order(order)
        return order

    def quote(self, price: Decimal) -> QuoteTick:
        bid, ask = money(price), money(price + self.step)
        return QuoteTick(INSTRUMENT.id, bid, ask, SIZE, SIZE, 1, 1)

    def quiet(self, count: int) -> list[QuoteTick]:
        """Prices between the highest stop and what every trail has seen."""
        lowest, span = self.top - Decimal(self.case["below"]), self.case["span"]
        return [self.quote(lowest + self.step * (n % span)) for n in range(count)]

    def highs(self, count: int) -> list[QuoteTick]:
        """Prices of which each is a new high."""
        first, self.top = self.top, self.top + self.step * count
        return [self.quote(first + self.step * (n + 1)) for n in range(count)]

    def check_resting(self) -> None:
        count = len(self.orders)
        core = self.emulator.get_matching_core(INSTRUMENT.id)
        assert len(core.get_orders()) == len(self.cache.orders_emulated()) == count
        assert all(order.status == OrderStatus.EMULATED for order in self.orders)
        assert not self.released
        for order, price in zip(self.orders, self.case["prices"], strict=True):
            is_fixed = self.case["kind"] == "fixed"
            stop = Decimal(price) if is_fixed else self.top - Decimal(price)
            assert order.trigger_price.as_decimal() == stop

    def check_released(self) -> None:
        core = self.emulator.get_matching_core(INSTRUMENT.id)
        assert not core.get_orders()
        assert not self.cache.orders_emulated()
        assert len(self.released) == len(self.orders)
        for command in self.released:
            order = command.order
            assert order.order_type == OrderType.MARKET
            assert order.side == OrderSide.SELL
            assert order.is_reduce_only
            assert order.status == OrderStatus.RELEASED


def money(price: Decimal) -> Price:
    return Price.from_str(f"{price:.2f}")


def tick_us(world: World, rounds: Iterator[list[QuoteTick]]) -> float:
    """Give the median of the rounds; the first one warms up."""
    found = []
    for ticks in rounds:
        on_tick = world.emulator.on_quote_tick
        gc.collect()
        started = time.perf_counter_ns()
        for tick in ticks:
            on_tick(tick)
        found.append((time.perf_counter_ns() - started) / len(ticks) / 1_000)
    world.check_resting()
    return statistics.median(found[1:])


def crossed_us(case: dict[str, Any]) -> float:
    """Cross all stops with one tick, each time those of a new emulator."""
    found = []
    for _ in range(case["crossings"] + 1):
        world = World(case)
        tick = world.quote(Decimal(case["crossing"]))
        gc.collect()
        started = time.perf_counter_ns()
        world.emulator.on_quote_tick(tick)
        found.append((time.perf_counter_ns() - started) / 1_000)
        world.emulator.on_quote_tick(tick)
        world.check_released()
        del world
    return statistics.median(found[1:])


def main() -> None:
    case = json.load(sys.stdin)
    world, ticks, rounds = World(case), case["ticks"], range(case["rounds"] + 1)
    found: dict[str, object] = {
        "version": nautilus_trader.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "quiet_us": tick_us(world, (world.quiet(ticks) for _ in rounds)),
    }
    if case["kind"] == "trailing":
        found["new_high_us"] = tick_us(world, (world.highs(ticks) for _ in rounds))
    del world
    found["orders_us"] = crossed_us(case)
    print(json.dumps(found))


main()
