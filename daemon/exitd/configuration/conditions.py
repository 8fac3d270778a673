"""From the words of an exit to the core's values: what it waits for, and how."""

from msgspec.structs import replace

from exitd.configuration.exit_keys import Exit
from exitd.configuration.exit_words import LEVELS
from exitd.configuration.position_file import ENTRY, Move
from exitd.configuration.watching import WatchedMarket, combination
from exitd.configuration.wording import Wording
from exitd.core.condition import (
    AtInstant,
    Basis,
    Condition,
    ConditionKind,
    Confirmation,
    Direction,
    FixedLevel,
    Level,
    MaxHold,
    Relative,
    Tighten,
    Trailing,
)
from exitd.core.condition import Move as CoreMove
from exitd.core.directions import direction_of
from exitd.core.market import PriceKind, PriceSource, Quorum, Spread
from exitd.core.position import Side

#: What an exit at a time observes when it is hit.
_TIMED_PRICE = PriceKind.MARK


def complete(level: Level, words: Wording, *, follows: bool) -> Level:
    """Add to a relative level what other keys say of it.

    *follows* is for where no key says whether it follows the entry price.
    """
    if not isinstance(level, Relative):
        return level
    says = follows if words.entry is None else words.entry == "follow"
    if level.basis is not Basis.ROI:
        return replace(level, follows=says)
    assert words.leverage is not None, "refused without a leverage"
    return replace(level, follows=says, leverage=words.leverage)


def condition_of(exit_: Exit, words: Wording, *, follows: bool) -> Condition:
    """Give what an exit with exactly one condition waits for."""
    if exit_.max_hold is not None:
        return MaxHold(exit_.max_hold)
    if exit_.at_time is not None:
        moment = exit_.at_time
        if isinstance(moment, AtInstant) or exit_.calendar is None:
            return moment
        return replace(moment, calendar=exit_.calendar)
    if exit_.trailing is not None:
        return _trailing(exit_, words, follows=follows)
    (word,) = exit_.conditions
    level = complete(getattr(exit_, word), words, follows=follows)
    if exit_.deviation is not None:
        return Trailing(exit_.deviation, after=level)
    return FixedLevel(ConditionKind(word), level)


def _trailing(exit_: Exit, words: Wording, *, follows: bool) -> Trailing:
    assert exit_.trailing is not None
    after, narrows = exit_.after, exit_.tighten
    tighten = None
    if narrows is not None:
        at = complete(narrows.at, words, follows=follows)
        tighten = Tighten(at, narrows.to)
    return Trailing(
        exit_.trailing,
        after=None if after is None else complete(after, words, follows=follows),
        tighten=tighten,
        step=exit_.step,
    )


def confirmation_of(
    exit_: Exit, words: Wording, source: PriceSource, *, follows: bool
) -> Confirmation | None:
    """Give what a crossed level still needs; None where it needs nothing.

    Where only closes of candles are judged, an emergency is looked for among the
    trades of the same market.
    """
    level = exit_.emergency
    if exit_.for_ is None and exit_.prices is None and level is None:
        return None
    emergency = None if level is None else complete(level, words, follows=follows)
    is_apart = emergency is not None and source.closed
    return Confirmation(
        for_ns=exit_.for_ or 0,
        prices=exit_.prices or 0,
        emergency=emergency,
        emergency_source=trades_of(source) if is_apart else None,
    )


def trades_of(source: PriceSource) -> PriceSource:
    """Give the trades of the markets that a source is made of."""
    first, *others = (
        PriceSource(part.feed, part.symbol, PriceKind.LAST) for part in source.parts
    )
    match source.combined:
        case None:
            return first
        case Spread():
            return replace(first, combined=Spread(others[0]))
        case Quorum() as quorum:
            return replace(first, combined=replace(quorum, others=tuple(others)))


def source_of(
    exit_: Exit, words: Wording, venue: str, symbol: str, side: Side | None
) -> PriceSource:
    """Give which price is watched; an exit at a time observes the mark."""
    if exit_.max_hold is not None or exit_.at_time is not None:
        return PriceSource(venue, symbol, _TIMED_PRICE)
    if exit_.watch is None:
        return _stream(words.price, words, venue, symbol, side)

    def stream(market: WatchedMarket) -> PriceSource:
        return _stream(market.kind or words.price, words, *market.place, side)

    return combination(exit_.watch, stream, is_falling=_is_falling(exit_, side))


def _is_falling(exit_: Exit, side: Side | None) -> bool:
    (word,) = exit_.conditions
    if word not in LEVELS:
        return side is Side.LONG
    return direction_of(ConditionKind(word), side) is Direction.FALLING


def _stream(
    price: str, words: Wording, venue: str, symbol: str, side: Side | None
) -> PriceSource:
    if price == "bid_ask":
        kind = PriceKind.BID if side is Side.LONG else PriceKind.ASK
        return PriceSource(venue, symbol, kind)
    kind = PriceKind(price)
    if kind is not PriceKind.LAST_CLOSE:
        return PriceSource(venue, symbol, kind)
    return PriceSource(venue, symbol, kind, words.candle, words.closed_candles)


def move_of(
    move: Move, words: Wording, position_name: str, *, follows: bool
) -> CoreMove:
    """Give a move with the ids of the exits that it names; *words* are the stop's."""
    to, to_level_of = move.to, ""
    level: Level | None = None
    if not isinstance(to, str):
        level = complete(to, words, follows=follows)
    elif to != ENTRY:
        to_level_of = f"{position_name}/{to}"
    return CoreMove(
        after=f"{position_name}/{move.after}" if move.after is not None else "",
        at=None if move.at is None else complete(move.at, words, follows=follows),
        to=level,
        to_level_of=to_level_of,
        covers_fees=to == ENTRY and move.fees is not False,
    )
