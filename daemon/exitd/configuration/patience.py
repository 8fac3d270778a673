"""How long a limit close may rest, at each of the two limits that it tries."""

from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.values import (
    DURATION_PATTERN,
    read_positive_duration_ns,
    text_schema,
)
from exitd.core.units import NS_PER_S

#: At the limit that was asked for, and at the wider one; zero tries it once.
Patience = tuple[int, int]

_MAX_NS = 3_600 * NS_PER_S


def _read_one(written: object) -> int:
    duration_ns = read_positive_duration_ns(written)
    if duration_ns > _MAX_NS:
        raise ValueError("a close rests for at most 1h")
    return duration_ns


def read_patience(written: object) -> Patience:
    """Read `5s`, or `[5s, 10s]` for the limit and the wider one."""
    if not isinstance(written, list):
        return _read_one(written), 0
    if len(written) != 2:
        raise ValueError("write one duration or two, such as 5s or [5s, 10s]")
    return _read_one(written[0]), _read_one(written[1])


_ONE = text_schema(DURATION_PATTERN, "5s")

PatienceValue = Annotated[
    Patience,
    PlainValidator(read_patience),
    WithJsonSchema(
        {
            "anyOf": [
                _ONE,
                {"type": "array", "items": _ONE, "minItems": 2, "maxItems": 2},
            ]
        }
    ),
]
