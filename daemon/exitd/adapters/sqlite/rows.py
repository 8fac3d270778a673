"""How a record becomes a row and a row a record, with a checksum on each row.

The checksum is CRC-32 over the key and the body: it notices every flipped bit
and costs a third of a microsecond. Nobody is kept out by it; the file's mode is.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from sqlalchemy import Table

from exitd.adapters.sqlite import schema
from exitd.core.attempt import AttemptRecord
from exitd.core.backstop import BackstopRecord
from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.market import Instrument, PriceSource
from exitd.core.position import PositionRecord
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    FundingRecord,
    IdempotencyRecord,
    MarketGone,
    SeenRecord,
    TriggerGone,
    WatermarksRecord,
)
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.core.units import text
from exitd.ports.store import StoredFact, TokenRecord

Cell = str | int | bytes | None
Row = tuple[Cell, ...]

_encode = msgspec.json.Encoder().encode


class Undecodable(ValueError):
    """A row that cannot be read back; the message says what is wrong with it."""


def checksum(key: bytes, body: bytes, signed: bytes = b"") -> int:
    return crc32(signed, crc32(body, crc32(key)))


def key_bytes(*key: str | int) -> bytes:
    """Write a key as SQLite writes it when its columns are cast to blobs."""
    return "\x1f".join(map(str, key)).encode()


def check(key: bytes, body: bytes, stored: object, signed: bytes = b"") -> None:
    """Compare a row with its checksum.

    Raises:
        Undecodable: They differ.
    """
    if checksum(key, body, signed) != stored:
        raise Undecodable("its checksum does not match")


def trigger_row(record: TriggerRecord) -> Row:
    body = _encode(record)
    definition = record.definition
    level = definition.level
    return (
        definition.id,
        definition.account,
        definition.symbol,
        definition.side or "",
        record.state,
        definition.owner,
        None if level is None else text(level),
        record.arming,
        record.ts_changed_ns,
        body.decode(),
        checksum(key_bytes(definition.id), body),
    )


def fire_row(record: FireRecord) -> Row:
    body = _encode(record)
    return (
        record.trigger_id,
        record.arming,
        record.account,
        record.symbol,
        record.side or "",
        int(record.open),
        record.reason,
        record.ts_hit_ns,
        record.ts_done_ns,
        body.decode(),
        checksum(key_bytes(record.trigger_id, record.arming), body),
    )


def attempt_row(record: AttemptRecord) -> Row:
    body = _encode(msgspec.structs.replace(record, signed=b""))
    order = record.order
    key = order.attempt
    return (
        key.trigger_id,
        key.arming,
        key.n,
        order.account,
        order.symbol,
        order.client_order_id,
        record.venue_order_id,
        record.state,
        record.ts_changed_ns,
        body.decode(),
        record.signed,
        checksum(key_bytes(key.trigger_id, key.arming, key.n), body, record.signed),
    )


def position_row(record: PositionRecord) -> Row:
    body = _encode(record)
    key = record.key
    return (
        key.account,
        key.symbol,
        key.side,
        text(record.quantity),
        record.lifetime,
        body.decode(),
        checksum(key_bytes(key.account, key.symbol, key.side), body),
    )


def counter_row(record: CounterRecord) -> Row:
    body = _encode(record)
    return (
        record.account,
        record.tag,
        record.counter,
        body.decode(),
        checksum(key_bytes(record.account), body),
    )


def idempotency_row(record: IdempotencyRecord) -> Row:
    body = _encode(record)
    return (
        record.key,
        record.ts_ns,
        body.decode(),
        checksum(key_bytes(record.key), body),
    )


def fill_row(record: FillRecord) -> Row:
    body = _encode(record)
    return (
        record.account,
        record.symbol,
        record.trade_id,
        record.fire_id,
        record.venue_order_id,
        record.client_order_id,
        record.side,
        text(record.quantity),
        text(record.price),
        text(record.fee),
        record.fee_asset,
        record.ts_venue_ns,
        body.decode(),
        checksum(key_bytes(record.account, record.symbol, record.trade_id), body),
    )


def funding_row(record: FundingRecord) -> Row:
    body = _encode(record)
    key = (record.account, record.symbol, record.ts_venue_ns)
    return (
        *key,
        text(record.amount),
        record.asset,
        body.decode(),
        checksum(key_bytes(*key), body),
    )


def source_key(source: PriceSource) -> str:
    """Write a source as it writes itself, but never as another one does.

    A feed ends at the first slash and a kind begins behind the last, a candle is
    between dots: what a name has of these itself is percent-encoded.
    """
    feed = source.feed.replace("%", "%25").replace("/", "%2F")
    candle = source.candle.replace("%", "%25").replace("/", "%2F").replace(".", "%2E")
    if candle == "closed":
        # Or it would read like a source that takes closed candles only.
        candle = "%63losed"
    return str(msgspec.structs.replace(source, feed=feed, candle=candle))


def watermarks_row(record: WatermarksRecord) -> Row:
    body = _encode(record)
    key = (source_key(record.source), record.way)
    return (*key, record.ts_ns, body.decode(), checksum(key_bytes(*key), body))


def seen_row(record: SeenRecord) -> Row:
    body = _encode(record)
    key = source_key(record.source)
    return key, record.ts_ns, body.decode(), checksum(key_bytes(key), body)


def entry_row(record: EntryRecord) -> Row:
    body = _encode(record)
    order = record.order
    return (
        record.id,
        order.account,
        order.ticket.symbol,
        record.state,
        int(not record.is_over),
        record.ts_wanted_ns,
        body.decode(),
        checksum(key_bytes(record.id), body),
    )


def signal_row(record: SignalRecord) -> Row:
    body = _encode(record)
    return (
        record.id,
        record.route,
        record.client_order_id,
        record.state,
        record.ts_received_ns,
        body.decode(),
        checksum(key_bytes(record.id), body),
    )


def backstop_row(record: BackstopRecord) -> Row:
    body = _encode(record)
    key = (record.key.account, record.key.symbol, record.key.side)
    return (*key, record.state, body.decode(), checksum(key_bytes(*key), body))


def instrument_row(record: Instrument) -> Row:
    body = _encode(record)
    key = (record.account, record.symbol)
    return (*key, body.decode(), checksum(key_bytes(*key), body))


def token_row(record: TokenRecord) -> Row:
    body = _encode(record)
    return (record.name, body.decode(), checksum(key_bytes(record.name), body))


def note_row(key: str, value: bytes) -> Row:
    return (key, value, checksum(key_bytes(key), value))


def past_market_note(account: str, symbol: str) -> str:
    """Name the note that keeps the instrument of a market that ended."""
    return f"market/{account}/{symbol}"


class RowKind(NamedTuple):
    """One kind of record: its table, and how a row of it is made."""

    table: Table
    to_row: Callable[[Any], Row]


ROW_KINDS: dict[type, RowKind] = {
    TriggerRecord: RowKind(schema.TRIGGERS, trigger_row),
    FireRecord: RowKind(schema.FIRES, fire_row),
    AttemptRecord: RowKind(schema.ATTEMPTS, attempt_row),
    PositionRecord: RowKind(schema.POSITIONS, position_row),
    CounterRecord: RowKind(schema.COUNTERS, counter_row),
    IdempotencyRecord: RowKind(schema.IDEMPOTENCY, idempotency_row),
    FillRecord: RowKind(schema.FILLS, fill_row),
    FundingRecord: RowKind(schema.FUNDING, funding_row),
    WatermarksRecord: RowKind(schema.WATERMARKS, watermarks_row),
    SeenRecord: RowKind(schema.SEEN, seen_row),
    EntryRecord: RowKind(schema.ENTRIES, entry_row),
    SignalRecord: RowKind(schema.SIGNALS, signal_row),
    BackstopRecord: RowKind(schema.BACKSTOPS, backstop_row),
    Instrument: RowKind(schema.INSTRUMENTS, instrument_row),
    TokenRecord: RowKind(schema.TOKENS, token_row),
}
"""Every record that is written; those in `DELETING` delete."""

DELETING = (TriggerGone, MarketGone)
assert not ROW_KINDS.keys() & set(DELETING)

_fields_decoder = msgspec.json.Decoder(dict[str, str | int | bool | None])
_names_decoder = msgspec.json.Decoder(list[str])


def fact_row(seq: int, fact: Fact) -> Row:
    fields = _encode(fact.fields)
    decimals = [name for name, value in fact.fields.items() if type(value) is Decimal]
    names = _encode(decimals) if decimals else b"[]"
    head = (
        seq,
        fact.ts_ns,
        fact.kind,
        fact.account,
        fact.symbol,
        fact.trigger_id,
        fact.fire_id,
    )
    return (
        *head,
        fields.decode(),
        names.decode(),
        checksum(key_bytes(*head), fields, names),
    )


def stored_fact(row: tuple[object, ...]) -> StoredFact:
    """Read a fact back from its columns, all but `seq` and `checksum` as bytes.

    Raises:
        Undecodable: The row is not what was written.
    """
    seq, *head, fields, names, stored = row
    assert isinstance(seq, int)
    cells = [b"" if cell is None else cell for cell in (*head, fields, names)]
    texts = [bytes(cell) for cell in cells if isinstance(cell, bytes)]
    if len(texts) != 8:
        raise Undecodable("a column is missing")
    ts, kind, account, symbol, trigger_id, fire_id, field_text, name_text = texts
    key = b"\x1f".join((str(seq).encode(), *texts[:6]))
    check(key, field_text, stored, name_text)
    try:
        values: dict[str, FactValue] = dict(_fields_decoder.decode(field_text))
        for name in _names_decoder.decode(name_text):
            values[name] = Decimal(str(values[name]))
        return StoredFact(
            seq,
            Fact(
                kind=FactKind(kind.decode()),
                ts_ns=int(ts),
                account=account.decode(),
                symbol=symbol.decode(),
                trigger_id=trigger_id.decode(),
                fire_id=fire_id.decode(),
                fields=values,
            ),
        )
    except (ValueError, KeyError, ArithmeticError, msgspec.MsgspecError) as error:
        raise Undecodable(f"it cannot be read: {error}") from error
