"""Deleting history that nobody needs any more, a little at a time."""

import sqlite3

from exitd.adapters.sqlite import statements

PRUNE_ROWS = 100
"""Rows deleted in one go: about a millisecond in front of whatever comes next."""


def delete_some(driver: sqlite3.Connection, before_ns: int) -> int:
    """Delete some of what is older; returns how many rows, 0 when all is done."""
    facts = driver.execute(statements.PRUNE_FACTS, (before_ns, "", PRUNE_ROWS, 0))
    keys = driver.execute(statements.PRUNE_IDEMPOTENCY, (before_ns, PRUNE_ROWS, 0))
    past = driver.execute(statements.PRUNE_PAST_TRIGGERS, (before_ns, 0, PRUNE_ROWS, 0))
    return facts.rowcount + keys.rowcount + past.rowcount
