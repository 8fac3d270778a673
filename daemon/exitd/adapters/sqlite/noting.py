"""Writing one small named value into a state that no daemon uses.

Opening the state as a daemon does would mark it as stopped in order, and a start after
a crash would not know of the crash. So nothing but the note is touched.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from exitd.adapters.sqlite import statements
from exitd.adapters.sqlite.damage import check_files, revision_of
from exitd.adapters.sqlite.database import configure, connect
from exitd.adapters.sqlite.lock import StateLock
from exitd.adapters.sqlite.migrating import known_revisions
from exitd.adapters.sqlite.rows import note_row
from exitd.errors import StoreError


def keep_note(path: Path, key: str, value: bytes) -> None:
    """Keep a note, durable when this returns.

    Raises:
        StoreLocked: A daemon runs on the state, and has to write it itself.
        StoreDamaged: The state cannot be trusted.
        StoreError: It is of another version of exitd, or cannot be written.
    """
    lock = StateLock(path)
    try:
        check_files(path)
        with closing(connect(path)) as driver:
            configure(driver)
            if revision_of(driver) != known_revisions()[-1]:
                raise StoreError(
                    f"{path} is of another version of exitd; start this one on it once"
                )
            driver.execute("BEGIN IMMEDIATE")
            driver.execute(statements.UPSERT_NOTE, note_row(key, value))
            driver.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be written ({error})") from error
    finally:
        lock.release()
