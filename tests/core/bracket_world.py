"""A bracket at a broker: an entry that has filled, and exits that the broker holds."""

from __future__ import annotations

from msgspec.structs import replace

from core.entering import BROKER, NATIVE, EnteringWorld
from core.worlds import LONG
from exitd.core.inputs import ClosePosition, OrderStatus
from exitd.core.intents import CancelLeg
from exitd.core.trigger import WHOLE

RESERVING = replace(BROKER, reserves=True)


def unnamed(**changed: object) -> EnteringWorld:
    """A bracket that has filled, of whose legs nobody has heard."""
    changed.setdefault("capabilities", BROKER)
    world = EnteringWorld(**changed)
    world.enter(attached=NATIVE)
    world.fills("10")
    world.position("10")
    return world


def bracketed(**changed: object) -> EnteringWorld:
    world = unnamed(**changed)
    world.leg("leg-tp", OrderStatus.WORKING)
    world.leg("leg-sl", OrderStatus.WORKING)
    return world


def close_by_hand(world: EnteringWorld) -> None:
    world.do(
        ClosePosition(
            id="hand",
            owner="api:me",
            key=LONG,
            quantity=WHOLE,
            now_ns=world.later(),
        )
    )


def asked(world: EnteringWorld) -> list[str]:
    return [intent.venue_order_id for intent in world.wants(CancelLeg)]
