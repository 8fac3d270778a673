"""From a file to the prices or candles in it, one after the other."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from exitd.adapters.recording.columns import Columns, columns_of
from exitd.adapters.recording.errors import RecordingUnreadable
from exitd.adapters.recording.instants import ReadInstant, reader_of
from exitd.adapters.recording.parquet import MAGIC, ParquetTable
from exitd.adapters.recording.tables import CsvTable, Table
from exitd.core.market import PriceKind
from exitd.core.units import NS_PER_S, price_or_none
from exitd.runtime.rehearsal.prices import Candle, Price

_KINDS = frozenset(kind.value for kind in PriceKind)
#: Rows that are looked at to learn how long the candles of a market are.
_LOOK_AHEAD = 1_000
_CANDLE_NS = 60 * NS_PER_S

Row = tuple[int, list[str]]


class PriceFile:
    """A file of prices: CSV, compressed or not, or Parquet; it is read as it goes.

    Raises:
        RecordingUnreadable: It cannot be read, or its columns are not known.
        ParquetMissing: It is Parquet, and pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._table = _open(path)
        self.size_bytes = path.stat().st_size
        try:
            self._columns = columns_of(str(path), self._table.names)
        except RecordingUnreadable:
            self._table.close()
            raise

    @property
    def has_candles(self) -> bool:
        return self._columns.candle is not None

    @property
    def is_cut(self) -> bool:
        """Whether the file ended in the middle, once it has been read."""
        return self._table.is_cut

    def read_bytes(self) -> int:
        return self._table.read_bytes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._table.close()

    def read(self) -> Iterator[Price | Candle]:
        """Give what the file holds, in its order, which is that of time.

        Raises:
            RecordingUnreadable: A row is wrong; the sentence has its number.
        """
        rows = self._table.rows()
        first = next(rows, None)
        if first is None:
            raise RecordingUnreadable(f"{self.path} holds no prices")
        cells = _Cells(self.path, self._columns, first)
        rows = itertools.chain([first], rows)
        if self._columns.candle is None:
            return cells.prices(rows)
        ahead = list(itertools.islice(rows, _LOOK_AHEAD))
        cells.learn_lengths(ahead)
        return cells.candles(itertools.chain(ahead, rows))


def _open(path: Path) -> Table:
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(MAGIC)) == MAGIC
        return ParquetTable(path) if is_parquet else CsvTable(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RecordingUnreadable(f"{path} cannot be read: {why}") from error


class _Cells:
    """Reads the cells of one file, and says in which row one is wrong."""

    def __init__(self, path: Path, columns: Columns, first: Row) -> None:
        self._path = path
        self._columns = columns
        self._last_ns = 0
        self._kinds: dict[str, str] = {"": ""}
        self._lengths_ns: dict[tuple[str, ...], int] = {}
        self._time = self._clock(first, columns.time.index, columns.time.unit)
        self._venue_time: ReadInstant | None = None
        own = columns.venue_time
        if own is not None and own != columns.time:
            self._venue_time = self._clock(first, own.index, own.unit)

    def _clock(self, first: Row, index: int, unit: str) -> ReadInstant:
        number, row = first
        try:
            return reader_of(row[index].strip(), unit)
        except ValueError as wrong:
            raise self._wrong(number, str(wrong)) from None

    def prices(self, rows: Iterator[Row]) -> Iterator[Price]:
        columns = self._columns
        at, venue_time = columns.price, self._venue_time
        assert at is not None
        own = columns.venue_time
        for number, row in rows:
            price = price_or_none(row[at])
            if price is None:
                raise self._wrong(number, f"'{row[at]}' is no price")
            venue_ns = None
            if venue_time is not None and own is not None:
                venue_ns = self._instant(venue_time, number, row[own.index])
            yield Price(
                self._when(number, row),
                price,
                _cell(row, columns.symbol),
                self._kind(number, row),
                _cell(row, columns.venue),
                venue_ns,
                self._seq(number, row),
            )

    def candles(self, rows: Iterator[Row]) -> Iterator[Candle]:
        places = self._columns.candle
        assert places is not None
        for number, row in rows:
            numbers = [price_or_none(row[place]) for place in places]
            opening, high, low, close = numbers
            if opening is None or high is None or low is None or close is None:
                wrong = row[places[numbers.index(None)]]
                raise self._wrong(number, f"'{wrong}' is no price")
            if not low <= min(opening, close) <= max(opening, close) <= high:
                raise self._wrong(
                    number, "open and close do not lie between low and high"
                )
            words = self._words(number, row)
            length_ns = self._lengths_ns.get(words, self._length_ns())
            when = self._when(number, row)
            symbol, kind, venue = words
            yield Candle(
                when, length_ns, opening, high, low, close, symbol, kind, venue
            )

    def learn_lengths(self, rows: list[Row]) -> None:
        """Take the shortest time between two candles of a market as their length."""
        last: dict[tuple[str, ...], int] = {}
        for number, row in rows:
            words = self._words(number, row)
            when = self._instant(self._time, number, row[self._columns.time.index])
            gap = when - last.get(words, when)
            if gap > 0:
                known = self._lengths_ns.get(words, gap)
                self._lengths_ns[words] = min(gap, known)
            last[words] = when

    def _length_ns(self) -> int:
        return min(self._lengths_ns.values(), default=_CANDLE_NS)

    def _words(self, number: int, row: list[str]) -> tuple[str, str, str]:
        columns = self._columns
        return (
            _cell(row, columns.symbol),
            self._kind(number, row),
            _cell(row, columns.venue),
        )

    def _when(self, number: int, row: list[str]) -> int:
        when = self._instant(self._time, number, row[self._columns.time.index])
        if when < self._last_ns:
            raise self._wrong(
                number, "its time is before that of the row above; sort them by time"
            )
        self._last_ns = when
        return when

    def _instant(self, read: ReadInstant, number: int, written: str) -> int:
        try:
            return read(written)
        except ValueError as wrong:
            raise self._wrong(number, str(wrong)) from None

    def _kind(self, number: int, row: list[str]) -> str:
        written = _cell(row, self._columns.kind)
        known = self._kinds.get(written)
        if known is not None:
            return known
        kind = written.lower()
        if kind.partition(".")[0] not in _KINDS:
            raise self._wrong(
                number,
                f"'{written}' is no kind of price; write one of "
                f"{', '.join(sorted(_KINDS))}",
            )
        self._kinds[written] = kind
        return kind

    def _seq(self, number: int, row: list[str]) -> int | None:
        written = _cell(row, self._columns.seq)
        if not written:
            return None
        try:
            return int(written)
        except ValueError:
            raise self._wrong(number, f"'{written}' is no sequence number") from None

    def _wrong(self, number: int, sentence: str) -> RecordingUnreadable:
        return RecordingUnreadable(f"{self._path}, line {number}: {sentence}")


def _cell(row: list[str], index: int | None) -> str:
    return "" if index is None else row[index]
