"""Triggers: a rule that acts when a price crosses, and what became of it."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.asked_time import AskedTime
from exitd.core.condition import (
    Condition,
    Confirmation,
    Direction,
    FixedLevel,
    Missed,
    Move,
    Trailing,
)
from exitd.core.directions import ADVERSE, direction_of
from exitd.core.market import PriceSource
from exitd.core.money import Fee, realised_pnl
from exitd.core.position import PositionKey, Side
from exitd.core.units import HUNDRED, ZERO


class QuantityKind(StrEnum):
    ABSOLUTE = "absolute"
    SHARE = "share"
    INITIAL = "initial"
    QUOTE = "quote"
    REST = "rest"


class Quantity(Struct, frozen=True, gc=False):
    """How much a close takes.

    `value` is base units for `ABSOLUTE`; percent (0 to 100] for `SHARE`, which is of
    the position as exits of this lifetime found it, and for `INITIAL`, which is of its
    size before it was first reduced; an amount of `currency`, the instrument's quote,
    for `QUOTE`; and zero for `REST`.
    """

    kind: QuantityKind
    value: Decimal = ZERO
    currency: str = ""

    @property
    def is_whole(self) -> bool:
        return self.kind is QuantityKind.REST or (
            self.kind is QuantityKind.SHARE and self.value == 100
        )


WHOLE = Quantity(QuantityKind.SHARE, Decimal(100))


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class Twap(Struct, frozen=True, gc=False):
    """Close in so many slices (2 to 1,000), one every `every_ns`."""

    slices: int
    every_ns: int


class Close(Struct, frozen=True, tag="close", gc=False):
    """Send a reduce-only close.

    `slippage_limit` is percent of the level, above zero and under 100; with `LIMIT` it
    sets the price bound, and a stop whose bound cannot be met escalates to a market
    close, unless the bound `is_hard`. `patience_ns` is how long a limit close rests as
    asked, then at its wider limit, before it is taken back and escalated; zero tries
    each once. `window_ns` is how long its requests are valid; None leaves that to the
    account. `bound`: the worst price of its market that it may go out at, see `bounds`,
    with `MARKET` at once, with `LIMIT` resting: as long as `asked`, if anybody has.
    """

    quantity: Quantity = WHOLE
    order: OrderType = OrderType.MARKET
    slippage_limit: Decimal | None = None
    is_hard: bool = False
    patience_ns: tuple[int, int] = (0, 0)
    twap: Twap | None = None
    window_ns: int | None = None
    bound: Decimal | None = None
    asked: AskedTime | None = None

    @property
    def keeps_limit(self) -> bool:
        """Whether it never ends in a market close, whatever is refused."""
        return self.is_hard or self.bound is not None


class CancelScope(StrEnum):
    ALL = "all"
    LIMIT = "limit"
    TRIGGER = "trigger"
    ONE = "one"


class Cancel(Struct, frozen=True, tag="cancel", gc=False):
    """Cancel resting orders of the symbol; `client_order_id` only with `ONE`."""

    scope: CancelScope = CancelScope.ALL
    client_order_id: str = ""


class CancelAndClose(Struct, frozen=True, tag="cancel_and_close", gc=False):
    """Cancel first, confirm that nothing in scope rests, then close."""

    cancel: Cancel
    close: Close


class Notify(Struct, frozen=True, tag="notify", gc=False):
    """Only tell."""


Action = Close | Cancel | CancelAndClose | Notify


class TriggerDefinition(Struct, frozen=True, kw_only=True, gc=False):
    """What somebody asked for; immutable, an amend makes a new one.

    `side` is None for a trigger about the market rather than a position.
    `template` triggers come from a file: each lifetime of the position creates
    an arming of them, unless `once`. Others end with the lifetime.
    `owner` is `file:<path>:<line>`, `api:<token name>` or `cli:<user>`. A stop with
    `before_liquidation` (percent) stays so far in front of the liquidation price.
    """

    id: str
    owner: str
    account: str
    symbol: str
    side: Side | None
    source: PriceSource
    condition: Condition
    action: Action
    confirmation: Confirmation | None = None
    moves: tuple[Move, ...] = ()
    before_liquidation: Decimal | None = None
    missed: Missed | None = None
    expires_ns: int | None = None
    template: bool = False
    once: bool = False
    note: str = ""

    @property
    def key(self) -> PositionKey | None:
        if self.side is None:
            return None
        return PositionKey(self.account, self.symbol, self.side)

    @property
    def level(self) -> Decimal | None:
        """The trigger price as it was asked for, if it was asked for as a price.

        What is watched is the record's `trigger_price`.
        """
        condition = self.condition
        if isinstance(condition, FixedLevel) and isinstance(condition.price, Decimal):
            return condition.price
        return None

    @property
    def watches_price(self) -> bool:
        return isinstance(self.condition, FixedLevel | Trailing)

    @property
    def direction(self) -> Direction:
        """Which way the watched price must come from.

        Raises:
            AssertionError: The trigger does not watch a price.
        """
        if isinstance(self.condition, Trailing):
            assert self.side is not None
            return ADVERSE[self.side]
        assert isinstance(self.condition, FixedLevel)
        return direction_of(self.condition.kind, self.side)

    @property
    def close(self) -> Close | None:
        action = self.action
        if isinstance(action, Close):
            return action
        return action.close if isinstance(action, CancelAndClose) else None

    @property
    def is_stop(self) -> bool:
        """Whether it goes first and never gives up: what closes on the adverse side
        of the price, by a trail, or because its time has come.
        """
        if self.side is None or self.close is None:
            return False
        if isinstance(self.condition, FixedLevel):
            return self.direction is ADVERSE[self.side]
        return True


class TriggerState(StrEnum):
    WAITING = "waiting"
    ARMED = "armed"
    FIRING = "firing"
    DONE = "done"


class WaitingFor(StrEnum):
    """Why a waiting trigger waits."""

    NOTHING = ""
    POSITION = "position"
    ENTRY = "entry price"
    FIRST_PRICE = "first price"
    RIGHT_SIDE = "already crossed"


class DoneReason(StrEnum):
    """Why a trigger is done; `ACTED` is for one that cancelled or told."""

    NONE = ""
    FILLED = "filled"
    ACTED = "acted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETIRED = "retired"
    ABANDONED = "abandoned"


class TriggerRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One trigger as it stands; the row that a restart restores.

    `arming` numbers its lives from 1 (0: never armed); a restart does not change it.
    `seq` orders armings for the rule 'in the order they were armed', `first_id` is the
    client id reserved with it (0: none), `lifetime` the position's when it was armed.
    `filled` is what earlier armings of one lifetime have closed in base units.

    `level` is the price that the entry or a move has decided, None while the
    definition's own holds. A trailing stop that has begun has its place among the
    others in `trail_seq` (0: not yet) and the `watermark` it began with; what it has
    seen since is stored per source; once hit, `level` is the stop that was. `is_moved`
    says that a move has decided `level`; a confirmation is complete at `confirm_ns`.

    `unseen` says why nobody knows what its price did from `unseen_ns` on, while nobody
    watched; `missed_ns` is when the newest candle began in which it was crossed unseen.
    """

    definition: TriggerDefinition
    state: TriggerState
    arming: int = 0
    seq: int = 0
    first_id: int = 0
    waiting_for: WaitingFor = WaitingFor.NOTHING
    reason: DoneReason = DoneReason.NONE
    paused: bool = False
    lifetime: int = 0
    filled: Decimal = ZERO
    level: Decimal | None = None
    watermark: Decimal | None = None
    trail_seq: int = 0
    ts_begun_ns: int = 0
    is_tightened: bool = False
    is_moved: bool = False
    confirm_ns: int = 0
    unseen: str = ""
    unseen_ns: int = 0
    missed_ns: int = 0
    ts_armed_ns: int = 0
    ts_changed_ns: int = 0

    @property
    def protects(self) -> bool:
        """Whether it stops a loss now: a stop at a level, or a trail that has begun."""
        definition = self.definition
        if not definition.is_stop or not definition.watches_price:
            return False
        return isinstance(definition.condition, FixedLevel) or self.trail_seq > 0

    @property
    def trigger_price(self) -> Decimal | None:
        """The level that is watched now; None without one, and for a trail on watch."""
        return self.definition.level if self.level is None else self.level

    @property
    def id(self) -> str:
        return self.definition.id

    @property
    def fire_id(self) -> str:
        return f"{self.definition.id}#{self.arming}"


class FireRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """All that follows one hit; kept for ever.

    Money is in the instrument's quote currency, quantities in base units. `target` is
    None until the first sizing and stays None where the whole position is to go (then
    the live size decides each time). `due_ns` is when the next attempt may leave.
    `stage` climbs from the asked order type towards market as refusals escalate it.
    `confirm_ns` is set while a filled close waits for the position to show it.
    `entry_price`, `position_id` are the position's at the hit, `quote` its currency.

    A close in slices has begun so many `slices`; the one under way ends when `filled`
    has come to `slice_target`, and the next may begin at `slice_due_ns`. What rests
    at the venue is taken back at `rests_until_ns` (0: it may rest on), and has been
    `asked_back` so often. `reference` is the price a hard bound is measured from.
    `is_bound_told`: somebody knows that its bound could not be met.
    """

    trigger_id: str
    arming: int
    account: str
    symbol: str
    side: Side | None
    lifetime: int
    level: Decimal | None
    observed: Decimal | None
    source: PriceSource
    ts_venue_ns: int
    ts_recv_ns: int
    ts_hit_ns: int
    cause: str = "price"
    target: Decimal | None = None
    attempts: int = 0
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    fees: tuple[Fee, ...] = ()
    entry_price: Decimal | None = None
    position_id: str = ""
    quote: str = ""
    stage: int = 0
    cancelled_orders: int = 0
    is_cancel_confirmed: bool = False
    refusals: int = 0
    held_by: str = ""
    due_ns: int = 0
    confirm_ns: int = 0
    open: bool = True
    reason: DoneReason = DoneReason.NONE
    ts_done_ns: int = 0
    slices: int = 0
    slice_target: Decimal = ZERO
    slice_due_ns: int = 0
    rests_until_ns: int = 0
    asked_back: int = 0
    reference: Decimal | None = None
    is_bound_told: bool = False

    @property
    def fire_id(self) -> str:
        return f"{self.trigger_id}#{self.arming}"

    @property
    def average_price(self) -> Decimal | None:
        return self.filled_quote / self.filled if self.filled > ZERO else None

    @property
    def fee_asset(self) -> str:
        """The one asset that fees were paid in; empty for none, or for several."""
        return self.fees[0].asset if len(self.fees) == 1 else ""

    @property
    def fee(self) -> Decimal:
        """What was paid in `fee_asset`, zero without one."""
        return self.fees[0].amount if len(self.fees) == 1 else ZERO

    @property
    def pnl(self) -> Decimal | None:
        """The realised profit, quote fees taken off; see `money.realised_pnl`."""
        return realised_pnl(
            self.side,
            self.entry_price,
            self.filled,
            self.filled_quote,
            self.fees,
            self.quote,
        )

    @property
    def gap_percent(self) -> Decimal | None:
        """How far the observed price was from the level when it was hit."""
        if self.level is None or self.observed is None:
            return None
        return abs(self.observed - self.level) / self.level * HUNDRED

    @property
    def own_level(self) -> Decimal | None:
        """The level, where it is a price of the market in which it closes."""
        return self.level if self.source.is_of(self.account, self.symbol) else None

    @property
    def slippage(self) -> Decimal | None:
        """Average price against a level of this market, positive where it cost us."""
        average, level = self.average_price, self.own_level
        if average is None or level is None or self.side is None:
            return None
        return level - average if self.side is Side.LONG else average - level
