"""Entries: the only orders that can open or add, each asked for by one alert."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.condition import ConditionKind
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.ticket import Ticket
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import ZERO


class EntryOrder(Struct, frozen=True, kw_only=True, gc=False):
    """An order that may open or add to a position.

    `id` is the alert's: one alert is one entry at the most, however often it is
    carried out. The ticket's client order id is unique in its account.
    """

    id: str
    account: str
    ticket: Ticket

    @property
    def key(self) -> PositionKey:
        """The position that it opens or adds to."""
        ticket = self.ticket
        side = Side.LONG if ticket.side is OrderSide.BUY else Side.SHORT
        return PositionKey(self.account, ticket.symbol, side)


class EntryState(StrEnum):
    """`WANTED` is stored and waits for a slot; nothing of it was signed yet."""

    WANTED = "wanted"
    SIGNED = "signed"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    WORKING = "working"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class LegFill(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What an exit that the broker itself held has closed, once it has ended.

    `leg` is the broker's id of it; `kind` is None where the broker does not say enough
    to tell. `level` is its stop price, touch price or limit, quote per unit, as far as
    that is known. `quantity` is in units of the quantity, above zero, `quote` what it
    came to in the quote currency; zero is not known. `ended` is how the leg ended
    (`filled`, or what became of it after a part) and `ts_venue_ns` when.
    """

    leg: str
    kind: ConditionKind | None = None
    level: Decimal | None = None
    quantity: Decimal
    quote: Decimal = ZERO
    ended: str
    ts_venue_ns: int

    @property
    def average_price(self) -> Decimal | None:
        return self.quote / self.quantity if self.quote > ZERO else None


class EntryRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One entry as it stands; the row that a restart works from. Kept for ever.

    `exits` are what is armed for what has filled, each sized to that; while the
    broker holds them itself (`ticket.attached`), they wait for the day it no longer
    does. `legs` are the broker's ids of its own, `legs_filled` what each was told to
    have filled, `legs_over` those that have ended (`has_all_legs`: there is no other),
    and `leg_fills` what those closed; once one has ended, or is being taken back, exitd
    has taken over (`is_taken_over`).
    `closed` is what exits have taken off again, `lost` the part of it that others took.
    `is_guarded` says that some may take off more.

    `signed` holds the exact request. `filled` is cumulative in units of the quantity,
    `filled_quote` in the quote currency. `market_price`, quote per unit, is the price
    when the alert was raised, as it said. `not_after_ns`: it must not be sent for the
    first time later (0: any). `withdrawn` says why it is being taken back, if it is.
    """

    order: EntryOrder
    state: EntryState
    exits: tuple[TriggerDefinition, ...] = ()
    legs: tuple[str, ...] = ()
    legs_filled: tuple[Decimal, ...] = ()
    legs_over: tuple[str, ...] = ()
    has_all_legs: bool = False
    leg_fills: tuple[LegFill, ...] = ()
    is_taken_over: bool = False
    is_guarded: bool = False
    closed: Decimal = ZERO
    lost: Decimal = ZERO
    signed: bytes = b""
    ts_signed_venue_ns: int = 0
    expires_venue_ns: int = 0
    venue_order_id: str = ""
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    ts_filled_venue_ns: int = 0
    refusal: str = ""
    withdrawn: str = ""
    market_price: Decimal | None = None
    not_after_ns: int = 0
    ts_wanted_ns: int = 0
    ts_sent_ns: int = 0
    ts_changed_ns: int = 0

    @property
    def id(self) -> str:
        return self.order.id

    @property
    def is_ended(self) -> bool:
        return self.state in ENTRY_ENDED

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come of it, at the broker or here."""
        return self.is_ended and not self.legs and not self.is_guarded

    @property
    def left(self) -> Decimal:
        """What has filled and no exit has taken off again, at least zero."""
        return max(self.filled - self.closed, ZERO)

    @property
    def is_held_by_broker(self) -> bool:
        """Whether the broker holds the exits itself."""
        return self.order.ticket.attached is not None and not self.is_taken_over

    @property
    def average_price(self) -> Decimal | None:
        return self.filled_quote / self.filled if self.filled > ZERO else None


ENTRY_ENDED = frozenset(
    {
        EntryState.FILLED,
        EntryState.REFUSED,
        EntryState.CANCELLED,
        EntryState.EXPIRED,
    }
)


class SignalState(StrEnum):
    """`ACCEPTED` is stored and answered, and still to be carried out."""

    ACCEPTED = "accepted"
    CARRIED_OUT = "carried_out"
    REFUSED = "refused"


class SignalRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One alert that came in by a route: the row of the durable inbox.

    `id` is `<route>-<n>`, unique for ever. `body` is the normalised signal as JSON,
    without its `auth_key`; `digest` the SHA-256 of the body as it came, without that
    too. `client_order_id` is the alert's own, empty without one. `is_paper` says that
    it trades on a simulated account. `outcome` is a sentence: what was begun, or why
    nothing was; its entry says what became of it. `entry_id` and `trigger_ids` are what
    it became. `again` counts the earlier alerts of the route with the same client order
    id, long enough ago to be others: above zero, it is a suffix of what the broker gets
    as the id.
    """

    id: str
    route: str
    body: str
    digest: str
    client_order_id: str = ""
    again: int = 0
    is_paper: bool = False
    state: SignalState = SignalState.ACCEPTED
    outcome: str = ""
    account: str = ""
    entry_id: str = ""
    trigger_ids: tuple[str, ...] = ()
    ts_received_ns: int
    ts_done_ns: int = 0

    @property
    def broker_id(self) -> str:
        """What the broker is to know its order by: 1 to 128 characters."""
        if not self.client_order_id:
            return self.id
        suffix = f"-{self.again}" if self.again else ""
        return self.client_order_id[: BROKER_ID_MAX - len(suffix)] + suffix


#: The longest `clientOrderId` of the format.
BROKER_ID_MAX = 128
