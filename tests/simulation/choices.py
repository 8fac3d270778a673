"""What a seed draws: a position, its triggers, a price path, faults, and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.condition import ConditionKind, FixedLevel, Trailing
from exitd.core.position import Side
from exitd.core.trigger import (
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)
from exitd.simulator.quirks import Quirks
from simulation.kinds import TRAILS, draw_kinds, rule
from simulation.prices import ENDS_S, ENTRY, Shown, draw_path
from simulation.wire import CALM, Rates

#: How far below (a long) or above (a short) its entry each partial stop lies; the
#: path ends beyond all of them.
PART_DISTANCES = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(3), Decimal("3.5"))
HOUR_MS = 3_600_000
#: The share of worlds whose state is in a real SQLite file.
REAL_STORES = 0.025


class ByHand(Struct, frozen=True):
    """Something that a person does: to the position, or over the API.

    `what` is close, grow or reopen at the venue; cancel, amend, widen or arm here.
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
    end_s: float
    skew_ms: int
    quirks: dict[str, Any]
    triggers: tuple[TriggerDefinition, ...]
    path: tuple[tuple[float, Shown], ...]
    by_hand: tuple[ByHand, ...] = ()
    step_ms: int = 0
    guard_percent: Decimal | None = None
    has_real_store: bool = False
    disk: tuple[tuple[float, str, str], ...] = ()
    stalls: float = 0.0


def draw_disk(rng: Random, end_s: float) -> tuple[tuple[float, str, str], ...]:
    """A disk that is full or broken for a while, in some worlds."""
    if rng.random() < 0.85:
        return ()
    at_s = rng.uniform(2.0, end_s - 1)
    kind = rng.choice(("full", "broken"))
    good_s = min(at_s + rng.uniform(0.1, 5.0), end_s)
    return (at_s, "disk", kind), (good_s, "disk", "good")


def draw(rng: Random) -> Choices:
    side = rng.choice((Side.LONG, Side.SHORT))
    sign = 1 if side is Side.LONG else -1
    end_s = rng.choice(ENDS_S)
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
        rng.uniform(2.0, end_s) for _ in range(rng.choice((0, 1, 1, 2, 3)))
    )
    skew_ms = rng.choice((0, 0, -300, 300, -4_000, 4_000))
    triggers = tuple(_triggers(rng, side, sign, skew_ms))
    return Choices(
        side=side,
        size=Decimal(10),
        rates=rates if hostile else CALM,
        crashes_s=tuple(crashes),
        end_s=end_s,
        skew_ms=skew_ms,
        quirks=_quirks(rng),
        triggers=triggers,
        path=tuple(draw_path(rng, sign, end_s)),
        by_hand=tuple(
            sorted(_by_hand(rng, sign, triggers, end_s), key=lambda deed: deed.at_s)
        ),
        step_ms=rng.choice((0, 0, 0, -HOUR_MS, HOUR_MS)),
        guard_percent=rng.choice((None, Decimal(1))),
        has_real_store=rng.random() < REAL_STORES,
        disk=draw_disk(rng, end_s),
        stalls=rng.choice((0.0, 0.0, 0.0, 0.03)),
    )


def _quirks(rng: Random) -> dict[str, Any]:
    """A plausible answer to some of what the venue's documents leave open."""
    answers = _answers().items()
    return {name: rng.choice(all_of) for name, all_of in answers if rng.random() < 0.4}


@cache
def _answers() -> dict[str, tuple[Any, ...]]:
    """Give what is plausible of each open question."""
    hints = get_type_hints(Quirks).items()
    return {name: get_args(kind) for name, kind in hints if get_origin(kind) is Literal}


def _triggers(
    rng: Random, side: Side, sign: int, skew_ms: int
) -> Iterator[TriggerDefinition]:
    """Plain stops in a row, whose sums are known, and some of every other kind."""
    is_template = rng.random() < 0.3

    def trigger(name: str, kind: ConditionKind, distance: Decimal, close: Close) -> Any:
        level = FixedLevel(kind, ENTRY - sign * distance)
        return rule(name, side, level, close, is_template=is_template)

    whole = Quantity(QuantityKind.SHARE, Decimal(100))
    parts = sorted(rng.sample(range(len(PART_DISTANCES)), rng.randint(2, 4)))
    for number in {0, *parts}:
        size = rng.choice((Decimal("0.4"), Decimal("0.8")))
        close = Close(quantity=Quantity(QuantityKind.ABSOLUTE, size))
        distance = PART_DISTANCES[number]
        yield trigger(f"part-{number}", ConditionKind.STOP_LOSS, distance, close)
    if rng.random() < 0.3:
        distance = Decimal(rng.choice((3, 9)))
        close = Close(quantity=whole)
        yield trigger("stop-whole", ConditionKind.STOP_LOSS, distance, close)
    if rng.random() < 0.7:
        close = Close(
            quantity=Quantity(QuantityKind.SHARE, Decimal(rng.choice((10, 25)))),
            order=rng.choice((OrderType.MARKET, OrderType.LIMIT)),
        )
        yield trigger("target", ConditionKind.TAKE_PROFIT, Decimal(-4), close)
    yield from draw_kinds(rng, side, skew_ms, is_template=is_template)


def _by_hand(
    rng: Random, sign: int, triggers: tuple[TriggerDefinition, ...], end_s: float
) -> Iterator[ByHand]:
    """What persons do while everything else goes wrong."""
    if rng.random() < 0.35:
        at_s = rng.uniform(3.0, end_s - 6)
        yield ByHand(at_s, "close")
        if rng.random() < 0.7:
            yield ByHand(at_s + rng.uniform(0.05, 5.0), "reopen")
    if rng.random() < 0.3:
        yield ByHand(rng.uniform(3.0, end_s - 1), "grow")
    for number in range(rng.choice((0, 1, 2))):
        at_s = rng.uniform(2.0, end_s - 1)
        offset = Decimal(rng.randint(20, 350)) / 100
        yield ByHand(at_s, "arm", f"late-{number}", ENTRY - sign * offset)
    names = [trigger.id for trigger in triggers]
    for name in rng.sample([*names, "late-0"], rng.choice((0, 1, 2))):
        yield ByHand(rng.uniform(2.0, end_s - 1), "cancel", name)
    if rng.random() < 0.4:
        stops = ("part", "moving", "confirmed-prices", "plain")
        levels = [n for n in names if n.startswith(stops) or n == "confirmed"]
        offset = Decimal(rng.randint(50, 350)) / 100
        at_s, name = rng.uniform(2.0, end_s - 1), rng.choice(levels)
        yield ByHand(at_s, "amend", name, ENTRY - sign * offset)
    trails = [name for name in names if name in TRAILS]
    if trails and rng.random() < 0.4:
        yield ByHand(rng.uniform(2.0, end_s - 1), "widen", rng.choice(trails))


def amend(definition: TriggerDefinition, deed: ByHand) -> TriggerDefinition:
    """Put a stop elsewhere, or let a trail hang back farther."""
    condition = definition.condition
    if deed.what == "widen":
        assert isinstance(condition, Trailing)
        wider = replace(condition.offset, value=condition.offset.value * 2)
        return replace(definition, condition=replace(condition, offset=wider))
    level = FixedLevel(ConditionKind.STOP_LOSS, deed.level)
    return replace(definition, condition=level)
