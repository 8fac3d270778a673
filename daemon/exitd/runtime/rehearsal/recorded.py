"""Which prices a recording is of: those that the exits watch, or named ones."""

from collections.abc import Collection, Iterable
from typing import get_args

from exitd.configuration.findings import did_you_mean, quoted
from exitd.configuration.keys import CandleWord
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import TriggerDefinition
from exitd.errors import ConfigurationError
from exitd.runtime.rehearsal.routes import watches_of

_HOW = "write venue/SYMBOL/kind, such as backpack/SOL_USDC_PERP/mark"
_CANDLE = "1m"


def watched_sources(
    definitions: Iterable[TriggerDefinition],
) -> tuple[PriceSource, ...]:
    """Give what the exits watch, and the mark of markets that they only close in."""
    known = tuple(definitions)
    sources = dict.fromkeys(watch.source for watch in watches_of(known))
    markets = {(source.feed, source.symbol) for source in sources}
    for definition in known:
        place = definition.account, definition.symbol
        if place not in markets and definition.close is not None:
            sources[PriceSource(*place, PriceKind.MARK)] = None
    return tuple(sources)


def named_sources(written: str, venues: Collection[str]) -> tuple[PriceSource, ...]:
    """Read `venue/SYMBOL/kind`; the kind is mark where it is left out.

    `bid_ask` means both sides; `last_close` may name its candle: `last_close.15m`, or
    `last_close.15m.closed`.

    Raises:
        ConfigurationError: It cannot be read, or there is no such venue.
    """
    venue, _, rest = written.partition("/")
    symbol, _, words = rest.rpartition("/")
    if not symbol:
        symbol, words = rest, PriceKind.MARK.value
    if not venue or not symbol:
        raise ConfigurationError(f"--source {written}: {_HOW}")
    if venue not in venues:
        raise ConfigurationError(
            f"--source {written}: there is no {quoted(venue)} under venues:"
            f"{did_you_mean(venue, venues)}"
        )
    if words == "bid_ask":
        kinds = (PriceKind.BID, PriceKind.ASK)
        return tuple(PriceSource(venue, symbol, kind) for kind in kinds)
    return (_source(written, venue, symbol, words),)


def _source(written: str, venue: str, symbol: str, words: str) -> PriceSource:
    name, _, candle = words.partition(".")
    candle, _, closed = candle.partition(".")
    kinds = [kind.value for kind in PriceKind]
    if name not in kinds:
        raise ConfigurationError(
            f"--source {written}: {quoted(name)} is no kind of price"
            f"{did_you_mean(name, kinds)}; {_HOW}"
        )
    kind = PriceKind(name)
    is_candle = kind is PriceKind.LAST_CLOSE
    if not is_candle and candle:
        raise ConfigurationError(f"--source {written}: only last_close has candles")
    if closed not in ("", "closed") or (candle and candle not in get_args(CandleWord)):
        raise ConfigurationError(
            f"--source {written}: write the candle as last_close.15m, or "
            "last_close.15m.closed"
        )
    if not is_candle:
        return PriceSource(venue, symbol, kind)
    return PriceSource(venue, symbol, kind, candle or _CANDLE, bool(closed))
