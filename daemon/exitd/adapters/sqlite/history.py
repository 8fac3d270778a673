"""Reading history: facts, firings, tokens and notes.

Runs in threads of its own on connections that cannot write, so that a long
answer holds up neither the loop nor the writer.
"""

import sqlite3
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from exitd.adapters.sqlite import schema
from exitd.adapters.sqlite.loading import BadRow, read, read_tokens
from exitd.adapters.sqlite.rows import (
    Undecodable,
    check,
    key_bytes,
    past_market_note,
    stored_fact,
)
from exitd.adapters.sqlite.statements import Rows, bound, named, read_rows
from exitd.core.market import Instrument
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.ports.store import FactQuery, PastQuery, StoredFact, TokenRecord

Reader = Callable[[], AbstractContextManager[sqlite3.Connection]]
OnBadRows = Callable[[list[BadRow]], None]

AFTER_EVERY_TEXT = "\U0010ffff"
#: Ways of asking for facts whose SQL is kept; people have few.
SHAPES_MAX = 64


def facts_statement(query: FactQuery) -> Rows:
    facts, values = schema.FACTS, _values(query)

    def given(name: str) -> BindParameter[Any]:
        return bindparam(name, values[name])

    as_blobs = [
        cast(column, LargeBinary)
        for column in facts.c
        if column.name not in ("seq", "checksum")
    ]
    statement = select(facts.c.seq, *as_blobs, facts.c.checksum)
    # Who asks for what came after a number wants the few newest rows: the plus keeps
    # SQLite from going through all of a kind, or of an hour, to find them.
    plus = "+" if query.after_seq else ""
    kind = literal_column(f"{plus}facts.kind", Text)
    ts_ns = literal_column(f"{plus}facts.ts_ns", Integer)
    if query.after_seq:
        statement = statement.where(facts.c.seq > given("after_seq"))
    if query.ts_from_ns:
        statement = statement.where(ts_ns >= given("ts_from_ns"))
    if query.ts_to_ns is not None:
        statement = statement.where(ts_ns < given("ts_to_ns"))
    if query.trigger_id:
        # The second condition lets SQLite see that the partial index answers it.
        statement = statement.where(
            facts.c.trigger_id == given("trigger_id"),
            facts.c.trigger_id != literal_column("''"),
        )
    if query.fire_id:
        statement = statement.where(facts.c.fire_id == given("fire_id"))
    # Not read as JSON: one damaged row would take the whole answer with it.
    if query.entry:
        statement = statement.where(_has(given("entry")))
    if query.by:
        statement = statement.where(or_(_has(given("by")), _has(given("for_others"))))
    prefix = values["prefix"]
    if prefix != query.event and prefix:
        statement = statement.where(kind >= given("prefix"), kind < given("after"))
    elif prefix:
        statement = statement.where(kind == given("prefix"))
    order = facts.c.seq.asc() if query.oldest_first else facts.c.seq.desc()
    return statement.order_by(order).limit(given("limit"))


def _values(query: FactQuery) -> dict[str, Any]:
    prefix = query.event.removesuffix("*")
    return {
        "after_seq": query.after_seq,
        "ts_from_ns": query.ts_from_ns,
        "ts_to_ns": query.ts_to_ns,
        "trigger_id": query.trigger_id,
        "fire_id": query.fire_id,
        "entry": _said("entry", query.entry),
        "by": _said("by", query.by),
        # As in `api:bot/telegram:123456789`.
        "for_others": _said("by", f"{query.by}/").removesuffix('"'),
        "prefix": prefix,
        "after": prefix + AFTER_EVERY_TEXT,
        "limit": query.limit,
    }


def _has(part: BindParameter[Any]) -> ColumnElement[bool]:
    return func.instr(schema.FACTS.c.fields, part) > literal_column("0")


def _said(name: str, value: str) -> str:
    """Write a field as it stands in the JSON of a fact."""
    return f'"{name}":{msgspec.json.encode(value).decode()}'


def facts_sql(query: FactQuery) -> tuple[str, tuple[Any, ...]]:
    """Give the SQL of a query and its values, as `bound` does and sooner."""
    sql, marks = _sql_of_shape(_shape_of(query))
    given = _values(query)
    return sql, tuple(given.get(name, own) for name, own in marks)


