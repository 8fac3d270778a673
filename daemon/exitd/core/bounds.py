"""A price that a close is never worse than, and what a firing does until it can be met.

A bound is a price of the market in which the close goes out, and it is never left.
What hits while it cannot be met stays firing and wakes when the price comes to where
it can be; so does what has hit and sees the price back before its level. Somebody is
told of that once a firing.
"""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.book import Wake
from exitd.core.condition import Direction, FixedLevel
from exitd.core.ending import end_fire, let_pass
from exitd.core.events import FactKind
from exitd.core.lifecycle import TriggerCause
from exitd.core.market import Instrument
from exitd.core.position import Side
from exitd.core.pricing import price_now, watches_own_market
from exitd.core.reach import awaited_price, level_to_hold
from exitd.core.resting import unrest
from exitd.core.sizing import bound_on_step, meets
from exitd.core.trigger import (
    Close,
    DoneReason,
    FireRecord,
    TriggerDefinition,
    TriggerRecord,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO, text


def wrong_bound(
    definition: TriggerDefinition, close: Close, instrument: Instrument
) -> str:
    """Say in one sentence what is wrong with a bound; nothing if nothing is."""
    bound = close.bound
    if bound is None:
        return ""
    if close.slippage_limit is not None or close.is_hard or close.twap is not None:
        return "a bound goes with neither a slippage limit nor slices"
    if not isinstance(definition.condition, FixedLevel):
        return "a bound goes with a level"
    if definition.source.is_spread or not watches_own_market(definition):
        return "a bound goes with a level of the market in which it closes"
    if bound <= ZERO:
        return f"a bound must be above zero, not {text(bound)}"
    assert definition.side is not None
    side = definition.side.close_side
    if bound_on_step(bound, side, instrument.price_step) <= ZERO:
        return (
            f"a bound of {text(bound)} is under one price step of "
            f"{text(instrument.price_step)}"
        )
    return ""


def misses_level(definition: TriggerDefinition) -> bool:
    """Whether a close at its own level would be worse than its bound.

    A take-profit waits for a better price then, and a stop can never go out.
    """
    close, level = definition.close, definition.level
    if close is None or close.bound is None or level is None:
        return False
    assert definition.side is not None
    return not meets(definition.side.close_side, close.bound, level)


def why_held(side: Side, fired: FireRecord, bound: Decimal) -> str:
    """Say what a firing waits for; the same as long as it is the same firing."""
    worst = "at or above" if side is Side.LONG else "at or below"
    level = level_to_hold(fired)
    beyond = f", beyond its level {text(level)}" if level is not None else ""
    return f"it waits for a price {worst} its bound {text(bound)}{beyond}"


def is_waiting(record: TriggerRecord, fired: FireRecord) -> bool:
    """Whether a firing is on hold for its bound, and for nothing else."""
    close, side = record.definition.close, record.definition.side
    if close is None or close.bound is None or side is None:
        return False
    return fired.held_by == why_held(side, fired, close.bound)


def may_go(turn: Turn, record: TriggerRecord, fired: FireRecord) -> bool:
    """Let a close go that can meet its bound beyond its level; hold it otherwise.

    What somebody fires by hand goes at any price that meets the bound.
    """
    definition = record.definition
    close = definition.close
    assert close is not None
    if close.bound is None:
        return True
    price = price_now(turn.state, definition, fired)
    awaited = awaited_price(definition, fired, close.bound, price)
    if awaited is None:
        return True
    if close.asked is not None and close.asked.is_once:
        end_fire(turn, record, fired, TriggerCause.EXPIRED, DoneReason.EXPIRED)
        return False
    _wait(turn, record, fired, *awaited)
    return False


def _wait(
    turn: Turn, record: TriggerRecord, fired: FireRecord, way: Direction, at: Decimal
) -> None:
    """Stay out of the way until the price has come to *at*; tell somebody once."""
    definition = record.definition
    close, side = definition.close, definition.side
    assert close is not None
    assert close.bound is not None
    assert side is not None
    unrest(turn.state, record)
    book = turn.state.book(definition.source)
    book.wake(record.id, Wake.BOUND, at, way, record.seq)
    why = why_held(side, fired, close.bound)
    if fired.held_by == why:
        return
    turn.put_fire(replace(fired, held_by=why, is_bound_told=True))
    key = definition.key
    assert key is not None
    let_pass(turn, key)
    if not fired.is_bound_told:
        turn.fact(
            FactKind.TRIGGER_HELD,
            record,
            fired=True,
            why=why,
            price=price_now(turn.state, definition, fired),
            alert=True,
        )
