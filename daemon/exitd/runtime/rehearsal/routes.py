"""Which watched prices a price is an observation of."""

from collections.abc import Iterable

from msgspec import Struct

from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import TriggerDefinition
from exitd.errors import ConfigurationError
from exitd.runtime.rehearsal.candle_ends import RunningCandle
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.venue import Quotes

Words = tuple[str, str, str]

#: In place of a candle's length: this is the close itself, of candles of any length.
ANY_CANDLE = "*"


class Watch(Struct, frozen=True):
    """A watched price, and the side of the position that watches it."""

    source: PriceSource
    side: Side | None


class Route(Struct, frozen=True):
    """Where a kind of price goes.

    `sources` observe it directly, `candles` remember it for the end of their candle,
    and `quotes` are the markets that closes of ours fill in.
    """

    kind: PriceKind | None
    sources: tuple[PriceSource, ...]
    candles: tuple[RunningCandle, ...]
    quotes: tuple[Quotes, ...]


def watches_of(definitions: Iterable[TriggerDefinition]) -> tuple[Watch, ...]:
    """Give every stream that a trigger looks at, once for each side."""
    found: dict[Watch, None] = {}
    for definition in definitions:
        watched = []
        if definition.watches_price:
            watched.append(definition.source)
        confirmation = definition.confirmation
        if confirmation is not None and confirmation.emergency_source is not None:
            watched.append(confirmation.emergency_source)
        for source in watched:
            for part in source.parts:
                found[Watch(part, definition.side)] = None
    return tuple(found)


class Routes:
    """Finds the way of a price by the words that it carries.

    A `last_close` follows the last trade, so prices of kind `last` stand for it as
    well, until the first one that is a `last_close` itself. *witnesses* are prices that
    bear out or deny others; nobody misses them.
    """

    def __init__(
        self,
        watches: Iterable[Watch],
        quotes: Iterable[Quotes],
        witnesses: Iterable[PriceSource] = (),
        symbol: str = "",
    ) -> None:
        self._watched = tuple(dict.fromkeys(watch.source for watch in watches))
        # Witnesses see a price first, or they would deny it.
        self._sources = tuple(dict.fromkeys((*witnesses, *self._watched)))
        self._quotes = tuple(quotes)
        self._candles = {s: RunningCandle(s) for s in self._sources if s.closed}
        self._routes: dict[Words, Route] = {}
        self._only = symbol or self._only_symbol()
        self._with_closes: set[str] = set()
        self.seen: set[PriceSource] = set()

    def of(self, price: Price | Candle) -> Route:
        words = price.venue, price.symbol, price.kind
        route = self._routes.get(words)
        if route is None:
            route = self._routes[words] = self._find(*words)
        return route

    def unseen(self) -> list[PriceSource]:
        """The watched prices of which there was none."""
        return [source for source in self._watched if source not in self.seen]

    def _only_symbol(self) -> str:
        symbols = {source.symbol for source in self._sources}
        symbols |= {quotes.symbol for quotes in self._quotes}
        return symbols.pop() if len(symbols) == 1 else ""

    def _find(self, venue: str, symbol: str, words: str) -> Route:
        symbol = symbol or self._only
        if not symbol:
            raise ConfigurationError(
                "the prices do not say which market they are of, and the exits are in "
                "several; name it with --symbol"
            )
        name, _, candle = words.partition(".")
        kind = _kind(name)
        if kind is PriceKind.LAST_CLOSE and symbol not in self._with_closes:
            self._with_closes.add(symbol)
            self._routes.clear()
        here = [
            source
            for source in self._sources
            if source.symbol == symbol and venue in ("", source.feed)
        ]
        met = [source for source in here if self._is_met(source, kind, candle)]
        route = Route(
            kind=kind,
            sources=tuple(s for s in met if candle or not s.closed),
            candles=tuple(self._candles[s] for s in met if s.closed and not candle),
            quotes=tuple(
                quotes
                for quotes in self._quotes
                if quotes.symbol == symbol and venue in ("", quotes.account)
            ),
        )
        self.seen.update(met)
        return route

    def _is_met(self, source: PriceSource, kind: PriceKind | None, candle: str) -> bool:
        if kind is None or source.kind is kind:
            return candle in ("", ANY_CANDLE, _candle_words(source))
        follows = kind is PriceKind.LAST and source.symbol not in self._with_closes
        return follows and source.kind is PriceKind.LAST_CLOSE


def _candle_words(source: PriceSource) -> str:
    return f"{source.candle}.closed" if source.closed else source.candle


def kind_words(source: PriceSource) -> str:
    """Write the kind of a source as a `Price` carries it."""
    candle = _candle_words(source)
    return f"{source.kind}.{candle}" if candle else source.kind.value


def _kind(name: str) -> PriceKind | None:
    """Read the name of a kind; empty fits all.

    Raises:
        ConfigurationError: There is no such kind.
    """
    if not name:
        return None
    try:
        return PriceKind(name)
    except ValueError:
        known = ", ".join(kind.value for kind in PriceKind)
        raise ConfigurationError(
            f"'{name}' is no kind of price; write one of {known}"
        ) from None
