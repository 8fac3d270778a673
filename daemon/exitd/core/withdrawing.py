"""Entries taken back: nothing more of one is to fill, however often that takes.

One that was not sent never is. What may be at the broker is cancelled, and asked for
again until the broker says that it is over. What has filled until then is a position
like any other, with its exits. A stop that closes a whole position, and a close of all
of it by hand or by alert, take back every entry that would open it again.
"""

from msgspec.structs import replace

from exitd.core.condition import Immediately
from exitd.core.entry import EntryRecord, EntryState
from exitd.core.entry_inputs import WithdrawEntry
from exitd.core.entry_steps import step
from exitd.core.events import FactKind
from exitd.core.exits import exit_of
from exitd.core.intents import CancelEntry
from exitd.core.lifecycle import EntryCause
from exitd.core.position import PositionKey
from exitd.core.role import Role
from exitd.core.state import Accepted, Refused, State, Timer, TimerKind
from exitd.core.trigger import TriggerRecord
from exitd.core.turn import Turn


def on_withdraw(turn: Turn, command: WithdrawEntry) -> None:
    """Take one entry back; the same again is answered with what is there."""
    entry = turn.state.entries.get(command.entry_id)
    if entry is None:
        turn.reply = Refused(
            "unknown_entry",
            f"there is no entry {command.entry_id} that still works; `exitd entries "
            "--all` lists those that are over",
        )
        return
    if entry.is_ended:
        note = f"{entry.id} is {entry.state.value} already"
        turn.reply = Accepted((), (note,))
        return
    withdraw(turn, entry, command.why)
    after = turn.state.entries[entry.id]
    note = (
        f"{entry.id} was not sent and never will be"
        if after.is_ended
        else f"{entry.id} is being cancelled at the broker"
    )
    turn.reply = Accepted((), (note,))


def withdraw(turn: Turn, entry: EntryRecord, why: str) -> None:
    """Take back what has not filled; one that is over or taken back stays as it is."""
    if entry.is_ended or entry.withdrawn:
        return
    taken_back = replace(entry, withdrawn=why, ts_changed_ns=turn.now_ns)
    turn.put_entry(taken_back)
    turn.entry_fact(FactKind.ENTRY_WITHDRAWN, taken_back, why=why)
    go_on(turn, taken_back)


def go_on(turn: Turn, entry: EntryRecord) -> None:
    """Do what its state allows for one that was taken back, and come again.

    What was signed and has no answer yet goes on from the first that is heard of it.
    """
    if not entry.withdrawn or entry.is_ended:
        return
    if entry.state is EntryState.WANTED:
        end_unsent(turn, entry)
        return
    if entry.venue_order_id:
        turn.intend(CancelEntry(entry.order, entry.venue_order_id))
        due_ns = turn.now_ns + turn.state.policies.resolve_every_ns
        turn.at(Timer(due_ns, TimerKind.ENTRY_WITHDRAWN, entry.id, 0))


def end_unsent(turn: Turn, entry: EntryRecord) -> None:
    """End an entry of which nothing has left; nothing of it can fill."""
    ended = step(turn, entry, EntryCause.WITHDRAWN)
    turn.entry_fact(
        FactKind.ENTRY_CANCELLED, ended, filled=ended.filled, why=entry.withdrawn
    )


def open_entries(state: State, key: PositionKey) -> list[EntryRecord]:
    """Give the entries that may still open or add to a position."""
    return [entry for entry in state.entries_on(key) if not entry.is_ended]


def make_final(turn: Turn, record: TriggerRecord, role: Role) -> None:
    """Take back the entries that a close of a trigger is to be the end of.

    An exit of an entry ends that one. What closes all of a position ends every one of
    it, if it is a stop or a close now: a target leaves other orders to their own exits.
    """
    own = exit_of(turn.state, record.id)
    if own is not None:
        withdraw(turn, own, f"its exit {record.id} fires")
    close = record.definition.close
    if role.key is None or close is None or not close.quantity.is_whole:
        return
    if role.is_stop or isinstance(record.definition.condition, Immediately):
        for entry in open_entries(turn.state, role.key):
            withdraw(turn, entry, f"{record.id} closes the whole position")
