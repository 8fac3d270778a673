"""Why a trigger has or has not fired, in sentences, the most important first."""

from collections.abc import Iterator
from decimal import Decimal

from exitd.configuration.watching import watch_of
from exitd.core.condition import Level, Trailing
from exitd.core.derived import level_of
from exitd.core.market import Quorum
from exitd.core.resting import level_now, offset_of
from exitd.core.state import State
from exitd.core.trigger import (
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.units import ZERO, text
from exitd.core.wording import duration_text, level_text, offset_text
from exitd.runtime.shown import (
    distance,
    distance_percent,
    percent_text,
    timestamp,
)
from exitd.runtime.trigger_words import move_text
from exitd.runtime.views import FireView, TriggerView

_WAITS = {
    WaitingFor.NOTHING: "it waits",
    WaitingFor.POSITION: "it waits for its position to be opened",
    WaitingFor.ENTRY: "its level is relative to the entry price, which the venue has "
    "not said yet",
    WaitingFor.FIRST_PRICE: "it waits for the first price, to see on which side it is",
    WaitingFor.RIGHT_SIDE: "its level was already crossed when the position began, or "
    "when the price was seen again after a start or a gap; it "
    "arms once the price has been on the other side",
}


def sentences(
    state: State, record: TriggerRecord, view: TriggerView, *, why_no_time: str
) -> Iterator[str]:
    """Say why a trigger has or has not fired, the most important first.

    `why_no_time` is the sentence for an exit at a time that has none yet, or empty.
    """
    if record.state is TriggerState.DONE:
        yield f"it is done: {record.reason}"
    elif record.state is TriggerState.FIRING:
        yield from _about_fire(state, record)
    elif record.paused:
        yield f"it is paused; `exitd resume {record.id}` lets it watch again"
    elif record.state is TriggerState.WAITING:
        yield _WAITS[record.waiting_for]
    elif record.id in _held(state, record):
        yield "its level was crossed, and it waits for a stop of the position to end"
    elif view.price is None and record.definition.watches_price:
        yield f"no {view.price_kind} price of {view.symbol} has been seen yet"
    if record.state is TriggerState.ARMED:
        yield from _about_holes(record, view)
    if record.state in (TriggerState.ARMED, TriggerState.WAITING):
        if why_no_time:
            yield why_no_time
        yield from _about_price(state, record, view)
    elif view.fire is not None:
        yield from _about_last(view.fire)


def _held(state: State, record: TriggerRecord) -> dict[str, None]:
    key = record.definition.key
    return state.held.get(key, {}) if key is not None else {}


def _about_holes(record: TriggerRecord, view: TriggerView) -> Iterator[str]:
    if view.unseen:
        yield (
            f"nobody knows what its price did from {timestamp(record.unseen_ns)} on, "
            f"while nobody watched: {view.unseen}; look at a chart, then amend it, or "
            "pause and resume it, to say that you have"
        )
    if view.missed is not None:
        yield (
            f"its level was crossed while nobody watched, in the candle of "
            f"{view.missed}; `exitd fire {record.id}` closes now"
        )


def _about_fire(state: State, record: TriggerRecord) -> Iterator[str]:
    fired = state.fires[record.id]
    yield f"it is firing, in attempt {fired.attempts}"
    if fired.held_by:
        yield f"it cannot send yet: {fired.held_by}"
    twap = record.definition.close.twap if record.definition.close else None
    if twap is not None and fired.slices:
        yield f"it closes in slices: {fired.slices} of {twap.slices} have begun"
    attempt = state.open_attempt_of(fired)
    if attempt is not None:
        filled, asked = text(attempt.filled), text(attempt.order.quantity)
        yield f"its order is {attempt.state}: {filled} of {asked} filled"


def _about_price(
    state: State, record: TriggerRecord, view: TriggerView
) -> Iterator[str]:
    definition = record.definition
    if view.due is not None:
        yield f"its time comes at {view.due}, at any price"
    price = state.last_price(definition.source)
    if price is None or not definition.watches_price:
        return
    yield from _about_trail(state, record, view)
    level = level_now(state, record)
    if level is not None:
        yield (
            f"{_price_words(definition)} is {view.price}; it fires when that is "
            f"{definition.direction} to {view.level}, {_where(record, level, price)}"
        )
        yield from _about_parts(state, definition)
        yield from _about_confirmation(state, record, view)
    yield from _about_moves(record)
    age = f"{view.price_age_ms} ms old" if view.price_age_ms is not None else "unknown"
    stale = ", too old to judge by" if view.state == "stale" else ""
    yield f"the price is {age}{stale}"


def _price_words(definition: TriggerDefinition) -> str:
    if definition.source.is_spread:
        return f"the spread {watch_of(definition.source)}"
    return definition.source.kind.value


def _where(record: TriggerRecord, level: Decimal, price: Decimal) -> str:
    """Say how far a price is from a level, in percent where that means something."""
    gap = distance(record.definition, level, price)
    if gap <= ZERO:
        return "beyond it"
    away = distance_percent(record.definition, level, price)
    return f"{text(gap)} away" if away is None else f"{percent_text(away)} % away"


def _about_parts(state: State, definition: TriggerDefinition) -> Iterator[str]:
    """Say what each of several prices is that are judged together."""
    source = definition.source
    if source.combined is None:
        return
    if isinstance(source.combined, Quorum):
        yield f"{source.combined.agree} of {len(source.parts)} must have come there"
    for part in source.parts:
        price = state.last_price(part)
        seen = "has not been seen yet" if price is None else f"is {text(price)}"
        has_voice = ", stale and left out" if part in state.stale else ""
        yield f"{part} {seen}{has_voice}"


def _about_trail(
    state: State, record: TriggerRecord, view: TriggerView
) -> Iterator[str]:
    condition = record.definition.condition
    if not isinstance(condition, Trailing):
        return
    if view.watermark is None:
        after = "the first price"
        if condition.after is not None:
            after = _as_price(state, record, condition.after)
        yield f"its trail has not begun: it begins at {after}"
        return
    offset = offset_text(offset_of(record, condition))
    yield f"it trails the best price since it began, {view.watermark}, by {offset}"
    tighten = condition.tighten
    if tighten is not None and not record.is_tightened:
        at = _as_price(state, record, tighten.at)
        to = offset_text(tighten.to)
        yield f"from {at} on it trails by {to}"


def _as_price(state: State, record: TriggerRecord, level: Level) -> str:
    """Write a level with the price that it comes to now: `+50% (210)`."""
    written = level_text(level)
    price = level_of(state, record.definition, level)
    if price is None or isinstance(level, Decimal):
        return written
    return f"{written} ({text(price)})"


def _about_moves(record: TriggerRecord) -> Iterator[str]:
    definition = record.definition
    if record.is_moved:
        yield "a move has set its level, and never back"
    for move in definition.moves:
        yield f"it moves to {move_text(move)}, if that is tighter"
    if definition.before_liquidation is not None:
        margin = text(definition.before_liquidation)
        yield f"it stays {margin} % in front of the liquidation price"


def _about_confirmation(
    state: State, record: TriggerRecord, view: TriggerView
) -> Iterator[str]:
    confirmation = record.definition.confirmation
    if confirmation is None:
        return
    book = state.books.get(record.definition.source)
    counted = book.counting.get(record.id) if book is not None else None
    if view.confirms is not None:
        yield f"its level is crossed; it fires at {view.confirms} unless that ends"
    elif counted is not None:
        yield f"its level is crossed, for {counted} of {confirmation.prices} prices"
    elif confirmation.prices:
        yield f"then it waits for {confirmation.prices} prices in a row beyond"
    elif confirmation.for_ns:
        time = duration_text(confirmation.for_ns)
        yield f"then it waits until the price has been beyond for {time}"
    if confirmation.emergency is not None:
        emergency = _as_price(state, record, confirmation.emergency)
        yield f"at {emergency} it does not wait"


def _about_last(fire: FireView) -> Iterator[str]:
    market = f"{fire.watch} " if fire.watch is not None else ""
    seen = f" at {market}{fire.observed}" if fire.observed is not None else ""
    level = f" with level {fire.level}" if fire.level is not None else ""
    yield f"it fired{seen}{level} on {fire.ts_hit}, by {fire.cause}"
    if fire.average_price is not None:
        slipped = fire.slippage_percent
        against = f", {slipped} % against us" if slipped is not None else ""
        yield f"{fire.filled} was filled at {fire.average_price}{against}"
