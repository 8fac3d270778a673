"""How old a position is: by its venue's clock, which nobody sets while we are down.

Within a run our own clock is steady. Over a restart it may have been set, and an age
reckoned by it would end a time limit early or late by as much. So each position knows
when it was opened on the venue's clock too; the first measurement of a run compares.
"""

from msgspec.structs import replace

from exitd.core import barrier, siblings
from exitd.core.inputs import VenueTimeRead
from exitd.core.position import PositionRecord
from exitd.core.resting import watch_time
from exitd.core.trigger import TriggerState
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, ZERO

#: Two measurements differ by less; so do two clocks that nobody sets, for long.
_APART_NS_MAX = 5 * NS_PER_S


def on_venue_time(turn: Turn, read: VenueTimeRead) -> None:
    """Note how far the venue's clock is ahead; the first time, compare by it."""
    state = turn.state
    is_first = read.account not in state.ahead_ns
    state.ahead_ns[read.account] = read.ts_venue_ns - read.now_ns
    siblings.on_venue_time(state, read.account, read.now_ns)
    barrier.on_venue_time(state, read.account, read.ts_venue_ns)
    if not is_first:
        return
    for key, position in state.positions.items():
        if key.account == read.account and position.held > ZERO:
            _compare(turn, position, state.ahead_ns[read.account])


def opened_venue_ns(turn: Turn, account: str) -> int:
    """Give the venue's instant of what happens now; 0 while its clock is not known."""
    ahead_ns = turn.state.ahead_ns.get(account)
    return 0 if ahead_ns is None else turn.now_ns + ahead_ns


def _compare(turn: Turn, position: PositionRecord, ahead_ns: int) -> None:
    if not position.ts_opened_venue_ns:
        # Opened before the venue told its time: from here on it is known.
        ts_venue_ns = position.ts_opened_ns + ahead_ns
        turn.put_position(replace(position, ts_opened_venue_ns=ts_venue_ns))
        return
    ts_opened_ns = position.ts_opened_venue_ns - ahead_ns
    if abs(ts_opened_ns - position.ts_opened_ns) <= _APART_NS_MAX:
        return
    turn.put_position(replace(position, ts_opened_ns=ts_opened_ns))
    for record in turn.state.triggers_on(position.key):
        if record.state is TriggerState.ARMED:
            watch_time(turn, record)
