"""The write connection: transactions of batches, and what they left behind.

Used by one thread at a time, the writer's. Nothing here decides what to do
about an error; the writer does.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from exitd.adapters.sqlite import statements
from exitd.adapters.sqlite.leaving import leave
from exitd.adapters.sqlite.meta import Progress, read_progress, write_progress
from exitd.adapters.sqlite.rows import DELETING, ROW_KINDS, Row, fact_row
from exitd.core.records import FillRecord
from exitd.core.trigger import TriggerRecord
from exitd.ports.store import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

IN_MEMORY = Path(":memory:")
BUSY_TIMEOUT_MS = 5_000
"""How long another program (a backup, a shell) may hold the write lock."""

LOG_PAGES_MAX = 4_000
"""16 MiB: at a thousand pages one commit in fifty would pay for folding them in."""

WRITER_STATEMENTS, READER_STATEMENTS = 128, 32
"""Compiled statements that a connection keeps. The writer has some thirty of its own;
what is asked of history has many forms, a few KiB each, and no one waits for it."""

CACHE_KIB = 256
"""Pages that each connection keeps to itself. More would only fill up for days, and
what is not in it is in the kernel's cache."""


def connect(
    path: Path,
    *,
    read_only: bool = False,
    connection_class: type[sqlite3.Connection] = sqlite3.Connection,
) -> sqlite3.Connection:
    """Open one connection in autocommit; transactions are begun by hand."""
    if path == IN_MEMORY:
        uri = ":memory:"
    else:
        mode = "ro" if read_only else "rw"
        uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(
        uri,
        uri=path != IN_MEMORY,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
        factory=connection_class,
        cached_statements=READER_STATEMENTS if read_only else WRITER_STATEMENTS,
    )


def keep_few_pages(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def configure(connection: sqlite3.Connection) -> str:
    """Set what every write connection needs; returns the journal mode in force."""
    # FULL: a commit returns when the log is on the disk, not when it was handed
    # to the kernel. NORMAL loses acknowledged rows when the power goes.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cell_size_check = ON")
    # The writer folds the log in when it is idle; this is for when it never is.
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES_MAX}")
    keep_few_pages(connection)
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    return str(mode)


def write_engine(
    path: Path,
    connection_class: type[sqlite3.Connection] = sqlite3.Connection,
    fill: Callable[[sqlite3.Connection], None] | None = None,
) -> Engine:
    """Connections that write; *fill* makes the tables of one in memory."""

    def creator() -> sqlite3.Connection:
        connection = connect(path, connection_class=connection_class)
        configure(connection)
        if fill is not None:
            fill(connection)
        return connection

    return create_engine("sqlite://", creator=creator, poolclass=NullPool)


def read_engine(path: Path) -> Engine:
    """Connections for history, which cannot write."""

    def creator() -> sqlite3.Connection:
        connection = connect(path, read_only=True)
        keep_few_pages(connection)
        return connection

    return create_engine(
        "sqlite://",
        creator=creator,
        poolclass=QueuePool,
        pool_size=2,
    )


def checked_out(engine: Engine) -> Connection:
    """Take a connection; its failure is the driver's error, as everywhere here.

    Raises:
        sqlite3.Error: The file cannot be opened.
    """
    try:
        return engine.connect()
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from None
        raise


class Database:
    """The write connection, and the numbers that each transaction moves on.

    Attributes:
        batch: Number of the last batch known to be durable.
        fact_seq: Number of the last fact known to be durable.
        arming_seq: Highest arming sequence ever written.
    """

    def __init__(self, engine: Engine, *, is_in_memory: bool = False) -> None:
        self._engine = engine
        self._is_in_memory = is_in_memory
        self._held: Connection | None = None
        self._driver: sqlite3.Connection | None = None
        self.batch = 0
        self.fact_seq = 0
        self.arming_seq = 0

    @property
    def connection(self) -> Connection:
        """The SQLAlchemy connection, for statements off the hot path."""
        assert self._held is not None
        return self._held

    @property
    def driver(self) -> sqlite3.Connection:
        assert self._driver is not None
        return self._driver

    @property
    def is_open(self) -> bool:
        return self._driver is not None

    def open(self) -> None:
        """Connect, and read how far the last transaction came.

        Raises:
            sqlite3.Error: The file cannot be opened or read.
        """
        held = checked_out(self._engine)
        driver = held.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._held, self._driver = held, driver
        self.read_progress()

    def read_progress(self) -> None:
        """Ask the database how far it came, rather than believing an error.

        Raises:
            sqlite3.Error: It does not say.
        """
        self.batch, self.fact_seq, self.arming_seq = read_progress(self.driver)

    def close(self) -> None:
        """Drop the connection; a transaction under way is rolled back."""
        held, self._held, self._driver = self._held, None, None
        if held is not None:
            held.close()

    def reopen(self) -> None:
        """Start afresh after a commit whose outcome is unknown.

        A failed sync may leave pages that the kernel believes are clean, so what
        the log holds is first written into the database itself, and synced there;
        the log begins again behind it.

        Raises:
            sqlite3.Error: The disk still does not take it.
        """
        if self._is_in_memory:
            self.read_progress()
            return
        self.close()
        self.open()
        try:
            self.fold_log_in()
        except sqlite3.Error:
            self.close()
            raise

    def ensure_open(self) -> None:
        if not self.is_open:
            self.reopen()

    def fold_log_in(self) -> None:
        """Write everything the log holds into the database, and empty the log.

        Raises:
            sqlite3.Error: The disk does not take it, or a reader is in the way.
        """
        busy, _, _ = self.driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("the log could not be folded in")

    def write(self, batches: Sequence[Batch]) -> None:
        """Write batches in one transaction; all of it is durable, or an error.

        Raises:
            sqlite3.Error: The outcome is unknown until `reopen` has read it back.
        """
        driver = self.driver
        execute = driver.execute
        fact_seq, arming_seq = self.fact_seq, self.arming_seq
        with self._transaction():
            for batch in batches:
                for record in batch.records:
                    if isinstance(record, DELETING):
                        leave(driver, record)
                        continue
                    row = ROW_KINDS[type(record)].to_row(record)
                    if type(record) is FillRecord:
                        execute(statements.KEEP_FILL, (*row, "", ""))
                        continue
                    if type(record) is TriggerRecord and record.seq > arming_seq:
                        arming_seq = record.seq
                    execute(statements.UPSERTS[type(record)], row)
                for fact in batch.facts:
                    fact_seq += 1
                    execute(statements.INSERT_FACT, fact_row(fact_seq, fact))
            number = self.batch + len(batches)
            write_progress(driver, Progress(number, fact_seq, arming_seq))
        self.batch, self.fact_seq, self.arming_seq = number, fact_seq, arming_seq

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run one small change in a transaction of its own.

        Raises:
            sqlite3.Error: The outcome is unknown.
        """
        with self._transaction():
            return work(self.driver)

    def probe(self) -> None:
        """Prove that a commit goes through, by one that changes nothing.

        Raises:
            sqlite3.Error: It does not.
        """
        progress = Progress(self.batch, self.fact_seq, self.arming_seq)
        self.change(lambda driver: write_progress(driver, progress))

    def execute(self, statement: str, row: Row = ()) -> sqlite3.Cursor:
        return self.driver.execute(statement, row)

    @contextmanager
    def _transaction(self) -> "Iterator[None]":
        driver = self.driver
        driver.execute("BEGIN IMMEDIATE")
        try:
            yield
            driver.execute("COMMIT")
        except BaseException:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            raise
