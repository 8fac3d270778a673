"""What a picture shows, taken from a rehearsal; how it is drawn is not decided here."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.condition import FixedLevel, Trailing
from exitd.core.position import Side
from exitd.core.trigger import TriggerDefinition
from exitd.runtime.rehearsal.report import Fired, Report
from exitd.runtime.rehearsal.track import MarketTrack, Track
from exitd.runtime.rehearsal.wording import did_words


class LineKind(StrEnum):
    """What a level is to its position; each kind has a colour of its own."""

    STOP = "stop"
    TARGET = "take-profit"
    TRAIL = "trailing stop"
    OTHER = "level"


class LevelLine(Struct, frozen=True):
    """The level of an exit while it was watched; None where it was not."""

    name: str
    kind: LineKind
    points: tuple[tuple[int, Decimal | None], ...]


class FireMark(Struct, frozen=True):
    """A hit: when, at what price, and what the exit did."""

    ts_ns: int
    price: Decimal
    label: str
    kind: LineKind


class EntryLine(Struct, frozen=True):
    price: Decimal
    side: Side


class Panel(Struct, frozen=True, kw_only=True):
    """One market: the course of its price, and all that belongs to it."""

    symbol: str
    prices: tuple[tuple[int, Decimal], ...]
    levels: tuple[LevelLine, ...]
    fires: tuple[FireMark, ...]
    entries: tuple[EntryLine, ...]


class Picture(Struct, frozen=True, kw_only=True):
    """`since_ns` is where the axis of time begins to count, None for the calendar."""

    title: str
    panels: tuple[Panel, ...]
    since_ns: int | None = None


def pictured(
    title: str,
    track: Track,
    report: Report,
    definitions: Iterable[TriggerDefinition],
    *,
    since_ns: int | None = None,
) -> Picture:
    """Put together what a rehearsal has to show, a panel for each market."""
    known = {definition.id: definition for definition in definitions}
    return Picture(
        title=title,
        panels=tuple(
            _panel(market, report, known, account)
            for (account, _), market in track.markets.items()
            if market.cells
        ),
        since_ns=since_ns,
    )


def _panel(
    market: MarketTrack,
    report: Report,
    known: dict[str, TriggerDefinition],
    account: str,
) -> Panel:
    symbol = market.symbol
    here = {
        name: definition
        for name, definition in known.items()
        if (definition.account, definition.symbol) == (account, symbol)
    }
    prices = [point for cell in market.cells for point in cell.points()]
    marks = [
        FireMark(
            fired.ts_ns,
            price,
            f"{fired.exit}: {did_words(fired)}",
            _kind_of(here[fired.trigger_id]),
        )
        for fired in report.fired
        if fired.trigger_id in here
        and (price := _price_of(fired, here[fired.trigger_id])) is not None
    ]
    return Panel(
        symbol=symbol,
        prices=tuple(prices),
        levels=tuple(
            _level_line(market, definition)
            for definition in here.values()
            if _has_line(definition)
        ),
        fires=tuple(marks),
        entries=tuple(
            EntryLine(held.entry_price, held.side)
            for held in report.positions
            if held.key.symbol == symbol and held.entry_price is not None
        ),
    )


def _has_line(definition: TriggerDefinition) -> bool:
    """Whether its level can stand among the prices of its own market."""
    source = definition.source
    if not definition.watches_price or source.is_spread:
        return False
    return any(part.symbol == definition.symbol for part in source.parts)


def _price_of(fired: Fired, definition: TriggerDefinition) -> Decimal | None:
    if fired.price is not None or not _has_line(definition):
        return fired.price
    return fired.observed


def _level_line(market: MarketTrack, definition: TriggerDefinition) -> LevelLine:
    """Follow a level; of each stretch in which it stays, only the ends are kept."""
    points: list[tuple[int, Decimal | None]] = []
    before: Decimal | None = None
    for cell in market.cells:
        level = cell.levels.get(definition.id)
        if level != before:
            points.append((cell.ts_ns, level))
        before = level
    if before is not None:
        points.append((market.cells[-1].ts_last_ns, before))
    name = definition.id.rpartition("/")[2]
    return LevelLine(name, _kind_of(definition), tuple(points))


def _kind_of(definition: TriggerDefinition) -> LineKind:
    condition = definition.condition
    if isinstance(condition, Trailing):
        return LineKind.TRAIL
    if definition.close is None or definition.side is None:
        return LineKind.OTHER
    if definition.is_stop and isinstance(condition, FixedLevel):
        return LineKind.STOP
    return LineKind.TARGET if isinstance(condition, FixedLevel) else LineKind.OTHER