def _shape_of(query: FactQuery) -> FactQuery:
    """Give one query for all that differ in their values alone."""
    event = query.event
    return FactQuery(
        after_seq=min(query.after_seq, 1),
        ts_from_ns=min(query.ts_from_ns, 1),
        ts_to_ns=None if query.ts_to_ns is None else 1,
        trigger_id=query.trigger_id and "t",
        fire_id=query.fire_id and "f",
        entry=query.entry and "e",
        by=query.by and "b",
        event=event if event in ("", "*") else "k*" if event.endswith("*") else "k",
        limit=1,
        oldest_first=query.oldest_first,
    )


@lru_cache(SHAPES_MAX)
def _sql_of_shape(shape: FactQuery) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Give the SQL of a shape, and name and value of each mark in their order.

    Those who follow ask many times a second, and what writes a statement is ten
    thousand bytes that refer to one another.
    """
    return named(facts_statement(shape))


def past_triggers_statement(query: PastQuery) -> Rows:
    past = schema.PAST_TRIGGERS
    statement = read_rows(past).order_by(None).where(past.c.id > query.after)
    if query.account:
        statement = statement.where(past.c.account == query.account)
    if query.symbol:
        statement = statement.where(past.c.symbol == query.symbol)
    if query.prefix:
        last = query.prefix + AFTER_EVERY_TEXT
        statement = statement.where(past.c.id >= query.prefix, past.c.id < last)
    return statement.order_by(past.c.id).limit(query.limit)


class History:
    def __init__(self, reader: Reader, on_bad: OnBadRows) -> None:
        self._reader = reader
        self._on_bad = on_bad

    def facts(self, query: FactQuery) -> tuple[StoredFact, ...]:
        facts: list[StoredFact] = []
        bad: list[BadRow] = []
        statement, values = facts_sql(query)
        with self._reader() as driver:
            for row in driver.execute(statement, values):
                try:
                    facts.append(stored_fact(row))
                except Undecodable as error:
                    bad.append(BadRow(schema.FACTS, row[0], str(row[0]), str(error)))
        self._on_bad(bad)
        return tuple(facts)

    def fires(self, trigger_id: str) -> tuple[FireRecord, ...]:
        """All firings of a trigger, oldest first."""
        fires = schema.FIRES
        return self._fires(read_rows(fires).where(fires.c.trigger_id == trigger_id))

    def past_triggers(self, query: PastQuery) -> tuple[TriggerRecord, ...]:
        bad: list[BadRow] = []
        table, rows = schema.PAST_TRIGGERS, past_triggers_statement(query)
        with self._reader() as driver:
            found = tuple(read(driver, TriggerRecord, table, bad.append, rows=rows))
        self._on_bad(bad)
        return found

    def tokens(self) -> tuple[TokenRecord, ...]:
        bad: list[BadRow] = []
        with self._reader() as driver:
            tokens = tuple(read_tokens(driver, bad.append))
        self._on_bad(bad)
        return tokens

    def note(self, key: str) -> bytes | None:
        notes = schema.NOTES
        statement, values = bound(
            select(schema.rowid(notes), notes.c.body, notes.c.checksum).where(
                notes.c.key == key
            )
        )
        with self._reader() as driver:
            row = driver.execute(statement, values).fetchone()
        if row is None:
            return None
        number, body, stored = row
        try:
            check(key_bytes(key), body, stored)
        except Undecodable as error:
            self._on_bad([BadRow(notes, number, key, str(error))])
            return None
        assert isinstance(body, bytes)
        return body

    def past_instruments(
        self, markets: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], Instrument]:
        notes = {market: self.note(past_market_note(*market)) for market in markets}
        decode = msgspec.json.Decoder(Instrument).decode
        return {m: decode(note) for m, note in notes.items() if note is not None}

    def _fires(self, statement: Rows) -> tuple[FireRecord, ...]:
        bad: list[BadRow] = []
        with self._reader() as driver:
            fires = tuple(
                read(driver, FireRecord, schema.FIRES, bad.append, rows=statement)
            )
        self._on_bad(bad)
        return fires
