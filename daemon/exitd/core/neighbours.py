"""The levels that close one position, for what must not stand beside them."""

from decimal import Decimal

from exitd.core.levels import Levels
from exitd.core.market import PriceSource
from exitd.core.position import PositionKey, Side
from exitd.core.trigger import (
    Action,
    ConditionKind,
    FixedLevel,
    TriggerDefinition,
)

_Rule = tuple[FixedLevel, PriceSource, Action]


class Neighbours:
    """Finds a trigger that does the same, and the nearest stop and take-profit.

    For a long the nearest stop is the highest and the nearest take-profit the
    lowest; for a short it is the other way round.
    """

    __slots__ = ("_is_long", "_rules", "_stops", "_targets", "_twins")

    def __init__(self, key: PositionKey) -> None:
        self._is_long = key.side is Side.LONG
        self._rules: dict[str, _Rule] = {}
        self._twins: dict[_Rule, str] = {}
        self._stops = Levels()
        self._targets = Levels()

    def put(self, definition: TriggerDefinition) -> None:
        """Take a trigger in; one that closes nothing at a level is left out."""
        self.drop(definition.id)
        condition = definition.condition
        if definition.close is None or not isinstance(condition, FixedLevel):
            return
        rule = (condition, definition.source, definition.action)
        self._rules[definition.id] = rule
        self._twins[rule] = definition.id
        price = condition.price
        if condition.kind is ConditionKind.STOP_LOSS:
            rank = price.copy_negate() if self._is_long else price
            self._stops.add(definition.id, rank, 0)
        elif condition.kind is ConditionKind.TAKE_PROFIT:
            rank = price if self._is_long else price.copy_negate()
            self._targets.add(definition.id, rank, 0)

    def drop(self, trigger_id: str) -> None:
        rule = self._rules.pop(trigger_id, None)
        if rule is None:
            return
        if self._twins.get(rule) == trigger_id:
            del self._twins[rule]
        self._stops.remove(trigger_id)
        self._targets.remove(trigger_id)

    def twin(self, definition: TriggerDefinition) -> str | None:
        """Name the trigger that does exactly what *definition* would do."""
        condition = definition.condition
        assert isinstance(condition, FixedLevel)
        return self._twins.get((condition, definition.source, definition.action))

    def nearest_stop(self) -> Decimal | None:
        return self._stops.first.copy_abs() if len(self._stops) else None

    def nearest_target(self) -> Decimal | None:
        return self._targets.first.copy_abs() if len(self._targets) else None
