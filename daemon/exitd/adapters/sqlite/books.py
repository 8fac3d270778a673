"""Reading the books: firings with their fills, fills with their firings, funding.

Runs in threads of its own, as all reading of history does.
"""

import sqlite3
from collections.abc import Collection, Iterator
from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Table,
    Text,
    cast,
    exists,
    literal_column,
    or_,
    select,
    text,
)

from exitd.adapters.sqlite import schema
from exitd.adapters.sqlite.history import OnBadRows, Reader
from exitd.adapters.sqlite.loading import (
    BadRow,
    read,
    read_entries,
    read_fills,
    read_funding,
    read_signals,
)
from exitd.adapters.sqlite.statements import bound, read_rows
from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.records import FillRecord, FundingRecord
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.ports.store import BookedFill, ExitRow

_FIRES, _FILLS, _ATTEMPTS = schema.FIRES, schema.FILLS, schema.ATTEMPTS
_Condition = ColumnElement[bool]
Named = TypeVar("Named", EntryRecord, SignalRecord, TriggerRecord)

#: An attempt that filled a row of which nobody knew whose it was when it came.
_CLAIMS = (
    (_FILLS.c.fire_id == "")
    & (_ATTEMPTS.c.account == _FILLS.c.account)
    & (_ATTEMPTS.c.client_order_id == _FILLS.c.client_order_id)
    & (_ATTEMPTS.c.symbol == _FILLS.c.symbol)
    & or_(
        _ATTEMPTS.c.venue_order_id == "",
        _ATTEMPTS.c.venue_order_id == _FILLS.c.venue_order_id,
    )
)
_AT_ONCE = 500
#: Each by an index of its own: as one condition, SQLite would read every alert.
_IN_INBOX = """signals.rowid IN (
    SELECT rowid FROM signals WHERE state = 'accepted'
    UNION SELECT rowid FROM signals WHERE ts_received_ns >= :ts
    UNION SELECT max(rowid) FROM signals)"""


