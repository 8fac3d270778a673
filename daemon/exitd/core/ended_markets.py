"""Markets that ended with their position leave memory, and what a start restores.

On a chain each quote is a market of its own: once it is closed, it never opens again,
and there is no end to how many there were. What still needs one keeps it:

- Its position, until it has been read as flat, and for `done_kept` after that.
- A trigger on it, or one elsewhere that watches its price: also one that is done, as
  long as that is kept itself. So a file that names it keeps it for ever.
- A close that is not over, and an entry; what was sent of either is remembered with its
  trigger (`forgetting`).
- What an unclean stop left open on its account, and a backstop.

A report that comes later finds no position, and none of size zero makes one. If the
quote should be open after all, it is a new market to us: its first lifetime begins, and
no trigger of the one before is there to be armed by it.
"""

from itertools import islice, product

from exitd.core.market import PriceSource
from exitd.core.market_ends import Market
from exitd.core.position import PositionKey, Side
from exitd.core.records import MarketGone
from exitd.core.role import Role
from exitd.core.state import State
from exitd.core.turn import Turn
from exitd.core.units import ZERO

#: So many are looked at in one turn.
AT_ONCE = 25
#: Whether a trigger of a position closes, and whether it is a stop.
_ROLES = tuple(product((False, True), repeat=2))


def forget_markets(turn: Turn) -> None:
    """Forget some, the first that were due first; look again later at the others."""
    state, due = turn.state, turn.state.market_ends.due
    for market, due_ns in list(islice(due.items(), AT_ONCE)):
        if due_ns > turn.now_ns:
            break
        del due[market]
        if _is_needed(state, market):
            due[market] = turn.now_ns + state.policies.done_kept_ns
        else:
            _forget(turn, market)


def _is_needed(state: State, market: Market) -> bool:
    account, symbol = market
    if market in state.market_ends.needed_by or account in state.barriers:
        return True
    return any(_goes_on(state, PositionKey(account, symbol, side)) for side in Side)


def _goes_on(state: State, key: PositionKey) -> bool:
    """Whether more may come of a position, or of what was sent for it."""
    position = state.positions.get(key)
    if position is not None and (position.held > ZERO or not position.proven):
        return True
    if key in state.backstops or key in state.backstop_terms:
        return True
    under_way = state.under_way.get(key)
    if under_way is not None and (under_way.attempts or under_way.waiting):
        return True
    return key in state.by_position or bool(state.entries_by_key.get(key))


def _forget(turn: Turn, market: Market) -> None:
    state, (account, symbol) = turn.state, market
    instrument = state.instruments.pop(market, None)
    state.markets_read_ns.pop(market, None)
    for side in Side:
        key = PositionKey(account, symbol, side)
        state.positions.pop(key, None)
        state.under_way.pop(key, None)
        state.neighbours.pop(key, None)
        state.entries_by_key.pop(key, None)
        state.stops_firing.pop(key, None)
        state.held.pop(key, None)
        state.passed.discard(key)
        for closes, is_stop in _ROLES:
            state.shared_roles.pop(Role(key, closes, is_stop), None)
    sources = tuple(state.market_ends.sources.pop(market, ()))
    _leave_books(state, sources)
    gone = MarketGone(account, symbol, instrument, sources)
    turn.records["market", account, symbol] = gone


def _leave_books(state: State, sources: tuple[PriceSource, ...]) -> None:
    """Let go of a market's prices, and of combined ones that they are a part of."""
    by_market = state.market_ends.sources
    for source in sources:
        state.books.pop(source, None)
        state.books_changed += 1
        state.stale.discard(source)
    for source in sources:
        for part in source.parts:
            by_market.get((part.feed, part.symbol), {}).pop(source, None)
            book = state.books.get(part)
            if book is not None:
                book.joined = tuple(s for s in book.joined if s != source)


def in_order(state: State) -> None:
    """Bring what was restored into the order in which it is due."""
    ends = state.market_ends
    ends.due = dict(sorted(ends.due.items(), key=lambda item: item[1]))
