"""Tables of text: CSV, plain or compressed, read line by line."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO

from exitd.adapters.recording.errors import RecordingUnreadable

_GZIP = b"\x1f\x8b"


class Table(Protocol):
    """The rows of a file, as text, and how far they have been read.

    `is_cut` once the file ended in the middle of a row.
    """

    names: list[str]
    is_cut: bool

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give each row with its number in the file."""
        ...

    def read_bytes(self) -> int: ...

    def close(self) -> None: ...


class CsvTable:
    """A CSV file with a first line that names its columns."""

    def __init__(self, path: Path) -> None:
        self.names: list[str] = []
        self.is_cut = False
        self._is_open_line = False
        self._path = path
        self._raw: BinaryIO = path.open("rb")
        self._text = _as_text(self._raw)
        try:
            first = self._text.readline()
        except _UNREADABLE as error:
            self.close()
            raise _unreadable(path, 1, error) from error
        self._delimiter = max(",;\t", key=first.count)
        self.names = next(csv.reader([first], delimiter=self._delimiter), [])

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        number = 1
        width = len(self.names)
        try:
            for row in csv.reader(self._lines(), delimiter=self._delimiter):
                number += 1
                if len(row) == width:
                    yield number, row
                elif self._is_open_line and len(row) < width:
                    self.is_cut = True
                elif row:
                    raise RecordingUnreadable(
                        f"{self._path}, line {number}: it has {len(row)} columns, and "
                        f"the first line has {width}"
                    )
        except EOFError:
            # Whoever wrote it was killed: what is there is good.
            self.is_cut = True
        except _UNREADABLE as error:
            raise _unreadable(self._path, number + 1, error) from error

    def _lines(self) -> Iterator[str]:
        for line in self._text:
            self._is_open_line = not line.endswith("\n")
            yield line

    def read_bytes(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        self._text.close()
        self._raw.close()


_UNREADABLE = (OSError, EOFError, zlib.error, csv.Error)


def _as_text(raw: BinaryIO) -> TextIO:
    is_compressed = raw.read(2) == _GZIP
    raw.seek(0)
    if is_compressed:
        inner = gzip.GzipFile(fileobj=raw)
        return io.TextIOWrapper(inner, "utf-8-sig", errors="replace", newline="")
    return io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="")


def _unreadable(path: Path, number: int, error: Exception) -> RecordingUnreadable:
    return RecordingUnreadable(f"{path}, line {number}: cannot be read: {error}")
