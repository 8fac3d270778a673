"""What a start reads: every row that can be trusted, and a list of the rest."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy import Table, Text, cast, literal_column, select

from exitd.adapters.sqlite import schema, statements
from exitd.adapters.sqlite.meta import read_progress
from exitd.adapters.sqlite.rows import Undecodable, check
from exitd.adapters.sqlite.statements import Rows
from exitd.core.attempt import AttemptRecord
from exitd.core.backstop import BackstopRecord
from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.market import Instrument
from exitd.core.position import PositionRecord
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    FundingRecord,
    IdempotencyRecord,
    Snapshot,
    WatermarksRecord,
)
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.ports.store import TokenRecord

R = TypeVar("R")


class BadRow(NamedTuple):
    """A row that cannot be trusted: where it is, and what is wrong with it."""

    table: Table
    rowid: int
    key: str
    reason: str


OnBad = Callable[[BadRow], None]


def read(
    driver: sqlite3.Connection,
    record: type[R],
    table: Table,
    on_bad: OnBad,
    *,
    rows: Rows | None = None,
) -> Iterator[R]:
    """Decode a table row by row; what cannot be is told to *on_bad*."""
    decode = msgspec.json.Decoder(record).decode
    keys = len(table.primary_key.columns)
    statement = statements.read_rows(table) if rows is None else rows
    for rowid, *cells in driver.execute(*statements.bound(statement)):
        key = b"\x1f".join(cell or b"" for cell in cells[:keys])
        try:
            body = cells[keys]
            check(key, body, cells[-1])
            yield decode(body)
        except (Undecodable, TypeError, msgspec.MsgspecError) as error:
            name = key.decode(errors="replace").replace("\x1f", "/")
            on_bad(BadRow(table, rowid, name, str(error)))


def read_attempts(driver: sqlite3.Connection, on_bad: OnBad) -> Iterator[AttemptRecord]:
    """Decode the attempts of open firings, with the bytes that were signed."""
    decode = msgspec.json.Decoder(AttemptRecord).decode
    attempts, fires = schema.ATTEMPTS, schema.FIRES
    statement = statements.read_rows(attempts, signed=True).where(
        attempts.c.trigger_id == fires.c.trigger_id,
        attempts.c.arming == fires.c.arming,
        literal_column("fires.open") == literal_column("1"),
    )
    for row in driver.execute(*statements.bound(statement)):
        rowid, trigger_id, arming, n, body, signed, stored = row
        key = b"\x1f".join((trigger_id, arming, n))
        try:
            check(key, body, stored, signed)
            yield msgspec.structs.replace(decode(body), signed=signed)
        except (Undecodable, TypeError, msgspec.MsgspecError) as error:
            name = key.decode(errors="replace").replace("\x1f", "/")
            on_bad(BadRow(attempts, rowid, name, str(error)))


def open_fires() -> Rows:
    return statements.read_rows(schema.FIRES).where(
        # As literals, so that SQLite sees that the partial index answers it.
        literal_column("fires.open") == literal_column("1")
    )


def open_entries() -> Rows:
    return statements.read_rows(schema.ENTRIES).where(
        # As above.
        literal_column("entries.open") == literal_column("1")
    )


def fills_of_open_fires() -> Rows:
    fires, fills = schema.FIRES, schema.FILLS
    fire_id = fires.c.trigger_id.concat("#").concat(cast(fires.c.arming, Text))
    is_open = literal_column("fires.open") == literal_column("1")
    return statements.read_rows(fills).where(
        fills.c.fire_id.in_(select(fire_id).where(is_open))
    )


def read_snapshot(driver: sqlite3.Connection, on_bad: OnBad) -> Snapshot:
    """Read what a start restores, in one transaction's view.

    Raises:
        sqlite3.Error: The database cannot be read at all.
    """
    driver.execute("BEGIN")
    try:
        seq = read_progress(driver).arming_seq
        fires = tuple(read(driver, FireRecord, schema.FIRES, on_bad, rows=open_fires()))
        loaded = {(fire.trigger_id, fire.arming) for fire in fires}
        return Snapshot(
            triggers=tuple(read(driver, TriggerRecord, schema.TRIGGERS, on_bad)),
            fires=fires,
            # An attempt means nothing without its firing, so it is left where it is
            # when the row of that one is set aside.
            attempts=tuple(
                attempt
                for attempt in read_attempts(driver, on_bad)
                if (attempt.order.attempt.trigger_id, attempt.order.attempt.arming)
                in loaded
            ),
            fills=tuple(read_fills(driver, on_bad, fills_of_open_fires())),
            positions=tuple(read(driver, PositionRecord, schema.POSITIONS, on_bad)),
            counters=tuple(read(driver, CounterRecord, schema.COUNTERS, on_bad)),
            idempotency=tuple(
                read(driver, IdempotencyRecord, schema.IDEMPOTENCY, on_bad)
            ),
            instruments=tuple(read(driver, Instrument, schema.INSTRUMENTS, on_bad)),
            watermarks=tuple(read(driver, WatermarksRecord, schema.WATERMARKS, on_bad)),
            backstops=tuple(read(driver, BackstopRecord, schema.BACKSTOPS, on_bad)),
            entries=tuple(read_entries(driver, on_bad, open_entries())),
            seq=seq,
        )
    finally:
        driver.execute("COMMIT")


def read_fills(
    driver: sqlite3.Connection, on_bad: OnBad, rows: Rows
) -> Iterator[FillRecord]:
    return read(driver, FillRecord, schema.FILLS, on_bad, rows=rows)


def read_funding(
    driver: sqlite3.Connection, on_bad: OnBad, rows: Rows
) -> Iterator[FundingRecord]:
    return read(driver, FundingRecord, schema.FUNDING, on_bad, rows=rows)


def read_entries(
    driver: sqlite3.Connection, on_bad: OnBad, rows: Rows
) -> Iterator[EntryRecord]:
    return read(driver, EntryRecord, schema.ENTRIES, on_bad, rows=rows)


def read_signals(
    driver: sqlite3.Connection, on_bad: OnBad, rows: Rows
) -> Iterator[SignalRecord]:
    return read(driver, SignalRecord, schema.SIGNALS, on_bad, rows=rows)


def read_tokens(driver: sqlite3.Connection, on_bad: OnBad) -> Iterator[TokenRecord]:
    return read(driver, TokenRecord, schema.TOKENS, on_bad)


def set_aside(driver: sqlite3.Connection, rows: list[BadRow], ts_ns: int) -> None:
    """Move rows out of the way, whole, with the reason; never delete one unsaved."""
    for bad in rows:
        table = bad.table
        found = driver.execute(
            f"SELECT {', '.join(cast_to_blob(c.name) for c in table.c)}"
            f" FROM {table.name} WHERE rowid = ?",
            (bad.rowid,),
        ).fetchone()
        if found is None:
            continue
        names = [column.name for column in table.c]
        content = msgspec.msgpack.encode(dict(zip(names, found, strict=True)))
        driver.execute(
            statements.INSERT_SET_ASIDE,
            (ts_ns, table.name, bad.key, bad.reason, content),
        )
        driver.execute(f"DELETE FROM {table.name} WHERE rowid = ?", (bad.rowid,))


def cast_to_blob(name: str) -> str:
    return f'CAST("{name}" AS BLOB)'


def list_set_aside(driver: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(
        f"{origin} {key}: {reason}; the row is kept in set_aside {number}"
        for number, origin, key, reason in driver.execute(statements.READ_SET_ASIDE)
    )
