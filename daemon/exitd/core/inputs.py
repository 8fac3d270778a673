"""Inputs: everything that can happen to the engine, each with its instant."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.attempt import AttemptKey, CloseOrder, RefusalKind
from exitd.core.backstop import BackstopRefused, BackstopsListed
from exitd.core.barrier_inputs import FirstIdsSearched, FirstIdsWanted, RunEnded
from exitd.core.entry_inputs import Enter, EntryReport, WithdrawEntry
from exitd.core.hole_inputs import HoleFilled, HoleFound, HoleUnknown, SourcesSeen
from exitd.core.market import Instrument, PriceSource, Tick
from exitd.core.past_inputs import ForgetDone, Recall
from exitd.core.position import Continuity, OrderSide, PositionKey
from exitd.core.takeover import TakeOver
from exitd.core.trigger import OrderType, Quantity, TriggerDefinition
from exitd.core.units import ZERO


class TimePassed(Struct, frozen=True, gc=False):
    now_ns: int


class InstrumentReport(Struct, frozen=True):
    """The venue's own description of a market; replaces the one known."""

    instrument: Instrument
    now_ns: int


class PositionReport(Struct, frozen=True, kw_only=True):
    """A position as the venue states it, at the venue's instant `ts_venue_ns`.

    A flat position is reported with zero. `continuity` is set by recovery,
    which knows what happened while nobody looked; None means that the stream
    was watched throughout. Without a `liquidation_price` the last one stands.
    """

    key: PositionKey
    quantity: Decimal
    entry_price: Decimal | None = None
    position_id: str = ""
    liquidation_price: Decimal | None = None
    ts_venue_ns: int
    proven: bool = True
    continuity: Continuity | None = None
    now_ns: int


class SourceJudged(Struct, frozen=True):
    """A watched source has become stale, or is fresh again."""

    source: PriceSource
    is_stale: bool
    now_ns: int


class SessionsKnown(Struct, frozen=True):
    """The next sessions of a calendar, each open and close in UTC, in order."""

    calendar: str
    sessions: tuple[tuple[int, int], ...]
    now_ns: int


class PositionsDoubted(Struct, frozen=True):
    """The account's private stream is lost: its positions are unproven."""

    account: str
    now_ns: int


class SlotOpened(Struct, frozen=True, gc=False):
    """The venue's rate budget has room for the next attempt of a firing."""

    trigger_id: str
    arming: int
    now_ns: int


class SlotHeld(Struct, frozen=True):
    """A firing's slot cannot open although there is room, and why."""

    trigger_id: str
    arming: int
    why: str
    now_ns: int


class AttemptSigned(Struct, frozen=True):
    order: CloseOrder
    signed: bytes
    ts_signed_venue_ns: int
    expires_venue_ns: int
    now_ns: int


class AttemptSent(Struct, frozen=True, gc=False):
    attempt: AttemptKey
    now_ns: int


class OrderStatus(StrEnum):
    """What a venue says of an order, in the field's terms."""

    WORKING = "working"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OrderReport(Struct, frozen=True, kw_only=True):
    """Evidence of an order, from a reply, the stream, open orders or history.

    `filled` and `filled_quote` are cumulative. `ts_venue_ns` is the instant of
    this state (for a fill: when it executed), `ts_created_venue_ns` when the
    order was taken in. Fields that a source does not carry are None and are
    not compared. `trigger_price` and `trigger_kind` (mark, last, index, or empty
    where the venue does not say) are those of a native trigger order. `reference` is
    the client order id where the venue has texts for them and it is none of our closes.
    `parent` is the venue's id of the order that this one is an exit of.
    """

    account: str
    symbol: str
    venue_order_id: str
    client_order_id: int | None
    reference: str = ""
    parent: str = ""
    status: OrderStatus
    side: OrderSide
    quantity: Decimal | None
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    order: OrderType | None = None
    price: Decimal | None = None
    reduce_only: bool | None = None
    is_trigger: bool = False
    trigger_price: Decimal | None = None
    trigger_kind: str = ""
    reason: str = ""
    refusal: RefusalKind | None = None
    ts_created_venue_ns: int | None = None
    ts_venue_ns: int
    now_ns: int

    @property
    def ts_sent_venue_ns(self) -> int:
        """When the order was taken in; the instant of this state, where none says."""
        created_ns = self.ts_created_venue_ns
        return self.ts_venue_ns if created_ns is None else created_ns


class FillReport(Struct, frozen=True, kw_only=True):
    """One execution, as the venue's stream or fill history tells it.

    `reference` is as in `OrderReport`.
    """

    account: str
    symbol: str
    venue_order_id: str
    client_order_id: int | None
    reference: str = ""
    trade_id: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO
    fee_asset: str = ""
    is_maker: bool | None = None
    ts_venue_ns: int
    now_ns: int


