"""Signals: alerts in the one form that everything behind the format reads.

A `Signal` holds what an alert said, and nothing that it did not say: defaults are
applied where an order is made of it. It never holds the `auth_key`.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec import Struct

from exitd.core.position import OrderSide, Side
from exitd.core.ticket import PositionIntent, TicketTime, TicketType

Json = dict[str, object]


class Direction(StrEnum):
    """The side of the order, not of the position: `short` closes a long one too."""

    LONG = "long"
    SHORT = "short"

    @property
    def side(self) -> OrderSide:
        return OrderSide.BUY if self is Direction.LONG else OrderSide.SELL

    @property
    def position_side(self) -> Side:
        """The side of the position that the order opens, if it opens one."""
        return Side.LONG if self is Direction.LONG else Side.SHORT


class ProfitType(StrEnum):
    """`STOP_LIMIT` is a touch exit: a limit placed once its price is touched."""

    LIMIT = "limit"
    STOP_LIMIT = "stop_limit"


class LossType(StrEnum):
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class TakeProfit(
    Struct, frozen=True, kw_only=True, gc=False, rename="camel", omit_defaults=True
):
    """`stop_price` is the price whose touch places the limit of a touch exit."""

    type: ProfitType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None

    @property
    def is_touch(self) -> bool:
        return self.type is ProfitType.STOP_LIMIT


class StopLoss(
    Struct, frozen=True, kw_only=True, gc=False, rename="camel", omit_defaults=True
):
    type: LossType
    stop_price: Decimal | None = None
    limit_price: Decimal | None = None

    @property
    def has_limit(self) -> bool:
        """Whether it is a stop-limit; a limit that its type has no use for may be."""
        return self.type is LossType.STOP_LIMIT


class Signal(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """
    One alert, normalised. What was missing or could not be read is None.

    Prices are in the quote currency per unit, `qty` in shares, coins or contracts,
    `notional` in the quote currency, `trail_percent` in percent; all above zero.
    `order_type` is the alert's own, else the one that its prices mean: never None.
    `position_intent` is an official value (see `intent`) or any other word (`tag`).
    `metadata` is as it came, but for its timestamp, which is ISO 8601 where it was
    a count of seconds or milliseconds. `extra` are the fields that the format lacks.
    """

    ticker: str | None = None
    direction: Direction | None = None
    market_price: Decimal | None = None
    qty: Decimal | None = None
    notional: Decimal | None = None
    stop_price: Decimal | None = None
    limit_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    take_profit: TakeProfit | None = None
    stop_loss: StopLoss | None = None
    order_type: TicketType
    time_in_force: TicketTime | None = None
    extended_hours: bool | None = None
    client_order_id: str | None = None
    position_intent: str | None = None
    account_id: str | None = None
    metadata: Json = msgspec.field(default_factory=dict)
    extra: Json = msgspec.field(default_factory=dict)

    @property
    def intent(self) -> PositionIntent | None:
        """What the alert says that its order does to the position."""
        if self.position_intent in _INTENTS:
            return PositionIntent(self.position_intent)
        return None

    @property
    def tag(self) -> str | None:
        """A `positionIntent` that is none of the official ones."""
        return None if self.intent is not None else self.position_intent

    @property
    def has_exits(self) -> bool:
        return self.take_profit is not None or self.stop_loss is not None

    @property
    def broker_platform(self) -> str | None:
        """The broker that `metadata.brokerPlatform` names, in lower case."""
        named = self.metadata.get("brokerPlatform")
        return named.strip().lower() or None if isinstance(named, str) else None


_INTENTS = frozenset(intent.value for intent in PositionIntent)


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """
    One thing that is wrong with an alert, or worth knowing about it.

    `rule` is its number (`E4`, `W2`), empty for what cannot be read at all. `message`
    is the format's sentence, word for word. `cause` says how it comes about (of a
    warning: what it means) and `remedy` what to do. `field` is where, as in the body.
    """

    rule: str
    message: str
    cause: str
    remedy: str
    field: str = ""

    @property
    def meaning(self) -> str:
        """What a warning says."""
        return self.cause

    @property
    def action(self) -> str:
        """What to do about a warning."""
        return self.remedy


class Normalised(Struct, frozen=True, kw_only=True):
    """
    An alert, and what of it could not be read, in the order of the fields.

    A field with an error is absent from the signal. `unread` are the names of these,
    in the words of the format, so that nobody says that they are missing.
    """

    signal: Signal
    has_auth_key: bool = False
    errors: tuple[Finding, ...] = ()
    unread: frozenset[str] = frozenset()


class Validation(Struct, frozen=True, kw_only=True):
    """What is wrong (every error of it, in the format's order) and what is odd."""

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.errors
