"""Attempts: one order of one firing, from its signature to its end."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.asked_time import AskedTime
from exitd.core.position import OrderSide, PositionKey
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_S, ZERO


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"


class AttemptKey(Struct, frozen=True, cache_hash=True, gc=False):
    trigger_id: str
    arming: int
    n: int

    def __str__(self) -> str:
        return f"{self.trigger_id}#{self.arming}.{self.n}"


class CloseOrder(Struct, frozen=True, kw_only=True, gc=False):
    """A close as the core asks for it.

    It has no reduce-only flag because it cannot be anything else: every venue
    adapter sends it reduce-only, or, where the venue has no such flag, never
    above the position just read. `price` is set for limit closes only. `window_ns`
    is how long the request is valid, where that is not left to the account. `asked` is
    how long a limit close may work, where that is not left to `time_in_force`.
    """

    attempt: AttemptKey
    account: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    order: OrderType
    price: Decimal | None
    time_in_force: TimeInForce
    client_order_id: int
    window_ns: int | None = None
    asked: AskedTime | None = None


class AttemptState(StrEnum):
    SIGNED = "signed"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    WORKING = "working"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ENDED = frozenset(
    {
        AttemptState.FILLED,
        AttemptState.REFUSED,
        AttemptState.CANCELLED,
        AttemptState.EXPIRED,
    }
)


class AttemptRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One attempt as it stands; the row that recovery works from.

    `signed` holds the exact request, written before it was sent. Both
    `ts_signed_venue_ns` and `expires_venue_ns` are on the venue's clock.
    `filled` is cumulative, in base units; `filled_quote` in the quote currency.
    `position_before` is what a report that shows the last fill must be below.
    """

    order: CloseOrder
    key: PositionKey
    lifetime: int
    state: AttemptState
    signed: bytes = b""
    ts_signed_venue_ns: int = 0
    expires_venue_ns: int = 0
    venue_order_id: str = ""
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    ts_filled_venue_ns: int = 0
    refusal: str = ""
    ts_sent_ns: int = 0
    ts_changed_ns: int = 0
    position_before: Decimal = ZERO
    is_flagged: bool = False

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED

    @property
    def unresolved(self) -> Decimal:
        """What this attempt may still take off the position, in base units."""
        return ZERO if self.is_ended else self.order.quantity - self.filled


class Dedupe(StrEnum):
    """Whether a venue refuses a second order with a client id it has seen."""

    NEVER = "never"
    OPEN_ONLY = "open_only"
    ALWAYS = "always"


class Expiry(StrEnum):
    """What ends a request that nobody answered.

    With `NONCE` the same bytes can be sent again and act once at the most; they carry
    a deadline too, so that the doubt ends even if they never arrive.
    """

    NONE = "none"
    WINDOW = "window"
    NONCE = "nonce"


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a venue can do; this record picks the path of an attempt in doubt.

    `lag_slack_ns` is how long after expiry the venue's own records may still
    change; a clean read counts only once it has passed. `window_ns` is how long a
    request is valid, where `expiry` is `WINDOW` and a close does not say. Without
    `has_ioc` nothing ends at once there: what does not fill rests until it is taken
    back. A venue that `reserves` sets aside what an open order would close, and refuses
    a second order for it: there two closes never take the same twice. One that
    `ends_markets` makes a market for each position: it ends with it, and never opens
    again.
    """

    dedupe: Dedupe = Dedupe.NEVER
    expiry: Expiry = Expiry.WINDOW
    lag_slack_ns: int = 10 * NS_PER_S
    window_ns: int = 0
    reduce_only: bool = True
    has_ioc: bool = True
    reserves: bool = False
    hedge_mode: bool = False
    ends_markets: bool = False


class RefusalKind(StrEnum):
    """What a definite refusal means for the next attempt.

    Each venue maps its own codes to these in one table; what follows from each
    is in `refusals.py`.
    """

    EXPIRED = "expired"
    RATE_LIMITED = "rate_limited"
    NOT_REDUCED = "not_reduced"
    PRICE_BOUND = "price_bound"
    LIQUIDITY = "liquidity"
    OWN_ORDERS = "own_orders"
    MARGIN = "margin"
    HALTED = "halted"
    UNAUTHORIZED = "unauthorized"
    INVALID = "invalid"
    BUSY = "busy"
