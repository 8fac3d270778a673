"""Closes that are to end at once, at a venue where nothing does: they linger there.

What has not filled after a moment is taken back, again and again until it is gone. Then
it goes on as if the venue itself had ended it: a stop escalates, the rest goes anew.
A market close is not among them: it fills, or waits for the venue to open.
"""

from exitd.core.attempt import AttemptKey, AttemptRecord, AttemptState, TimeInForce
from exitd.core.hits import take_back
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trigger import OrderType
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S

#: How long such a close has to fill.
LINGER_NS = 2 * NS_PER_S

_AT_VENUE = (AttemptState.WORKING, AttemptState.PARTIALLY_FILLED)


def lingers(state: State, attempt: AttemptRecord) -> bool:
    """Whether a close is at the venue that should have ended when it was taken in."""
    order = attempt.order
    return (
        attempt.state in _AT_VENUE
        and order.order is OrderType.LIMIT
        and order.time_in_force is TimeInForce.IOC
        and not state.capabilities[order.account].has_ioc
    )


def watch(turn: Turn, attempt: AttemptRecord) -> None:
    """Give a close that lingers its moment, from now on."""
    if not lingers(turn.state, attempt):
        return
    key, due_ns = attempt.order.attempt, turn.now_ns + LINGER_NS
    turn.at(Timer(due_ns, TimerKind.LINGER, key.trigger_id, key.arming, key.n))


def on_timer(turn: Turn, timer: Timer) -> None:
    """Take back what still lingers, and look again whether it is gone."""
    key = AttemptKey(timer.trigger_id, timer.arming, timer.n)
    attempt = turn.state.attempts.get(key)
    if attempt is not None and lingers(turn.state, attempt):
        take_back(turn, attempt)
        watch(turn, attempt)
