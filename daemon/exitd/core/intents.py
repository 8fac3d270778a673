"""Intents: what the engine asks the runtime to do. Nobody else invents one."""

from enum import IntEnum

from msgspec import Struct

from exitd.core.attempt import AttemptKey, CloseOrder
from exitd.core.backstop import CancelBackstop, ListBackstops, PlaceBackstop
from exitd.core.entry import EntryOrder
from exitd.core.trigger import Cancel


class Priority(IntEnum):
    """Who goes first when a rate budget is short; the lowest number does."""

    STOP = 0
    CLOSE = 1
    CANCEL = 2
    ARM = 3
    QUERY = 4


class RequestSlot(Struct, frozen=True, gc=False):
    """A firing wants to send: answer with `SlotOpened` when its slot is free."""

    account: str
    symbol: str
    trigger_id: str
    arming: int
    priority: Priority


class SendClose(Struct, frozen=True):
    """Sign this order, report `AttemptSigned`, make it durable, then send it.

    `seq` is the place of the arming that its id was reserved with, 0 for none: once
    that is durable, this may leave while it is being written down.
    """

    order: CloseOrder
    seq: int = 0

    @property
    def account(self) -> str:
        return self.order.account


class CancelOrder(Struct, frozen=True):
    """Cancel one working close of ours."""

    attempt: AttemptKey
    account: str
    symbol: str
    venue_order_id: str
    client_order_id: int


class CancelOrders(Struct, frozen=True):
    """Cancel resting orders of a symbol for a trigger, until none in scope rests.

    `spare_ours` leaves our own working closes alone.
    """

    trigger_id: str
    arming: int
    account: str
    symbol: str
    cancel: Cancel
    priority: Priority
    spare_ours: bool = True


class ResolveAttempt(Struct, frozen=True):
    """Find out what became of an attempt that nobody answered for."""

    attempt: AttemptKey
    account: str
    symbol: str


class ResendClose(Struct, frozen=True):
    """Send what was signed for an attempt in doubt once more, byte for byte.

    Only where a venue can act on the same bytes once at the most.
    """

    order: CloseOrder
    signed: bytes
    ts_signed_venue_ns: int
    expires_venue_ns: int

    @property
    def account(self) -> str:
        return self.order.account


class ProvePosition(Struct, frozen=True):
    """Read the position by REST and report it."""

    account: str
    symbol: str


class RefreshInstrument(Struct, frozen=True):
    """Read the instrument again: a refusal says that our view of it is wrong."""

    account: str
    symbol: str


class SyncClock(Struct, frozen=True):
    """Measure the venue's clock again: it refused a request as expired."""

    account: str


class RequestEntrySlot(Struct, frozen=True, gc=False):
    """An entry wants to be sent: `EntrySlotOpened`, once no close waits for room."""

    account: str
    entry_id: str


class AboutEntry(Struct, frozen=True):
    """Something to do for one entry."""

    order: EntryOrder

    @property
    def account(self) -> str:
        return self.order.account


class SendEntry(AboutEntry, frozen=True):
    """Make this order's request, report `EntrySigned`, make it durable, then send."""


class ResendEntry(AboutEntry, frozen=True):
    """Send what was signed for an entry in doubt once more, byte for byte."""

    signed: bytes
    ts_signed_venue_ns: int
    expires_venue_ns: int


class FindEntry(AboutEntry, frozen=True):
    """Find out what became of an entry, by its id."""

    venue_order_id: str


class CancelEntry(AboutEntry, frozen=True):
    """Take back what still works of an entry."""

    venue_order_id: str


class FindLegs(AboutEntry, frozen=True):
    """Look for the exits that a broker is to hold: report each, or `LegsMissing`."""


class CancelLeg(Struct, frozen=True, gc=False):
    """Cancel an exit that the broker itself holds: it is in the way of a close."""

    account: str
    symbol: str
    venue_order_id: str


Intent = (
    RequestSlot
    | SendClose
    | CancelOrder
    | CancelOrders
    | ResolveAttempt
    | ResendClose
    | ProvePosition
    | RefreshInstrument
    | SyncClock
    | RequestEntrySlot
    | SendEntry
    | ResendEntry
    | FindEntry
    | CancelEntry
    | FindLegs
    | CancelLeg
    | PlaceBackstop
    | CancelBackstop
    | ListBackstops
)
BackstopIntent = PlaceBackstop | CancelBackstop | ListBackstops
EntryIntent = (
    RequestEntrySlot
    | SendEntry
    | ResendEntry
    | FindEntry
    | CancelEntry
    | FindLegs
    | CancelLeg
)
