"""The levels that close one position, for what must not stand beside them."""

from decimal import Decimal

from exitd.core.condition import ConditionKind, FixedLevel, Immediately
from exitd.core.position import PositionKey, Side
from exitd.core.trigger import TriggerDefinition


class Neighbours:
    """Finds a trigger that does the same, and the nearest stop and take-profit.

    For a long the nearest stop is the highest and the nearest take-profit the
    lowest; for a short it is the other way round. The nearest is looked for
    among all only after it has gone: a million resting levels cost no heap more.
    """

    __slots__ = ("_is_long", "_nearest", "_rules")

    def __init__(self, key: PositionKey) -> None:
        self._is_long = key.side is Side.LONG
        self._rules: dict[int, TriggerDefinition] = {}
        self._nearest: dict[ConditionKind, Decimal | None] = {}

    def put(self, definition: TriggerDefinition) -> None:
        """Take a trigger in; one that closes nothing, or at once, is left out."""
        condition = definition.condition
        if definition.close is None or isinstance(condition, Immediately):
            return
        self._rules[_rule(definition)] = definition
        level = _level_here(definition)
        if level is None:
            return
        assert isinstance(condition, FixedLevel)
        kind = condition.kind
        if kind in self._nearest:
            nearest = self._nearest[kind]
            if nearest is None or self._is_nearer(kind, level, nearest):
                self._nearest[kind] = level

    def drop(self, definition: TriggerDefinition) -> None:
        """Leave a trigger out; one that is not here is no error."""
        rule = _rule(definition)
        known = self._rules.get(rule)
        if known is None or known.id != definition.id:
            return
        del self._rules[rule]
        condition = definition.condition
        if not isinstance(condition, FixedLevel):
            return
        if self._nearest.get(condition.kind) == condition.price:
            del self._nearest[condition.kind]

    def twin(self, definition: TriggerDefinition) -> str | None:
        """Name another trigger that does exactly what *definition* would do."""
        known = self._rules.get(_rule(definition))
        return known.id if known is not None and known.id != definition.id else None

    def nearest_stop(self) -> Decimal | None:
        return self._find(ConditionKind.STOP_LOSS)

    def nearest_target(self) -> Decimal | None:
        return self._find(ConditionKind.TAKE_PROFIT)

    def _find(self, kind: ConditionKind) -> Decimal | None:
        if kind not in self._nearest:
            nearest: Decimal | None = None
            for definition in self._rules.values():
                condition, level = definition.condition, _level_here(definition)
                if level is None:
                    continue
                assert isinstance(condition, FixedLevel)
                if condition.kind is not kind:
                    continue
                if nearest is None or self._is_nearer(kind, level, nearest):
                    nearest = level
            self._nearest[kind] = nearest
        return self._nearest[kind]

    def _is_nearer(self, kind: ConditionKind, one: Decimal, other: Decimal) -> bool:
        """Whether a level comes before another on its way from the price."""
        is_below = self._is_long is (kind is ConditionKind.STOP_LOSS)
        return one > other if is_below else one < other


def _level_here(definition: TriggerDefinition) -> Decimal | None:
    """Give a level that others of the position can be compared with."""
    is_here = definition.source.is_of(definition.account, definition.symbol)
    return definition.level if is_here else None


def _rule(definition: TriggerDefinition) -> int:
    """Fingerprint what a trigger does, whatever its name."""
    return hash(
        (
            definition.condition,
            definition.confirmation,
            definition.source,
            definition.action,
        )
    )
