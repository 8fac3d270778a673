"""Keys that would do nothing where they stand: each is an error that says why."""

from collections.abc import Iterator

from exitd.configuration.document import Path, Problem
from exitd.configuration.exit_keys import Exit
from exitd.configuration.exit_words import (
    CANCELLING,
    CLOSING,
    LEVELS,
    WATCHING,
    action_of,
    closes,
    decided_by_entry,
    goes_to_market,
    trails,
    uses_leverage,
)
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.position_file import Position
from exitd.configuration.wording import Wording, wording
from exitd.core.condition import AtInstant

_CLOSE_KEYS = ("close", "order", "slippage_limit", "hard", "patience", "twap")
_LIMIT_KEYS = ("slippage_limit", "hard", "patience")
_CANDLE_KEYS = ("last_close", "candle")
_CONFIRMING = ("for", "prices", "emergency")

Idle = Iterator[tuple[str, str]]


def is_written(exit_: ExitDefaults, name: str) -> bool:
    return getattr(exit_, "for_" if name == "for" else name) is not None


def _of_action(exit_: Exit, words: Wording, side: str | None) -> Idle:
    action = action_of(exit_)
    if action not in CLOSING:
        yield from ((name, f"with do: {action}") for name in _CLOSE_KEYS)
    elif words.order == "market":
        why = "with a market close; add order: limit"
        yield from ((name, why) for name in _LIMIT_KEYS)
    elif words.slippage_limit is None:
        yield "hard", "without 'slippage_limit'"
    if action not in CANCELLING:
        yield "orders", f"with do: {action}"
    if side is None:
        yield "once", "without 'side'"


def _of_price(condition: str, words: Wording) -> Idle:
    if condition not in WATCHING:
        yield from (
            (name, f"with '{condition}'")
            for name in ("price", *_CANDLE_KEYS, "missed", "watch")
        )
    elif words.price != "last_close":
        yield from (
            (name, f"with price: {words.price}; it needs price: last_close")
            for name in _CANDLE_KEYS
        )


def _of_confirmation(exit_: Exit, condition: str, words: Wording) -> Idle:
    if trails(exit_):
        what = "with 'trailing'" if condition == "trailing" else "with 'deviation'"
        yield from ((name, what) for name in _CONFIRMING)
    elif condition not in LEVELS:
        yield from ((name, f"with '{condition}'") for name in _CONFIRMING)
    elif exit_.for_ is None and exit_.prices is None and not words.waits_for_close:
        yield (
            "emergency",
            "without something that it need not wait for; add 'for' or 'prices', or "
            "price: last_close with last_close: closed",
        )


def _of_condition(exit_: Exit, condition: str) -> Idle:
    if condition != "trailing":
        trailing_keys = ("after", "tighten", "step")
        yield from ((name, "without 'trailing'") for name in trailing_keys)
    if condition != "take_profit":
        yield "deviation", "without 'take_profit'"
    if condition != "stop_loss":
        yield "before_liquidation", "without 'stop_loss'"
    if condition != "at_time":
        yield "calendar", f"with '{condition}'"
    elif isinstance(exit_.at_time, AtInstant):
        yield "calendar", "with an instant, which names its day itself"


def _of_entry(name: str, position: Position) -> Idle:
    levels = decided_by_entry(name, position)
    if not levels:
        yield "entry", "without a level relative to the entry"
    if not uses_leverage(levels):
        yield "leverage", "without a level in roi"


def idle_keys(
    path: Path, name: str, position: Position, words: Wording, condition: str
) -> Iterator[Problem]:
    """Name each key of an exit that would do nothing, and why."""
    exit_, side = position.exits[name], position.side
    found = (
        *_of_action(exit_, words, side),
        *_of_price(condition, words),
        *_of_confirmation(exit_, condition, words),
        *_of_condition(exit_, condition),
        *_of_entry(name, position),
    )
    for key, why in found:
        if is_written(exit_, key):
            yield (*path, key), f"'{key}' has no effect {why}"
    yield from _second_patience(path, exit_, words, side)


def _second_patience(
    path: Path, exit_: Exit, words: Wording, side: str | None
) -> Iterator[Problem]:
    """A wider limit is tried by what ends in a market close only."""
    if exit_.patience is None or not exit_.patience[1] or words.order != "limit":
        return
    if not goes_to_market(exit_, side):
        why = "a take-profit is armed again instead of trying a wider limit"
    elif exit_.hard:
        why = "with 'hard' there is no wider limit"
    elif words.slippage_limit is None:
        why = "without 'slippage_limit' there is no wider limit"
    else:
        return
    if closes(exit_):
        yield (*path, "patience", 1), f"this patience has no effect: {why}"


def _uses(key: str, name: str, position: Position, words: Wording) -> bool:
    """Whether an exit takes *key* from further out when it does not say it."""
    exit_ = position.exits[name]
    if getattr(exit_, key) is not None or len(exit_.conditions) != 1:
        return False
    if key == "price":
        return exit_.conditions[0] in WATCHING
    if key in _CANDLE_KEYS:
        return exit_.conditions[0] in WATCHING and words.price == "last_close"
    if key == "entry":
        return bool(decided_by_entry(name, position))
    if key == "leverage":
        return uses_leverage(decided_by_entry(name, position))
    if key in ("slippage_limit", "patience"):
        return closes(exit_) and words.order == "limit"
    return closes(exit_)


def idle_position_keys(
    path: Path, position: Position, layers: tuple[ExitDefaults, ...]
) -> Iterator[Problem]:
    """Name each key of a position that none of its exits takes."""
    exits = position.exits
    for key in ExitDefaults.model_fields:
        if getattr(position, key) is None or not exits:
            continue
        if not any(
            _uses(key, name, position, wording(exit_, position, *layers))
            for name, exit_ in exits.items()
        ):
            yield (*path, key), f"'{key}' has no effect: no exit here takes it"
    if position.side is None:
        for key in ("once", "backstop", "moves"):
            if getattr(position, key) not in (None, []):
                yield (*path, key), f"'{key}' has no effect without 'side'"
    elif position.once is not None and all(
        exit_.once is not None for exit_ in exits.values()
    ):
        yield (*path, "once"), "'once' has no effect: every exit says its own"
