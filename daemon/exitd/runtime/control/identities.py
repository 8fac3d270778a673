"""Finding what a command means: a trigger by its id, a position by its name."""

from exitd.core.position import PositionKey
from exitd.core.trigger import TriggerRecord
from exitd.runtime.control.running import file_positions
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import Conflict, NotFound
from exitd.runtime.shown import file_place, parse_position_key


async def find_trigger(
    daemon: Daemon, trigger_id: str, account: str = ""
) -> TriggerRecord:
    """Give a trigger's record, of the past too; with *account*, only if it is there.

    Raises:
        NotFound: There is none; the same words whether it is unknown or foreign.
    """
    found = await daemon.loop.past.find([trigger_id])
    return _of(found.get(trigger_id), trigger_id, account)


async def recalled(daemon: Daemon, trigger_id: str, account: str = "") -> TriggerRecord:
    """As `find_trigger`, for a command: it is in memory then, and stays there."""
    await daemon.loop.past.recall([trigger_id])
    record = daemon.loop.engine.state.triggers.get(trigger_id)
    return _of(record, trigger_id, account)


def _of(record: TriggerRecord | None, trigger_id: str, account: str) -> TriggerRecord:
    if record is None or (account and record.definition.account != account):
        raise NotFound(
            "unknown", f"there is no trigger {trigger_id}", "`exitd ls` lists them"
        )
    return record


def refuse_file_owned(record: TriggerRecord, what: str) -> None:
    """Leave what a file owns to its file.

    Raises:
        Conflict: A file owns the trigger; it names the file and the line.
    """
    place = file_place(record.definition.owner)
    if place is not None:
        raise Conflict(
            "owned_by_file",
            f"{record.id} is owned by {place}, so it is not {what} from here",
            f"change {place}, or pause it with `exitd pause {record.id}`",
        )


def named_key(daemon: Daemon, written: str) -> PositionKey | None:
    """Give the key that is written, or that a position of the files goes by."""
    for position in file_positions(daemon):
        if position.name == written and position.side is not None:
            return PositionKey(position.venue, position.symbol, position.side)
    return parse_position_key(written)


def find_position(daemon: Daemon, written: str, account: str = "") -> PositionKey:
    """Give the key of an open position.

    *written* is `account/symbol/side`, the name of a position in the files, or a
    symbol on which one position is open.

    Raises:
        NotFound: No such position is open.
        Conflict: Several are meant.
    """
    state = daemon.loop.engine.state
    open_keys = [k for k, p in state.positions.items() if p.is_open]
    if account:
        open_keys = [k for k in open_keys if k.account == account]
    key = named_key(daemon, written)
    found = [key] if key in open_keys else []
    if key is None:
        found = [k for k in open_keys if k.symbol == written]
    if not found:
        raise NotFound(
            "no_position",
            f"there is no open position {written}",
            "`exitd status` lists those there are",
        )
    if len(found) > 1:
        names = " and ".join(str(k) for k in found)
        raise Conflict(
            "ambiguous", f"{written} means {names}", "name the one that you mean"
        )
    assert found[0] is not None
    return found[0]
