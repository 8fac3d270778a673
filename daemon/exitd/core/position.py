"""Positions: what is held, since when, and how much of it can still be closed."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.units import ZERO


class OrderSide(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Side(StrEnum):
    LONG = "long"
    SHORT = "short"

    @property
    def close_side(self) -> OrderSide:
        return OrderSide.SELL if self is Side.LONG else OrderSide.BUY


class PositionKey(Struct, frozen=True, cache_hash=True, gc=False):
    """What OCO and sizing go by; a venue without hedge mode uses one side at a time."""

    account: str
    symbol: str
    side: Side

    def __str__(self) -> str:
        return f"{self.account}/{self.symbol}/{self.side}"


def other_side(key: PositionKey) -> PositionKey:
    """Give the key of the same market's other side."""
    side = Side.SHORT if key.side is Side.LONG else Side.LONG
    return PositionKey(key.account, key.symbol, side)


class UnreflectedFill(Struct, frozen=True, gc=False):
    """A fill that the last position report was too early to show."""

    ts_venue_ns: int
    quantity: Decimal


class Awaited(Struct, frozen=True, gc=False):
    """What has been closed, and reports may be too early to show.

    One as of `ts_venue_ns` or later with no more than `held` shows it: what was held as
    of `ts_seen_ns` and has come since, less what was closed. Below zero, what exits at
    the broker have filled is not known: only time shows that.
    """

    ts_venue_ns: int
    held: Decimal
    ts_seen_ns: int = 0


#: Fills kept one by one; older ones are taken together.
_UNREFLECTED_MAX = 16


class PositionRecord(Struct, frozen=True, kw_only=True, gc=False):
    """The position view of one key.

    `quantity` (at least zero, base units) is what the venue reported at
    `ts_venue_ns`; `unreflected` are fills of our closes after that instant, `entered`
    those of entries; `awaited` is what has been closed and is to be shown, where a
    venue has no reduce-only.
    `lifetime` counts from flat to flat, starting with 1; it is 0 before the
    first. `filled_in_lifetime` is what this position's exits have filled in it.
    `unexplained` is what reports took off while closes were unanswered: fills
    of theirs, perhaps, that we have not been told of yet. `shown_ahead` is the same
    while closes were open, answered or not. `proven` is false
    from a lost stream until REST or the stream's snapshot has confirmed the view.
    `initial` is its size before it was first reduced, by an exit or by hand: an entry
    may fill in pieces. From then on it `is_reduced`, and what is bought does not count.
    `first_entry_price` is its entry when the lifetime began.
    `ts_opened_ns` and `ts_opened_venue_ns` are that instant on our clock and on the
    venue's, 0 where it is not known.
    """

    key: PositionKey
    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    position_id: str = ""
    ts_venue_ns: int = 0
    unreflected: tuple[UnreflectedFill, ...] = ()
    entered: tuple[UnreflectedFill, ...] = ()
    awaited: Awaited | None = None
    lifetime: int = 0
    ts_opened_ns: int = 0
    ts_opened_venue_ns: int = 0
    filled_in_lifetime: Decimal = ZERO
    unexplained: Decimal = ZERO
    shown_ahead: Decimal = ZERO
    initial: Decimal = ZERO
    is_reduced: bool = False
    first_entry_price: Decimal | None = None
    liquidation_price: Decimal | None = None
    proven: bool = False

    @property
    def held(self) -> Decimal:
        """What the venue holds by its reports, and by fills of entries since."""
        held = self.quantity
        for fill in self.entered:
            held += fill.quantity
        return held

    @property
    def live(self) -> Decimal:
        """What is left to close, at least zero, in base units."""
        live = self.held if self.entered else self.quantity
        for fill in self.unreflected:
            live -= fill.quantity
        return max(live, ZERO)

    @property
    def is_open(self) -> bool:
        return self.live > ZERO

    @property
    def base(self) -> Decimal:
        """What a share is a share of: live, plus what exits took off already."""
        return self.live + self.filled_in_lifetime + self.unexplained


