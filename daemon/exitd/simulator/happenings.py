"""
What the engine tells the streams.

An order is copied when something happens to it: by the time a frame is built, the
order itself may have moved on.
"""

from __future__ import annotations

from dataclasses import dataclass

from exitd.simulator.accounts import Position
from exitd.simulator.values import Expiry, Fill, Order, Trade


@dataclass(slots=True, frozen=True)
class OrderHappened:
    """`kind` is the `e` of the frame: orderAccepted, orderFill, …"""

    kind: str
    order: Order
    ts_us: int
    fill: Fill | None = None
    reason: Expiry | None = None


@dataclass(slots=True, frozen=True)
class PositionHappened:
    """`kind` is the `e` of the frame: positionOpened, -Adjusted or -Closed."""

    kind: str
    account: str
    position: Position
    ts_us: int


@dataclass(slots=True, frozen=True)
class BalanceHappened:
    account: str
    asset: str
    ts_us: int


@dataclass(slots=True, frozen=True)
class Printed:
    trade: Trade


@dataclass(slots=True, frozen=True)
class PricesMoved:
    symbol: str
    ts_us: int


@dataclass(slots=True, frozen=True)
class BookMoved:
    symbol: str
    ts_us: int


Happening = (
    OrderHappened
    | PositionHappened
    | BalanceHappened
    | Printed
    | PricesMoved
    | BookMoved
)
