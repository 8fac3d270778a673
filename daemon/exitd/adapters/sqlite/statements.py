"""Every statement that the writer runs, compiled once from the tables.

SQLAlchemy writes the SQL; the driver's own connection runs it, because one
commit through SQLAlchemy's execution costs three times as much.
"""

from typing import Any

from sqlalchemy import (
    ClauseElement,
    Integer,
    LargeBinary,
    Select,
    Table,
    bindparam,
    cast,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import dialect, insert

from exitd.adapters.sqlite import schema
from exitd.adapters.sqlite.rows import ROW_KINDS
from exitd.core.records import FundingRecord

Rows = Select[*tuple[Any, ...]]
"""A statement that reads rows of any columns."""

_DIALECT = dialect(paramstyle="qmark")


def compiled(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=_DIALECT))


def bound(statement: ClauseElement) -> tuple[str, tuple[Any, ...]]:
    """Give the SQL of a statement, and its values in the order of the marks."""
    sql, values = named(statement)
    return sql, tuple(value for _, value in values)


def named(statement: ClauseElement) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Give the SQL of a statement, and name and value of each mark in their order."""
    result = statement.compile(
        dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
    )
    names = getattr(result, "positiontup", None) or ()
    return str(result), tuple((name, result.params[name]) for name in names)


def upsert(table: Table) -> str:
    """Insert a whole row, or replace the one under the same key."""
    statement = insert(table).values({c.name: bindparam(c.name) for c in table.c})
    return compiled(
        statement.on_conflict_do_update(
            index_elements=table.primary_key.columns,
            set_={
                column.name: statement.excluded[column.name]
                for column in table.c
                if not column.primary_key
            },
        )
    )


def _keep_fill() -> str:
    """Insert a fill once; a repeat counts only if it is the first with a fire id.

    The stream may tell of an execution before anybody knows whose it is.
    """
    fills = schema.FILLS
    statement = insert(fills).values({c.name: bindparam(c.name) for c in fills.c})
    return compiled(
        statement.on_conflict_do_update(
            index_elements=fills.primary_key.columns,
            set_={
                column.name: statement.excluded[column.name]
                for column in fills.c
                if not column.primary_key
            },
            where=(fills.c.fire_id == "") & (statement.excluded.fire_id != ""),
        )
    )


def insert_row(table: Table) -> str:
    return compiled(insert(table).values({c.name: bindparam(c.name) for c in table.c}))


def insert_once(table: Table) -> str:
    """Insert a row; the one that is there under its key already stays as it is."""
    statement = insert(table).values({c.name: bindparam(c.name) for c in table.c})
    return compiled(statement.on_conflict_do_nothing())


UPSERTS = {
    record: upsert(kind.table)
    for record, kind in ROW_KINDS.items()
    if kind.table is not schema.FILLS
}
UPSERTS[FundingRecord] = insert_once(schema.FUNDING)
# Literals in the condition are bound too: they come after the row's own values.
KEEP_FILL = _keep_fill()
INSERT_FACT = insert_row(schema.FACTS)
UPSERT_NOTE = upsert(schema.NOTES)
UPSERT_META = upsert(schema.META)


def _move_trigger() -> str:
    """Copy a trigger's row, as it is, to those of the past."""
    past, fires = schema.PAST_TRIGGERS, schema.FIRES
    here = schema.TRIGGERS.c
    has_fired = cast(exists().where(fires.c.trigger_id == here.id), Integer)
    row = [has_fired if c.name == "fired" else here[c.name] for c in past.c]
    moved = select(*row).where(here.id == bindparam("id"))
    statement = insert(past).prefix_with("OR REPLACE")
    return compiled(statement.from_select([c.name for c in past.c], moved))


MOVE_TRIGGER = _move_trigger()
DELETE_TRIGGER = compiled(
    delete(schema.TRIGGERS).where(schema.TRIGGERS.c.id == bindparam("id"))
)


def _delete_where(table: Table, *names: str) -> str:
    """Delete the rows that have these values in these columns."""
    conditions = [table.c[name] == bindparam(f"{name}_") for name in names]
    return compiled(delete(table).where(*conditions))


DELETE_POSITIONS = _delete_where(schema.POSITIONS, "account", "symbol")
DELETE_INSTRUMENT = _delete_where(schema.INSTRUMENTS, "account", "symbol")
DELETE_SEEN = _delete_where(schema.SEEN, "source")
DELETE_WATERMARKS = _delete_where(schema.WATERMARKS, "source")
DELETE_TOKEN = compiled(
    delete(schema.TOKENS).where(schema.TOKENS.c.name == bindparam("name"))
)
READ_PROGRESS = compiled(
    select(
        schema.PROGRESS.c.batch,
        schema.PROGRESS.c.fact_seq,
        schema.PROGRESS.c.arming_seq,
        schema.PROGRESS.c.checksum,
    )
)
WRITE_PROGRESS = compiled(
    update(schema.PROGRESS).values(
        batch=bindparam("batch_"),
        fact_seq=bindparam("fact_seq_"),
        arming_seq=bindparam("arming_seq_"),
        checksum=bindparam("checksum_"),
    )
)
READ_META = compiled(
    select(
        cast(schema.META.c.key, LargeBinary),
        cast(schema.META.c.value, LargeBinary),
        schema.META.c.checksum,
    )
)
READ_SET_ASIDE = compiled(
    select(
        schema.SET_ASIDE.c.id,
        schema.SET_ASIDE.c.origin,
        schema.SET_ASIDE.c.row_key,
        schema.SET_ASIDE.c.reason,
    ).order_by(schema.SET_ASIDE.c.id)
)
INSERT_SET_ASIDE = compiled(
    insert(schema.SET_ASIDE).values(
        {c.name: bindparam(c.name) for c in schema.SET_ASIDE.c if c.name != "id"}
    )
)


def _prune(table: Table, *spared: ClauseElement, time: str = "ts_ns") -> str:
    """Delete a few of the oldest rows: one small transaction, then look up again."""
    key = table.primary_key.columns.values()[0]
    oldest: Rows = select(key).where(table.c[time] < bindparam("before_ns"))
    for condition in spared:
        oldest = oldest.where(condition)  # type: ignore[arg-type]
    return compiled(
        delete(table).where(key.in_(oldest.limit(bindparam("rows", type_=Integer))))
    )


PRUNE_FACTS = _prune(schema.FACTS, schema.FACTS.c.fire_id == bindparam("none"))
PRUNE_IDEMPOTENCY = _prune(schema.IDEMPOTENCY)
PRUNE_PAST_TRIGGERS = _prune(
    schema.PAST_TRIGGERS,
    schema.PAST_TRIGGERS.c.fired == bindparam("no"),
    time="ts_changed_ns",
)


def read_rows(table: Table, *, signed: bool = False) -> Rows:
    """Select rowid, key, body, [signed] and checksum, in the order of insertion.

    Texts come as blobs: a flipped bit can make text that is no UTF-8, and then
    the driver would refuse the whole answer instead of one row.
    """
    columns = [
        *table.primary_key.columns,
        table.c.body,
        *((table.c.signed,) if signed else ()),
    ]
    from_driver = [cast(column, LargeBinary) for column in columns]
    rowid = schema.rowid(table)
    return select(rowid, *from_driver, table.c.checksum).order_by(rowid)
