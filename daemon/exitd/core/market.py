"""What is traded and what is observed: instruments, price sources, ticks."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.units import ZERO


class InstrumentKind(StrEnum):
    """What is traded. `ASSET`: shares or coins that the venue holds as a position."""

    PERPETUAL = "perpetual"
    ASSET = "asset"
    SPOT = "spot"
    OTHER = "other"

    @property
    def holds_positions(self) -> bool:
        return self in (InstrumentKind.PERPETUAL, InstrumentKind.ASSET)


class BookState(StrEnum):
    """What the venue's order book takes now.

    A market close must not be sent while it is anything but `OPEN`.
    """

    OPEN = "open"
    LIMIT_ONLY = "limit_only"
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    CLOSED = "closed"


class Instrument(Struct, frozen=True, kw_only=True):
    """One market of one account, with the steps and minimums of its venue.

    `price_step` and `quantity_step` are above zero; `min_quantity` and
    `max_quantity` are in base units, `min_notional` in the quote currency. `min_left`
    is the least that a close of a part must leave open, in base units. With
    `is_cached` some cache told its `book_state`, which may be over.
    """

    account: str
    symbol: str
    kind: InstrumentKind
    base: str
    quote: str
    price_step: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal | None = None
    min_notional: Decimal | None = None
    min_left: Decimal = ZERO
    book_state: BookState = BookState.OPEN
    is_cached: bool = False


class PriceKind(StrEnum):
    """Which price is watched.

    A configuration says `bid_ask`; it means the side that a close would hit:
    `BID` where a close sells (a long), `ASK` where it buys (a short).
    """

    MARK = "mark"
    INDEX = "index"
    LAST = "last"
    LAST_CLOSE = "last_close"
    BID = "bid"
    ASK = "ask"


class PriceSource(Struct, frozen=True, cache_hash=True, gc=False, omit_defaults=True):
    """Where a watched price comes from; the key of one trigger book.

    `feed` is the name of the account whose venue streams it. `candle` is the
    interval (`1m`) of a `LAST_CLOSE`, empty for other kinds; `closed` takes
    only the close of finished candles instead of the running one's. With
    `combined` it is no stream of its own: other sources make its price.
    """

    feed: str
    symbol: str
    kind: PriceKind
    candle: str = ""
    closed: bool = False
    combined: "Combined | None" = None

    def is_of(self, account: str, symbol: str) -> bool:
        """Whether it is a price of this very market, of whatever kind."""
        if self.combined is None:
            return self.feed == account and self.symbol == symbol
        if isinstance(self.combined, Spread):
            return False
        return any(p.feed == account and p.symbol == symbol for p in self.parts)

    @property
    def is_spread(self) -> bool:
        """Whether it is a difference, which may be zero or below."""
        return isinstance(self.combined, Spread)

    @property
    def parts(self) -> "tuple[PriceSource, ...]":
        """The streams that it is made of, in order; itself where it is one."""
        if self.combined is None:
            return (self,)
        if isinstance(self.combined, Spread):
            return self._first, self.combined.less
        return self._first, *self.combined.others

    @property
    def _first(self) -> "PriceSource":
        return PriceSource(self.feed, self.symbol, self.kind, self.candle, self.closed)

    def __str__(self) -> str:
        if isinstance(self.combined, Spread):
            return " - ".join(map(str, self.parts))
        if isinstance(self.combined, Quorum):
            return f"{self.combined.agree} of {', '.join(map(str, self.parts))}"
        suffix = f".{self.candle}" if self.candle else ""
        suffix += ".closed" if self.closed else ""
        return f"{self.feed}/{self.symbol}/{self.kind}{suffix}"


class Spread(Struct, frozen=True, tag="spread", cache_hash=True, gc=False):
    """The price of a source less that of another; any number."""

    less: PriceSource


class Quorum(Struct, frozen=True, tag="quorum", cache_hash=True, gc=False):
    """A price that several sources agree on.

    A falling price has reached a level once `agree` (from 2) of all sources are at or
    below it, so it is the `agree`-th lowest of theirs; a rising one the `agree`-th
    highest.
    """

    others: tuple[PriceSource, ...]
    agree: int
    is_falling: bool


Combined = Spread | Quorum


class Tick(Struct, frozen=True, gc=False):
    """One observation of one price.

    `ts_venue_ns` is the venue's own instant (its engine's where it gives one),
    `ts_recv_ns` ours on arrival. `seq` orders observations of one instant, as
    trade ids do; zero where the venue gives no number.
    """

    source: PriceSource
    price: Decimal
    ts_venue_ns: int
    ts_recv_ns: int
    seq: int = 0
