"""What a seed draws: a position, its triggers, a price path, faults, and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct

from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)
from exitd.simulator.quirks import Quirks
from simulation.wire import CALM, Rates

SYMBOL = "SOL_USDC_PERP"
ACCOUNT = "sim"
FAULTS_END_S = 40.0
ENTRY = Decimal(140)
#: How far below (a long) or above (a short) its entry each partial stop lies.
PART_DISTANCES = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(3), Decimal("3.5"))
#: Where the path ends, on the same scale: every partial stop is crossed by then.
LAST_DISTANCE = Decimal("3.6")
HOUR_MS = 3_600_000


class ByHand(Struct, frozen=True):
    """Something that a person does: to the position, or over the API.

    `what` is close, grow or reopen at the venue; cancel, amend or arm here.
    """

    at_s: float
    what: str
    name: str = ""
    level: Decimal = ENTRY


class Choices(Struct, frozen=True, kw_only=True):
    """What a seed draws."""

    side: Side
    size: Decimal
    rates: Rates
    crashes_s: tuple[float, ...]
    skew_ms: int
    quirks: dict[str, Any]
    triggers: tuple[TriggerDefinition, ...]
    path: tuple[tuple[float, Decimal], ...]
    by_hand: tuple[ByHand, ...] = ()
    step_ms: int = 0


def draw(rng: Random) -> Choices:
    side = rng.choice((Side.LONG, Side.SHORT))
    sign = 1 if side is Side.LONG else -1
    hostile = rng.random() < 0.8
    rates = Rates(
        lost_request=rng.choice((0.0, 0.06, 0.2)),
        lost_reply=rng.choice((0.0, 0.08, 0.3)),
        delayed=rng.choice((0.0, 0.07, 0.2)),
        error_before=rng.choice((0.0, 0.03)),
        error_after=rng.choice((0.0, 0.03, 0.1)),
        limited=rng.choice((0.0, 0.03)),
        read_failure=rng.choice((0.0, 0.05)),
        history_lag_s=rng.choice((0.0, 0.5, 1.5)),
        stream_drop=rng.choice((0.0, 0.02, 0.1)),
        is_stream_silent=rng.random() < 0.5,
    )
    crashes = sorted(
        rng.uniform(2.0, FAULTS_END_S) for _ in range(rng.choice((0, 1, 1, 2, 3)))
    )
    return Choices(
        side=side,
        size=Decimal(10),
        rates=rates if hostile else CALM,
        crashes_s=tuple(crashes),
        skew_ms=rng.choice((0, 0, -300, 300, -4_000, 4_000)),
        quirks=_quirks(rng),
        triggers=tuple(_triggers(rng, side, sign)),
        path=tuple(_path(rng, sign)),
        by_hand=tuple(sorted(_by_hand(rng, sign), key=lambda deed: deed.at_s)),
        step_ms=rng.choice((0, 0, 0, -HOUR_MS, HOUR_MS)),
    )


def _quirks(rng: Random) -> dict[str, Any]:
    """A plausible answer to some of what the venue's documents leave open."""
    drawn = {}
    for name, kind in get_type_hints(Quirks).items():
        if get_origin(kind) is Literal and rng.random() < 0.4:
            drawn[name] = rng.choice(get_args(kind))
    return drawn


def rule(
    name: str,
    side: Side,
    kind: ConditionKind,
    level: Decimal,
    close: Close,
    *,
    is_template: bool = False,
) -> TriggerDefinition:
    return TriggerDefinition(
        id=name,
        owner="file:simulation.yaml:1" if is_template else "api:simulation",
        account=ACCOUNT,
        symbol=SYMBOL,
        side=side,
        source=PriceSource(ACCOUNT, SYMBOL, PriceKind.MARK),
        condition=FixedLevel(kind, level),
        action=close,
        template=is_template,
    )


def _triggers(rng: Random, side: Side, sign: int) -> Iterator[TriggerDefinition]:
    entry = ENTRY
    is_template = rng.random() < 0.3

    def trigger(name: str, kind: ConditionKind, level: Decimal, close: Close) -> Any:
        return rule(name, side, kind, level, close, is_template=is_template)

    whole = Quantity(QuantityKind.SHARE, Decimal(100))
    for number, distance in enumerate(PART_DISTANCES):
        size = rng.choice((Decimal("0.5"), Decimal(1), Decimal("1.5")))
        yield trigger(
            f"part-{number}",
            ConditionKind.STOP_LOSS,
            entry - sign * distance,
            Close(quantity=Quantity(QuantityKind.ABSOLUTE, size)),
        )
    if rng.random() < 0.4:
        yield trigger(
            "stop-whole",
            ConditionKind.STOP_LOSS,
            entry - sign * Decimal(rng.choice((3, 9))),
            Close(quantity=whole),
        )
    if rng.random() < 0.7:
        yield trigger(
            "target",
            ConditionKind.TAKE_PROFIT,
            entry + sign * Decimal(4),
            Close(
                quantity=Quantity(QuantityKind.SHARE, Decimal(rng.choice((25, 50)))),
                order=rng.choice((OrderType.MARKET, OrderType.LIMIT)),
            ),
        )


def _path(rng: Random, sign: int) -> Iterator[tuple[float, Decimal]]:
    """The price over time; it ends beyond the first stop, so that it must fire."""
    at_s, offset = 1.0, Decimal(0)
    while at_s < FAULTS_END_S - 5:
        at_s += rng.uniform(0.2, 6.0)
        offset = Decimal(rng.randint(-400, 550)) / 100
        yield at_s, ENTRY + sign * offset
    yield FAULTS_END_S + 3, ENTRY - sign * LAST_DISTANCE


def _by_hand(rng: Random, sign: int) -> Iterator[ByHand]:
    """What persons do while everything else goes wrong."""
    if rng.random() < 0.35:
        at_s = rng.uniform(3.0, FAULTS_END_S - 6)
        yield ByHand(at_s, "close")
        if rng.random() < 0.7:
            yield ByHand(at_s + rng.uniform(0.05, 5.0), "reopen")
    if rng.random() < 0.3:
        yield ByHand(rng.uniform(3.0, FAULTS_END_S - 1), "grow")
    for number in range(rng.choice((0, 1, 2))):
        at_s = rng.uniform(2.0, FAULTS_END_S - 1)
        offset = Decimal(rng.randint(20, 350)) / 100
        yield ByHand(at_s, "arm", f"late-{number}", ENTRY - sign * offset)
    names = [f"part-{n}" for n in range(len(PART_DISTANCES))]
    for name in rng.sample([*names, "target", "late-0"], rng.choice((0, 1, 2))):
        yield ByHand(rng.uniform(2.0, FAULTS_END_S - 1), "cancel", name)
    if rng.random() < 0.4:
        offset = Decimal(rng.randint(50, 350)) / 100
        at_s, name = rng.uniform(2.0, FAULTS_END_S - 1), rng.choice(names)
        yield ByHand(at_s, "amend", name, ENTRY - sign * offset)
