"""Backstops: wide stops that rest at the venue, for the day this machine dies."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.attempt import RefusalKind
from exitd.core.position import PositionKey

OLDER_KEPT = 8


class BackstopState(StrEnum):
    """`SENT` may rest or not; `GOING` is being cancelled, and may still fire."""

    SENT = "sent"
    RESTING = "resting"
    GOING = "going"
    OVER = "over"


class BackstopRecord(Struct, frozen=True, kw_only=True, gc=False):
    """The backstop of one position as it stands; the row that a restart works from.

    `percent` is its distance from the entry, above 0 and below 100; `level` what that
    came to. It follows the size of the position by itself. `refusals` are those in a
    row. `ts_sent_ns` is our clock's. `older` are the client ids of those that it came
    after, the last `OLDER_KEPT` of them: one that rests all the same is taken back.
    """

    key: PositionKey
    percent: Decimal
    lifetime: int
    level: Decimal
    client_order_id: int
    state: BackstopState = BackstopState.SENT
    venue_order_id: str = ""
    refusals: int = 0
    ts_sent_ns: int = 0
    ts_changed_ns: int = 0
    older: tuple[int, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.state is BackstopState.OVER


class BackstopRefused(Struct, frozen=True, kw_only=True):
    """A definite no: this backstop does not rest."""

    account: str
    client_order_id: int
    kind: RefusalKind
    message: str
    now_ns: int


class BackstopsListed(Struct, frozen=True, kw_only=True):
    """What rests in a market, by a read that began at `read_started_ns`, our clock.

    `resting` are client ids, each with the venue's id.
    """

    account: str
    symbol: str
    resting: tuple[tuple[int, str], ...]
    read_started_ns: int
    now_ns: int


class PlaceBackstop(Struct, frozen=True):
    """Rest this at the venue once its row is durable; it covers the whole position."""

    record: BackstopRecord

    @property
    def account(self) -> str:
        return self.record.key.account


class CancelBackstop(Struct, frozen=True):
    """Cancel a backstop, and say what the venue answers."""

    record: BackstopRecord

    @property
    def account(self) -> str:
        return self.record.key.account


class ListBackstops(Struct, frozen=True):
    """Read what rests in a market: `BackstopsListed`."""

    account: str
    symbol: str
