"""A model of every kind of condition: one loop over all triggers, nothing clever.

It is what the books are held against. Each trigger only tells, so that hits end it
and nothing else happens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from exitd.core.condition import Direction, FixedLevel, Offset, Relative, Trailing
from exitd.core.trigger import TriggerDefinition

HUNDRED = Decimal(100)


@dataclass
class Modelled:
    """One trigger, as its definition says it should behave."""

    definition: TriggerDefinition
    price: Decimal | None
    watermark: Decimal | None = None
    is_tightened: bool = False
    counted: int = 0
    is_moved_to: Decimal | None = None

    @property
    def falls(self) -> bool:
        return self.definition.direction is Direction.FALLING

    def beyond(self, level: Decimal, price: Decimal, *, ahead: bool = False) -> bool:
        falls = self.falls is not ahead
        return price <= level if falls else price >= level

    def begin(self) -> None:
        """Begin a trail where it is time for it."""
        condition, price = self.definition.condition, self.price
        if not isinstance(condition, Trailing) or price is None:
            return
        if self.watermark is not None:
            return
        after = condition.after
        assert not isinstance(after, Relative)
        if after is None or self.beyond(after, price, ahead=True):
            self.watermark = price

    def offset(self, condition: Trailing) -> Offset:
        if self.is_tightened and condition.tighten is not None:
            return condition.tighten.to
        return condition.offset

    def stop(self) -> Decimal | None:
        condition = self.definition.condition
        if isinstance(condition, FixedLevel):
            assert isinstance(condition.price, Decimal)
            if self.is_moved_to is not None:
                return self.is_moved_to
            return condition.price
        assert isinstance(condition, Trailing)
        if self.watermark is None:
            return None
        offset = self.offset(condition)
        behind = offset.value
        if offset.is_percent:
            behind = self.watermark * offset.value / HUNDRED
        return self.watermark - behind if self.falls else self.watermark + behind

    def see(self, price: Decimal) -> bool:
        """Take in a price; whether it hits."""
        self.price = price
        condition = self.definition.condition
        if isinstance(condition, Trailing):
            self.trail(condition, price)
        else:
            self.move(price)
        stop = self.stop()
        if stop is None or not self.beyond(stop, price):
            self.counted = 0
            return False
        return self._is_confirmed(price)

    def trail(self, condition: Trailing, price: Decimal) -> None:
        tighten = condition.tighten
        if tighten is not None:
            assert isinstance(tighten.at, Decimal)
            if self.beyond(tighten.at, price, ahead=True):
                self.is_tightened = True
        if self.watermark is None:
            self.begin()
            return
        if condition.step is not None:
            signed = condition.step if self.falls else -condition.step
            ahead = self.watermark * (HUNDRED + signed) / HUNDRED
            if self.beyond(ahead, price, ahead=True):
                self.watermark = price
        elif self.falls:
            self.watermark = max(self.watermark, price)
        else:
            self.watermark = min(self.watermark, price)

    def least_after(self, step: Decimal, best: Decimal) -> Decimal:
        """Where a trail in steps is at least, after a candle with this best price."""
        assert self.watermark is not None
        rate = (HUNDRED + (step if self.falls else -step)) / HUNDRED
        if not self.beyond(self.watermark * rate, best, ahead=True):
            return self.watermark
        rounding = ROUND_FLOOR if self.falls else ROUND_CEILING
        least = (best / rate).quantize(Decimal("0.01"), rounding)
        choose = max if self.falls else min
        return choose(self.watermark * rate, least)

    def move(self, price: Decimal) -> None:
        for move in self.definition.moves:
            assert isinstance(move.at, Decimal)
            assert isinstance(move.to, Decimal)
            if not self.beyond(move.at, price, ahead=True):
                continue
            now = self.stop()
            assert now is not None
            tighter = max(now, move.to) if self.falls else min(now, move.to)
            if tighter != now:
                self.is_moved_to = tighter

    def _is_confirmed(self, price: Decimal) -> bool:
        confirmation = self.definition.confirmation
        if confirmation is None:
            return True
        emergency = confirmation.emergency
        assert not isinstance(emergency, Relative)
        if emergency is not None and self.beyond(emergency, price):
            return True
        self.counted += 1
        return self.counted >= confirmation.prices


@dataclass
class Model:
    """All triggers; a price goes through every one of them."""

    live: dict[str, Modelled] = field(default_factory=dict)
    price: Decimal | None = None

    def arm(self, definition: TriggerDefinition) -> None:
        made = Modelled(definition, self.price)
        self.live[definition.id] = made
        made.begin()

    def amend(self, definition: TriggerDefinition) -> None:
        known = self.live[definition.id]
        was, now = known.definition.condition, definition.condition
        known.definition = definition
        if was == now:
            return
        known.counted = 0
        if not isinstance(now, Trailing):
            known.is_moved_to = None
        known.begin()

    def fill_hole(self, high: Decimal, low: Decimal) -> None:
        """All see the best of it; a trail in steps went so far at the least."""
        for trigger in self.live.values():
            condition = trigger.definition.condition
            best = high if trigger.falls else low
            if not isinstance(condition, Trailing):
                trigger.move(best)
            elif condition.step is not None and trigger.watermark is not None:
                trigger.watermark = trigger.least_after(condition.step, best)
            else:
                now, trigger.price = trigger.price, best
                trigger.trail(condition, best)
                trigger.price = now

    def restart(self) -> None:
        """A count of prices begins again (behaviour 137)."""
        for trigger in self.live.values():
            trigger.counted = 0

    def tick(self, price: Decimal) -> set[str]:
        self.price = price
        hit = {id for id, trigger in self.live.items() if trigger.see(price)}
        for id in hit:
            del self.live[id]
        return hit
