"""Which state of an order book is believed: an old one holds no close back.

Venues serve their list of markets from caches, minutes old. A book that was closed then
may be open, and a stop that waits for the next list waits for nothing. So a close is
tried: the venue's refusal is the truth, and the next list is asked for after it.
"""

from msgspec.structs import replace

from exitd.core.market import BookState, Instrument
from exitd.core.state import State
from exitd.core.units import NS_PER_S

#: A book that takes no close is asked for every second while one waits for it.
BELIEVED_NS = 10 * NS_PER_S
_TAKES_NONE = (BookState.CLOSED, BookState.CANCEL_ONLY, BookState.POST_ONLY)


def believed(state: State, instrument: Instrument, now_ns: int) -> Instrument:
    """Give a market as closes go by it: open where a closed book is old news."""
    if instrument.book_state not in _TAKES_NONE:
        return instrument
    read_ns = state.markets_read_ns.get((instrument.account, instrument.symbol), 0)
    if not instrument.is_cached and now_ns - read_ns <= BELIEVED_NS:
        return instrument
    return replace(instrument, book_state=BookState.OPEN)
