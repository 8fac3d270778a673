"""A close of ours goes out only once the exits that a broker holds are over.

Both would sell the same: on a venue that does not reserve it, twice. So those are taken
back first, exitd guards what they guarded, and the close takes what they have left.
"""

from exitd.core import exits, legs
from exitd.core.holding import hold, retry_in
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_MS

CANCELLED_FIRST = "exits that the broker holds are being cancelled first"
SILENT = (
    "the broker has not cancelled the exits that it holds, and with them a close could "
    "sell twice: cancel them at the broker"
)
UNSHOWN = "the position has yet to show what has been closed of it"
_PATIENCE_NS = 500 * NS_PER_MS


def clear(turn: Turn, key: PositionKey) -> None:
    """Have what a broker holds for a position taken back, and guard it ourselves.

    Our exits are armed at once, so that there is no instant without a stop: until the
    broker's are over, ours are held as every close is.
    """
    for entry in turn.state.entries_on(key):
        if not legs.is_in_the_way(entry):
            continue
        if entry.legs:
            why = "a close of the position goes out first"
            exits.take_over(turn, entry, why, may_have_filled=True, alert=False)
        legs.ask_back(turn, turn.state.entries[entry.id])


def waits_for_legs(
    turn: Turn, record: TriggerRecord, fired: FireRecord, position: PositionRecord
) -> bool:
    """Hold a close while exits at the broker may still fill, or have and are unshown.

    Where the broker does not answer for long the close goes on waiting, with an alert:
    what rests there still protects, and sold twice the position would be turned round.
    Not where the venue reserves what an order would close, or only reduces: it refuses
    a close that is too much, so trying costs nothing and may find shares that are free.
    """
    state, key = turn.state, position.key
    capabilities = state.capabilities[key.account]
    clear(turn, key)
    in_the_way = [e.id for e in state.entries_on(key) if legs.is_in_the_way(e)]
    fired = state.fires[record.id]
    if not in_the_way:
        if capabilities.reduce_only or legs.is_shown(state, position):
            return False
        hold(turn, record, fired, UNSHOWN)
        retry_in(turn, state.fires[record.id], _PATIENCE_NS)
        return True
    since_ns = min(state.legs_asked[id].since_ns for id in in_the_way)
    is_silent = turn.now_ns - since_ns >= legs.SILENT_NS
    if is_silent and (capabilities.reserves or capabilities.reduce_only):
        return False
    hold(turn, record, fired, SILENT if is_silent else CANCELLED_FIRST, alert=is_silent)
    return True
