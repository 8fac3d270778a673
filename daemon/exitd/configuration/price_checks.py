"""Whether levels are on the price step, and on which side of the market they lie."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from msgspec.structs import replace

from exitd.configuration.document import Path
from exitd.configuration.findings import Finding
from exitd.configuration.level_order import gains_on
from exitd.configuration.market_context import ERROR, WARNING, Context
from exitd.configuration.markets import distance_percent
from exitd.configuration.positions import CheckedExit
from exitd.configuration.triggers import definition
from exitd.core.condition import FixedLevel, Level, Offset, Trailing
from exitd.core.market import Instrument
from exitd.core.position import Side
from exitd.core.resting import is_crossed
from exitd.core.units import HUNDRED, is_on_step, neighbours_on_step, text
from exitd.core.wording import level_text, offset_text


def _levels(exit_: CheckedExit) -> Iterator[tuple[Path, Level]]:
    """Give every level of an exit, and the keys to it."""
    condition, confirmation = exit_.condition, exit_.confirmation
    if isinstance(condition, FixedLevel):
        yield (exit_.word,), condition.price
    elif isinstance(condition, Trailing):
        if condition.after is not None:
            is_sugar = exit_.word == "take_profit"
            yield ("take_profit" if is_sugar else "after",), condition.after
        if condition.tighten is not None:
            yield ("tighten", "at"), condition.tighten.at
    if confirmation is not None and confirmation.emergency is not None:
        yield ("emergency",), confirmation.emergency


def check_steps(context: Context, exit_: CheckedExit) -> Iterator[Finding]:
    """Refuse levels that no price can have, and trails closer than one step."""
    market = context.watched(exit_)
    if market is None:
        return
    for path, level in _levels(exit_):
        why = _off_step(level, market)
        if why:
            yield context.say(exit_, path, why, ERROR)
    condition = exit_.condition
    if isinstance(condition, Trailing):
        key = "trailing" if exit_.word == "trailing" else "deviation"
        offsets: list[tuple[Path, Offset]] = [((key,), condition.offset)]
        if condition.tighten is not None:
            offsets.append((("tighten", "to"), condition.tighten.to))
        for path, offset in offsets:
            yield from _offset(context, exit_, path, offset, market)


def check_move_steps(
    context: Context, exits: Collection[CheckedExit]
) -> Iterator[Finding]:
    names = {exit_.name for exit_ in exits}
    for checked in context.position.moves:
        if checked.exit not in names:
            continue
        for key, level in (("at", checked.move.at), ("to", checked.move.to)):
            why = "" if level is None else _off_step(level, context.instrument)
            if why:
                yield context.say_at((*checked.path, key), why)


def _off_step(level: Level, market: Instrument) -> str:
    step = market.price_step
    if not isinstance(level, Decimal) or is_on_step(level, step):
        return ""
    below, above = (text(price) for price in neighbours_on_step(level, step))
    return (
        f"{text(level)} is off the price step {text(step)} of {market.symbol}; "
        f"the nearest are {below} and {above}"
    )


def _offset(
    context: Context, exit_: CheckedExit, path: Path, offset: Offset, market: Instrument
) -> Iterator[Finding]:
    """A trail within one step of the price would fire at the first tremble."""
    distance = offset.value
    if offset.is_percent:
        price = context.known.price(exit_.source)
        if price is None:
            return
        distance = price * offset.value / HUNDRED
    if distance < market.price_step:
        yield context.say(
            exit_,
            path,
            f"{offset_text(offset)} is less than one price step of {market.symbol}, "
            f"{text(market.price_step)}; write a wider distance",
            ERROR,
        )


def check_market(context: Context, exit_: CheckedExit) -> Iterator[Finding]:
    """Compare an exit with the price, or with the entry where no price is known."""
    condition = exit_.condition
    if isinstance(condition, Trailing):
        yield from _activation(context, exit_, condition)
    if not isinstance(condition, FixedLevel):
        return
    price = context.known.price(exit_.source)
    level = context.price_of(exit_, condition.price)
    if level is None:
        return
    if price is None:
        yield from _entry(context, exit_, level)
        return
    trigger = definition(context.position, exit_, now_ns=0)
    at_price = replace(trigger, condition=FixedLevel(condition.kind, level))
    shown = _shown(condition.price, level)
    if is_crossed(at_price, price):
        if context.tells_crossed:
            yield context.say(
                exit_,
                (exit_.word,),
                f"{shown} is crossed already: the {exit_.source.kind} price "
                f"is {text(price)}",
                WARNING,
            )
        return
    if exit_.source.is_spread:
        return
    away = distance_percent(price, level)
    if exit_.closes and away < context.min_distance:
        yield context.say(
            exit_,
            (exit_.word,),
            f"{shown} is {text(round(away, 4))}% from the "
            f"{exit_.source.kind} price {text(price)}, nearer than min_distance, "
            f"{text(context.min_distance)}%",
            ERROR,
        )


def _shown(written: Level, price: Decimal) -> str:
    is_same = isinstance(written, Decimal)
    return text(price) if is_same else f"{level_text(written)} ({text(price)})"


def _entry(context: Context, exit_: CheckedExit, level: Decimal) -> Iterator[Finding]:
    position, record = context.position, context.record
    if not exit_.closes or exit_.is_watching or position.side is None:
        return
    if record is None or record.entry_price is None or exit_.level != level:
        return
    entry = record.entry_price
    is_above = level > entry
    wins_above = position.side is Side.LONG
    is_stop = position.is_stop(exit_)
    if is_above is (wins_above is is_stop) and level != entry:
        where = "above" if is_above else "below"
        kind = "stop" if is_stop else "take-profit"
        yield context.say(
            exit_,
            (exit_.word,),
            f"the {kind} {text(level)} is {where} the entry, {text(entry)}; "
            "make sure that the price is on the other side of it",
            WARNING,
        )


def _activation(
    context: Context, exit_: CheckedExit, condition: Trailing
) -> Iterator[Finding]:
    """A trail begins on the winning side: of the entry, or of the price now."""
    after, side = condition.after, context.position.side
    if not isinstance(after, Decimal) or side is None or exit_.is_watching:
        return
    path = ("after",) if exit_.word == "trailing" else (exit_.word,)
    record, price = context.record, context.known.price(exit_.source)
    where = "above" if side is Side.LONG else "below"
    if record is not None and record.entry_price is not None:
        if gains_on(record.entry_price, after, side):
            yield context.say(
                exit_,
                path,
                f"a trail begins on the winning side, and {text(after)} is not "
                f"{where} the entry, {text(record.entry_price)}",
                ERROR,
            )
    elif price is not None and context.tells_crossed and gains_on(price, after, side):
        yield context.say(
            exit_,
            path,
            f"{text(after)} is passed already: the {exit_.source.kind} price is "
            f"{text(price)}, so the trail begins at once",
            WARNING,
        )
