"""Builds with one rule broken, to show that the simulation notices."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from exitd.adapters.symmio.node import Head
from exitd.adapters.symmio.outbox import Flight, Outbox, Rejected
from exitd.core import engine, exits, firing, guard, moving, resting, watermarks
from exitd.core.attempt import AttemptState
from exitd.core.book import Book
from exitd.core.condition import Direction
from exitd.core.entry import EntryRecord
from exitd.core.inputs import AttemptUnanswered
from exitd.core.lifecycle import AttemptCause, next_attempt_state
from exitd.core.market import Tick
from exitd.core.position import PositionKey
from exitd.core.records import Snapshot
from exitd.core.settling import settle
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord
from exitd.core.turn import Turn
from exitd.errors import VenueError
from exitd.runtime import protect
from exitd.runtime.protect import Hole
from exitd.runtime.signals.seen import Arrival, Seen

#: Puts another function in the place of one: where, its name, and the other.
Put = Callable[[Any, str, Any], None]

_restore_trails = watermarks.restore_trails


def resend_at_once(turn: Turn, lost: AttemptUnanswered) -> None:
    """Take no answer for a no: what a naive client does."""
    attempt = turn.state.attempts.get(lost.attempt)
    if attempt is None or attempt.state is not AttemptState.SENT:
        return
    doubtful = next_attempt_state(attempt.state, AttemptCause.UNANSWERED)
    given_up = next_attempt_state(doubtful, AttemptCause.NOT_FOUND)
    turn.put_attempt(replace(attempt, state=given_up, ts_changed_ns=turn.now_ns))
    settle(turn, turn.state.attempts[lost.attempt])


def begin_trails_anew(state: State, snapshot: Snapshot) -> None:
    """Let trails forget at a restart what they have seen."""
    _restore_trails(state, replace(snapshot, watermarks=()))


def wherever_asked(way: Direction, one: Decimal, other: Decimal) -> Decimal:
    """Let a stop go to where a move says, even if that is looser."""
    return one


def leave_slices(turn: Turn, key: PositionKey) -> None:
    """Let slices rest on while a stop fires."""


def believe_all(state: State, book: Book, tick: Tick) -> bool:
    """Take every price for true."""
    return False


def cover_what_was_asked_for(
    turn: Turn, entry: EntryRecord, record: TriggerRecord
) -> None:
    """Let an exit stay as large as it was, whatever has closed a part."""


def tell_nobody(*_: Any, **__: Any) -> tuple[Hole, ...]:
    """Find no position without a stop."""
    return ()


def watch_nothing(state: State, record: TriggerRecord) -> None:
    """Leave every book as it is."""


def know_no_alert(
    seen: Seen, client_order_id: str, digest: str, now_ns: int
) -> Arrival | None:
    """Take every alert for a new one."""
    return None


def send_past_the_barrier(state: State, key: PositionKey) -> bool:
    """After an unclean stop, send at once what may have been sent before it."""
    return False


async def push_on_a_new_nonce(outbox: Outbox, flight: Flight, head: Head) -> None:
    """Sign a close anew for the next nonce, instead of sending it again."""
    key = outbox._key
    flight.transaction = replace(flight.transaction, nonce=key.take())
    flight.raws.append(key.wallet.sign(flight.transaction).raw)
    with suppress(VenueError, Rejected):
        await outbox.launch(flight, head)


def _resend(put: Put) -> None:
    handlers = {**engine.HANDLERS, AttemptUnanswered: resend_at_once}
    put(engine, "HANDLERS", handlers)


def _forget(put: Put) -> None:
    put(watermarks, "restore_trails", begin_trails_anew)


def _loosen(put: Put) -> None:
    put(moving, "tighter", wherever_asked)


def _leave(put: Put) -> None:
    put(firing, "stop_slices", leave_slices)


def _believe(put: Put) -> None:
    put(guard, "holds", believe_all)


def _cover(put: Put) -> None:
    put(exits, "resize", cover_what_was_asked_for)


def _pass(put: Put) -> None:
    put(firing, "is_barred", send_past_the_barrier)


def _repeat(put: Put) -> None:
    put(Seen, "find", know_no_alert)


def _hush(put: Put) -> None:
    put(protect, "audit", tell_nobody)


def _look_away(put: Put) -> None:
    put(resting, "rest", watch_nothing)


def _sign_anew(put: Put) -> None:
    put(Outbox, "_push", push_on_a_new_nonce)


#: What each build is called, and how it is made.
BUILDS: dict[str, Callable[[Put], None]] = {
    "resends-with-a-new-id": _resend,
    "forgets-what-trails-saw": _forget,
    "lets-moved-stops-loosen": _loosen,
    "leaves-slices-resting": _leave,
    "believes-every-price": _believe,
    "leaves-exits-too-large": _cover,
    "sends-past-the-barrier": _pass,
    "trades-repeated-alerts": _repeat,
    "keeps-quiet-of-bare-positions": _hush,
    "arms-without-watching": _look_away,
    "sends-again-on-a-new-nonce": _sign_anew,
}
