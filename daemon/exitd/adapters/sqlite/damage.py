"""Whether a file can be trusted: asked before anything is restored from it.

SQLite forgives a good deal: it takes an empty file for a new database, and drops
a damaged log without a word. For a daemon whose empty state means that nothing is
protected, both are errors.
"""

import sqlite3
import struct
from pathlib import Path

from exitd.adapters.sqlite.meta import read_meta, read_progress
from exitd.errors import StoreDamaged

MAGIC = b"SQLite format 3\x00"
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
WAL_MAGICS = (0x377F0682, 0x377F0683)


def damaged(path: Path, why: str) -> StoreDamaged:
    return StoreDamaged(
        f"{path} cannot be trusted ({why}): put a copy of the whole directory in its"
        f" place, or move {path.name}* out of it to start with nothing armed."
    )


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def check_files(path: Path) -> None:
    """Look at names and headers, before SQLite touches anything.

    Raises:
        StoreDamaged: The file is empty, cut off, not a database, or gone while
            its log is still there.
    """
    if not path.exists():
        if log_of(path).exists():
            raise damaged(path, f"the file is gone, but {log_of(path).name} is there")
        return
    with path.open("rb") as file:
        header = file.read(100)
    size = path.stat().st_size
    if size == 0:
        raise damaged(path, "it is empty")
    if header[:16] != MAGIC or len(header) < 100:
        raise damaged(path, "it is not an SQLite database")
    page_bytes = int.from_bytes(header[16:18], "big")
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    if page_bytes < 512 or size % page_bytes:
        raise damaged(path, "its end is missing")


def check_content(
    driver: sqlite3.Connection, path: Path, *, least_batch: int
) -> list[str]:
    """Read the file through SQLite's own checks; returns what is worth a warning.

    Args:
        driver: A connection to it.
        path: Where it is.
        least_batch: A batch that it must have come to, or it is not the latest.

    Raises:
        StoreDamaged: A check failed, or the log is gone or damaged.
        sqlite3.DatabaseError: SQLite cannot read it at all.
    """
    # What is damaged may be no UTF-8, and is to be reported all the same.
    driver.text_factory = lambda content: content.decode(errors="replace")
    has_log = log_of(path).exists()
    # Reading anything makes SQLite recover what the log holds.
    if revision_of(driver) is None:
        raise damaged(path, "it is not a database of exitd")
    notices = _check_log(driver, path) if has_log else []
    (verdict,) = driver.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, str(verdict).strip().replace("\n", " "))
    read_meta(driver)
    progress = read_progress(driver)
    if progress.batch < least_batch:
        raise damaged(
            path,
            f"it ends with batch {progress.batch}, and {least_batch} had been stored:"
            " its log was removed, or an older file was put in its place",
        )
    return notices


def revision_of(driver: sqlite3.Connection) -> str | None:
    """Which schema the file has; None when it is no database of exitd."""
    try:
        row = driver.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return None if row is None else str(row[0])


def _check_log(driver: sqlite3.Connection, path: Path) -> list[str]:
    """Compare what SQLite recovered from the log with what is in it.

    The log is synced before a commit is acknowledged, so behind the last commit
    that SQLite found there can be the remains of one that nobody was told of.
    More than one cannot be: then something in the middle is damaged.

    Raises:
        StoreDamaged: Acknowledged commits are unreadable.
    """
    log = log_of(path).read_bytes()
    if len(log) <= WAL_HEADER_BYTES:
        return []
    magic, _, page_bytes, _, salt_1, salt_2, sum_1, sum_2 = struct.unpack(
        ">8I", log[:WAL_HEADER_BYTES]
    )
    if magic not in WAL_MAGICS or not _is_header_sound(log, magic, (sum_1, sum_2)):
        raise damaged(path, f"the header of {log_of(path).name} is unreadable")
    frame_bytes = FRAME_HEADER_BYTES + page_bytes
    recovered = _recovered_frames(driver, path)
    commits = frames = 0
    for start in range(
        WAL_HEADER_BYTES + recovered * frame_bytes, len(log), frame_bytes
    ):
        head = log[start : start + FRAME_HEADER_BYTES]
        if len(head) < FRAME_HEADER_BYTES:
            frames += 1
            break
        _, database_pages, *salts = struct.unpack(">4I", head[:16])
        if salts != [salt_1, salt_2]:
            # From here on the log is what an earlier round of it left behind.
            continue
        frames += 1
        commits += database_pages > 0
    if commits > 1:
        raise damaged(
            path, f"{log_of(path).name} is unreadable before its last {commits} commits"
        )
    if frames:
        return [
            f"{path}: the last record was torn when the machine or the daemon"
            " stopped and is dropped; nobody had been told that it was stored."
        ]
    return []


def _is_header_sound(log: bytes, magic: int, expected: tuple[int, int]) -> bool:
    order = ">" if magic & 1 else "<"
    words = struct.unpack(f"{order}6I", log[:24])
    sum_1 = sum_2 = 0
    for first, second in zip(words[::2], words[1::2], strict=True):
        sum_1 = (sum_1 + first + sum_2) & 0xFFFFFFFF
        sum_2 = (sum_2 + second + sum_1) & 0xFFFFFFFF
    return (sum_1, sum_2) == expected


def _recovered_frames(driver: sqlite3.Connection, path: Path) -> int:
    """How many frames of the log SQLite has taken over, from its shared index.

    `mxFrame` is at byte 16 of the index (sqlite.org/walformat.html, section 2.2).
    """
    driver.execute("SELECT count(*) FROM progress").fetchone()
    with path.with_name(f"{path.name}-shm").open("rb") as index:
        (frames,) = struct.unpack("=I", index.read(20)[16:])
    return int(frames)
