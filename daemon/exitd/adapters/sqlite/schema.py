"""The tables, as SQLAlchemy sees them; the migrations make them.

Every table of records is laid out alike: the key, columns for people and for
queries, then `body` (the record as JSON, decimals as text), and `checksum` over
key and body. Only `body` is read back; the columns before it are a view of it.

There are no foreign keys: each row must be restorable without the others, and
no constraint between rows may ever refuse what a firing has to write.
"""

from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.sql.elements import ColumnClause

METADATA = MetaData()


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _integer(name: str, *, key: bool = False, optional: bool = False) -> Column[int]:
    return Column(
        name, Integer, primary_key=key, nullable=optional, autoincrement=False
    )


def _blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _of_trigger(*further: Column[int]) -> tuple[Column[Any], ...]:
    """Give the columns of a trigger's row; *further* stand before its body."""
    return (
        _text("id", key=True),
        _text("account"),
        _text("symbol"),
        _text("side"),
        _text("state"),
        _text("owner"),
        Column("level", Text),
        _integer("arming"),
        _integer("ts_changed_ns"),
        *further,
        _text("body"),
        _integer("checksum"),
    )


TRIGGERS = Table("triggers", METADATA, *_of_trigger(), sqlite_strict=True)

# Where the row of a trigger goes when no start is to restore it any more.
PAST_TRIGGERS = Table(
    "past_triggers",
    METADATA,
    # Whether it has ever fired: then it stays for ever, as its firings do.
    *_of_trigger(_integer("fired")),
    Index("past_triggers_fired_ts_changed_ns", "fired", "ts_changed_ns"),
    sqlite_strict=True,
)

FIRES = Table(
    "fires",
    METADATA,
    _text("trigger_id", key=True),
    _integer("arming", key=True),
    _text("account"),
    _text("symbol"),
    _text("side"),
    _integer("open"),
    _text("reason"),
    _integer("ts_hit_ns"),
    _integer("ts_done_ns"),
    _text("body"),
    _integer("checksum"),
    Index("fires_open", "open", sqlite_where=text("open = 1")),
    Index("fires_ts_hit_ns", "ts_hit_ns"),
    sqlite_strict=True,
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    _text("trigger_id", key=True),
    _integer("arming", key=True),
    _integer("n", key=True),
    _text("account"),
    _text("symbol"),
    _integer("client_order_id"),
    _text("venue_order_id"),
    _text("state"),
    _integer("ts_changed_ns"),
    _text("body"),
    _blob("signed"),
    _integer("checksum"),
    UniqueConstraint("account", "client_order_id"),
    sqlite_strict=True,
)

