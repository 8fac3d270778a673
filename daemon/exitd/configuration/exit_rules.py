"""The grammar of positions beyond the shape of their keys.

An exit has exactly one condition; a key that has no effect where it stands is an
error; and what is understood but not built yet is refused with one sentence.
"""

from collections.abc import Iterator

from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.position_file import CONDITIONS, Exit, Position
from exitd.configuration.positions import Wording, action_of, wording
from exitd.configuration.values import EntryRelative

_CLOSING = ("close", "cancel_and_close")
_CANCELLING = ("cancel", "cancel_and_close")
_LEVELS = ("stop_loss", "take_profit", "above", "below")
_WATCHING = (*_LEVELS, "trailing")
_OF_POSITION = ("stop_loss", "take_profit", "trailing", "max_hold")
_CLOSES_ONLY = ("stop_loss", "take_profit", "trailing")
_ORDER_KEYS = ("close", "order", "slippage_limit", "hard")
_CANDLE_KEYS = ("last_close", "candle")

Problem = tuple[Path, str]

NOT_BUILT = {
    "trailing": "trailing stops are not built yet; use stop_loss with a price",
    "after": "trailing stops are not built yet, nor is 'after'; remove it",
    "tighten": "trailing stops are not built yet, nor is 'tighten'; remove it",
    "at_time": "exits at a time are not built yet; run `exitd close` from a timer",
    "max_hold": "exits after a time are not built yet; run `exitd close` from a timer",
    "for": "waiting for confirmation is not built yet; remove 'for', "
    "or use price: last_close with last_close: closed",
    "emergency": "waiting for confirmation is not built yet, nor is 'emergency'; "
    "remove it",
    "watch": "watching another market is not built yet; remove 'watch', "
    "or set the level in the position's own market",
    "hard": "hard limits are not built yet; remove 'hard': "
    "a stop whose limit is not met ends in a market close",
    "missed": "missed crossings are not looked for yet; remove 'missed'",
    "backstop": "backstops are not built yet; place a wide stop at the venue yourself",
    "moves": "moves are not built yet; change the level by hand when the time comes",
}
_RELATIVE = (
    "levels relative to the entry are not built yet; write the price itself here"
)


def _one_condition(path: Path, exit_: Exit) -> Iterator[Problem]:
    found = exit_.conditions
    if not found:
        yield path, f"an exit needs one of {', '.join(CONDITIONS)}"
    for extra in found[1:]:
        yield (
            (*path, extra),
            f"an exit has one condition, and this one has '{found[0]}' already; "
            f"make '{extra}' an exit of its own",
        )


def _actions(
    path: Path, exit_: Exit, condition: str, has_side: bool
) -> Iterator[Problem]:
    place = (*path, condition)
    action = action_of(exit_)
    if condition in ("above", "below") and exit_.do is None:
        yield (
            place,
            f"'{condition}' must say what it does; add do: close, cancel, "
            "cancel_and_close or notify",
        )
        return
    if condition in _CLOSES_ONLY and action not in _CLOSING:
        yield (*path, "do"), f"'{condition}' closes; to {action} use above or below"
        return
    if has_side:
        return
    if condition in _OF_POSITION:
        yield (
            place,
            f"without 'side' there is no position that '{condition}' could close; "
            "add side: long or short, or use above or below with do: cancel or notify",
        )
    elif action in _CLOSING:
        written = (*path, "do") if exit_.do else place
        yield (
            written,
            "without 'side' there is no position to close; add side: long or short, "
            "or use do: cancel or notify",
        )


def _is_written(exit_: ExitDefaults, name: str) -> bool:
    return getattr(exit_, "for_" if name == "for" else name) is not None


