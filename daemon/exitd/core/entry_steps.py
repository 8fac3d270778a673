"""An entry goes from state to state, and is forgotten some time after its end."""

from msgspec.structs import replace

from exitd.core.entry import EntryRecord
from exitd.core.lifecycle import EntryCause, next_entry_state
from exitd.core.state import Timer, TimerKind
from exitd.core.turn import Turn


def step(turn: Turn, entry: EntryRecord, cause: EntryCause) -> EntryRecord:
    """Put an entry into the state that follows from *cause*."""
    after = replace(
        entry,
        state=next_entry_state(entry.state, cause),
        ts_changed_ns=turn.now_ns,
    )
    turn.put_entry(after)
    watch_end(turn, after)
    return after


def watch_end(turn: Turn, entry: EntryRecord) -> None:
    """Forget an entry some time after it has ended; late reports still find it."""
    if entry.is_ended:
        due_ns = turn.now_ns + turn.state.policies.attempts_kept_ns
        turn.at(Timer(due_ns, TimerKind.ENTRY_FORGET, entry.id, 0))
