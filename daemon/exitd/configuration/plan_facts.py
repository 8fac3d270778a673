"""What is known of the world while a plan is made."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.markets import Markets, distance_percent
from exitd.configuration.policies import Policies
from exitd.core.condition import (
    ConditionKind,
    FixedLevel,
    MaxHold,
    Trailing,
)
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.resting import is_crossed
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import ZERO, text

#: Gives where a trail that goes on would have its stop, at the price of now.
StopOf = Callable[[TriggerDefinition, Decimal | None], Decimal | None]


def no_trails(trigger: TriggerDefinition, price: Decimal | None) -> None:
    """Know of no trail that has begun."""


class Facts(Struct, frozen=True):
    """What is known while a plan is made; `positions` None: nothing is known."""

    known: Markets
    positions: Mapping[PositionKey, PositionRecord] | None
    stop_of: StopOf
    policies: Policies
    now_ns: int

    def record(self, trigger: TriggerDefinition) -> PositionRecord | None:
        key, positions = trigger.key, self.positions
        return None if key is None or positions is None else positions.get(key)

    def is_open(self, trigger: TriggerDefinition) -> bool:
        """Whether its position is open, or may be."""
        if trigger.key is None or self.positions is None:
            return True
        record = self.record(trigger)
        return record is not None and record.is_open

    def price(self, trigger: TriggerDefinition) -> Decimal | None:
        return self.known.price(trigger.source)

    def priced(self, trigger: TriggerDefinition) -> TriggerDefinition | None:
        """Give a trigger with its level as a price, where there is one now."""
        condition = trigger.condition
        if isinstance(condition, FixedLevel):
            level = self.known.level_price(
                condition.price, self.record(trigger), trigger.source
            )
            kind = condition.kind
        elif isinstance(condition, Trailing):
            level = self.stop_of(trigger, self.price(trigger))
            kind = ConditionKind.STOP_LOSS
        else:
            return None
        if level is None or (level <= ZERO and not trigger.source.is_spread):
            return None
        return replace(trigger, condition=FixedLevel(kind, level))

    def is_crossed(self, trigger: TriggerDefinition) -> bool:
        """Whether it would fire at once: its price is there, or its time is over."""
        condition = trigger.condition
        if isinstance(condition, MaxHold):
            record = self.record(trigger)
            since_ns = 0 if record is None else record.ts_opened_ns
            return since_ns > 0 and since_ns + condition.duration_ns <= self.now_ns
        price, priced = self.price(trigger), self.priced(trigger)
        return price is not None and priced is not None and is_crossed(priced, price)

    def distance(self, trigger: TriggerDefinition) -> str:
        price, priced = self.price(trigger), self.priced(trigger)
        if price is None or priced is None or priced.level is None:
            return ""
        is_said = priced.level == trigger.level
        level = "" if is_said else f"at {text(priced.level)}, "
        kind = "spread" if trigger.source.is_spread else trigger.source.kind
        shown = f"{level}{kind} {text(price)}"
        if is_crossed(priced, price):
            return f"{shown}, crossed"
        if trigger.source.is_spread:
            return f"{shown}, {text(abs(price - priced.level))} away"
        away = round(distance_percent(price, priced.level), 1)
        return f"{shown}, {text(away)}% away"
