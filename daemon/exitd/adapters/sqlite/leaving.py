"""Rows that no start is to restore any more: where each goes."""

import sqlite3

import msgspec

from exitd.adapters.sqlite import statements
from exitd.adapters.sqlite.rows import note_row, past_market_note, source_key
from exitd.core.records import MarketGone, TriggerGone

_encode = msgspec.json.Encoder().encode


def leave(driver: sqlite3.Connection, gone: TriggerGone | MarketGone) -> None:
    """Take the rows of something that is over out of those that a start reads.

    Raises:
        sqlite3.Error: The outcome is unknown.
    """
    if isinstance(gone, TriggerGone):
        driver.execute(statements.MOVE_TRIGGER, (gone.trigger_id,))
        driver.execute(statements.DELETE_TRIGGER, (gone.trigger_id,))
        return
    market = (gone.account, gone.symbol)
    if gone.instrument is not None:
        row = note_row(past_market_note(*market), _encode(gone.instrument))
        driver.execute(statements.UPSERT_NOTE, row)
    driver.execute(statements.DELETE_POSITIONS, market)
    driver.execute(statements.DELETE_INSTRUMENT, market)
    for source in gone.sources:
        driver.execute(statements.DELETE_SEEN, (source_key(source),))
        driver.execute(statements.DELETE_WATERMARKS, (source_key(source),))
