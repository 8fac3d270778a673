"""
What the exchange keeps: orders, fills, trades and prices.

Quantities and prices are decimals in base and quote units; instants are integer
microseconds of exchange time. Words are Backpack's own, because this package speaks
its protocol and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

ZERO = Decimal(0)

#: The synthetic market maker. No API key can be this, keys are base64.
HOUSE = "house account"


class Side(StrEnum):
    BID = "Bid"
    ASK = "Ask"

    @property
    def opposite(self) -> Side:
        return Side.ASK if self is Side.BID else Side.BID

    @property
    def sign(self) -> int:
        return 1 if self is Side.BID else -1


class OrderStatus(StrEnum):
    NEW = "New"
    PARTIALLY_FILLED = "PartiallyFilled"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    TRIGGER_PENDING = "TriggerPending"
    TRIGGER_FAILED = "TriggerFailed"
    # In the official Rust client's enum, not in the OpenAPI document.
    TRIGGERED = "Triggered"


RESTING = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})
OPEN = RESTING | {OrderStatus.TRIGGER_PENDING}


class Expiry(StrEnum):
    """Why an order ended without being filled or cancelled, as REST spells it."""

    FILL_OR_KILL = "FillOrKill"
    IMMEDIATE_OR_CANCEL = "ImmediateOrCancel"
    INSUFFICIENT_FUNDS = "InsufficientFunds"
    INSUFFICIENT_LIQUIDITY = "InsufficientLiquidity"
    INSUFFICIENT_MARGIN = "InsufficientMargin"
    INVALID_PRICE = "InvalidPrice"
    INVALID_QUANTITY = "InvalidQuantity"
    LIQUIDATION = "Liquidation"
    POST_ONLY_MODE = "PostOnlyMode"
    POST_ONLY_TAKER = "PostOnlyTaker"
    PRICE_IMPACT = "PriceImpact"
    REDUCE_ONLY_NOT_REDUCED = "ReduceOnlyNotReduced"
    SELF_TRADE_PREVENTION = "SelfTradePrevention"
    SLIPPAGE = "SlippageToleranceExceeded"
    STOP_WITHOUT_POSITION = "StopWithoutPosition"
    UNKNOWN = "Unknown"


@dataclass(slots=True, kw_only=True)
class AttachedExit:
    """A take-profit or stop-loss that comes into being when its parent fills."""

    trigger_price: Decimal
    trigger_by: str | None
    limit_price: Decimal | None
    order_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Order:
    """
    One order, of any kind, from acceptance to its end.

    Attributes:
        quantity: Base units; None for a market order by quote quantity. While a
            trigger is pending it is what was sent beside it, usually nothing.
        quantity_cap: What a reduce-only order by quote quantity may trade at most.
        trigger_quantity: As it was sent: a decimal, or a share such as "80%".
    """

    id: str
    account: str
    symbol: str
    side: Side
    order_type: str
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str = "GTC"
    post_only: bool | None = None
    reduce_only: bool | None = None
    client_id: int | None = None
    self_trade_prevention: str = "RejectTaker"
    slippage_tolerance: Decimal | None = None
    slippage_kind: str | None = None
    trigger_price: Decimal | None = None
    trigger_by: str | None = None
    trigger_quantity: str | None = None
    is_trigger_above: bool = False
    take_profit: AttachedExit | None = None
    stop_loss: AttachedExit | None = None
    status: OrderStatus = OrderStatus.NEW
    executed: Decimal = ZERO
    executed_quote: Decimal = ZERO
    created_us: int = 0
    updated_us: int = 0
    triggered_us: int | None = None
    related_order_id: str | None = None
    expiry_reason: Expiry | None = None
    origin: str = "USER"
    system_order_type: str | None = None
    initial_quantity: Decimal | None = None
    quantity_cap: Decimal | None = None

    @property
    def leaves(self) -> Decimal:
        """What is still to be executed, in base units."""
        return ZERO if self.quantity is None else self.quantity - self.executed

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_resting(self) -> bool:
        return self.status in RESTING

    @property
    def is_pending_trigger(self) -> bool:
        return self.status is OrderStatus.TRIGGER_PENDING


@dataclass(slots=True, frozen=True, kw_only=True)
class Fill:
    """One execution of one user's order."""

    account: str
    order_id: str
    client_id: int | None
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    is_maker: bool
    fee: Decimal
    fee_symbol: str
    trade_id: int
    ts_us: int
    system_order_type: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Trade:
    """One print on the tape."""

    symbol: str
    trade_id: int
    price: Decimal
    quantity: Decimal
    buyer_order_id: str
    seller_order_id: str
    is_buyer_maker: bool
    ts_us: int


@dataclass(slots=True)
class Prices:
    """The three prices of a market; `last` moves with every print."""

    mark: Decimal
    index: Decimal
    last: Decimal
    funding_rate: Decimal = field(default=Decimal("0.0000125"))


@lru_cache(4_096)
def text(value: Decimal) -> str:
    """A decimal on the wire: no exponent, no trailing zeros after the point."""
    written = format(value, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in ("-0", "") else written


def floor_to(quantity: Decimal, step: Decimal) -> Decimal:
    """*quantity* rounded towards zero to a multiple of *step*."""
    return (quantity // step) * step