POSITIONS = Table(
    "positions",
    METADATA,
    _text("account", key=True),
    _text("symbol", key=True),
    _text("side", key=True),
    _text("quantity"),
    _integer("lifetime"),
    _text("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

COUNTERS = Table(
    "counters",
    METADATA,
    _text("account", key=True),
    _integer("tag"),
    _integer("counter"),
    _text("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

IDEMPOTENCY = Table(
    "idempotency",
    METADATA,
    _text("key", key=True),
    _integer("ts_ns"),
    _text("body"),
    _integer("checksum"),
    Index("idempotency_ts_ns", "ts_ns"),
    sqlite_strict=True,
)

FILLS = Table(
    "fills",
    METADATA,
    _text("account", key=True),
    _text("symbol", key=True),
    _text("trade_id", key=True),
    _text("fire_id"),
    _text("venue_order_id"),
    _integer("client_order_id", optional=True),
    _text("side"),
    _text("quantity"),
    _text("price"),
    _text("fee"),
    _text("fee_asset"),
    _integer("ts_venue_ns"),
    _text("body"),
    _integer("checksum"),
    Index("fills_fire_id", "fire_id"),
    Index("fills_ts_venue_ns", "ts_venue_ns"),
    # Finds what was stored before anybody knew whose it was.
    Index(
        "fills_unclaimed",
        "account",
        "client_order_id",
        sqlite_where=text("fire_id = ''"),
    ),
    sqlite_strict=True,
)

FUNDING = Table(
    "funding",
    METADATA,
    _text("account", key=True),
    _text("symbol", key=True),
    _integer("ts_venue_ns", key=True),
    _text("amount"),
    _text("asset"),
    _text("body"),
    _integer("checksum"),
    Index("funding_ts_venue_ns", "ts_venue_ns"),
    sqlite_strict=True,
)

WATERMARKS = Table(
    "watermarks",
    METADATA,
    _text("source", key=True),
    _text("way", key=True),
    _integer("ts_ns"),
    _text("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

SEEN = Table(
    "seen",
    METADATA,
    _text("source", key=True),
    _integer("ts_ns"),
    _text("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

ENTRIES = Table(
    "entries",
    METADATA,
    _text("id", key=True),
    _text("account"),
    _text("symbol"),
    _text("state"),
    _integer("open"),
    _integer("ts_wanted_ns"),
    _text("body"),
    _integer("checksum"),
    Index("entries_open", "open", sqlite_where=text("open = 1")),
    Index("entries_ts_wanted_ns", "ts_wanted_ns"),
    sqlite_strict=True,
)

SIGNALS = Table(
    "signals",
    METADATA,
    _text("id", key=True),
    _text("route"),
    _text("client_order_id"),
    _text("state"),
    _integer("ts_received_ns"),
    _text("body"),
    _integer("checksum"),
    Index("signals_ts_received_ns", "ts_received_ns"),
    Index("signals_accepted", "state", sqlite_where=text("state = 'accepted'")),
    Index(
        "signals_client_order_id",
        "route",
        "client_order_id",
        sqlite_where=text("client_order_id <> ''"),
    ),
    sqlite_strict=True,
)

BACKSTOPS = Table(
    "backstops",
    METADATA,
    _text("account", key=True),
    _text("symbol", key=True),
    _text("side", key=True),
    _text("state"),
    _text("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

INSTRUMENTS = Table(
    "instruments",
    METADATA,
    _text("account", key=True),
    _text("symbol", key=True),
    _text("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

FACTS = Table(
    "facts",
    METADATA,
    _integer("seq", key=True),
    _integer("ts_ns"),
    _text("kind"),
    _text("account"),
    _text("symbol"),
    _text("trigger_id"),
    _text("fire_id"),
    _text("fields"),
    # The names of the fields that are decimals, which JSON cannot say itself.
    _text("decimals"),
    _integer("checksum"),
    Index("facts_ts_ns", "ts_ns"),
    Index("facts_kind", "kind"),
    Index("facts_trigger_id", "trigger_id", sqlite_where=text("trigger_id <> ''")),
    # Serves the story of one firing, and pruning, which spares those.
    Index("facts_fire_id_ts_ns", "fire_id", "ts_ns"),
    sqlite_strict=True,
)

TOKENS = Table(
    "tokens",
    METADATA,
    _text("name", key=True),
    _text("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

NOTES = Table(
    "notes",
    METADATA,
    _text("key", key=True),
    _blob("body"),
    _integer("checksum"),
    sqlite_strict=True,
)

META = Table(
    "meta",
    METADATA,
    _text("key", key=True),
    _text("value"),
    _integer("checksum"),
    sqlite_strict=True,
)

# One row: the last batch written, the last fact's number, and the highest arming
# sequence ever given. It changes in the transaction of the batch itself, which is
# how a batch whose commit was answered with an error is known to be there or not.
PROGRESS = Table(
    "progress",
    METADATA,
    _integer("id", key=True),
    _integer("batch"),
    _integer("fact_seq"),
    _integer("arming_seq"),
    _integer("checksum"),
    sqlite_strict=True,
)

SET_ASIDE = Table(
    "set_aside",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _integer("ts_ns"),
    _text("origin"),
    _text("row_key"),
    _text("reason"),
    _blob("content"),
    sqlite_strict=True,
)


def rowid(table: Table) -> ColumnClause[int]:
    """SQLite's own number of a row; it rises in the order of insertion."""
    return literal_column(f"{table.name}.rowid", Integer)
