"""What two versions of one trigger differ in, and whether the new one is weaker."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from exitd.core.condition import FixedLevel
from exitd.core.market import PriceKind
from exitd.core.position import Side
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    Notify,
    OrderType,
    Quantity,
    TriggerDefinition,
)
from exitd.core.units import text
from exitd.core.wording import level_text, quantity_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Difference(Struct, frozen=True):
    """One key that differs; empty where one version does not have it."""

    key: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.key} {self.before or 'none'} -> {self.after or 'none'}"


def instant_text(ts_ns: int) -> str:
    """Write an instant in RFC 3339, UTC, to the second."""
    instant = _EPOCH + timedelta(seconds=ts_ns // 1_000_000_000)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _close_words(close: Close) -> dict[str, str]:
    limit = close.slippage_limit
    return {
        "close": quantity_text(close.quantity),
        "order": close.order.value,
        "slippage_limit": "" if limit is None else f"{text(limit)}%",
    }


def _orders(cancel: Cancel) -> str:
    is_one = cancel.scope is CancelScope.ONE
    return cancel.client_order_id if is_one else cancel.scope.value


def _action_words(trigger: TriggerDefinition) -> dict[str, str]:
    match trigger.action:
        case Close() as close:
            return {"do": "close", **_close_words(close)}
        case Cancel() as cancel:
            return {"do": "cancel", "orders": _orders(cancel)}
        case CancelAndClose(cancel, close):
            words = {"do": "cancel_and_close", "orders": _orders(cancel)}
            return {**words, **_close_words(close)}
        case Notify():
            return {"do": "notify"}


def words(trigger: TriggerDefinition) -> dict[str, str]:
    """Describe a trigger by the keys of a configuration, its owner left out."""
    source, condition = trigger.source, trigger.condition
    is_book_side = source.kind in (PriceKind.BID, PriceKind.ASK)
    described = {
        "venue": trigger.account,
        "symbol": trigger.symbol,
        "side": trigger.side.value if trigger.side else "",
    }
    if isinstance(condition, FixedLevel):
        described[condition.kind.value] = level_text(condition.price)
    described.update(_action_words(trigger))
    described["price"] = "bid_ask" if is_book_side else source.kind.value
    if source.kind is PriceKind.LAST_CLOSE:
        described["candle"] = source.candle
        described["last_close"] = "closed" if source.closed else "running"
    if trigger.expires_ns is not None:
        described["expires"] = instant_text(trigger.expires_ns)
    if trigger.once:
        described["once"] = "true"
    return described


def summary(trigger: TriggerDefinition) -> str:
    """Describe a trigger in a few words: its level, and what is not as usual."""
    usual = {"do": "close", "order": "market", "price": "mark"}
    hidden = {"venue", "symbol", "side"}
    shown = [
        f"{key} {value}"
        for key, value in words(trigger).items()
        if key not in hidden and value and usual.get(key) != value
    ]
    return ", ".join(shown)


def differences(
    before: TriggerDefinition, after: TriggerDefinition
) -> tuple[Difference, ...]:
    """Name every key that differs; nothing for one that only moved in its file."""
    old, new = words(before), words(after)
    keys = [*old, *(key for key in new if key not in old)]
    return tuple(
        Difference(key, old.get(key, ""), new.get(key, ""))
        for key in keys
        if old.get(key, "") != new.get(key, "")
    )


def _is_smaller(before: Quantity, after: Quantity) -> bool:
    if after.is_whole:
        return False
    if before.is_whole or before.kind is not after.kind:
        return True
    return after.value < before.value


def _is_farther(side: Side | None, before: Decimal, after: Decimal) -> bool:
    return after < before if side is Side.LONG else after > before


def weakening(before: TriggerDefinition, after: TriggerDefinition | None) -> str:
    """
    Say why a stop protects less than it did, or nothing.

    What cannot be compared (another price source, a share for a quantity) counts as
    weaker: a person looks at it once too often rather than once too seldom.
    """
    if not before.is_stop:
        return ""
    if after is None:
        return "removes a stop"
    if before.key != after.key:
        return "takes a stop away from its position"
    if not after.is_stop:
        return "turns a stop into something else"
    if before.level is None or after.level is None:
        return ""
    if _is_farther(before.side, before.level, after.level):
        return "loosens a stop"
    if before.source != after.source:
        return "changes which price a stop watches"
    old, new = before.close, after.close
    assert old is not None
    assert new is not None
    if _is_smaller(old.quantity, new.quantity):
        return "shrinks a stop"
    if old.order is OrderType.MARKET and new.order is OrderType.LIMIT:
        return "makes a stop a limit close"
    was_ns, is_ns = before.expires_ns, after.expires_ns
    if is_ns is not None and (was_ns is None or is_ns < was_ns):
        return "lets a stop expire earlier"
    return ""
