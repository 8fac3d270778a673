"""The course of prices and levels for a chart: as few points as a chart can show."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.resting import level_now
from exitd.core.state import State
from exitd.core.trigger import TriggerState
from exitd.runtime.rehearsal.venue import Quotes

#: Twice this many cells are kept at most; a chart has no more columns to draw them in.
_CELLS = 1_000


class Cell(Struct):
    """Several prices in a row: where they began, their extremes, where they ended.

    `levels` holds what each trigger of the market watched at the end of it.
    """

    ts_ns: int
    first: Decimal
    low: Decimal
    ts_low_ns: int
    high: Decimal
    ts_high_ns: int
    last: Decimal
    ts_last_ns: int
    levels: dict[str, Decimal]
    count: int = 1

    def join(self, later: "Cell") -> None:
        if later.low < self.low:
            self.low, self.ts_low_ns = later.low, later.ts_low_ns
        if later.high > self.high:
            self.high, self.ts_high_ns = later.high, later.ts_high_ns
        self.last, self.ts_last_ns = later.last, later.ts_last_ns
        self.levels = later.levels
        self.count += later.count

    def points(self) -> list[tuple[int, Decimal]]:
        """Give its prices in the order in which they came, at most four."""
        found = {
            (self.ts_ns, self.first): None,
            **dict.fromkeys(
                sorted([(self.ts_low_ns, self.low), (self.ts_high_ns, self.high)])
            ),
            (self.ts_last_ns, self.last): None,
        }
        return list(found)


class MarketTrack:
    """The course of one market."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.cells: list[Cell] = []
        self._per_cell = 1

    def take(self, price: Decimal, ts_ns: int) -> Cell | None:
        """Take a price; gives the cell that it begins, if it begins one."""
        last = self.cells[-1] if self.cells else None
        if last is None or last.count >= self._per_cell:
            if len(self.cells) >= 2 * _CELLS:
                self._join_pairs()
            cell = Cell(ts_ns, price, price, ts_ns, price, ts_ns, price, ts_ns, {})
            self.cells.append(cell)
            return cell
        last.last, last.ts_last_ns = price, ts_ns
        last.count += 1
        if price < last.low:
            last.low, last.ts_low_ns = price, ts_ns
        elif price > last.high:
            last.high, last.ts_high_ns = price, ts_ns
        return None

    def _join_pairs(self) -> None:
        for earlier, later in zip(self.cells[::2], self.cells[1::2], strict=True):
            earlier.join(later)
        del self.cells[1::2]
        self._per_cell *= 2


class Track:
    """Follows prices and levels for as long as a rehearsal takes."""

    def __init__(self) -> None:
        self.markets: dict[tuple[str, str], MarketTrack] = {}
        self._names: dict[tuple[str, str], list[str]] = {}

    def take(self, quotes: Quotes, ts_ns: int, state: State) -> None:
        """Take the newest price of a market, before the engine has seen it."""
        place = quotes.account, quotes.symbol
        market = self.markets.get(place)
        if market is None:
            market = self.markets[place] = MarketTrack(quotes.symbol)
            self._names[place] = [
                record.id
                for record in state.triggers.values()
                if (record.definition.account, record.definition.symbol) == place
            ]
        if quotes.newest is None:
            return
        before = market.cells[-1] if market.cells else None
        if market.take(quotes.newest, ts_ns) is not None and before is not None:
            before.levels = self._levels(place, state)

    def _levels(self, place: tuple[str, str], state: State) -> dict[str, Decimal]:
        levels: dict[str, Decimal] = {}
        for name in self._names[place]:
            record = state.triggers[name]
            level = level_now(state, record)
            if record.state is TriggerState.ARMED and level is not None:
                levels[name] = level
        return levels

    def end(self, state: State) -> None:
        """Take the levels as they are at the end."""
        for place, market in self.markets.items():
            if market.cells:
                market.cells[-1].levels = self._levels(place, state)
