"""A trigger in the keys of a configuration, and what two versions of one differ in."""

from collections.abc import Iterator

from msgspec import Struct

from exitd.configuration.instants import instant_text
from exitd.configuration.watching import price_word, watched_elsewhere
from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    BeforeClose,
    Condition,
    Confirmation,
    FixedLevel,
    Immediately,
    Level,
    MaxHold,
    Move,
    Relative,
    Tighten,
    Trailing,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    Notify,
    TriggerDefinition,
)
from exitd.core.units import text
from exitd.core.wording import (
    clock_text,
    duration_text,
    level_text,
    offset_text,
    quantity_text,
)

Words = dict[str, str]


class Difference(Struct, frozen=True):
    """One key that differs; empty where one version does not have it."""

    key: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.key} {self.before or 'none'} -> {self.after or 'none'}"


def _condition_words(condition: Condition) -> Words:
    match condition:
        case FixedLevel(kind, price):
            return {kind.value: level_text(price)}
        case Trailing(offset, after, tighten, step):
            return {
                "trailing": offset_text(offset),
                "after": "" if after is None else level_text(after),
                "tighten": _tighten_text(tighten),
                "step": "" if step is None else f"{text(step)}%",
            }
        case MaxHold(duration_ns):
            return {"max_hold": duration_text(duration_ns)}
        case AtInstant(ts_ns):
            return {"at_time": instant_text(ts_ns)}
        case AtTimeOfDay(second, zone, calendar):
            at_time = f"{clock_text(second)} {zone}"
            return {"at_time": at_time, "calendar": calendar}
        case BeforeClose(before_ns, calendar):
            at_time = f"{duration_text(before_ns)} before close"
            return {"at_time": at_time, "calendar": calendar}
        case Immediately():
            return {}


def _tighten_text(tighten: Tighten | None) -> str:
    if tighten is None:
        return ""
    return f"to {offset_text(tighten.to)} at {level_text(tighten.at)}"


def _confirmation_words(confirmation: Confirmation | None) -> Words:
    if confirmation is None:
        return {}
    emergency = confirmation.emergency
    return {
        "for": duration_text(confirmation.for_ns) if confirmation.for_ns else "",
        "prices": str(confirmation.prices) if confirmation.prices else "",
        "emergency": "" if emergency is None else level_text(emergency),
    }


def levels_of(trigger: TriggerDefinition) -> Iterator[Level]:
    """Give every level of a trigger, those that it is moved by and to included."""
    condition, confirmation = trigger.condition, trigger.confirmation
    found: list[Level | None] = []
    if isinstance(condition, FixedLevel):
        found.append(condition.price)
    elif isinstance(condition, Trailing):
        found.append(condition.after)
        found.append(None if condition.tighten is None else condition.tighten.at)
    found.append(None if confirmation is None else confirmation.emergency)
    for move in trigger.moves:
        found += [move.at, move.to]
    yield from (level for level in found if level is not None)


def _entry_words(trigger: TriggerDefinition) -> Words:
    """Say what the entry decides, and how: one word for all levels of a trigger."""
    levels = [level for level in levels_of(trigger) if isinstance(level, Relative)]
    if not levels:
        return {}
    leverages = {level.leverage for level in levels if level.leverage != 1}
    return {
        "entry": "follow" if levels[0].follows else "keep",
        "leverage": ", ".join(text(number) for number in sorted(leverages)),
    }


def move_text(move: Move) -> str:
    """Write a move: `to entry after tp1`, `to 140 at +5%`."""
    if move.to is not None:
        target = level_text(move.to)
    elif move.to_level_of:
        target = f"level of {_exit_name(move.to_level_of)}"
    else:
        target = "entry" if move.covers_fees else "entry without fees"
    when = f"at {level_text(move.at)}" if move.at is not None else _after(move)
    return f"to {target} {when}"


def _after(move: Move) -> str:
    return f"after {_exit_name(move.after)}"


def _exit_name(trigger_id: str) -> str:
    return trigger_id.rpartition("/")[2]


def _close_words(close: Close) -> Words:
    limit, twap = close.slippage_limit, close.twap
    patience = [duration_text(stage_ns) for stage_ns in close.patience_ns if stage_ns]
    sliced = "" if twap is None else f"{twap.slices} x {duration_text(twap.every_ns)}"
    return {
        "close": quantity_text(close.quantity),
        "order": close.order.value,
        "slippage_limit": "" if limit is None else f"{text(limit)}%",
        "hard": "true" if close.is_hard else "",
        "patience": " then ".join(patience),
        "twap": sliced,
    }


def _orders(cancel: Cancel) -> str:
    is_one = cancel.scope is CancelScope.ONE
    return cancel.client_order_id if is_one else cancel.scope.value


def _action_words(trigger: TriggerDefinition) -> Words:
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


def _source_words(trigger: TriggerDefinition, source: PriceSource) -> Words:
    words = {"watch": watched_elsewhere(source, trigger.account, trigger.symbol)}
    if trigger.watches_price:
        words["price"] = price_word(source.kind)
    if source.kind is PriceKind.LAST_CLOSE:
        words["candle"] = source.candle
        words["last_close"] = "closed" if source.closed else "running"
    return words


def words(trigger: TriggerDefinition) -> Words:
    """Describe a trigger by the keys of a configuration, its owner left out."""
    margin = trigger.before_liquidation
    return {
        "venue": trigger.account,
        "symbol": trigger.symbol,
        "side": trigger.side.value if trigger.side else "",
        **_condition_words(trigger.condition),
        **_confirmation_words(trigger.confirmation),
        "before_liquidation": "" if margin is None else f"{text(margin)}%",
        "missed": "" if trigger.missed is None else trigger.missed.value,
        **_entry_words(trigger),
        **_action_words(trigger),
        **_source_words(trigger, trigger.source),
        "moves": "; ".join(move_text(move) for move in trigger.moves),
        "expires": ""
        if trigger.expires_ns is None
        else instant_text(trigger.expires_ns),
        "once": "true" if trigger.once else "",
    }


def summary(trigger: TriggerDefinition) -> str:
    """Describe a trigger in a few words: its level, and what is not as usual."""
    usual = {"do": "close", "order": "market", "price": "mark", "entry": "follow"}
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