class AttemptRefused(Struct, frozen=True, kw_only=True):
    """A definite no: the venue has not taken this attempt and never will."""

    attempt: AttemptKey
    kind: RefusalKind
    code: str
    message: str
    retry_after_ns: int | None = None
    now_ns: int


class AttemptUnanswered(Struct, frozen=True):
    """Sent, and no usable answer: the outcome is a question."""

    attempt: AttemptKey
    why: str
    now_ns: int


class NothingFound(Struct, frozen=True):
    """One clean read of history, open orders and position shows no such order.

    Counts only if the read began after expiry and slack, on the venue's clock.
    """

    attempt: AttemptKey
    read_started_venue_ns: int
    now_ns: int


class CancelsConfirmed(Struct, frozen=True):
    """Nothing in the scope of a cancelling trigger rests any more."""

    trigger_id: str
    arming: int
    cancelled: int
    now_ns: int


class IfCrossed(StrEnum):
    """What becomes of a level that is already crossed when it is armed."""

    REFUSE = "refuse"
    FIRE = "fire"
    WAIT = "wait"


class Arm(Struct, frozen=True, kw_only=True):
    """Arm all of these or none.

    `idempotency_key` with the same `digest` returns the first answer; with
    another digest it is a conflict.
    """

    definitions: tuple[TriggerDefinition, ...]
    if_crossed: IfCrossed = IfCrossed.REFUSE
    idempotency_key: str = ""
    digest: str = ""
    now_ns: int


class Amend(Struct, frozen=True, kw_only=True):
    """Change a trigger; the definition replaces the one under the same id."""

    definition: TriggerDefinition
    if_crossed: IfCrossed = IfCrossed.REFUSE
    now_ns: int


class ReplaceTriggers(Struct, frozen=True, kw_only=True):
    """Put these definitions in the place of triggers that are there; all or nothing.

    What fires is replaced as long as nothing of it is at the venue.
    """

    replaces: tuple[str, ...]
    definitions: tuple[TriggerDefinition, ...] = ()
    if_crossed: IfCrossed = IfCrossed.REFUSE
    by: str
    now_ns: int


class CancelTrigger(Struct, frozen=True, kw_only=True):
    """`abandon` ends a firing too: only a person may ask for that."""

    trigger_id: str
    by: str
    abandon: bool = False
    now_ns: int


class Pause(Struct, frozen=True, kw_only=True):
    trigger_id: str
    by: str
    now_ns: int


class Resume(Struct, frozen=True, kw_only=True):
    trigger_id: str
    by: str
    now_ns: int


class Rearm(Struct, frozen=True, kw_only=True):
    trigger_id: str
    by: str
    now_ns: int


class FireNow(Struct, frozen=True, kw_only=True):
    """Fire an armed trigger as if its price had crossed."""

    trigger_id: str
    by: str
    now_ns: int


class ClosePosition(Struct, frozen=True, kw_only=True):
    """Close now, reduce-only, by a trigger of its own.

    `idempotency_key` is as in `Arm`; the same key returns the first answer. `source`
    says what price is known of it; the mark, where nobody says.
    """

    id: str
    owner: str
    key: PositionKey
    quantity: Quantity
    source: PriceSource | None = None
    note: str = ""
    idempotency_key: str = ""
    now_ns: int


class ApplyFiles(Struct, frozen=True, kw_only=True):
    """Make the file-owned triggers exactly these; all or nothing.

    `may_fire` lets a level that is already crossed fire instead of waiting. `backstops`
    are the positions that are to have one, each with its percentage of the entry.
    """

    definitions: tuple[TriggerDefinition, ...]
    backstops: tuple[tuple[PositionKey, Decimal], ...] = ()
    may_fire: bool = False
    now_ns: int


class VenueTimeRead(Struct, frozen=True):
    """A venue's clock showed `ts_venue_ns` when ours showed `now_ns`."""

    account: str
    ts_venue_ns: int
    now_ns: int


Command = (
    Arm
    | Amend
    | ReplaceTriggers
    | CancelTrigger
    | Pause
    | Resume
    | Rearm
    | FireNow
    | ClosePosition
    | ApplyFiles
    | Enter
    | WithdrawEntry
    | TakeOver
)
Report = (
    InstrumentReport
    | PositionReport
    | PositionsDoubted
    | SourcesSeen
    | HoleFound
    | HoleFilled
    | HoleUnknown
    | SourceJudged
    | SessionsKnown
    | VenueTimeRead
    | SlotOpened
    | AttemptSigned
    | AttemptSent
    | OrderReport
    | FillReport
    | AttemptRefused
    | AttemptUnanswered
    | NothingFound
    | CancelsConfirmed
    | EntryReport
    | BackstopRefused
    | BackstopsListed
    | SlotHeld
    | FirstIdsSearched
    | FirstIdsWanted
    | RunEnded
    | ForgetDone
    | Recall
)
Input = Tick | TimePassed | Command | Report
