"""From the texts of options to the words of a trigger, as the API takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from exitd.cli.failures import WrongUsage

Words = dict[str, Any]

#: Conditions that are a level, and options that belong to them.
STOPS = ("stop_loss", "trailing")
CONDITIONS = (
    *STOPS,
    *("take_profit", "above", "below", "at_time", "max_hold"),
)
_OF_TRAIL = ("after", "tighten", "step")
_OF_STOP = ("for", "prices", "emergency", "before_liquidation", "moves")
_OF_CLOSE = (
    *("order", "slippage_limit", "hard", "patience", "twap"),
    *("do", "orders", "calendar", "deviation"),
)


def said(**words: Any) -> Words:
    """Leave out what was not said; `for_` is `for` on the wire."""
    return {
        name.rstrip("_"): value
        for name, value in words.items()
        if value not in (None, "", [])
    }


def tighten_words(written: str | None) -> Words | None:
    """Read `1% at +20%`."""
    if written is None:
        return None
    to, at, level = written.partition(" at ")
    if not at:
        raise WrongUsage(f"--tighten '{written}': write it as '1% at +20%'")
    return {"at": level.strip(), "to": to.strip()}


def twap_words(written: str | None) -> Words | None:
    """Read `5 every 30s`."""
    if written is None:
        return None
    count, every, time = written.partition(" every ")
    if not every or not count.strip().isdecimal():
        raise WrongUsage(f"--twap '{written}': write it as '5 every 30s'")
    return {"slices": int(count), "every": time.strip()}


def patience_words(written: str | None) -> str | list[str] | None:
    """Read `5s`, or `5s,10s` for the limit and the wider one."""
    if written is None or "," not in written:
        return written
    return [part.strip() for part in written.split(",")]


_MOVE = re.compile(
    r"(?:to +)?(?P<to>.+?) +(?P<when>after|at) +(?P<what>.+?)"
    r"(?P<bare>,? +without fees)?"
)


def move_words(written: list[str] | None) -> list[Words]:
    """Read each of `entry after tp1`, `133 at +5%`, `entry after tp1 without fees`."""
    moves = []
    for text in written or ():
        found = _MOVE.fullmatch(text.strip())
        if found is None:
            raise WrongUsage(
                f"--move '{text}': write it as 'entry after tp1' or '133 at +5%'"
            )
        move: Words = {found["when"]: found["what"], "to": found["to"]}
        moves.append(move | ({"fees": False} if found["bare"] else {}))
    return moves


def triggers_of(conditions: Words, options: Words, closes: list[str]) -> list[Words]:
    """Give each trigger the options that belong to it.

    A single trigger gets all of them. Of several, a stop closes whatever is left, so
    that what says how to close is for the others.
    """
    found = [(k, level) for k in CONDITIONS for level in _levels(conditions, k)]
    if not found:
        raise WrongUsage(
            "a trigger needs a level; add --sl, --tp, --trailing, --above, --below, "
            "--at-time or --max-hold"
        )
    if len(found) == 1:
        kind, level = found[0]
        if len(closes) > 1:
            raise WrongUsage("write one --close for one trigger")
        return [{kind: level, **said(close=closes[0] if closes else None), **options}]
    others = [item for item in found if item[0] not in STOPS]
    closing = others or [found[-1]]
    if len(closes) > 1 and len(closes) != len(closing):
        raise WrongUsage("write one --close for each --tp, or one for all of them")
    triggers = []
    for kind, level in found:
        words = {kind: level, **_own(kind, options, found)}
        if (kind, level) in closing:
            index = closing.index((kind, level)) if len(closes) > 1 else 0
            words |= said(close=closes[index] if closes else None)
            words |= _picked(options, _OF_CLOSE)
        triggers.append(_without_idle(words))
    return triggers


def _levels(conditions: Words, kind: str) -> list[str]:
    level = conditions.get(kind)
    if level is None:
        return []
    return level if isinstance(level, list) else [level]


def _picked(options: Words, names: tuple[str, ...]) -> Words:
    return {name: options[name] for name in names if name in options}


def _own(kind: str, options: Words, found: list[tuple[str, str]]) -> Words:
    """Give the options of one condition among several."""
    apart = (*_OF_TRAIL, *_OF_STOP, *_OF_CLOSE)
    own = {name: value for name, value in options.items() if name not in apart}
    if kind == "trailing":
        own |= _picked(options, _OF_TRAIL)
    has_stop = any(other == "stop_loss" for other, _ in found)
    if kind == "stop_loss" or (not has_stop and kind not in ("trailing", *_TIMED)):
        own |= _picked(options, _OF_STOP)
    return own


_TIMED = ("at_time", "max_hold")
_RELATIVE = re.compile(r"[+-][0-9.]+(%( +roi)?| +pnl)")


def _without_idle(words: Words) -> Words:
    """Leave out what one trigger of several has no use for."""
    written = [value for name, value in words.items() if name != "close"]
    texts = [str(value) for value in written]
    has_roi = any("roi" in text for text in texts)
    is_relative = any(_RELATIVE.search(text) for text in texts)
    idle = {"missed"} if any(kind in words for kind in _TIMED) else set()
    if not has_roi:
        idle.add("leverage")
    if not is_relative:
        idle.add("entry")
    if "at_time" not in words:
        idle.add("calendar")
    if "take_profit" not in words:
        idle.add("deviation")
    return {name: value for name, value in words.items() if name not in idle}


def same(value: Any) -> Any:
    return value


#: The word that each option of `add` stands for, and how it is read.
CONDITION_OPTIONS: Mapping[str, str] = {
    "sl": "stop_loss",
    "tp": "take_profit",
    **{name: name for name in ("trailing", "above", "below", "at_time", "max_hold")},
}
OPTIONS: Mapping[str, str] = {
    "move": "moves",
    **{
        name: name
        for name in (
            *("calendar", "after", "tighten", "step", "deviation", "for_", "prices"),
            *(
                "emergency",
                "missed",
                "before_liquidation",
                "entry",
                "leverage",
                "do",
                "orders",
            ),
            *("order", "slippage_limit", "patience", "hard", "twap"),
        )
    },
}
SHARED_OPTIONS: Mapping[str, str] = {
    "note_text": "note",
    **{
        name: name
        for name in (
            *("position", "account", "symbol", "side", "name", "price", "last_close"),
            *("candle", "watch", "expires"),
        )
    },
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "tighten": tighten_words,
    "move": move_words,
    "patience": patience_words,
    "twap": twap_words,
    "hard": lambda hard: hard or None,
    "missed": lambda missed: None if missed == "none" else missed,
}


def picked(given: Mapping[str, Any], names: Mapping[str, str]) -> Words:
    """Take the options of these names out of what a command was given."""
    return said(
        **{word: _READERS.get(name, same)(given[name]) for name, word in names.items()}
    )
