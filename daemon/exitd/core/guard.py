"""A guard against single prices that nothing else bears out."""

from decimal import Decimal

from exitd.core.book import Book
from exitd.core.events import FactKind
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.state import State, Timer, TimerKind
from exitd.core.turn import Turn
from exitd.core.units import HUNDRED, ZERO

#: By which other prices of its market a price is judged, the first that is known.
_WITNESSES = {
    PriceKind.LAST: (PriceKind.INDEX, PriceKind.MARK),
    PriceKind.LAST_CLOSE: (PriceKind.INDEX, PriceKind.MARK),
    PriceKind.BID: (PriceKind.INDEX, PriceKind.MARK),
    PriceKind.ASK: (PriceKind.INDEX, PriceKind.MARK),
    PriceKind.MARK: (PriceKind.INDEX,),
    PriceKind.INDEX: (),
}


def witnesses(source: PriceSource) -> tuple[PriceSource, ...]:
    """Name the sources that must be watched so that *source* can be judged."""
    return tuple(
        PriceSource(source.feed, source.symbol, kind)
        for kind in _WITNESSES[source.kind]
    )


def holds(state: State, book: Book, tick: Tick) -> bool:
    """Whether a price is to be held back until another one bears it out.

    Two in a row on one side of the witness count, so a real crash is believed at its
    second price, and at its first once the hold is over (behaviour 128).
    """
    percent = state.policies.guard_percent
    if percent is None:
        return False
    witness = _witness(state, tick)
    if witness is None:
        return False
    gap = tick.price - witness
    if abs(gap) * HUNDRED <= witness * percent:
        return False
    earlier = book.held
    if earlier is not None and (earlier - witness) * gap > ZERO:
        return False
    book.held = tick.price
    return True


def _witness(state: State, tick: Tick) -> Decimal | None:
    for source in witnesses(tick.source):
        book = state.books.get(source)
        if book is None or book.price is None:
            continue
        if tick.ts_recv_ns - book.ts_recv_ns <= state.policies.price_max_age_ns:
            return book.price
    return None


def hold(turn: Turn, tick: Tick) -> None:
    """Say that a price was held back, and believe it if nothing contradicts it."""
    source, hold_ns = tick.source, turn.state.policies.guard_hold_ns
    turn.at(Timer(turn.now_ns + hold_ns, TimerKind.GUARD, "", 0, source=source))
    turn.fact(
        FactKind.PRICE_HELD,
        account=source.feed,
        symbol=source.symbol,
        source=str(source),
        observed=tick.price,
        witness=_witness(turn.state, tick),
    )