def sized(
    position: PositionRecord,
    quantity: Decimal,
    entered: tuple[UnreflectedFill, ...] = (),
) -> PositionRecord:
    """Bring an open position to the size that the venue reports, at least zero.

    *entered* are the fills of entries that it cannot show yet. The initial size grows
    with it until it `is_reduced`. One that was stored before that was kept has grown,
    or shrunk, past its initial size: which stays.
    """
    before = position.held
    after = replace(position, quantity=quantity, entered=entered)
    held = after.held
    if held == before:
        return after
    is_reduced = (
        position.is_reduced or held < before or position.filled_in_lifetime > ZERO
    )
    grows = not is_reduced and before == position.initial
    return replace(
        after,
        initial=held if grows else position.initial,
        is_reduced=is_reduced,
    )


def after_entry(
    position: PositionRecord, quantity: Decimal, ts_venue_ns: int
) -> PositionRecord:
    """Count a fill of an entry that no report shows yet.

    Many fills between two reports are taken together under the earliest instant:
    that can make the position look smaller for a moment, never larger.
    """
    fills = (*position.entered, UnreflectedFill(ts_venue_ns, quantity))
    if len(fills) > _UNREFLECTED_MAX:
        first, second, *later = fills
        together = UnreflectedFill(
            min(first.ts_venue_ns, second.ts_venue_ns),
            first.quantity + second.quantity,
        )
        fills = (together, *later)
    return sized(position, position.quantity, fills)


def with_more_awaited(
    position: PositionRecord, quantity: Decimal, ts_venue_ns: int
) -> PositionRecord:
    """Let what an entry adds be held beside what is awaited, or nothing would show it.

    Not what was held already when the awaited began, or may have been.
    """
    awaited = position.awaited
    if awaited is None or awaited.held < ZERO or ts_venue_ns <= awaited.ts_seen_ns:
        return position
    more = replace(awaited, held=awaited.held + quantity)
    return replace(position, awaited=more)


def after_fill(
    position: PositionRecord, quantity: Decimal, ts_venue_ns: int
) -> PositionRecord:
    """Count a fill of ours once, whether a report has shown it already or not.

    Many fills between two reports are taken together under the latest instant:
    that can make the position look smaller for a moment, never larger.
    """
    filled = position.filled_in_lifetime + quantity
    ahead = max(position.shown_ahead - quantity, ZERO)
    position = replace(position, shown_ahead=ahead)
    if ts_venue_ns <= position.ts_venue_ns:
        left = max(position.unexplained - quantity, ZERO)
        return replace(position, filled_in_lifetime=filled, unexplained=left)
    fills = (*position.unreflected, UnreflectedFill(ts_venue_ns, quantity))
    if len(fills) > _UNREFLECTED_MAX:
        first, second, *later = fills
        together = UnreflectedFill(
            max(first.ts_venue_ns, second.ts_venue_ns),
            first.quantity + second.quantity,
        )
        fills = (together, *later)
    return replace(position, filled_in_lifetime=filled, unreflected=fills)


def explained(position: PositionRecord, unanswered: Decimal) -> PositionRecord:
    """Drop what no unanswered close can explain any more."""
    if position.unexplained <= unanswered:
        return position
    return replace(position, unexplained=unanswered)


def shown_at_most(position: PositionRecord, unresolved: Decimal) -> PositionRecord:
    """Drop what no open close can have filled ahead of its report any more."""
    if position.shown_ahead <= unresolved:
        return position
    return replace(position, shown_ahead=unresolved)


class Continuity(StrEnum):
    """Whether a position seen after a gap is the one seen before it."""

    SAME = "same"
    NEW = "new"
    UNPROVEN = "unproven"


def continuity(
    before: Decimal, signed_fills: Iterable[Decimal], after: Decimal
) -> Continuity:
    """Decide from the fills of a gap whether one lifetime spans it.

    Args:
        before: Signed position when last seen, not zero.
        signed_fills: Every fill since, in order; buys positive, sells negative.
        after: Signed position now, not zero.

    Returns:
        `NEW` when the fills pass through flat, `SAME` when they lead from
        *before* to *after* without doing so, `UNPROVEN` when they do not add
        up: then levels re-arm, trails restart, and somebody is told.
    """
    quantity = before
    was_flat = False
    for fill in signed_fills:
        previous, quantity = quantity, quantity + fill
        was_flat = was_flat or quantity == ZERO or (quantity > 0) != (previous > 0)
    if quantity != after:
        return Continuity.UNPROVEN
    return Continuity.NEW if was_flat else Continuity.SAME