def _idle_exit_keys(
    exit_: Exit, condition: str, words: Wording, has_side: bool
) -> Iterator[tuple[str, str]]:
    """Name each key that would do nothing here, and why."""
    action = action_of(exit_)
    watches = condition in _WATCHING
    if action not in _CLOSING:
        yield from ((name, f"with do: {action}") for name in _ORDER_KEYS)
    elif words.order == "market":
        yield "slippage_limit", "with a market close; add order: limit"
        yield "hard", "with a market close; add order: limit"
    elif words.slippage_limit is None:
        yield "hard", "without 'slippage_limit'"
    if action not in _CANCELLING:
        yield "orders", f"with do: {action}"
    if not watches:
        yield from (
            (name, f"with '{condition}'")
            for name in ("price", *_CANDLE_KEYS, "missed", "watch")
        )
    elif words.price != "last_close":
        yield from (
            (name, f"with price: {words.price}; it needs price: last_close")
            for name in _CANDLE_KEYS
        )
    if condition not in _LEVELS:
        yield from ((name, f"with '{condition}'") for name in ("for", "emergency"))
    elif exit_.for_ is None:
        yield "emergency", "without 'for'"
    if condition != "trailing":
        yield from ((name, "without 'trailing'") for name in ("after", "tighten"))
    if not has_side:
        yield "once", "without 'side'"


def _not_built(path: Path, exit_: Exit) -> Iterator[Problem]:
    for name, sentence in NOT_BUILT.items():
        if name not in ("backstop", "moves") and _is_written(exit_, name):
            yield (*path, name), sentence
    for name in _LEVELS:
        if isinstance(getattr(exit_, name), EntryRelative):
            yield (*path, name), _RELATIVE


def _exit_problems(
    path: Path, exit_: Exit, layers: tuple[ExitDefaults, ...], has_side: bool
) -> Iterator[Problem]:
    yield from _one_condition(path, exit_)
    yield from _not_built(path, exit_)
    if len(exit_.conditions) != 1:
        return
    condition = exit_.conditions[0]
    yield from _actions(path, exit_, condition, has_side)
    words = wording(exit_, *layers)
    if words.price == "bid_ask" and not has_side and condition in _WATCHING:
        place = (*path, "price") if exit_.price else (*path, condition)
        yield (
            place,
            "bid_ask is the side a close would hit, and without 'side' nothing is "
            "closed; use price: mark, index, last or last_close",
        )
    for name, why in _idle_exit_keys(exit_, condition, words, has_side):
        if _is_written(exit_, name):
            yield (*path, name), f"'{name}' has no effect {why}"


def _uses(name: str, exit_: Exit, words: Wording) -> bool:
    """Whether an exit takes *name* from further out when it does not say it."""
    if getattr(exit_, name) is not None or len(exit_.conditions) != 1:
        return False
    watches = exit_.conditions[0] in _WATCHING
    if name == "price":
        return watches
    if name in _CANDLE_KEYS:
        return watches and words.price == "last_close"
    closes = action_of(exit_) in _CLOSING
    if name == "slippage_limit":
        return closes and words.order == "limit"
    return closes


def _position_problems(
    path: Path, position: Position, layers: tuple[ExitDefaults, ...]
) -> Iterator[Problem]:
    if not position.exits:
        yield (*path, "exits"), "a position needs at least one exit"
    exits = list(position.exits.values())
    for name in ExitDefaults.model_fields:
        if getattr(position, name) is None or not exits:
            continue
        if not any(_uses(name, e, wording(e, position, *layers)) for e in exits):
            yield (*path, name), f"'{name}' has no effect: no exit here takes it"
    if position.side is None:
        for name in ("once", "backstop", "moves"):
            if getattr(position, name) not in (None, []):
                yield (*path, name), f"'{name}' has no effect without 'side'"
    elif position.once is not None and all(e.once is not None for e in exits):
        yield (*path, "once"), "'once' has no effect: every exit says its own"
    if position.backstop is not None:
        yield (*path, "backstop"), NOT_BUILT["backstop"]
    if position.moves:
        yield (*path, "moves"), NOT_BUILT["moves"]
    for index, move in enumerate(position.moves):
        for end in ("after", "set"):
            named = getattr(move, end)
            if named not in position.exits:
                yield (
                    (*path, "moves", index, end),
                    f"there is no exit '{named}' in this position",
                )


def findings(
    document: Document, name: str, position: Position, layers: tuple[ExitDefaults, ...]
) -> list[Finding]:
    """Check one position against the grammar; *layers* are the defaults outside it."""
    path: Path = ("positions", name)
    problems = list(_position_problems(path, position, layers))
    has_side = position.side is not None
    for exit_name, exit_ in position.exits.items():
        exit_path = (*path, "exits", exit_name)
        outer = (position, *layers)
        problems.extend(_exit_problems(exit_path, exit_, outer, has_side))
    return [document.finding(place, why, key=True) for place, why in problems]
