"""What an exit watches in place of its own market: one, or several together.

    binance/BTCUSDT                                  one market
    binance/BTCUSDT - binance/ETHUSDT                a spread: the first less the second
    backpack/SOL_USDC_PERP and binance/SOLUSDT       all of them must agree
    2 of backpack/SOL_USDC_PERP binance/SOLUSDT ...  so many of them must

A kind of price after a market is for that market only.
"""

import re
from collections.abc import Callable
from typing import Annotated, get_args

from msgspec import Struct
from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.keys import PriceWord
from exitd.configuration.symbols import MARKET_PATTERN
from exitd.core.market import Combined, PriceKind, PriceSource, Quorum, Spread

MARKETS_MAX = 8

_KINDS = get_args(PriceWord)
_KIND = "|".join(_KINDS)
_PART = rf"{MARKET_PATTERN}( ({_KIND}))?"
_ONE_OR_SPREAD = rf"{MARKET_PATTERN}|{_PART} - {_PART}"
_AGREED = rf"{_PART}( and {_PART})+|[1-9] of {_PART}( {_PART})+"
_WATCH = re.compile(f"{_ONE_OR_SPREAD}|{_AGREED}")
_FOUND = re.compile(rf"(?P<market>{MARKET_PATTERN})(?: (?P<kind>{_KIND})\b)?")


class WatchedMarket(Struct, frozen=True):
    """A market as `venue/symbol`; `kind` is empty for the exit's own `price`."""

    name: str
    kind: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """The venue and the symbol."""
        venue, _, symbol = self.name.partition("/")
        return venue, symbol

    def __str__(self) -> str:
        return f"{self.name} {self.kind}" if self.kind else self.name


class Watch(Struct, frozen=True):
    """One market, or several: a spread of two, unless so many of them must `agree`."""

    markets: tuple[WatchedMarket, ...]
    agree: int = 0

    @property
    def is_spread(self) -> bool:
        return len(self.markets) == 2 and not self.agree

    @property
    def is_combined(self) -> bool:
        return len(self.markets) > 1

    def agrees_with(self, market: str) -> bool:
        """Whether *market* is one of those that must agree."""
        return self.agree > 0 and any(m.name == market for m in self.markets)

    def __str__(self) -> str:
        names = [str(market) for market in self.markets]
        if not self.agree:
            return " - ".join(names)
        if self.agree == len(names):
            return " and ".join(names)
        return f"{self.agree} of {' '.join(names)}"


def price_word(kind: PriceKind) -> str:
    """Give the word of the files for a price."""
    return "bid_ask" if kind in (PriceKind.BID, PriceKind.ASK) else kind.value


def watch_of(source: PriceSource) -> Watch:
    """Give the words for a source, beside those for its own kind of price."""
    markets = tuple(
        WatchedMarket(
            f"{part.feed}/{part.symbol}",
            "" if part.kind is source.kind else price_word(part.kind),
        )
        for part in source.parts
    )
    quorum = source.combined
    return Watch(markets, quorum.agree if isinstance(quorum, Quorum) else 0)


def watched_elsewhere(source: PriceSource, account: str, symbol: str) -> str:
    """Name what is watched, if that is not just the trigger's own market."""
    if source.combined is None and source.is_of(account, symbol):
        return ""
    return str(watch_of(source))


def read_watch(written: object) -> Watch:
    """Read what is watched; the first `/` of a market ends the venue's name."""
    text = " ".join(written.split()) if isinstance(written, str) else ""
    if not _WATCH.fullmatch(text):
        raise ValueError(
            "write the venue and the symbol, such as binance/BTCUSDT; 'a/X - b/Y' for "
            "a spread, 'a/X and b/Y' for prices that must agree"
        )
    count, _, rest = text.partition(" of ")
    is_counted = bool(rest)
    markets = tuple(
        WatchedMarket(found["market"], found["kind"] or "")
        for found in _FOUND.finditer(rest if is_counted else text)
        if found["market"] not in ("and", "-")
    )
    if len(set(markets)) < len(markets):
        raise ValueError("each market is named once")
    if len(markets) > MARKETS_MAX:
        raise ValueError(f"write at most {MARKETS_MAX} markets")
    if not is_counted:
        return Watch(markets, agree=len(markets) if " and " in text else 0)
    agree = int(count)
    if not 2 <= agree <= len(markets):
        raise ValueError(
            f"from 2 to all {len(markets)} of these markets can agree, not {agree}"
        )
    return Watch(markets, agree)


def combination(
    watch: Watch, source_of: Callable[[WatchedMarket], PriceSource], *, is_falling: bool
) -> PriceSource:
    """Make the source of what is watched out of those of its markets."""
    first, *others = (source_of(market) for market in watch.markets)
    if not others:
        return first
    combined: Combined = Spread(others[0])
    if watch.agree:
        combined = Quorum(tuple(others), watch.agree, is_falling)
    return PriceSource(
        first.feed, first.symbol, first.kind, first.candle, first.closed, combined
    )


Watched = Annotated[
    Watch,
    PlainValidator(read_watch),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({_ONE_OR_SPREAD}|{_AGREED})$",
            "examples": [
                "binance/BTCUSDT",
                "binance/BTCUSDT - binance/ETHUSDT",
                "backpack/SOL_USDC_PERP and binance/SOLUSDT",
            ],
        }
    ),
]
