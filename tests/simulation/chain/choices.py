"""What a seed of the chain draws: quotes and their exits, prices, faults."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from msgspec import Struct

from exitd.core.condition import (
    Condition,
    ConditionKind,
    FixedLevel,
    Offset,
    Trailing,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)
from simulation.chain.contract import SYMBOL_NAME, Forms
from simulation.chain.node import Moods
from simulation.chain.wire import CALM, CallRates
from simulation.choices import PART_DISTANCES, REAL_STORES, draw_disk
from simulation.prices import ENTRY, Shown, draw_path

ACCOUNT = "base"
SIZE = Decimal(10)
ENDS_S = (20.0, 30.0, 30.0, 50.0)


class Happens(Struct, frozen=True):
    """Something that goes wrong at an instant; `value` is what of it."""

    at_s: float
    what: str
    value: Any = None


class ChainChoices(Struct, frozen=True, kw_only=True):
    """What a seed draws; `quotes` are how many positions there are, one or two."""

    side: Side
    quotes: int
    forms: Forms
    confirmations: int
    bump_after: int
    reads: CallRates
    sends: CallRates
    crashes_s: tuple[float, ...]
    end_s: float
    skew_ms: int
    triggers: tuple[TriggerDefinition, ...]
    path: tuple[tuple[float, Shown], ...]
    troubles: tuple[Happens, ...]
    patience: tuple[int, int]
    parts: float
    has_real_store: bool
    disk: tuple[tuple[float, str, str], ...]
    stalls: float


def draw(rng: Random) -> ChainChoices:
    side = rng.choice((Side.LONG, Side.SHORT))
    sign = 1 if side is Side.LONG else -1
    end_s = rng.choice(ENDS_S)
    is_hostile = rng.random() < 0.85
    crashes = [rng.uniform(2.0, end_s) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    quotes = rng.choice((1, 1, 2))
    confirmations = rng.choice((1, 1, 2, 3, 4))
    return ChainChoices(
        side=side,
        quotes=quotes,
        forms=rng.choice(("older", "both", "newer")),
        confirmations=confirmations,
        bump_after=rng.choice((1, 2, 5)),
        reads=_reads(rng) if is_hostile else CALM,
        sends=_sends(rng) if is_hostile else CALM,
        crashes_s=tuple(sorted(crashes)),
        end_s=end_s,
        skew_ms=rng.choice((0, 0, -300, 300, -4_000, 4_000)),
        triggers=tuple(
            trigger
            for number in range(1, quotes + 1)
            for trigger in _triggers(rng, number, side, sign)
        ),
        path=tuple(draw_path(rng, sign, end_s)),
        troubles=tuple(
            sorted(
                _troubles(rng, quotes, confirmations, end_s),
                key=lambda t: (t.at_s, t.what),
            )
        )
        if is_hostile
        else (),
        patience=rng.choice(((1, 1), (1, 3), (2, 8))),
        parts=rng.choice((0.0, 0.3, 0.8)),
        has_real_store=rng.random() < REAL_STORES,
        disk=draw_disk(rng, end_s),
        stalls=rng.choice((0.0, 0.0, 0.0, 0.03)),
    )


def _reads(rng: Random) -> CallRates:
    return CallRates(
        lost=rng.choice((0.0, 0.0, 0.02)),
        unanswered=rng.choice((0.0, 0.0, 0.02)),
        delayed=rng.choice((0.0, 0.03)),
        troubled=rng.choice((0.0, 0.02, 0.05)),
        broken=rng.choice((0.0, 0.02)),
    )


def _sends(rng: Random) -> CallRates:
    return CallRates(
        lost=rng.choice((0.0, 0.2, 0.5)),
        unanswered=rng.choice((0.0, 0.2, 0.5)),
        delayed=rng.choice((0.0, 0.1, 0.3)),
        troubled=rng.choice((0.0, 0.2, 0.6)),
        broken=rng.choice((0.0, 0.1, 0.3)),
    )


def symbol_of(number: int) -> str:
    return f"{SYMBOL_NAME}#{number}"


def _triggers(
    rng: Random, number: int, side: Side, sign: int
) -> Iterator[TriggerDefinition]:
    def rule(name: str, condition: Condition, close: Close) -> TriggerDefinition:
        symbol = symbol_of(number)
        return TriggerDefinition(
            id=f"{name}-{number}",
            owner="api:simulation",
            account=ACCOUNT,
            symbol=symbol,
            side=side,
            source=PriceSource(ACCOUNT, symbol, PriceKind.MARK),
            condition=condition,
            action=close,
        )

    for place in sorted(rng.sample(range(len(PART_DISTANCES)), rng.randint(1, 3))):
        level = ENTRY - sign * PART_DISTANCES[place]
        quantity = Quantity(QuantityKind.ABSOLUTE, Decimal(rng.choice((1, 2))))
        close = _close(rng, quantity, level, sign)
        yield rule(f"part-{place}", FixedLevel(ConditionKind.STOP_LOSS, level), close)
    if rng.random() < 0.4:
        level = ENTRY - sign * Decimal(rng.choice((3, 9)))
        close = Close(quantity=Quantity(QuantityKind.SHARE, Decimal(100)))
        yield rule("whole", FixedLevel(ConditionKind.STOP_LOSS, level), close)
    if rng.random() < 0.5:
        quantity = Quantity(QuantityKind.SHARE, Decimal(rng.choice((10, 25))))
        order = rng.choice((OrderType.MARKET, OrderType.LIMIT))
        level = ENTRY + sign * Decimal(rng.choice((1, 4)))
        condition = FixedLevel(ConditionKind.TAKE_PROFIT, level)
        yield rule("target", condition, Close(quantity=quantity, order=order))
    if rng.random() < 0.4:
        offset = Offset(Decimal(rng.randint(60, 250)) / 100)
        quantity = Quantity(QuantityKind.ABSOLUTE, Decimal(1))
        yield rule("trail", Trailing(offset), Close(quantity=quantity))


def _close(rng: Random, quantity: Quantity, level: Decimal, sign: int) -> Close:
    """At the market, or as front-ends ask: never worse than a price of their own."""
    how = rng.choice(("market", "bound", "rests"))
    if how == "market":
        return Close(quantity=quantity)
    order = OrderType.MARKET if how == "bound" else OrderType.LIMIT
    return Close(quantity=quantity, order=order, bound=level - sign * Decimal(8))


def _troubles(
    rng: Random, quotes: int, confirmations: int, end_s: float
) -> Iterator[Happens]:
    """What happens to nodes, to the chain and on it while prices move.

    No block is undone that is read already: how deep that is, the settings say.
    """
    for at_s in _some(rng, end_s, (0, 1, 2, 3)):
        number, moods = rng.randint(0, 1), _moods(rng)
        yield Happens(at_s, "moods", (number, moods))
        yield Happens(at_s + rng.uniform(1, 15), "moods", (number, None))
    for at_s in _some(rng, end_s, (0, 0, 1, 2)):
        number = rng.randint(0, 1)
        yield Happens(at_s, "down", number)
        yield Happens(at_s + rng.uniform(1, 10), "up", number)
    for at_s in _some(rng, end_s, (0, 1, 2) if confirmations > 1 else (0,)):
        yield Happens(at_s, "reorg", rng.randint(1, confirmations - 1))
    for at_s in _some(rng, end_s, (0, 0, 1, 2)):
        yield Happens(at_s, "drop", rng.choice(("all", "builder")))
    for at_s in _some(rng, end_s, (0, 0, 1)):
        yield Happens(at_s, "fees", rng.choice((3, 10, 40, 400)))
        yield Happens(at_s + rng.uniform(2, 20), "fees", 1)
    for at_s in _some(rng, end_s, (0, 0, 1)):
        yield Happens(at_s, "tip", rng.choice((2, 20)))
        yield Happens(at_s + rng.uniform(2, 15), "tip", 0)
    for at_s in _some(rng, end_s, (0, 0, 0, 1)):
        yield Happens(at_s, "halt", True)
        yield Happens(at_s + rng.uniform(3, 15), "halt", False)
    for at_s in _some(rng, end_s, (0, 0, 1)):
        yield Happens(at_s, "nonce")
    for at_s in _some(rng, end_s, (0, 0, 1)):
        yield Happens(at_s, "sleep", True)
        yield Happens(at_s + rng.uniform(5, 30), "sleep", False)
    for at_s in _some(rng, end_s, (0, 0, 0, 1)):
        yield Happens(at_s, "feed", False)
        yield Happens(at_s + rng.uniform(1, 10), "feed", True)
    if rng.random() < 0.2:
        quote = rng.randint(1, quotes)
        parts = rng.choice((1, 2, 10))
        yield Happens(rng.uniform(3, end_s), "owner", (quote, parts))
    if rng.random() < 0.1:
        yield Happens(rng.uniform(3, end_s), "liquidate", rng.randint(1, quotes))


def _some(rng: Random, end_s: float, numbers: tuple[int, ...]) -> list[float]:
    return [rng.uniform(2.0, end_s - 1) for _ in range(rng.choice(numbers))]


def _moods(rng: Random) -> Moods:
    return Moods(
        behind=rng.choice(((0,), (0, 1), (0, 0, 2), (2,), (4,), (8,))),
        receipt_lag=rng.choice((0, 0, 1, 3)),
        forgets=rng.random() < 0.25,
        cuts_logs=rng.random() < 0.3,
        is_pending_blind=rng.random() < 0.3,
    )
