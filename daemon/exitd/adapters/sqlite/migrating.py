"""Making a new database, and bringing an older one up to date."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from exitd.adapters.sqlite.backup import copy_database
from exitd.adapters.sqlite.damage import revision_of
from exitd.adapters.sqlite.database import IN_MEMORY, connect, write_engine
from exitd.errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")
#: Between the name of a database and the schema that it was about to get.
_BEFORE = ".before-"


def upgrade(connection: Connection, migrations: Path = MIGRATIONS) -> None:
    """Run every migration that is missing, in one transaction.

    Raises:
        sqlite3.Error, sqlalchemy.exc.SQLAlchemyError: The database is as before.
    """
    # Alembic takes a quarter of a second to import, and a usual start needs none.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        command.upgrade(config, "head")
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise


@cache
def new_schema() -> str:
    """Migrate nothing to the newest schema, once, and give it as a script."""
    engine = create_engine(
        "sqlite://", creator=lambda: connect(IN_MEMORY), poolclass=StaticPool
    )
    with engine.connect() as connection:
        upgrade(connection)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        script = "\n".join(driver.iterdump())
    engine.dispose()
    return script


def make_tables(target: sqlite3.Connection) -> None:
    """Give an empty database the newest schema, by what the migrations make."""
    target.executescript(new_schema())


def known_revisions(migrations: Path = MIGRATIONS) -> tuple[str, ...]:
    """Oldest first: they are numbered."""
    names = sorted(path.stem for path in (migrations / "versions").glob("r*.py"))
    return tuple(name.split("_", 1)[0] for name in names)


def bring_up_to_date(path: Path, migrations: Path = MIGRATIONS) -> list[str]:
    """Migrate the file if it is older, with a copy kept; returns what was done.

    Raises:
        StoreError: The file is from a newer exitd.
        sqlite3.Error, sqlalchemy.exc.SQLAlchemyError: The file is as it was.
    """
    known = known_revisions(migrations)
    with closing(connect(path)) as driver:
        revision = revision_of(driver)
        if revision not in known:
            raise StoreError(
                f"{path} was written by a newer exitd (schema {revision}, this one"
                f" knows up to {known[-1]}): run that version, or"
                f" {_way_back(path, known[-1])}."
            )
        if revision == known[-1]:
            return []
        copy = path.with_name(f"{path.name}{_BEFORE}{known[-1]}")
        copy_database(driver, copy)
    engine = write_engine(path)
    with engine.connect() as connection:
        upgrade(connection, migrations)
    return [
        f"{path} was migrated from schema {revision} to {known[-1]}; the old file is"
        f" kept as {copy.name}."
    ]


def _way_back(path: Path, newest: str) -> str:
    """Name the copy that an exitd which knows up to *newest* can read, if it is there.

    It is of the first migration to anything newer.
    """
    copies = sorted(path.parent.glob(f"{path.name}{_BEFORE}r*"))
    newer = [each.name for each in copies if each.name.rpartition("-")[2] > newest]
    if not newer:
        return "restore the copy that it kept when it migrated"
    return (
        f"put {newer[0]} in its place, without what was armed, amended or filled since"
        " that was made"
    )
