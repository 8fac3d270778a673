"""The numbers and choices that a user may set; the defaults are the design's."""

from decimal import Decimal

from msgspec import Struct

from exitd.core.condition import Missed
from exitd.core.inputs import IfCrossed
from exitd.core.units import NS_PER_MS, NS_PER_S


class Policies(Struct, frozen=True, kw_only=True):
    """Each field is a key under `policies:` in the configuration.

    Durations end in `_ns`. `min_distance_percent` is how far a level must be
    from the current price, `min_spread_percent` a stop from a take-profit;
    zero asks for nothing. `max_active` counts triggers of one account. A price that
    is more than `guard_percent` away from the index or the mark is held for
    `guard_hold_ns`, or until another one bears it out. `fee_percent` of a trade's
    worth is what a stop at the entry counts on for each way. `crossed_exits` is what
    becomes of an entry's exits that are crossed when it fills; `missed` of a level that
    was crossed, and left again, while nobody watched. What the first price after a
    start or a hole is beyond waits where its kind `only_tells`. With `second_source`
    the prices of a stream that is silent are asked for. What is crossed as a lifetime
    begins waits, unless `new_lifetime_fires`.
    """

    price_max_age_ns: int = 5 * NS_PER_S
    no_position_refuse: bool = True
    min_distance_percent: Decimal = Decimal(0)
    min_spread_percent: Decimal = Decimal(0)
    max_active: int = 1_000_000
    remainder_close_all: bool = True
    crossed_exits: IfCrossed = IfCrossed.FIRE
    new_lifetime_fires: bool = False
    shares_of_live: bool = False
    take_profit_retires: bool = False
    above_position_refused: bool = False
    second_source: bool = True
    missed: Missed = Missed.ALERT
    stop_beyond_only_tells: bool = False
    take_profit_beyond_only_tells: bool = False
    confirm_after_ns: int = 5 * NS_PER_S
    stop_budget_ns: int = 60 * NS_PER_S
    take_profit_budget_ns: int = 60 * NS_PER_S
    resolve_every_ns: int = 500 * NS_PER_MS
    wider_factor: Decimal = Decimal(3)
    guard_percent: Decimal | None = None
    guard_hold_ns: int = 2 * NS_PER_S
    fee_percent: Decimal = Decimal("0.05")
    limit_only_bound_percent: Decimal = Decimal(5)
    attempts_kept_ns: int = 900 * NS_PER_S
    idempotency_kept_ns: int = 86_400 * NS_PER_S
    done_kept_ns: int = 3_600 * NS_PER_S
