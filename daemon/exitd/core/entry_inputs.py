"""Inputs about entries: asked for, signed, sent, and what came of it."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import ZERO


class Enter(Struct, frozen=True, kw_only=True):
    """Send an order that may open a position, and guard what it fills with `exits`.

    Their quantity is decided by what fills. The same id again changes nothing and is
    answered with what is there. It is not sent for the first time after `not_after_ns`
    (0: whenever that is). `market_price` is the price when it was asked for.
    """

    order: EntryOrder
    exits: tuple[TriggerDefinition, ...] = ()
    not_after_ns: int = 0
    market_price: Decimal | None = None
    now_ns: int


class WithdrawEntry(Struct, frozen=True, kw_only=True):
    """Take back what has not filled of an entry; `why` names who wants it."""

    entry_id: str
    why: str
    now_ns: int


class EntrySlotOpened(Struct, frozen=True, gc=False):
    """No close waits for the rate budget, and it has room for this entry."""

    entry_id: str
    now_ns: int


class EntrySigned(Struct, frozen=True):
    entry_id: str
    signed: bytes
    ts_signed_venue_ns: int
    expires_venue_ns: int
    now_ns: int


class EntrySent(Struct, frozen=True, gc=False):
    entry_id: str
    now_ns: int


class EntryRefused(Struct, frozen=True, kw_only=True):
    """A definite no: the venue has not taken this entry."""

    entry_id: str
    kind: RefusalKind
    code: str
    message: str
    retry_after_ns: int | None = None
    now_ns: int


class EntryUnanswered(Struct, frozen=True):
    entry_id: str
    why: str
    now_ns: int


class LegsMissing(Struct, frozen=True):
    """The broker lists no further exit of an entry whose exits it was to hold."""

    entry_id: str
    now_ns: int


class LegGone(Struct, frozen=True):
    """The broker lists an exit neither as open nor as ended, by a read from then on."""

    entry_id: str
    leg: str
    read_started_venue_ns: int
    now_ns: int


class EntryNotFound(Struct, frozen=True):
    """The venue says it has no such order, by a read that began at that instant.

    Of one that it had taken, `filled` and what follows is what executions say.
    """

    entry_id: str
    read_started_venue_ns: int
    now_ns: int
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    ts_filled_venue_ns: int = 0


EntryReport = (
    EntrySlotOpened
    | EntrySigned
    | EntrySent
    | EntryRefused
    | EntryUnanswered
    | EntryNotFound
    | LegGone
    | LegsMissing
)
