"""Writing prices down as they come, so that a rehearsal can read them."""

import csv
import gzip
import io
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from exitd.adapters.recording.errors import RecordingUnwritable
from exitd.adapters.recording.parquet import ParquetColumns
from exitd.core.market import Tick
from exitd.core.units import text
from exitd.runtime.rehearsal.routes import kind_words

COLUMNS = ("ts_venue_ns", "ts_recv_ns", "venue", "symbol", "kind", "price", "seq")
_NUMBERS = ("ts_venue_ns", "ts_recv_ns", "seq")
#: Rows that Parquet keeps together; fewer make large files and slow readers.
_GROUP_ROWS = 50_000

Row = tuple[str, ...]


class Recorder(Protocol):
    """A file that takes ticks; what was flushed is in it whatever happens then."""

    def take(self, tick: Tick) -> None: ...

    def flush(self) -> None:
        """Write what was taken.

        Raises:
            RecordingUnwritable: The file cannot be written any more.
        """
        ...

    def close(self) -> None: ...


def open_recorder(path: Path) -> Recorder:
    """Begin a new file: CSV, `.csv.gz` or `.parquet`, by the end of its name.

    Raises:
        RecordingUnwritable: It is there already, cannot be written, or has another
            end.
        ParquetMissing: It would be Parquet, and pyarrow is not installed.
    """
    if path.exists():
        raise RecordingUnwritable(f"{path} is there already; name another file")
    try:
        if path.name.endswith(".parquet"):
            return ParquetRecorder(path)
        if path.name.endswith((".csv", ".csv.gz")):
            return CsvRecorder(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    raise RecordingUnwritable(
        f"{path}: name a file that ends in .csv, .csv.gz or .parquet"
    )


def _unwritable(path: Path, error: OSError) -> RecordingUnwritable:
    return RecordingUnwritable(
        f"{path} cannot be written ({error.strerror}); name another file"
    )


class _Rows:
    """Turns ticks into rows; time never goes back in them, whatever the clock does."""

    def __init__(self) -> None:
        self.waiting: list[Row] = []
        self._ts_ns = 0

    def take(self, tick: Tick) -> None:
        self._ts_ns = max(tick.ts_recv_ns, self._ts_ns)
        source = tick.source
        self.waiting.append(
            (
                str(tick.ts_venue_ns),
                str(self._ts_ns),
                source.feed,
                source.symbol,
                kind_words(source),
                text(tick.price),
                str(tick.seq),
            )
        )

    def give(self) -> list[Row]:
        rows, self.waiting = self.waiting, []
        return rows


class CsvRecorder:
    """Writes CSV; whoever kills it loses what came after the last flush."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = _Rows()
        self._raw = path.open("xb")
        binary = (
            gzip.GzipFile(fileobj=self._raw, mode="wb")
            if (path.suffix == ".gz")
            else self._raw
        )
        self._text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(COLUMNS)
        self.flush()

    def take(self, tick: Tick) -> None:
        self._rows.take(tick)

    def flush(self) -> None:
        try:
            self._writer.writerows(self._rows.give())
            self._text.flush()
            self._raw.flush()
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def close(self) -> None:
        """Complete the file; it is closed also when that fails."""
        try:
            self.flush()
            self._text.close()
            self._raw.close()
        except OSError as error:
            raise _unwritable(self._path, error) from error
        finally:
            for file in (self._text, self._raw):
                with suppress(OSError):
                    file.close()


class ParquetRecorder:
    """Writes Parquet; it can be read once it is closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = _Rows()
        self._file = ParquetColumns(path, COLUMNS, _NUMBERS)

    def take(self, tick: Tick) -> None:
        self._rows.take(tick)

    def flush(self) -> None:
        if len(self._rows.waiting) >= _GROUP_ROWS:
            self._write()

    def _write(self) -> None:
        rows = self._rows.give()
        if not rows:
            return
        try:
            self._file.write(rows)
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def close(self) -> None:
        """Write what is waiting, and the index that makes it a file."""
        try:
            self._write()
        finally:
            try:
                self._file.close()
            except OSError as error:
                raise _unwritable(self._path, error) from error
