"""Public stream frames, decoded in one pass straight into exact decimals.

The kind of a frame is its `e`; of a frame of no known kind only the stream's name is
read. Instants `E` and `T` are microseconds, but in candles, where `t` and `T` are
naive ISO texts in UTC.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct, field


class MarkFrame(Struct, frozen=True, tag_field="e", tag="markPrice", gc=False):
    symbol: str = field(name="s")
    mark: Decimal | None = field(name="p", default=None)
    index: Decimal | None = field(name="i", default=None)
    engine_us: int = field(name="T", default=0)
    emitted_us: int = field(name="E", default=0)


class TradeFrame(Struct, frozen=True, tag_field="e", tag="trade", gc=False):
    symbol: str = field(name="s")
    price: Decimal = field(name="p")
    number: int = field(name="t")
    engine_us: int = field(name="T", default=0)
    emitted_us: int = field(name="E", default=0)


class KlineFrame(Struct, frozen=True, tag_field="e", tag="kline", gc=False):
    """A bar as it stands; `close` is null in a bar without trades."""

    symbol: str = field(name="s")
    start: str = field(name="t")
    end: str = field(name="T")
    is_closed: bool = field(name="X")
    close: Decimal | None = field(name="c", default=None)
    emitted_us: int = field(name="E", default=0)


class BookFrame(Struct, frozen=True, tag_field="e", tag="bookTicker", gc=False):
    symbol: str = field(name="s")
    bid: Decimal | None = field(name="b", default=None)
    ask: Decimal | None = field(name="a", default=None)
    engine_us: int = field(name="T", default=0)
    emitted_us: int = field(name="E", default=0)
    update: int | str = field(name="u", default=0)


class FrameError(Struct, frozen=True, gc=False):
    code: int | str = 0
    message: str = ""


class Frame(Struct, frozen=True, gc=False):
    stream: str = ""
    data: MarkFrame | TradeFrame | KlineFrame | BookFrame | None = None
    error: FrameError | None = None


class FrameHead(Struct, frozen=True):
    """What is read of a frame whose data is of no known kind."""

    stream: str = ""


FRAME = msgspec.json.Decoder(Frame)
FRAME_HEAD = msgspec.json.Decoder(FrameHead)
