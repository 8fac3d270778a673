"""Worlds with trails in them, for tests of the core."""

from __future__ import annotations

from core.worlds import MARK, World
from exitd.core.inputs import Amend, IfCrossed
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import TriggerDefinition


def armed(*definitions: TriggerDefinition, mark: str = "100", **world: object) -> World:
    made = World(mark=mark, **world)  # type: ignore[arg-type]
    for definition in definitions:
        assert isinstance(made.arm(definition), Accepted)
    return made


def amend(
    world: World,
    definition: TriggerDefinition,
    if_crossed: IfCrossed = IfCrossed.REFUSE,
) -> Accepted | Refused:
    reply = world.do(
        Amend(definition=definition, if_crossed=if_crossed, now_ns=world.later())
    ).reply
    assert reply is not None
    return reply


def seen(world: World, id: str) -> tuple[str, str]:
    """Watermark and stop of a trail."""
    trailed = world.engine.state.book(MARK).trailed(id)
    assert trailed is not None
    return tuple(format(number.normalize(), "f") for number in trailed)  # type: ignore[return-value]
