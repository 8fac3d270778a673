"""Levels that the position's entry decides, and what the venue says of it."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from core.worlds import D, World, stop
from exitd.core.condition import ConditionKind, FixedLevel, Level
from exitd.core.inputs import PositionReport
from exitd.core.position import Side
from exitd.core.trigger import TriggerDefinition

SL, TP = ConditionKind.STOP_LOSS, ConditionKind.TAKE_PROFIT


def at(
    id: str,
    kind: ConditionKind,
    level: Level,
    side: Side = Side.LONG,
    **changed: object,
) -> TriggerDefinition:
    base = replace(stop(id, "1", side=side), condition=FixedLevel(kind, level))
    return replace(base, **changed)


def report(world: World, size: str, entry: str | None, **changed: object) -> None:
    now_ns = world.later()
    world.do(
        PositionReport(
            key=world.key,
            quantity=D(size),
            entry_price=D(entry) if entry is not None else None,
            ts_venue_ns=now_ns,
            now_ns=now_ns,
            **changed,  # type: ignore[arg-type]
        )
    )


def level(world: World, id: str) -> Decimal | None:
    return world.trigger(id).trigger_price
