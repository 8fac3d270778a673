"""Opening a state: locked, checked, migrated, and never empty by mistake."""

import asyncio
import os
import secrets
import sqlite3
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from exitd.adapters.sqlite import damage
from exitd.adapters.sqlite.database import (
    IN_MEMORY,
    Database,
    configure,
    connect,
    read_engine,
    write_engine,
)
from exitd.adapters.sqlite.file_system import refuse_network
from exitd.adapters.sqlite.lock import StateLock, unwritable
from exitd.adapters.sqlite.meta import PUT_BACK, read_meta, write_meta
from exitd.adapters.sqlite.migrating import (
    MIGRATIONS,
    bring_up_to_date,
    make_tables,
)
from exitd.adapters.sqlite.reserve import (
    DEFAULT_RESERVE_BYTES,
    NoReserve,
    Reserve,
    ReserveFile,
)
from exitd.adapters.sqlite.store import SqliteStore
from exitd.errors import StoreDamaged, StoreError
from exitd.ports.clock import Clock


def open_store(
    path: Path,
    clock: Clock,
    loop: asyncio.AbstractEventLoop | None = None,
    *,
    inline: bool = False,
    reserve_bytes: int = DEFAULT_RESERVE_BYTES,
    reserve: Reserve | None = None,
    connection_class: type[sqlite3.Connection] = sqlite3.Connection,
    migrations: Path = MIGRATIONS,
) -> SqliteStore:
    """Open the state at *path*, or make a new one where nothing is.

    Args:
        path: The database file; `:memory:` only together with *inline*.
        clock: Stamps what is set aside and paces retries.
        loop: Where `on_durable` is called; the running loop of the first submit
            if None.
        inline: Write in the caller's thread, for the simulation.
        reserve_bytes: Size of the reserve file; 0 keeps none.
        reserve: Another reserve than the file.
        connection_class: What the writer connects with.
        migrations: Where Alembic finds its scripts.

    Raises:
        StoreLocked: Another daemon holds it.
        StoreDamaged: The file cannot be trusted.
        StoreError: The directory cannot be used or is shared over a network, or the
            file is from a newer exitd.
    """
    if path == IN_MEMORY:
        assert inline, "a database in memory has one connection, so no writer thread"
        return _open_in_memory(clock, loop, reserve or NoReserve(), connection_class)
    path = path.absolute()
    _make_directory(path.parent)
    refuse_network(path.parent)
    lock = StateLock(path)
    try:
        notices = _prepare(path, migrations, lock.batch)
        database, meta = _open_database(path, connection_class)
        reserve = reserve or ReserveFile(path, reserve_bytes)
        reserve.restore()
        return SqliteStore(
            path,
            database=database,
            reserve=reserve,
            lock=lock,
            readers=None if inline else read_engine(path),
            clock=clock,
            loop=loop,
            inline=inline,
            meta=meta,
            notices=notices,
        )
    except BaseException:
        lock.release()
        raise


def _open_in_memory(
    clock: Clock,
    loop: asyncio.AbstractEventLoop | None,
    reserve: Reserve,
    connection_class: type[sqlite3.Connection],
) -> SqliteStore:
    engine = write_engine(IN_MEMORY, connection_class, make_tables)
    database = Database(engine, is_in_memory=True)
    database.open()
    return SqliteStore(
        IN_MEMORY,
        database=database,
        reserve=reserve,
        lock=None,
        readers=None,
        clock=clock,
        loop=loop,
        inline=True,
        meta=_begin(database),
        notices=(),
    )


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(directory, error) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StoreError(
            f"{directory} cannot be written: make it writable for the user that runs"
            " exitd, or choose another state directory."
        )


def _prepare(path: Path, migrations: Path, least_batch: int) -> tuple[str, ...]:
    """Make the file, or prove that what is there can be trusted."""
    damage.check_files(path)
    if not path.exists():
        if least_batch > 0:
            raise damage.damaged(
                path, f"the file is gone, and batch {least_batch} had been stored"
            )
        _create(path)
        return ()
    notices: list[str] = []
    try:
        path.chmod(0o600)
        driver = connect(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} cannot be opened ({error}): give it to the user that runs exitd."
        ) from error
    try:
        notices += damage.check_content(driver, path, least_batch=least_batch)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # The driver cannot even say what is wrong where that is no UTF-8.
        raise damage.damaged(path, str(error)) from error
    finally:
        driver.close()
    try:
        notices += bring_up_to_date(path, migrations)
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise StoreError(
            f"{path} could not be migrated ({error}): it is as it was; make room or"
            " run the version of exitd that wrote it."
        ) from error
    return tuple(notices)


def _create(path: Path) -> None:
    """Make a complete database beside, then put it in place in one step.

    A file of no bytes is therefore never a state that exitd left behind.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        target = connect(new)
        try:
            make_tables(target)
            if configure(target) != "wal":
                raise StoreError(
                    f"{path.parent} does not take a write-ahead log: keep the state on"
                    " a local file system."
                )
        finally:
            target.close()
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} cannot be made ({error}): make room, or choose another state"
            " directory."
        ) from error


def _open_database(
    path: Path, connection_class: type[sqlite3.Connection]
) -> tuple[Database, dict[str, str]]:
    database = Database(write_engine(path, connection_class))
    try:
        database.open()
        meta = _begin(database)
    except sqlite3.Error as error:
        database.close()
        if isinstance(error, sqlite3.OperationalError):
            raise StoreError(
                f"{path} cannot be written ({error}): make room, or close what else"
                " has it open."
            ) from error
        raise StoreDamaged(f"{path}: {error}") from error
    return database, meta


def _begin(database: Database) -> dict[str, str]:
    """Read the meta rows as they were, and mark the state as in use."""
    meta = read_meta(database.driver)
    meta.setdefault("deployment", secrets.token_hex(8))
    meta.setdefault("stop", "new")
    if meta["stop"] == "clean":
        # The start before this one has written it down.
        meta[PUT_BACK] = ""

    def mark(driver: sqlite3.Connection) -> None:
        write_meta(driver, "deployment", meta["deployment"])
        write_meta(driver, "stop", "running")
        write_meta(driver, PUT_BACK, meta.get(PUT_BACK, ""))

    database.change(mark)
    return meta
