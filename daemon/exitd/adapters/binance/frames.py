"""Stream frames, decoded in one pass straight into exact decimals.

The kind of a frame is its `e`; of a frame of no known kind only the stream's name is
read. Instants are milliseconds. What answers a request has an `id` and no stream; an
error comes bare or under `error`, and its shape is not the same in all documents.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct, field


class MarkFrame(Struct, frozen=True, tag_field="e", tag="markPriceUpdate", gc=False):
    """`T`, the next funding, is left out; the only instant is that of the event."""

    symbol: str = field(name="s")
    mark: Decimal | None = field(name="p", default=None)
    index: Decimal | None = field(name="i", default=None)
    emitted_ms: int = field(name="E", default=0)


class TradeFrame(Struct, frozen=True, tag_field="e", tag="aggTrade", gc=False):
    """What one taker filled at one price, within 100 ms; no price is left out."""

    symbol: str = field(name="s")
    price: Decimal = field(name="p")
    number: int = field(name="a")
    traded_ms: int = field(name="T", default=0)
    emitted_ms: int = field(name="E", default=0)


class Bar(Struct, frozen=True, gc=False):
    """`last_ms` is the bar's last millisecond: the next bar starts one later."""

    last_ms: int = field(name="T")
    is_closed: bool = field(name="x")
    close: Decimal | None = field(name="c", default=None)


class KlineFrame(Struct, frozen=True, tag_field="e", tag="kline", gc=False):
    symbol: str = field(name="s")
    bar: Bar = field(name="k")
    emitted_ms: int = field(name="E", default=0)


class BookFrame(Struct, frozen=True, tag_field="e", tag="bookTicker", gc=False):
    symbol: str = field(name="s")
    bid: Decimal | None = field(name="b", default=None)
    ask: Decimal | None = field(name="a", default=None)
    engine_ms: int = field(name="T", default=0)
    emitted_ms: int = field(name="E", default=0)
    update: int = field(name="u", default=0)


class FrameError(Struct, frozen=True, gc=False):
    code: int | str = 0
    msg: str = ""


class Frame(Struct, frozen=True, gc=False):
    stream: str = ""
    data: MarkFrame | TradeFrame | KlineFrame | BookFrame | None = None
    id: int | None = None
    error: FrameError | None = None
    code: int | None = None
    msg: str = ""

    @property
    def refusal(self) -> str:
        """What an error says; empty when the frame is none."""
        if self.error is not None:
            return f"{self.error.code} {self.error.msg}"
        return "" if self.code is None else f"{self.code} {self.msg}"


class FrameHead(Struct, frozen=True):
    """What is read of a frame whose data is of no known kind."""

    stream: str = ""


FRAME = msgspec.json.Decoder(Frame)
FRAME_HEAD = msgspec.json.Decoder(FrameHead)
