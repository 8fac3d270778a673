"""What a rehearsal came to: what fired, what is left, what still watches."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.position import PositionKey, Side
from exitd.runtime.rehearsal.nearness import Approach


class Fired(Struct, frozen=True, kw_only=True):
    """One hit and what came of it.

    `quantity` (base units) is what was closed, at `price` on average; slippage is in
    percent of the level, or of the price seen, positive where it cost us. `order` is
    the type of the close that filled, `outcome` the reason why the firing is over.
    """

    trigger_id: str
    fire_id: str
    ts_ns: int
    ts_done_ns: int
    cause: str
    action: str
    order: str
    level: Decimal | None
    observed: Decimal | None
    source: str
    quantity: Decimal
    price: Decimal | None
    slippage_percent: Decimal | None
    pnl: Decimal | None
    orders: int
    is_open: bool
    outcome: str
    held_by: str

    @property
    def is_done(self) -> bool:
        """Whether it did what it is for: closed something, cancelled or told."""
        return self.quantity > 0 or self.outcome == "acted"

    @property
    def exit(self) -> str:
        """The name of the exit without that of its position."""
        return self.trigger_id.rpartition("/")[2]


class Standing(Struct, frozen=True, kw_only=True):
    """A trigger that has not fired, as it is at the end.

    `distance_percent` is how far the last price has to go to its level; `due_ns` is
    when it is hit by the clock.
    """

    trigger_id: str
    state: str
    waiting_for: str
    level: Decimal | None
    price: Decimal | None
    distance_percent: Decimal | None
    due_ns: int | None
    nearest: Approach | None


class Held(Struct, frozen=True, kw_only=True):
    """A position before and after, in base units."""

    key: PositionKey
    before: Decimal
    after: Decimal
    entry_price: Decimal | None

    @property
    def side(self) -> Side:
        return self.key.side


class Report(Struct, frozen=True, kw_only=True):
    """All that a rehearsal tells; instants are UTC, on the clock of the prices.

    `unseen` names the watched prices of which there was none, `unknown_calendars` the
    calendars whose sessions nobody gave: what goes by these only could not fire.
    """

    start_ns: int
    end_ns: int
    prices: int
    fired: tuple[Fired, ...]
    standing: tuple[Standing, ...]
    positions: tuple[Held, ...]
    unseen: tuple[str, ...]
    unknown_calendars: tuple[str, ...]
    ignored_prices: int
