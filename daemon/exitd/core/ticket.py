"""Order tickets: what a broker is asked for, in the words of the webhook's format.

A ticket says what to trade and how; who may send one is decided elsewhere. Closes of
triggers have none: they are `CloseOrder`s, which can only reduce.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.position import OrderSide


class TicketType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TicketTime(StrEnum):
    """Time in force. `OPG` and `CLS` are the opening and the closing auction."""

    DAY = "day"
    GTC = "gtc"
    OPG = "opg"
    CLS = "cls"
    IOC = "ioc"
    FOK = "fok"


class PositionIntent(StrEnum):
    """What an order is to do to a position; its side follows from it."""

    BUY_TO_OPEN = "buy_to_open"
    BUY_TO_CLOSE = "buy_to_close"
    SELL_TO_OPEN = "sell_to_open"
    SELL_TO_CLOSE = "sell_to_close"

    @property
    def opens(self) -> bool:
        return self in (PositionIntent.BUY_TO_OPEN, PositionIntent.SELL_TO_OPEN)


class AssetClass(StrEnum):
    EQUITY = "equity"
    OPTION = "option"
    CRYPTO = "crypto"


class AttachedExits(Struct, frozen=True, kw_only=True, gc=False):
    """Exits that the broker itself holds once the order has filled.

    A take-profit closes at its limit, or with `touch_price` once that is touched; a
    stop-loss at `stop_price`, with `stop_limit_price` no worse than that. At least one
    of `take_profit_price` and `stop_price` is set.
    """

    take_profit_price: Decimal | None = None
    touch_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_limit_price: Decimal | None = None


class Ticket(Struct, frozen=True, kw_only=True, gc=False):
    """One order as a trader would write it.

    Exactly one of `quantity` (shares, coins or contracts) and `notional` (quote
    currency) is set, both above zero. Prices are set where `order` needs them, and
    only there; of `trail_price` and `trail_percent` (percent) one with a trailing
    stop. `client_order_id` is what the broker is to know the order by.
    """

    symbol: str
    asset_class: AssetClass
    side: OrderSide
    quantity: Decimal | None = None
    notional: Decimal | None = None
    order: TicketType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    time_in_force: TicketTime | None = None
    extended_hours: bool | None = None
    client_order_id: str = ""
    intent: PositionIntent | None = None
    attached: AttachedExits | None = None