class Books:
    def __init__(self, reader: Reader, on_bad: OnBadRows) -> None:
        self._reader = reader
        self._on_bad = on_bad

    def exits(self, ts_from_ns: int, ts_to_ns: int) -> tuple[ExitRow, ...]:
        """Firings hit in [from, to), in the order of their hits, with their fills."""
        hit = (_FIRES.c.ts_hit_ns >= ts_from_ns) & (_FIRES.c.ts_hit_ns < ts_to_ns)
        fire_id = _FIRES.c.trigger_id.concat("#").concat(cast(_FIRES.c.arming, Text))
        of_them = _FILLS.c.fire_id.in_(select(fire_id).where(hit))
        theirs = exists().where(
            _FIRES.c.trigger_id == _ATTEMPTS.c.trigger_id,
            _FIRES.c.arming == _ATTEMPTS.c.arming,
            hit,
        )
        bad: list[BadRow] = []
        fills: dict[str, list[FillRecord]] = {}
        with self._reader() as driver:
            found = tuple(
                read(
                    driver,
                    FireRecord,
                    _FIRES,
                    bad.append,
                    rows=read_rows(_FIRES).where(hit),
                )
            )
            rows = read_rows(_FILLS).where(of_them)
            for fill in (
                *read_fills(driver, bad.append, rows),
                *_claimed(driver, bad, theirs),
            ):
                fills.setdefault(fill.fire_id, []).append(fill)
        self._on_bad(bad)
        return tuple(
            ExitRow(fire, tuple(sorted(fills.get(fire.fire_id, ()), key=_when)))
            for fire in sorted(found, key=lambda fire: fire.ts_hit_ns)
        )

    def fills(self, ts_from_ns: int, ts_to_ns: int) -> tuple[BookedFill, ...]:
        """Fills executed in [from, to), oldest first, with their firings."""
        within = (_FILLS.c.ts_venue_ns >= ts_from_ns) & (
            _FILLS.c.ts_venue_ns < ts_to_ns
        )
        bad: list[BadRow] = []
        with self._reader() as driver:
            claimed = {_key(fill): fill for fill in _claimed(driver, bad, within)}
            rows = read_rows(_FILLS).where(within)
            fills = [
                claimed.get(_key(fill), fill)
                for fill in read_fills(driver, bad.append, rows)
            ]
            fires = _fires_by_id(driver, bad, {fill.fire_id for fill in fills} - {""})
        self._on_bad(bad)
        return tuple(
            BookedFill(fill, fires.get(fill.fire_id))
            for fill in sorted(fills, key=_when)
        )

    def funding(self, ts_from_ns: int, ts_to_ns: int) -> tuple[FundingRecord, ...]:
        funding = schema.FUNDING
        rows = read_rows(funding).where(
            funding.c.ts_venue_ns >= ts_from_ns, funding.c.ts_venue_ns < ts_to_ns
        )
        bad: list[BadRow] = []
        with self._reader() as driver:
            found = list(read_funding(driver, bad.append, rows))
        self._on_bad(bad)
        return tuple(sorted(found, key=lambda paid: (paid.ts_venue_ns, paid.symbol)))

    def entries(self, ts_from_ns: int, ts_to_ns: int) -> tuple[EntryRecord, ...]:
        entries = schema.ENTRIES
        rows = read_rows(entries).where(
            entries.c.ts_wanted_ns >= ts_from_ns, entries.c.ts_wanted_ns < ts_to_ns
        )
        bad: list[BadRow] = []
        with self._reader() as driver:
            found = list(read_entries(driver, bad.append, rows))
        self._on_bad(bad)
        return tuple(sorted(found, key=lambda entry: entry.ts_wanted_ns))

    def signals(self, ts_from_ns: int, ts_to_ns: int) -> tuple[SignalRecord, ...]:
        signals = schema.SIGNALS
        rows = read_rows(signals).where(
            signals.c.ts_received_ns >= ts_from_ns,
            signals.c.ts_received_ns < ts_to_ns,
        )
        bad: list[BadRow] = []
        with self._reader() as driver:
            found = list(read_signals(driver, bad.append, rows))
        self._on_bad(bad)
        return tuple(sorted(found, key=lambda signal: signal.ts_received_ns))

    def inbox(self, ts_from_ns: int) -> tuple[SignalRecord, ...]:
        """What a start needs of the alerts, in the order in which they came."""
        rows = read_rows(schema.SIGNALS).where(
            text(_IN_INBOX).bindparams(ts=ts_from_ns)
        )
        bad: list[BadRow] = []
        with self._reader() as driver:
            found = tuple(read_signals(driver, bad.append, rows))
        self._on_bad(bad)
        return found

    def last_signal(self, route: str, client_order_id: str) -> SignalRecord | None:
        signals = schema.SIGNALS
        rows = (
            read_rows(signals)
            .where(
                signals.c.route == route,
                signals.c.client_order_id == client_order_id,
                literal_column("signals.client_order_id") != literal_column("''"),
            )
            .order_by(None)
            .order_by(schema.rowid(signals).desc())
        )
        bad: list[BadRow] = []
        with self._reader() as driver:
            found = next(read_signals(driver, bad.append, rows), None)
        self._on_bad(bad)
        return found

    def entries_by_id(self, ids: Collection[str]) -> dict[str, EntryRecord]:
        return self._by_id(EntryRecord, schema.ENTRIES, ids)

    def signals_by_id(self, ids: Collection[str]) -> dict[str, SignalRecord]:
        return self._by_id(SignalRecord, schema.SIGNALS, ids)

    def past_triggers_by_id(self, ids: Collection[str]) -> dict[str, TriggerRecord]:
        return self._by_id(TriggerRecord, schema.PAST_TRIGGERS, ids)

    def _by_id(
        self, kind: type[Named], table: Table, ids: Collection[str]
    ) -> dict[str, Named]:
        bad: list[BadRow] = []
        found: dict[str, Named] = {}
        with self._reader() as driver:
            for some in _parts(ids):
                rows = read_rows(table).where(table.c.id.in_(some))
                records = read(driver, kind, table, bad.append, rows=rows)
                found |= {record.id: record for record in records}
        self._on_bad(bad)
        return found


def _parts(ids: Collection[str]) -> Iterator[list[str]]:
    """Give ids in parts that one statement can name."""
    listed = list(ids)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]


def _when(fill: FillRecord) -> tuple[int, str]:
    return fill.ts_venue_ns, fill.trade_id


def _key(fill: FillRecord) -> tuple[str, str, str]:
    return fill.account, fill.symbol, fill.trade_id


def _claimed(
    driver: sqlite3.Connection, bad: list[BadRow], condition: _Condition
) -> list[FillRecord]:
    """Read fills without a firing that an attempt accounts for, joined to it."""
    columns = (
        *_FILLS.primary_key.columns,
        _ATTEMPTS.c.trigger_id,
        _ATTEMPTS.c.arming,
    )
    as_blobs = [cast(column, LargeBinary) for column in columns]
    owners = {
        tuple(cell.decode(errors="replace") for cell in cells[:3]): b"#".join(cells[3:])
        for cells in driver.execute(*bound(select(*as_blobs).where(_CLAIMS, condition)))
    }
    if not owners:
        return []
    rows = read_rows(_FILLS).where(exists().where(_CLAIMS, condition))
    return [
        replace(fill, fire_id=owners[_key(fill)].decode())
        for fill in read_fills(driver, bad.append, rows)
        if _key(fill) in owners
    ]


def _fires_by_id(
    driver: sqlite3.Connection, bad: list[BadRow], fire_ids: set[str]
) -> dict[str, FireRecord]:
    names = sorted({fire_id.rpartition("#")[0] for fire_id in fire_ids})
    found: dict[str, FireRecord] = {}
    for some in _parts(names):
        rows = read_rows(_FIRES).where(_FIRES.c.trigger_id.in_(some))
        for fire in read(driver, FireRecord, _FIRES, bad.append, rows=rows):
            if fire.fire_id in fire_ids:
                found[fire.fire_id] = fire
    return found
