"""A close in slices: how much each takes, when the next may go, and what goes first.

The target is fixed at the hit. Each slice is sized when it begins, from what is left
of the target and of the position, so the slices sum exactly: the last takes what
rounding and unfilled orders have left. The next begins so long after this one has;
late ones are not caught up with, because that would be the very block that slices are
to avoid.
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.position import PositionKey
from exitd.core.reach import is_out_of_reach
from exitd.core.sizing import Room
from exitd.core.state import State
from exitd.core.trigger import FireRecord, TriggerRecord, Twap
from exitd.core.units import ZERO, floor_to_step


class Slice(Struct, frozen=True, gc=False):
    """`quantity` in base units; `turns` is how many slices' time it stands for."""

    quantity: Decimal
    turns: int


def plan_slice(left: Decimal, turns_left: int, room: Room) -> Slice:
    """Cut the next slice off what is *left*, with this many turns still to come.

    One below the venue's minimum is merged with the next; so is one that would leave
    less than that. *left* is at least zero, *turns_left* from 1.
    """
    step = room.instrument.quantity_step
    for turns in range(1, turns_left):
        part = floor_to_step(left * turns / turns_left, step)
        if not room.is_dust(part):
            if room.is_dust(left - part):
                break
            return Slice(part, turns)
    return Slice(left, turns_left)


def twap_of(record: TriggerRecord) -> Twap | None:
    close = record.definition.close
    return close.twap if close is not None else None


def has_more(fired: FireRecord, twap: Twap) -> bool:
    """Whether slices are still to begin after the one under way."""
    return fired.slices < twap.slices


def is_next_due(fired: FireRecord, twap: Twap, now_ns: int) -> bool:
    """Whether the next slice may begin, whatever is left of the one under way."""
    return has_more(fired, twap) and now_ns >= fired.slice_due_ns


def is_between(fired: FireRecord, twap: Twap, now_ns: int) -> bool:
    """Whether a slice is over and the next not due yet."""
    is_over = fired.filled >= fired.slice_target
    return is_over and has_more(fired, twap) and not is_next_due(fired, twap, now_ns)


def current_slice(
    fired: FireRecord, twap: Twap, room: Room, now_ns: int
) -> FireRecord | None:
    """Give the firing with the slice that may go now; None while none may.

    What is left of a slice goes on as it is, until the next is due and takes it in.
    Less than the venue takes waits for that.
    """
    if is_next_due(fired, twap, now_ns):
        return _begin_slice(fired, twap, room, now_ns)
    rest = fired.slice_target - fired.filled
    if has_more(fired, twap):
        return None if room.is_dust(rest) else fired
    # The last goes on until the target is reached: the position may have grown back.
    return fired if rest > ZERO else _begin_slice(fired, twap, room, now_ns)


def _begin_slice(fired: FireRecord, twap: Twap, room: Room, now_ns: int) -> FireRecord:
    assert fired.target is not None
    left = max(min(fired.target - fired.filled, room.closable), ZERO)
    part = plan_slice(left, max(twap.slices - fired.slices, 1), room)
    return replace(
        fired,
        stage=0,
        rests_until_ns=0,
        slices=min(fired.slices + part.turns, twap.slices),
        slice_target=fired.filled + part.quantity,
        slice_due_ns=now_ns + part.turns * twap.every_ns,
    )


def end_slice(fired: FireRecord) -> FireRecord:
    """Let what the slice under way has not filled join those to come."""
    return replace(fired, slice_target=fired.filled)


def in_time_until_ns(fired: FireRecord, twap: Twap | None, budget_ns: int) -> int:
    """Until when a close in slices is in time: each has its turn and its budget."""
    if twap is None or fired.slices == 0:
        return 0
    return fired.slice_due_ns + budget_ns


def has_urgent_stop(state: State, key: PositionKey) -> bool:
    """Whether a stop of the position fires that does not close in slices.

    It takes over at once: nothing in slices goes before it is done, unless its bound
    cannot be met now.
    """
    firing = (state.triggers[id] for id in state.stops_firing.get(key, ()))
    return any(
        twap_of(record) is None and not is_out_of_reach(state, record)
        for record in firing
    )
