"""What is known of the markets while files are checked against them."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.combining import combined_price
from exitd.core.condition import Level
from exitd.core.derived import price_of
from exitd.core.market import Instrument, PriceSource
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.trigger import (
    CancelAndClose,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)
from exitd.core.units import HUNDRED, floor_to_step


class Markets(Struct, frozen=True, kw_only=True):
    """What is known of the markets; an account without instruments is not checked."""

    instruments: Mapping[tuple[str, str], Instrument] = {}
    prices: Mapping[PriceSource, Decimal] = {}
    positions: Mapping[PositionKey, PositionRecord] = {}

    def symbols(self, account: str) -> list[str]:
        return [symbol for name, symbol in self.instruments if name == account]

    def instrument(self, source: PriceSource) -> Instrument | None:
        """Give the market that a price is of; None for a spread of two."""
        if source.is_spread:
            return None
        return self.instruments.get((source.feed, source.symbol))

    def price(self, source: PriceSource) -> Decimal | None:
        """Give the price of a source, as far as its streams are known."""
        return combined_price(source, self.prices.get, _never_stale)

    def position(self, key: PositionKey | None) -> PositionRecord | None:
        """Give a position if it is open."""
        record = None if key is None else self.positions.get(key)
        return record if record is not None and record.is_open else None

    def level_price(
        self, level: Level, position: PositionRecord | None, source: PriceSource
    ) -> Decimal | None:
        """Make a level of *position* a price; None while nobody knows the entry."""
        if isinstance(level, Decimal):
            return level
        if position is None or not position.is_open:
            return None
        instrument = self.instrument(source)
        step = None if instrument is None else instrument.price_step
        return price_of(level, position, step)


def _never_stale(_: PriceSource) -> bool:
    return False


def markets(
    instruments: tuple[Instrument, ...],
    prices: Mapping[PriceSource, Decimal] | None = None,
    positions: Mapping[PositionKey, PositionRecord] | None = None,
) -> Markets:
    """Put together what venues reported."""
    return Markets(
        instruments={(i.account, i.symbol): i for i in instruments},
        prices=prices or {},
        positions=positions or {},
    )


def distance_percent(price: Decimal, level: Decimal) -> Decimal:
    """How far a level is from the price, in percent of the price."""
    return abs(price - level) * HUNDRED / price


def fitted(trigger: TriggerDefinition, known: Markets) -> TriggerDefinition:
    """Floor an absolute quantity to its market's step, as the engine stores it."""
    close = trigger.close
    instrument = known.instruments.get((trigger.account, trigger.symbol))
    if close is None or instrument is None:
        return trigger
    if close.quantity.kind is not QuantityKind.ABSOLUTE:
        return trigger
    floored = floor_to_step(close.quantity.value, instrument.quantity_step)
    if floored in (close.quantity.value, Decimal(0)):
        return trigger
    smaller = replace(close, quantity=Quantity(QuantityKind.ABSOLUTE, floored))
    if isinstance(trigger.action, CancelAndClose):
        return replace(trigger, action=replace(trigger.action, close=smaller))
    return replace(trigger, action=smaller)
