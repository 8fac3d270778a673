"""The rows that decisions imply: current state, restored as it was at a start."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.attempt import AttemptRecord
from exitd.core.backstop import BackstopRecord
from exitd.core.condition import Direction
from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.market import Instrument, PriceSource
from exitd.core.position import OrderSide, PositionRecord, Side
from exitd.core.trigger import FireRecord, TriggerRecord


class CounterRecord(Struct, frozen=True):
    """The client ids of an account: an 8-bit tag and the 24-bit counter last used.

    `ahead_window_ns` is how long a request is valid that may have left before it was
    written down; 0 where none may, as after a clean stop.
    """

    account: str
    tag: int
    counter: int
    ahead_window_ns: int = 0


class IdempotencyRecord(Struct, frozen=True):
    """The first answer to a key; the same key with another digest is a conflict."""

    key: str
    digest: str
    trigger_ids: tuple[str, ...]
    ts_ns: int


class FillRecord(Struct, frozen=True, kw_only=True):
    """One execution, kept for ever; unique by account, symbol and trade id."""

    account: str
    symbol: str
    trade_id: str
    venue_order_id: str
    client_order_id: int | None
    fire_id: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool | None
    ts_venue_ns: int


class WatermarksRecord(Struct, frozen=True, kw_only=True):
    """The highs (for `RISING` the lows) that trails of a source have seen.

    Each is a price with the place of the youngest trail that had begun before it;
    see `trails.restored_watermark`. At most a second old.
    """

    source: PriceSource
    way: Direction
    marks: tuple[tuple[int, Decimal], ...]
    ts_ns: int


class SeenRecord(Struct, frozen=True):
    """Up to when the prices of a source were seen, or candles told them; UTC.

    At most a second old. While a hole is not filled it stays where the hole began.
    """

    source: PriceSource
    ts_ns: int


class FundingRecord(Struct, frozen=True, kw_only=True):
    """One funding payment, kept for ever; unique by account, symbol and instant.

    `amount` is in `asset`, above zero where it was received. `side`, `lifetime` and
    `position_id` are those of the position that it was paid on; a payment whose
    position nobody knows any more has none of them.
    """

    account: str
    symbol: str
    side: Side | None
    lifetime: int
    position_id: str
    amount: Decimal
    asset: str
    rate: Decimal | None
    ts_venue_ns: int


class TriggerGone(Struct, frozen=True):
    """This trigger is not restored any more: its row goes to those of the past."""

    trigger_id: str


class MarketGone(Struct, frozen=True):
    """This market ended with its position, and is not restored any more.

    The rows of its positions, of `instrument` and of what was seen of `sources` go; the
    instrument stays among those of the past.
    """

    account: str
    symbol: str
    instrument: Instrument | None
    sources: tuple[PriceSource, ...] = ()


Record = (
    TriggerRecord
    | FireRecord
    | AttemptRecord
    | PositionRecord
    | CounterRecord
    | IdempotencyRecord
    | FillRecord
    | FundingRecord
    | WatermarksRecord
    | SeenRecord
    | Instrument
    | EntryRecord
    | SignalRecord
    | BackstopRecord
    | TriggerGone
    | MarketGone
)


class Snapshot(Struct, frozen=True, kw_only=True):
    """What a start restores: every trigger, and what is not over.

    `fires` are the firings still open; `attempts` theirs, all of them, and any
    other that has not ended; `fills` those of these attempts. `entries` are those
    that have not ended, and ended ones whose broker may still hold exits of them.
    `seq` is the highest arming sequence ever given.
    """

    triggers: tuple[TriggerRecord, ...] = ()
    fires: tuple[FireRecord, ...] = ()
    attempts: tuple[AttemptRecord, ...] = ()
    fills: tuple[FillRecord, ...] = ()
    positions: tuple[PositionRecord, ...] = ()
    counters: tuple[CounterRecord, ...] = ()
    idempotency: tuple[IdempotencyRecord, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    watermarks: tuple[WatermarksRecord, ...] = ()
    seen: tuple[SeenRecord, ...] = ()
    entries: tuple[EntryRecord, ...] = ()
    backstops: tuple[BackstopRecord, ...] = ()
    seq: int = 0
