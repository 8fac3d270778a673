"""
Normalising: what an alert said, in any of its dialects, as a `Signal`.

Three dialects are read: the format itself, the one before it (`price`, `action`,
`extras`) and the one after it (`positionDirection`). Several spellings of one thing
may stand side by side while they say the same.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from exitd.core.ticket import PositionIntent, TicketTime, TicketType
from exitd.signals import faults, fields
from exitd.signals.exits import read_stop_loss, read_take_profit
from exitd.signals.fields import Fields
from exitd.signals.instants import iso_of
from exitd.signals.model import Direction, Json, Normalised, Signal

_ACTIONS = {
    "buy": Direction.LONG,
    "long": Direction.LONG,
    "sell": Direction.SHORT,
    "short": Direction.SHORT,
}
_POSITION_DIRECTIONS = {
    "entrylong": PositionIntent.BUY_TO_OPEN,
    "exitlong": PositionIntent.SELL_TO_CLOSE,
    "entryshort": PositionIntent.SELL_TO_OPEN,
    "exitshort": PositionIntent.BUY_TO_CLOSE,
}
_AMOUNTS = (
    "marketPrice",
    "qty",
    "notional",
    "stopPrice",
    "limitPrice",
    "trailPrice",
    "trailPercent",
)
_ORDER_TYPE = fields.word_of(TicketType, "E11")
_TIME_IN_FORCE = fields.word_of(TicketTime, "E12")
_INTENTS = frozenset(intent.value for intent in PositionIntent)
_BUYS = (PositionIntent.BUY_TO_OPEN, PositionIntent.BUY_TO_CLOSE)
# However it is spelled, and wherever somebody has put it: none of these is kept.
_SECRET = re.compile(r"auth.{0,3}key|api.{0,3}key|secret|passw|passphrase", re.I)


def normalise(payload: Mapping[str, object]) -> Normalised:
    """
    Bring an alert into the one form, in the order of the format's section 1.3.

    Args:
        payload: What `read_body` gave, or any fields by their names.

    Returns:
        The signal, and one finding for each field that could not be read. The value
        of `auth_key` is in neither. Normalising `signal_json` again gives the same.
    """
    body = Fields(payload)
    has_auth_key = _has_auth_key(body)
    legacy = body.take_object("extras")
    ticker = body.plain("ticker", fields.ticker)
    direction, intent = _directions(body)
    prices = _amounts(body, legacy)
    take_profit = read_take_profit(body)
    stop_loss = read_stop_loss(body)
    order_type = body.plain("orderType", _ORDER_TYPE)
    if order_type is None:
        # One that cannot be read is an error, and counts as not given besides.
        order_type = detected(prices)
    time_in_force = body.plain("timeInForce", _TIME_IN_FORCE)
    extended_hours = body.plain("extendedHours", fields.truth)
    client_order_id = body.plain("clientOrderId", fields.identity)
    account_id = body.plain("accountId", fields.identity)
    metadata = _metadata(body, legacy)
    extra = _extra(body)
    signal = Signal(
        ticker=ticker,
        direction=direction,
        market_price=prices["marketPrice"],
        qty=prices["qty"],
        notional=prices["notional"],
        stop_price=prices["stopPrice"],
        limit_price=prices["limitPrice"],
        trail_price=prices["trailPrice"],
        trail_percent=prices["trailPercent"],
        take_profit=take_profit,
        stop_loss=stop_loss,
        order_type=order_type,
        time_in_force=time_in_force,
        extended_hours=extended_hours,
        client_order_id=client_order_id,
        position_intent=intent,
        account_id=account_id,
        metadata=metadata,
        extra=extra,
    )
    return Normalised(
        signal=signal,
        has_auth_key=has_auth_key,
        errors=tuple(body.errors),
        unread=frozenset(body.unread),
    )


def _has_auth_key(body: Fields) -> bool:
    key = body.take("auth_key")
    if key is not None and not isinstance(key, str):
        body.fail("auth_key", faults.key_not_a_text())
    return key is not None


def detected(prices: Mapping[str, Decimal | None]) -> TicketType:
    """
    Tell the order type by the prices that are there.

    Exits and the market price never count: they say nothing about the entry.
    """
    has_stop = prices["stopPrice"] is not None
    has_limit = prices["limitPrice"] is not None
    if has_stop and has_limit:
        return TicketType.STOP_LIMIT
    if has_stop:
        return TicketType.STOP
    if has_limit:
        return TicketType.LIMIT
    if prices["trailPrice"] is not None or prices["trailPercent"] is not None:
        return TicketType.TRAILING_STOP
    return TicketType.MARKET


def _amounts(body: Fields, legacy: dict[str, object]) -> dict[str, Decimal | None]:
    """Read the numbers that are no exits, from every spelling of each."""
    older = {
        "marketPrice": ("price", body.take("price")),
        "stopPrice": ("extras.stop", legacy.pop("stop", None)),
        "limitPrice": ("extras.limit", legacy.pop("limit", None)),
    }
    found: dict[str, Decimal | None] = {}
    for name in _AMOUNTS:
        spelling, value = older.get(name, ("", None))
        if value is None:
            found[name] = body.plain(name, fields.amount)
        else:
            written = {name: body.take(name), spelling: value}
            found[name] = body.spelled(name, written, fields.amount)
    return found


def _directions(body: Fields) -> tuple[Direction | None, str | None]:
    """Read the side of the order, and what it does to the position."""
    later = body.read(
        "direction",
        "positionDirection",
        body.take("positionDirection"),
        _position_direction,
    )
    implied = None
    if later is not None:
        implied = Direction.LONG if later in _BUYS else Direction.SHORT
    direction = body.agreed(
        "direction",
        {
            "direction": body.plain("direction", _direction),
            "action": body.read("direction", "action", body.take("action"), _action),
            "positionDirection": implied,
        },
    )
    written = body.plain("positionIntent", _intent)
    if later is None:
        return direction, written
    if written is not None and written not in _INTENTS:
        # Another word is a tag; the order's purpose is what the direction says.
        body.rest()["positionIntent"] = written
        written = None
    intent = body.agreed(
        "positionIntent", {"positionIntent": written, "positionDirection": later.value}
    )
    return direction, intent


def _direction(name: str, value: object) -> Direction:
    said = value.strip().lower() if isinstance(value, str) else ""
    if said not in ("long", "short"):
        message = "direction must be 'long' or 'short'"
        raise fields.BadField(faults.not_one_of("E10", name, message, value, "long"))
    return Direction(said)


def _action(name: str, value: object) -> Direction:
    said = value.strip().lower() if isinstance(value, str) else ""
    if said not in _ACTIONS:
        message = f"{name} must be one of {', '.join(_ACTIONS)}"
        raise fields.BadField(faults.not_one_of("", name, message, value, "buy"))
    return _ACTIONS[said]


def _position_direction(name: str, value: object) -> PositionIntent:
    said = value.strip().lower() if isinstance(value, str) else ""
    if said not in _POSITION_DIRECTIONS:
        message = f"{name} must be one of entryLong, exitLong, entryShort, exitShort"
        raise fields.BadField(faults.not_one_of("", name, message, value, "entryLong"))
    return _POSITION_DIRECTIONS[said]


def _intent(name: str, value: object) -> str:
    """Read an official intent in any case, or any other word as it is."""
    said = fields.words(name, value)
    return said.lower() if said.lower() in _INTENTS else said


def _metadata(body: Fields, legacy: dict[str, object]) -> Json:
    """Keep what the sender says about the alert; only its timestamp is touched."""
    written = body.take("metadata")
    metadata: Json = {}
    if isinstance(written, dict):
        metadata = _without_secrets(written)
    elif written is not None:
        body.fail("metadata", faults.not_an_object("metadata", written, "{}"))
    if legacy and "extras" in metadata:
        body.rest()["extras"] = legacy
    elif legacy:
        metadata["extras"] = _without_secrets(legacy)
    if "timestamp" in metadata:
        metadata["timestamp"] = iso_of(metadata["timestamp"])
    _find_placeholders(body, "metadata", metadata)
    return metadata


def _extra(body: Fields) -> Json:
    """Keep what the format has no field for, and what was kept before."""
    kept = body.take_object("extra")
    extra = _without_secrets({**kept, **body.rest()})
    _find_placeholders(body, "", extra)
    return extra


def _without_secrets(value: Mapping[str, object]) -> Json:
    return {
        key: _pruned(member) for key, member in value.items() if not _SECRET.search(key)
    }


def _pruned(value: object) -> object:
    match value:
        case dict():
            return _without_secrets(value)
        case list():
            return [_pruned(member) for member in value]
        case _:
            return value


_MAY_HOLD = (str, dict, list)


def _find_placeholders(body: Fields, path: str, value: object) -> None:
    """Name every text that TradingView has left as it was; it is kept as well."""
    if isinstance(value, dict):
        for key, member in value.items():
            if member.__class__ in _MAY_HOLD:
                inner = f"{path}.{key}" if path else key
                _find_placeholders(body, inner, member)
    elif isinstance(value, list):
        for member in value:
            _find_placeholders(body, path, member)
    else:
        left = fields.placeholder_in(value)
        if left:
            body.errors.append(faults.placeholder_left(faults.shown(path), left))
