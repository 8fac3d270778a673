"""What somebody asks to arm, in the words of the files, and what comes of it."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from exitd.configuration.positions import CheckedPosition
from exitd.configuration.values import After, Expiry, Instant
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import (
    WHOLE,
    Action,
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    Notify,
    OrderType,
    Quantity,
    TriggerDefinition,
)
from exitd.runtime.problems import Unusable

_CLOSING = ("close", "cancel_and_close")
_CANCELLING = ("cancel", "cancel_and_close")


class TriggerRequest(Struct, frozen=True, kw_only=True):
    """One trigger to arm; every word means what it means in a file.

    Either `position` names a position of the files, or `symbol` (and `account`,
    where there are several) the market. With `position` and `name` the id is
    `position/name`, else one is made. `do` empty closes, but for `above` and
    `below`, which must say it.
    """

    kind: ConditionKind
    level: Decimal
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
    price: str = ""
    candle: str = ""
    closed_candles: bool = False
    expires: Expiry | None = None
    note: str = ""
    window_ns: int | None = None


class TriggerChange(Struct, frozen=True, kw_only=True):
    """What to change in a trigger; what is unset stays. `expires` None: never."""

    level: Decimal | UnsetType = UNSET
    close: Quantity | UnsetType = UNSET
    order: OrderType | UnsetType = UNSET
    slippage_limit: Decimal | UnsetType | None = UNSET
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
    """Give the account that is meant; the only one may be left out.

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
    if len(accounts) != 1:
        raise Unusable(
            "no_account",
            "there are several accounts and none is named",
            f"add account: one of {', '.join(accounts)}",
        )
    return next(iter(accounts))


def definition_of(
    request: TriggerRequest, market: Market, *, id: str, owner: str, now_ns: int
) -> TriggerDefinition:
    """Make the trigger that a request asks for.

    Raises:
        Unusable: Its words do not go together.
    """
    return TriggerDefinition(
        id=id,
        owner=owner,
        account=market.account,
        symbol=market.symbol,
        side=market.side,
        source=_source(request, market),
        condition=FixedLevel(request.kind, request.level),
        action=_action(request, market),
        expires_ns=expires_ns(request.expires, now_ns),
        note=request.note,
    )


def expires_ns(expiry: Expiry | None, now_ns: int) -> int | None:
    match expiry:
        case None:
            return None
        case Instant(ts_ns=ts_ns):
            return ts_ns
        case After(duration_ns=duration_ns):
            return now_ns + duration_ns


def _source(request: TriggerRequest, market: Market) -> PriceSource:
    word = request.price or "mark"
    is_candle = word == "last_close"
    if (request.candle or request.closed_candles) and not is_candle:
        raise Unusable(
            "idle_key",
            f"'candle' and 'last_close' have no effect with price: {word}",
            "use price: last_close",
        )
    if word == "bid_ask":
        if market.side is None:
            raise Unusable(
                "no_side",
                "bid_ask is the side a close would hit, and without 'side' nothing "
                "is closed",
                "use price: mark, index, last or last_close",
            )
        kind = PriceKind.BID if market.side is Side.LONG else PriceKind.ASK
    else:
        kind = PriceKind(word)
    return PriceSource(
        market.account,
        market.symbol,
        kind,
        (request.candle or "1m") if is_candle else "",
        request.closed_candles,
    )


def _action(request: TriggerRequest, market: Market) -> Action:
    do = request.do
    if request.kind in (ConditionKind.ABOVE, ConditionKind.BELOW):
        if not do:
            raise Unusable(
                "no_action",
                f"'{request.kind}' must say what it does",
                "add do: close, cancel, cancel_and_close or notify",
            )
    else:
        do = do or "close"
        if do not in _CLOSING:
            raise Unusable(
                "bad_action",
                f"'{request.kind}' closes",
                f"to {do} use above or below",
            )
    if do in _CLOSING and market.side is None:
        raise Unusable(
            "no_side", "a close needs a side", "add side: long or side: short"
        )
    _refuse_idle(request, do)
    match do:
        case "cancel":
            return _cancel(request)
        case "cancel_and_close":
            return CancelAndClose(_cancel(request), _close(request))
        case "notify":
            return Notify()
        case _:
            return _close(request)


def _refuse_idle(request: TriggerRequest, do: str) -> None:
    """A word that would do nothing is an error, as in a file."""
    idle = []
    if do not in _CLOSING:
        said = {
            "close": request.close,
            "order": request.order,
            "slippage_limit": request.slippage_limit,
        }
        idle = [name for name, value in said.items() if value is not None]
    if do not in _CANCELLING and request.orders:
        idle.append("orders")
    if idle:
        raise Unusable("idle_key", f"'{idle[0]}' has no effect with do: {do}")


def _close(request: TriggerRequest) -> Close:
    order = request.order or OrderType.MARKET
    if request.slippage_limit is not None and order is OrderType.MARKET:
        raise Unusable(
            "idle_key",
            "'slippage_limit' has no effect with a market close",
            "add order: limit",
        )
    return Close(
        request.close or WHOLE,
        order,
        request.slippage_limit,
        window_ns=request.window_ns,
    )


def _cancel(request: TriggerRequest) -> Cancel:
    orders = request.orders or "all"
    if orders in (CancelScope.ALL, CancelScope.LIMIT, CancelScope.TRIGGER):
        return Cancel(CancelScope(orders))
    return Cancel(CancelScope.ONE, orders)


def changed(
    definition: TriggerDefinition, change: TriggerChange, *, now_ns: int
) -> TriggerDefinition:
    """Apply a change to a trigger's definition.

    Raises:
        Unusable: The trigger has nothing of the kind to change.
    """
    after = definition
    if change.level is not UNSET:
        if not isinstance(definition.condition, FixedLevel):
            raise Unusable(
                "no_level", f"{definition.id} watches no price, so it has no level"
            )
        after = replace(
            after, condition=FixedLevel(definition.condition.kind, change.level)
        )
    close = _changed_close(definition, change)
    if close is not None:
        is_plain = isinstance(after.action, Close)
        action = close if is_plain else replace(after.action, close=close)
        after = replace(after, action=action)
    if change.expires is not UNSET:
        after = replace(after, expires_ns=expires_ns(change.expires, now_ns))
    if change.note is not UNSET:
        after = replace(after, note=change.note)
    return after


def _changed_close(
    definition: TriggerDefinition, change: TriggerChange
) -> Close | None:
    close = definition.close
    asked = {
        "quantity": change.close,
        "order": change.order,
        "slippage_limit": change.slippage_limit,
    }
    said = {name: value for name, value in asked.items() if value is not UNSET}
    if not said:
        return None
    if close is None:
        raise Unusable(
            "no_close", f"{definition.id} closes nothing, so there is no close to amend"
        )
    after = replace(close, **said)
    if after.slippage_limit is not None and after.order is OrderType.MARKET:
        raise Unusable(
            "idle_key",
            f"{definition.id}: 'slippage_limit' has no effect with a market close",
            "set order: limit, or slippage_limit: null",
        )
    return after
