"""The examples in the engine: what the grammar accepts can be armed, and lives."""

import random
from decimal import Decimal
from pathlib import Path

import pytest

from exitd.configuration.load import load
from exitd.configuration.triggers import definitions
from exitd.core.attempt import Capabilities
from exitd.core.engine import Engine
from exitd.core.inputs import (
    ApplyFiles,
    InstrumentReport,
    PositionReport,
    TimePassed,
)
from exitd.core.market import Instrument, InstrumentKind, Tick
from exitd.core.position import PositionKey, Side
from exitd.core.state import Accepted
from exitd.core.trigger import TriggerDefinition, TriggerState

ROOT = Path(__file__).parents[2]
S = 1_000_000_000
NOW_NS = 1_795_176_000 * S
PRICES = {"SOL": "140", "BTC": "100000", "ETH": "4000", "XRP": "2.5", "SUI": "3.8"}
STEPS = {"SOL": "0.01", "BTC": "0.1", "ETH": "0.01", "XRP": "0.0001", "SUI": "0.0001"}


def price_of(symbol: str) -> Decimal:
    return Decimal(PRICES[symbol.partition("_")[0]])


class Desk:
    """An engine with the markets of the examples, and a position in each."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.now_ns = NOW_NS
        self.engine.add_account("backpack", 1, Capabilities())
        for base in PRICES:
            symbol = f"{base}_USDC_PERP"
            instrument = Instrument(
                account="backpack",
                symbol=symbol,
                kind=InstrumentKind.PERPETUAL,
                base=base,
                quote="USDC",
                price_step=Decimal(STEPS[base]),
                quantity_step=Decimal("0.01"),
                min_quantity=Decimal("0.01"),
            )
            self.engine.handle(InstrumentReport(instrument, self.now_ns))

    def open(self, trigger: TriggerDefinition) -> None:
        if trigger.key is not None:
            self.engine.handle(
                PositionReport(
                    key=trigger.key,
                    quantity=Decimal(1_000),
                    entry_price=price_of(trigger.symbol),
                    ts_venue_ns=self.now_ns,
                    now_ns=self.now_ns,
                )
            )

    def apply(self, made: tuple[TriggerDefinition, ...]) -> object:
        command = ApplyFiles(definitions=made, now_ns=self.now_ns)
        return self.engine.handle(command).reply

    def observe(self, trigger: TriggerDefinition, price: Decimal) -> None:
        """Let time go on to the price, through every deadline on the way."""
        self.now_ns += S
        due_ns = self.engine.next_deadline_ns()
        while due_ns is not None and due_ns <= self.now_ns:
            self.engine.handle(TimePassed(max(due_ns, NOW_NS)))
            due_ns = self.engine.next_deadline_ns()
        self.engine.handle(Tick(trigger.source, price, self.now_ns, self.now_ns))


@pytest.fixture
def made() -> tuple[TriggerDefinition, ...]:
    loaded = load(ROOT / "config", {}, now_ns=NOW_NS)
    assert loaded.findings == ()
    return definitions(loaded, now_ns=NOW_NS)


def test_given_the_examples_when_applied_then_the_engine_takes_them_all(
    made: tuple[TriggerDefinition, ...],
) -> None:
    desk = Desk()

    reply = desk.apply(made)

    assert isinstance(reply, Accepted), reply
    assert set(reply.trigger_ids) == {trigger.id for trigger in made}


def test_b039_given_the_examples_when_applied_again_then_nothing_is_changed(
    made: tuple[TriggerDefinition, ...],
) -> None:
    desk = Desk()
    desk.apply(made)

    again = desk.engine.handle(ApplyFiles(definitions=made, now_ns=NOW_NS))

    assert isinstance(again.reply, Accepted)
    assert again.reply.trigger_ids == ()
    assert again.facts == ()


@pytest.mark.parametrize("seed", range(3))
def test_given_positions_and_prices_when_the_examples_live_then_some_fire(
    seed: int, made: tuple[TriggerDefinition, ...]
) -> None:
    dice = random.Random(seed)
    desk = Desk()
    desk.apply(made)
    for trigger in made:
        desk.open(trigger)
    prices = {t.source: price_of(t.source.symbol) for t in made}
    for _ in range(200):
        for trigger in made:
            moved = prices[trigger.source] * (1 + Decimal(dice.randint(-9, 9)) / 1_000)
            prices[trigger.source] = round(moved, 4)
            desk.observe(trigger, prices[trigger.source])

    states = {r.id: r.state for r in desk.engine.state.triggers.values()}
    assert states.keys() == {trigger.id for trigger in made}
    assert TriggerState.FIRING in states.values()


def test_given_the_examples_when_counted_then_each_side_is_among_them(
    made: tuple[TriggerDefinition, ...],
) -> None:
    keys = {trigger.key for trigger in made if trigger.key is not None}

    assert {key.side for key in keys} == set(Side)
    assert PositionKey("backpack", "SOL_USDC_PERP", Side.LONG) in keys
