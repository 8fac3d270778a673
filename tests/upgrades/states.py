"""The states that were kept of each schema, as files that a daemon can open."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "states"
KEPT = {path.stem: path for path in sorted(FOLDER.glob("r*.sql"))}


def put_at(path: Path, revision: str, *, is_moved: bool = True) -> None:
    """Make the database that a daemon of that schema left behind.

    One that was moved here says so itself, and a daemon on it would stand by.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(KEPT[revision].read_text())
        if not is_moved:
            database.execute("DELETE FROM notes WHERE key = 'home'")
            database.commit()


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    """Give every row of a table as it is on disk; none where there is no such table."""
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?"
        if database.execute(named, (table,)).fetchone() is None:
            return []
        found = database.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
    return [dict(row) for row in found]


def bodies_of(path: Path, table: str) -> list[dict[str, Any]]:
    return [json.loads(row["body"]) for row in rows_of(path, table)]


def of_the_future(path: Path) -> bytes:
    """Let a state be of a schema that nobody here knows."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'r9999'")
        database.execute("CREATE TABLE later (id INTEGER NOT NULL PRIMARY KEY) STRICT")
        database.commit()
    return path.read_bytes()
