"""One position beside what is known of its market."""

from decimal import Decimal

from msgspec import Struct

from exitd.configuration.document import Path
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.loaded import Loaded
from exitd.configuration.markets import Markets
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.core.condition import Level
from exitd.core.market import Instrument
from exitd.core.position import PositionKey, PositionRecord

WARNING = Severity.WARNING
ERROR = Severity.ERROR


class Context(Struct, frozen=True):
    """A position of the files, its market, and whether crossed levels are told of.

    `min_distance` is in percent of the price.
    """

    loaded: Loaded
    position: CheckedPosition
    instrument: Instrument
    known: Markets
    min_distance: Decimal
    tells_crossed: bool

    @property
    def record(self) -> PositionRecord | None:
        """The position as it is now, if it is known to be open."""
        position = self.position
        if position.side is None:
            return None
        key = PositionKey(position.venue, position.symbol, position.side)
        return self.known.position(key)

    def watched(self, exit_: CheckedExit) -> Instrument | None:
        """Give the market whose price an exit watches, where it is known."""
        return self.known.instrument(exit_.source)

    def say(
        self, exit_: CheckedExit, path: Path, message: str, severity: Severity
    ) -> Finding:
        """Point at keys of an exit, or at its condition where they are not written."""
        place = (*exit_.path, *path)
        document = self.loaded.document(self.position.file)
        if not document.has(place):
            place = exit_.level_path
        return document.finding(place, message, severity=severity)

    def say_at(self, path: Path, message: str) -> Finding:
        """Point at a place of the position that is written."""
        return self.loaded.finding(self.position, path, message)

    def price_of(self, exit_: CheckedExit, level: Level) -> Decimal | None:
        """Make a level of an exit a price; None while nobody knows the entry."""
        return self.known.level_price(level, self.record, exit_.source)
