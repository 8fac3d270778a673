"""Levels and distances as they are written: prices, and what the entry decides.

A relative level carries its sign: `+12%` of the entry price, whatever the side;
`-10% roi`, a return on the margin, and `+500 pnl`, quote currency of the whole
position, which are above zero in profit.
"""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.values import (
    CHARACTERS_MAX,
    NUMBER_PATTERN,
    PERCENT_PATTERN,
    read_bound,
    read_number,
    read_price,
    text_of,
    text_schema,
)
from exitd.core.condition import Basis, Level, Offset, Relative
from exitd.core.units import HUNDRED, ZERO

LEVERAGE_MAX = 1_000

_AMOUNT = NUMBER_PATTERN.removeprefix("-?")
_RELATIVE = re.compile(rf"([+-]?)({_AMOUNT})(?:%( +roi)?|( +pnl))")
_SIGNED_NUMBER = re.compile(NUMBER_PATTERN)
_SIGNED = rf"[+-]{_AMOUNT}(%( +roi)?| +pnl)"


def read_level(written: object) -> Level:
    """Read a price or a relative level; leverage and `follows` are not in its text."""
    text = text_of(written)
    found = _RELATIVE.fullmatch(text) if len(text) <= CHARACTERS_MAX else None
    if found is None:
        if text.endswith(("roi", "pnl", "%")):
            raise ValueError("write a relative level as +12%, -10% roi or +500 pnl")
        return read_price(written)
    sign, number, _, _, roi, pnl = found.groups()
    if not sign:
        raise ValueError(
            f"a level relative to the entry carries its sign: +{text} or -{text}"
        )
    value = Decimal(sign + number)
    if value == ZERO:
        raise ValueError("a level relative to the entry is not zero")
    if pnl is not None:
        return Relative(Basis.PNL, value)
    if roi is not None:
        return Relative(Basis.ROI, value)
    if value <= -HUNDRED:
        raise ValueError("a level relative to the entry is above -100%")
    return Relative(Basis.ENTRY, value)


def read_watched_level(written: object) -> Level:
    """Read a level of whatever is watched: a spread may be zero or below."""
    is_number = _SIGNED_NUMBER.fullmatch(text_of(written))
    return read_number(written) if is_number else read_level(written)


def read_offset(written: object) -> Offset:
    """Read how far behind a trail is: `2.5%` of its best price, or a distance."""
    text = text_of(written)
    if "%" in text:
        return Offset(read_bound(text), is_percent=True)
    distance = read_number(written)
    if distance <= ZERO:
        raise ValueError("a distance is above zero, such as 2.5% or 5")
    return Offset(distance)


def read_leverage(written: object) -> Decimal:
    leverage = read_number(written)
    if not 1 <= leverage <= LEVERAGE_MAX:
        raise ValueError(f"write a leverage from 1 to {LEVERAGE_MAX}, such as 5")
    return leverage


_NUMBER_SCHEMA: dict[str, object] = {"type": "number", "exclusiveMinimum": 0}
_LEVEL_EXAMPLES = ("131.25", "+12%", "-3%", "-10% roi", "+500 pnl")

LevelValue = Annotated[
    Level,
    PlainValidator(read_level),
    WithJsonSchema(
        {
            "anyOf": [
                _NUMBER_SCHEMA,
                text_schema(rf"{NUMBER_PATTERN}|{_SIGNED}", *_LEVEL_EXAMPLES),
            ]
        }
    ),
]
WatchedLevelValue = Annotated[
    Level,
    PlainValidator(read_watched_level),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                text_schema(rf"{NUMBER_PATTERN}|{_SIGNED}", *_LEVEL_EXAMPLES),
            ]
        }
    ),
]
OffsetValue = Annotated[
    Offset,
    PlainValidator(read_offset),
    WithJsonSchema(
        {
            "anyOf": [
                _NUMBER_SCHEMA,
                text_schema(rf"{_AMOUNT}|{PERCENT_PATTERN}", "2.5%", "5"),
            ]
        }
    ),
]
LeverageValue = Annotated[
    Decimal,
    PlainValidator(read_leverage),
    WithJsonSchema({"type": "number", "minimum": 1, "maximum": LEVERAGE_MAX}),
]
