"""Frames of the price streams: msgpack, each a list of messages.

A price is a binary float there, written by Alpaca from a decimal of a few digits; the
shortest decimal that gives the same float is that one again, and no float is computed
with.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct, field

from exitd.core.units import NS_PER_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: Trades that say nothing of where the market is now: averages, trades of another
#: time, at terms of their own, or only reported late (CTA and UTP sale conditions).
#: Odd lots and trades outside the session are prices of their instant, and count.
NOT_LAST = frozenset(
    [
        "4",
        "7",
        "A",
        "B",
        "C",
        "D",
        "G",
        "H",
        "K",
        "L",
        "M",
        "N",
        "P",
        "Q",
        "R",
        "U",
        "V",
        "W",
        "Z",
    ]
)


class Said(Struct, frozen=True, tag_field="T", tag="success"):
    msg: str = ""


class Problem(Struct, frozen=True, tag_field="T", tag="error"):
    code: int = 0
    msg: str = ""


class Subscribed(Struct, frozen=True, tag_field="T", tag="subscription"):
    """All that is subscribed now."""

    trades: list[str] = []
    quotes: list[str] = []
    bars: list[str] = []


class Trade(Struct, frozen=True, tag_field="T", tag="t"):
    symbol: str = field(name="S")
    price: Decimal = field(name="p")
    at: datetime = field(name="t")
    number: int = field(name="i", default=0)
    conditions: list[str] = field(name="c", default=[])

    @property
    def is_last(self) -> bool:
        return NOT_LAST.isdisjoint(self.conditions)


class Quote(Struct, frozen=True, tag_field="T", tag="q"):
    """A side that nobody quotes has the price zero."""

    symbol: str = field(name="S")
    bid: Decimal = field(name="bp")
    ask: Decimal = field(name="ap")
    at: datetime = field(name="t")


class MinuteBar(Struct, frozen=True, tag_field="T", tag="b"):
    """A minute that is over; `at` is when it began."""

    symbol: str = field(name="S")
    close: Decimal = field(name="c")
    at: datetime = field(name="t")


Message = Said | Problem | Subscribed | Trade | Quote | MinuteBar


class Head(Struct, frozen=True):
    kind: str = field(name="T", default="")


FRAME = msgspec.msgpack.Decoder(list[Message])
#: For frames with a message of a kind that is not read here, such as a correction.
PARTS = msgspec.msgpack.Decoder(list[msgspec.Raw])
MESSAGE = msgspec.msgpack.Decoder(Message)
HEAD = msgspec.msgpack.Decoder(Head)
READ = frozenset({"success", "error", "subscription", "t", "q", "b"})


def at_ns(moment: datetime) -> int:
    """
    Raises:
        ValueError: It has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant without its zone")
    microseconds: int = (moment - _EPOCH) // _MICROSECOND
    return microseconds * NS_PER_US
