"""A trigger that is there, back in the words of the files, so that they can change."""

from msgspec import UNSET
from msgspec.structs import replace

from exitd.configuration.exit_words import relative_levels, uses_leverage
from exitd.configuration.watching import price_word, watch_of, watched_elsewhere
from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    Basis,
    BeforeClose,
    FixedLevel,
    Immediately,
    MaxHold,
    Trailing,
)
from exitd.core.market import PriceKind
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    Notify,
    TriggerDefinition,
)
from exitd.runtime.control.asked_exit import AskedExit, Words, exit_of, read_exit
from exitd.runtime.control.definitions import (
    tighten_key,
    twap_key,
    unwritten_of,
    with_unwritten,
)
from exitd.runtime.control.requests import Market, TriggerChange, expires_ns
from exitd.runtime.problems import Unusable
from exitd.runtime.trigger_words import relative_levels as levels_of_entry

_CLOSE_WORDS = ("close", "order", "slippage_limit", "hard", "patience", "twap")
_NOT_OF_EXIT = ("level", "moves", "expires", "note")
_NO_MOVES: tuple[()] = ()


def changed(
    definition: TriggerDefinition,
    change: TriggerChange,
    *,
    now_ns: int,
    follows: bool = True,
) -> tuple[TriggerDefinition, AskedExit | None]:
    """Apply a change to a trigger's definition.

    Also gives the exit as it was read, where the change is of more than what a
    trigger is called and when it ends. *follows* says whether levels follow the
    entry price where no word does.

    Raises:
        Unusable: The trigger has nothing of the kind to change, or what would come
            of it is nothing that a file could say.
    """
    said = {
        name: value
        for name in change.__struct_fields__
        if (value := getattr(change, name)) is not UNSET
    }
    asked = None
    after = definition
    if said.keys() - {"expires", "note"}:
        asked = _read(definition, change, said, now_ns=now_ns, follows=follows)
        after = asked.definition
    if change.expires is not UNSET:
        after = replace(after, expires_ns=expires_ns(change.expires, now_ns))
    if change.note is not UNSET:
        after = replace(after, note=change.note)
    return after, asked


def _read(
    definition: TriggerDefinition,
    change: TriggerChange,
    said: Words,
    *,
    now_ns: int,
    follows: bool,
) -> AskedExit:
    _refuse_missing(definition, said)
    words = _words(definition)
    if change.level is not UNSET:
        assert isinstance(definition.condition, FixedLevel)
        words[definition.condition.kind.value] = change.level
    for name in said.keys() - set(_NOT_OF_EXIT):
        words[name] = said[name]
    if change.tighten not in (UNSET, None):
        words["tighten"] = tighten_key(said["tighten"])
    if change.twap not in (UNSET, None):
        words["twap"] = twap_key(said["twap"])
    words = {name: value for name, value in words.items() if value is not None}
    _keep_entry(definition, words, said)
    keeps_moves = change.moves is UNSET
    asked = read_exit(
        words,
        _NO_MOVES if change.moves in (UNSET, None) else said["moves"],
        Market(definition.account, definition.symbol, definition.side),
        id=definition.id,
        now_ns=now_ns,
        follows=follows,
    )
    made = asked.definition
    after = replace(
        definition,
        condition=made.condition,
        confirmation=made.confirmation,
        action=with_unwritten(made, unwritten_of(definition.close)).action,
        before_liquidation=made.before_liquidation,
        missed=made.missed,
        moves=definition.moves if keeps_moves else made.moves,
    )
    return replace(asked, definition=after)


def _refuse_missing(definition: TriggerDefinition, said: Words) -> None:
    if isinstance(definition.condition, Immediately):
        raise Unusable(
            "state", f"{definition.id} closes at once, so there is nothing to amend"
        )
    if "level" in said and not isinstance(definition.condition, FixedLevel):
        raise Unusable(
            "no_level",
            f"{definition.id} has no level of its own to change",
            "a trail has trailing, after, tighten and step; the others have a time",
        )
    if definition.close is None and any(name in said for name in _CLOSE_WORDS):
        raise Unusable(
            "no_close", f"{definition.id} closes nothing, so there is no close to amend"
        )


def _words(definition: TriggerDefinition) -> Words:
    """Give the words of a trigger, as a file would have them; None for what is not."""
    confirmation = definition.confirmation
    return {
        **_condition_words(definition),
        **_source_words(definition),
        **_action_words(definition),
        "for_": (confirmation.for_ns or None) if confirmation is not None else None,
        "prices": (confirmation.prices or None) if confirmation is not None else None,
        "emergency": confirmation.emergency if confirmation is not None else None,
        "before_liquidation": definition.before_liquidation,
        "missed": definition.missed.value if definition.missed is not None else None,
    }


def _condition_words(definition: TriggerDefinition) -> Words:
    condition = definition.condition
    match condition:
        case FixedLevel():
            return {condition.kind.value: condition.price}
        case Trailing():
            tighten = condition.tighten
            return {
                "trailing": condition.offset,
                "after": condition.after,
                "tighten": tighten_key(tighten) if tighten is not None else None,
                "step": condition.step,
            }
        case MaxHold():
            return {"max_hold": condition.duration_ns}
        case AtInstant():
            return {"at_time": condition}
        case AtTimeOfDay() | BeforeClose():
            bare = replace(condition, calendar="")
            return {"at_time": bare, "calendar": condition.calendar or None}
        case Immediately():
            raise AssertionError("refused before")


def _source_words(definition: TriggerDefinition) -> Words:
    if not definition.watches_price:
        return {}
    source = definition.source
    words: Words = {"price": price_word(source.kind)}
    if source.kind is PriceKind.LAST_CLOSE:
        words["candle"] = source.candle
        words["last_close"] = "closed" if source.closed else "running"
    if watched_elsewhere(source, definition.account, definition.symbol):
        words["watch"] = watch_of(source)
    return words


def _action_words(definition: TriggerDefinition) -> Words:
    match definition.action:
        case Close() as close:
            return {"do": "close", **_close_words(close)}
        case Cancel() as cancel:
            return {"do": "cancel", "orders": _orders(cancel)}
        case CancelAndClose(cancel=cancel, close=close):
            words = _close_words(close)
            return {"do": "cancel_and_close", "orders": _orders(cancel), **words}
        case Notify():
            return {"do": "notify"}


def _orders(cancel: Cancel) -> str:
    is_one = cancel.scope is CancelScope.ONE
    return cancel.client_order_id if is_one else cancel.scope.value


def _close_words(close: Close) -> Words:
    return {
        "close": close.quantity,
        "order": close.order.value,
        "slippage_limit": close.slippage_limit,
        "hard": close.is_hard or None,
        "patience": close.patience_ns if any(close.patience_ns) else None,
        "twap": twap_key(close.twap) if close.twap is not None else None,
    }


def _keep_entry(definition: TriggerDefinition, words: Words, said: Words) -> None:
    """Let levels relative to the entry go on by the words that they were made with."""
    levels = [level for _, level in relative_levels(exit_of(words))]
    known = levels_of_entry(definition)
    if levels and known and "entry" not in said:
        words["entry"] = "follow" if known[0].follows else "keep"
    leverages = [level.leverage for level in known if level.basis is Basis.ROI]
    if uses_leverage(levels) and leverages and "leverage" not in said:
        words["leverage"] = leverages[0]
