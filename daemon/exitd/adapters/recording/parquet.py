"""Tables in Parquet, through pyarrow, which is an extra."""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from exitd.errors import ExitdError
from exitd.extras import how_to_install

MAGIC = b"PAR1"
_BATCH_ROWS = 16_384


class ParquetMissing(ExitdError):
    """pyarrow is not installed; one sentence with the remedy."""


def pyarrow() -> Any:
    """Give pyarrow with its Parquet part.

    Raises:
        ParquetMissing: It is not installed.
    """
    try:
        importlib.import_module("pyarrow.parquet")
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise ParquetMissing(
            "Parquet files need pyarrow, which is not installed; run "
            f"{how_to_install('parquet')}, or use a file that ends in .csv.gz"
        ) from error


class ParquetTable:
    """A Parquet file, its values turned into the text that a CSV file would have."""

    def __init__(self, path: Path) -> None:
        self._arrow = pyarrow()
        self._file = self._arrow.parquet.ParquetFile(path)
        self.is_cut = False
        self._rows = 0
        self._size = path.stat().st_size
        schema = self._file.schema_arrow
        self.names = [
            # As nanoseconds from here on, whatever it is in the file.
            f"{field.name}_ns" if self._is_time(field.type) else field.name
            for field in schema
        ]

    def _is_time(self, kind: object) -> bool:
        return bool(self._arrow.types.is_timestamp(kind))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        for batch in self._file.iter_batches(batch_size=_BATCH_ROWS):
            columns = [self._texts(column) for column in batch.columns]
            for row in zip(*columns, strict=True):
                self._rows += 1
                yield self._rows, list(row)

    def _texts(self, column: Any) -> list[str]:
        if self._is_time(column.type):
            column = column.cast(self._arrow.timestamp("ns", tz=column.type.tz))
            column = column.cast(self._arrow.int64())
        # str() of a float is the shortest text that means it: 142.17 stays 142.17.
        return ["" if value is None else str(value) for value in column.to_pylist()]

    def read_bytes(self) -> int:
        total = self._file.metadata.num_rows or 1
        return self._size * self._rows // total

    def close(self) -> None:
        self._file.close()


class ParquetColumns:
    """Writes rows of text into a Parquet file, many at a time.

    The file is one only once it is closed: its index stands at its end.
    """

    def __init__(
        self, path: Path, names: Sequence[str], numbers: Sequence[str]
    ) -> None:
        arrow = self._arrow = pyarrow()
        self._schema = arrow.schema(
            [
                (name, arrow.int64() if name in numbers else arrow.string())
                for name in names
            ]
        )
        self._numbers = [name in numbers for name in names]
        self._writer = arrow.parquet.ParquetWriter(path, self._schema)

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        columns = [
            [int(cell) for cell in column] if is_number else list(column)
            for is_number, column in zip(
                self._numbers, zip(*rows, strict=True), strict=True
            )
        ]
        self._writer.write_table(self._arrow.table(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
