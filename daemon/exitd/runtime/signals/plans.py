"""What is to be done for an alert: one of four things, with a sentence about it."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.entry import EntryOrder
from exitd.core.market import PriceSource
from exitd.core.position import PositionKey
from exitd.core.trigger import Quantity, TriggerDefinition


class PlanEntry(Struct, frozen=True, kw_only=True):
    """Open a position, or add to one; `exits` guard what fills."""

    order: EntryOrder
    exits: tuple[TriggerDefinition, ...]
    market_price: Decimal | None
    not_after_ns: int
    sentence: str


class PlanClose(Struct, frozen=True, kw_only=True):
    """Close now, by a trigger `id` of its own."""

    id: str
    owner: str
    key: PositionKey
    quantity: Quantity
    source: PriceSource
    sentence: str


class PlanTrigger(Struct, frozen=True, kw_only=True):
    """Put a close on watch; it fires at once where it is crossed already."""

    definition: TriggerDefinition
    sentence: str


class PlanNothing(Struct, frozen=True, kw_only=True):
    """Refuse; the sentence names the place and the remedy."""

    sentence: str


Plan = PlanEntry | PlanClose | PlanTrigger | PlanNothing
