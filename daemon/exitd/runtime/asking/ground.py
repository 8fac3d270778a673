"""Where a venue is asked: a position, and a price so far from it that nothing fills."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.core.inputs import PositionReport
from exitd.core.market import BookState, Instrument, InstrumentKind
from exitd.core.position import OrderSide, Side
from exitd.core.units import ceil_to_step, floor_to_step

#: How far from the mark the orders rest, in percent; the nearer one where a venue takes
#: no order that is so far away.
FAR_PERCENT = (Decimal(8), Decimal(4))


class Ground(Struct, frozen=True, kw_only=True):
    """The position that is asked with; quantities in base units.

    `least` is what the venue takes at least, and what each order is of.
    """

    account: str
    symbol: str
    side: Side
    position: Decimal
    least: Decimal
    quantity_step: Decimal
    price_step: Decimal
    mark: Decimal

    @property
    def close_side(self) -> OrderSide:
        return self.side.close_side

    @property
    def is_least(self) -> bool:
        """Whether two orders of minimum size are more than the position.

        Only then can be asked about an order above it, or above what is left of it,
        without an order that is larger than need be.
        """
        return self.position < 2 * self.least

    @property
    def oversize(self) -> Decimal:
        """The least that is above the position."""
        return self.position + self.quantity_step

    def price(self, percent: Decimal) -> Decimal:
        """A price at which a close rests: above the mark to sell, below it to buy."""
        away = self.mark * percent / 100
        if self.close_side is OrderSide.SELL:
            return ceil_to_step(self.mark + away, self.price_step)
        return floor_to_step(self.mark - away, self.price_step)


def choose(
    positions: Iterable[PositionReport], instruments: Sequence[Instrument]
) -> tuple[PositionReport, Instrument] | None:
    """Take the position that is nearest to the least that its market takes.

    None where no open position can be reduced by that.
    """
    known = {one.symbol: one for one in instruments}
    fit = [
        (position, known[position.key.symbol])
        for position in positions
        if position.key.symbol in known and _fits(position, known[position.key.symbol])
    ]
    return min(fit, key=lambda p: p[0].quantity / p[1].min_quantity, default=None)


def _fits(position: PositionReport, instrument: Instrument) -> bool:
    return (
        instrument.kind is InstrumentKind.PERPETUAL
        and instrument.book_state is BookState.OPEN
        and position.quantity >= instrument.min_quantity
    )
