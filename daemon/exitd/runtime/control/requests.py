"""What somebody asks to arm or to change, in the words of the files, and where."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from exitd.configuration.patience import Patience
from exitd.configuration.positions import CheckedPosition
from exitd.configuration.times import AtTime
from exitd.configuration.values import After, Expiry, Instant
from exitd.configuration.watching import Watch
from exitd.core.condition import ConditionKind, Level, Offset, Tighten
from exitd.core.position import Side
from exitd.core.simulated import is_simulated
from exitd.core.trigger import OrderType, Quantity, Twap
from exitd.runtime.problems import Unusable


class MoveRequest(Struct, frozen=True, kw_only=True):
    """Where a stop goes once something has happened; only ever tighter.

    Exactly one of `after`, a trigger that has filled, and `at` says when. `to` is
    `entry`, a level, or another trigger, whose level it takes. A trigger is named by
    its id, or by its name within the same position.
    """

    after: str = ""
    at: Level | None = None
    to: Level | str
    fees: bool | None = None


class TriggerRequest(Struct, frozen=True, kw_only=True):
    """One trigger to arm; every word means what it means in a file.

    Either `position` names a position of the files, or `symbol` (and `account`,
    where there are several) the market. With `position` and `name` the id is
    `position/name`, else one is made. `kind` with its `level` is the condition,
    unless `trailing`, `at_time` or `max_hold` is. `do` empty closes, but for
    `above` and `below`, which must say it. `bound` is the worst price to close at.
    """

    kind: ConditionKind | None = None
    level: Level | None = None
    trailing: Offset | None = None
    at_time: AtTime | None = None
    max_hold: int | None = None
    after: Level | None = None
    tighten: Tighten | None = None
    step: Decimal | None = None
    deviation: Offset | None = None
    for_: int | None = None
    prices: int | None = None
    emergency: Level | None = None
    calendar: str | None = None
    before_liquidation: Decimal | None = None
    missed: str | None = None
    moves: tuple[MoveRequest, ...] = ()
    entry: str | None = None
    leverage: Decimal | None = None
    watch: Watch | None = None
    position: str = ""
    name: str = ""
    account: str = ""
    symbol: str = ""
    side: Side | None = None
    do: str = ""
    orders: str = ""
    close: Quantity | None = None
    order: OrderType | None = None
    slippage_limit: Decimal | None = None
    hard: bool | None = None
    patience: Patience | None = None
    twap: Twap | None = None
    price: str = ""
    candle: str = ""
    closed_candles: bool = False
    expires: Expiry | None = None
    note: str = ""
    window_ns: int | None = None
    bound: Decimal | None = None


class TriggerChange(Struct, frozen=True, kw_only=True):
    """What to change in a trigger; what is unset stays, and None takes it away.

    `level` is that of a stop_loss, take_profit, above or below. `expires` None:
    never.
    """

    level: Level | UnsetType = UNSET
    trailing: Offset | UnsetType = UNSET
    at_time: AtTime | UnsetType = UNSET
    max_hold: int | UnsetType = UNSET
    after: Level | UnsetType | None = UNSET
    tighten: Tighten | UnsetType | None = UNSET
    step: Decimal | UnsetType | None = UNSET
    for_: int | UnsetType | None = UNSET
    prices: int | UnsetType | None = UNSET
    emergency: Level | UnsetType | None = UNSET
    calendar: str | UnsetType | None = UNSET
    before_liquidation: Decimal | UnsetType | None = UNSET
    missed: str | UnsetType | None = UNSET
    moves: tuple[MoveRequest, ...] | UnsetType | None = UNSET
    entry: str | UnsetType | None = UNSET
    leverage: Decimal | UnsetType | None = UNSET
    close: Quantity | UnsetType = UNSET
    order: OrderType | UnsetType = UNSET
    slippage_limit: Decimal | UnsetType | None = UNSET
    hard: bool | UnsetType | None = UNSET
    patience: Patience | UnsetType | None = UNSET
    twap: Twap | UnsetType | None = UNSET
    expires: Expiry | UnsetType | None = UNSET
    note: str | UnsetType = UNSET


class Market(Struct, frozen=True):
    """Where a trigger belongs."""

    account: str
    symbol: str
    side: Side | None


def market_of(
    request: TriggerRequest,
    positions: tuple[CheckedPosition, ...],
    accounts: Mapping[str, object],
) -> Market:
    """Find the market of a request.

    Raises:
        Unusable: The position or the account is not known, or none is said.
    """
    if request.position:
        if request.symbol or request.account or request.side is not None:
            raise Unusable(
                "ambiguous",
                "a trigger names either 'position' or 'symbol', not both",
                "leave out account, symbol and side beside 'position'",
            )
        for position in positions:
            if position.name == request.position:
                return Market(position.venue, position.symbol, position.side)
        raise Unusable(
            "unknown_position",
            f"no file has a position '{request.position}'",
            "name the account, symbol and side instead",
        )
    if not request.symbol:
        raise Unusable(
            "no_market",
            "a trigger needs 'position' or 'symbol'",
            "write the symbol as the venue does, such as SOL_USDC_PERP",
        )
    if request.name:
        raise Unusable("ambiguous", "'name' goes with 'position' only", "leave it out")
    return Market(account_of(request.account, accounts), request.symbol, request.side)


def account_of(written: str, accounts: Mapping[str, object]) -> str:
    """Give the account that is meant; the only real one may be left out.

    Raises:
        Unusable: There is no such account, or several and none is said.
    """
    if written:
        if written not in accounts:
            raise Unusable(
                "unknown_account",
                f"there is no account '{written}'",
                f"the accounts are {', '.join(accounts)}",
            )
        return written
    real = [name for name in accounts if not is_simulated(name)]
    if len(real) != 1:
        raise Unusable(
            "no_account",
            "there are several accounts and none is named",
            f"add account: one of {', '.join(accounts)}",
        )
    return real[0]


def expires_ns(expiry: Expiry | None, now_ns: int) -> int | None:
    match expiry:
        case None:
            return None
        case Instant(ts_ns=ts_ns):
            return ts_ns
        case After(duration_ns=duration_ns):
            return now_ns + duration_ns
