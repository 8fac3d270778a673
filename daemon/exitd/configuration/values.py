"""The values a configuration is written in, from text to exact numbers.

Percentages carry `%`, durations their unit, prices neither. Each reader raises
`ValueError` with one sentence that says what to write instead.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated

from msgspec import Struct
from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.findings import did_you_mean, quoted
from exitd.core.trigger import Quantity, QuantityKind
from exitd.core.units import HUNDRED, NS_PER_MS, NS_PER_S, ZERO

NUMBER_PATTERN = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
PERCENT_PATTERN = r"(0|[1-9][0-9]*)(\.[0-9]+)?%"
CURRENCY_PATTERN = r"[A-Z][A-Z0-9]{1,15}"
INSTANT_PATTERN = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)"
DURATION_PATTERN = r"(0|[1-9][0-9]{0,11})(ms|s|m|h|d)"

_NUMBER = re.compile(NUMBER_PATTERN)
_QUANTITY = re.compile(rf"({NUMBER_PATTERN})(?: +(?P<currency>{CURRENCY_PATTERN}))?")
_PERCENT = re.compile(rf"([+-]?)({NUMBER_PATTERN.removeprefix('-?')})%")
_DURATION = re.compile(DURATION_PATTERN)
_UNITS_NS = {
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3_600 * NS_PER_S,
    "d": 86_400 * NS_PER_S,
}
CHARACTERS_MAX = 40


def text_of(written: object) -> str:
    if isinstance(written, bool) or not isinstance(written, str | int | Decimal):
        return ""
    return written if isinstance(written, str) else format(Decimal(written), "f")


def read_number(written: object) -> Decimal:
    text = text_of(written)
    if len(text) > CHARACTERS_MAX or not _NUMBER.fullmatch(text):
        if _PERCENT.fullmatch(text):
            raise ValueError(f"a plain number belongs here, not the share {text}")
        raise ValueError("write a number in plain digits, such as 131.25")
    return Decimal(text)


def read_price(written: object) -> Decimal:
    price = read_number(written)
    if price <= ZERO:
        raise ValueError("a price is above zero")
    return price


def read_percent(written: object) -> Decimal:
    """Read an unsigned percentage; 2.5 means 2.5 %."""
    text = text_of(written)
    found = _PERCENT.fullmatch(text) if len(text) <= CHARACTERS_MAX else None
    if found is None:
        hint = f"{text}%" if _NUMBER.fullmatch(text) and text[0] != "-" else "2.5%"
        raise ValueError(f"write a percentage with its sign, such as {hint}")
    if found[1]:
        raise ValueError(f"this percentage has no + or -; write {text[1:]}")
    return Decimal(found[2])


def read_bound(written: object) -> Decimal:
    """Read a percentage above 0 % and under 100 %."""
    percent = read_percent(written)
    if not ZERO < percent < HUNDRED:
        raise ValueError("the percentage must be above 0% and under 100%")
    return percent


def read_percent_under_hundred(written: object) -> Decimal:
    """Read a percentage of at least 0 % and under 100 %."""
    percent = read_percent(written)
    if percent >= HUNDRED:
        raise ValueError("the percentage must be under 100%")
    return percent


def read_factor(written: object) -> Decimal:
    """Read how many times something: 1 to 100."""
    factor = read_number(written)
    if not 1 <= factor <= HUNDRED:
        raise ValueError("write a number from 1 to 100")
    return factor


def _read_share(text: str) -> Decimal:
    share = read_percent(text)
    if not ZERO < share <= HUNDRED:
        raise ValueError("a share is above 0% and at most 100%")
    return share


def read_quantity(written: object) -> Quantity:
    """Read how much a close takes; a currency is checked where the market is known."""
    text = text_of(written)
    if text == "rest":
        return Quantity(QuantityKind.REST)
    if text.endswith("%"):
        return Quantity(QuantityKind.SHARE, _read_share(text))
    if len(text) <= CHARACTERS_MAX and text.endswith("% initial"):
        share = _read_share(text.removesuffix("initial").rstrip())
        return Quantity(QuantityKind.INITIAL, share)
    found = _QUANTITY.fullmatch(text) if len(text) <= CHARACTERS_MAX else None
    if found is None:
        hint = did_you_mean(text, ["rest"]) if text else ""
        raise ValueError(
            "write a share such as 50% or 50% initial, a quantity such as 2.5, an "
            f"amount such as 500 USDC, or rest{hint}"
        )
    quantity = Decimal(found[1])
    if quantity <= ZERO:
        raise ValueError("a quantity is above zero")
    if found["currency"] is None:
        return Quantity(QuantityKind.ABSOLUTE, quantity)
    return Quantity(QuantityKind.QUOTE, quantity, found["currency"])


def read_duration_ns(written: object) -> int:
    text = text_of(written)
    found = _DURATION.fullmatch(text)
    if found is None:
        hint = (
            f"{text}s" if text.isascii() and text.isdigit() else "500ms, 2s, 15m or 8h"
        )
        raise ValueError(f"write a duration with its unit, such as {hint}")
    return int(found[1]) * _UNITS_NS[found[2]]


def read_positive_duration_ns(written: object) -> int:
    duration_ns = read_duration_ns(written)
    if duration_ns == 0:
        raise ValueError("a duration is above zero")
    return duration_ns


class Instant(Struct, frozen=True, gc=False):
    """A moment in UTC nanoseconds, and how it was written."""

    ts_ns: int
    written: str


class After(Struct, frozen=True, gc=False):
    """So long after the exit was first loaded, and how it was written."""

    duration_ns: int
    written: str


Expiry = Instant | After

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
    r"(?:([Zz])|([+-])(\d\d):(\d\d))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_instant(written: object) -> Instant:
    text = text_of(written)
    found = _RFC_3339.fullmatch(text) if text.isascii() else None
    if found is None:
        raise ValueError("write a time with its zone, such as 2027-01-31T16:00:00Z")
    sign = -1 if found[9] == "-" else 1
    offset = timedelta(hours=int(found[10] or 0), minutes=int(found[11] or 0))
    parts = (int(found[i]) for i in range(1, 7))
    try:
        zone = timezone(sign * offset)
        elapsed = datetime(*parts, tzinfo=zone) - _EPOCH  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        raise ValueError(f"{text} is not on the calendar or the clock") from None
    fraction_ns = int((found[7] or "0").ljust(9, "0"))
    ts_ns = (elapsed.days * 86_400 + elapsed.seconds) * NS_PER_S + fraction_ns
    return Instant(ts_ns, text)


def read_expiry(written: object) -> Expiry:
    text = text_of(written)
    if _DURATION.fullmatch(text):
        return After(read_positive_duration_ns(text), text)
    try:
        return read_instant(text)
    except ValueError:
        raise ValueError(
            "write when it ends: a time with its zone (2027-01-31T16:00:00Z) "
            "or a duration from when it was first loaded (8h)"
        ) from None


def read_client_order_id(written: object) -> str:
    """Read which orders a cancel takes: a word, or the client id of one order."""
    text = text_of(written)
    if text in ("all", "limit", "trigger"):
        return text
    if re.fullmatch(r"0|[1-9][0-9]{0,9}", text) and int(text) < 2**32:
        return text
    hint = did_you_mean(text, ["all", "limit", "trigger"]) if text else ""
    raise ValueError(
        "write which orders: all, limit, trigger, or one order's client id "
        f"(0 to 4294967295){hint}"
    )


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def read_name(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{quoted(written)} is not a name; use up to 64 letters, digits and -_."
        )
    return text


def text_schema(pattern: str, *examples: str) -> dict[str, object]:
    return {"type": "string", "pattern": f"^({pattern})$", "examples": list(examples)}


_QUANTITY_SCHEMA: dict[str, object] = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {
            "type": "string",
            "pattern": rf"^(rest|{PERCENT_PATTERN}( initial)?"
            rf"|{NUMBER_PATTERN}( +{CURRENCY_PATTERN})?)$",
            "examples": ["50%", "50% initial", "500 USDC", "rest"],
        },
    ]
}
_ORDERS_SCHEMA: dict[str, object] = {
    "anyOf": [
        {"enum": ["all", "limit", "trigger"]},
        {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
        {"type": "string", "pattern": "^[0-9]{1,10}$"},
    ]
}
_DURATION_SCHEMA = text_schema(DURATION_PATTERN, "500ms", "2s", "15m", "8h", "3d")
_PERCENT_SCHEMA = text_schema(PERCENT_PATTERN, "0.5%")

BoundValue = Annotated[
    Decimal, PlainValidator(read_bound), WithJsonSchema(_PERCENT_SCHEMA)
]
PercentValue = Annotated[
    Decimal,
    PlainValidator(read_percent_under_hundred),
    WithJsonSchema(_PERCENT_SCHEMA),
]
FactorValue = Annotated[
    Decimal,
    PlainValidator(read_factor),
    WithJsonSchema({"type": "number", "minimum": 1, "maximum": 100}),
]
AmountValue = Annotated[
    Decimal,
    PlainValidator(read_price),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]
QuantityValue = Annotated[
    Quantity, PlainValidator(read_quantity), WithJsonSchema(_QUANTITY_SCHEMA)
]
DurationValue = Annotated[
    int, PlainValidator(read_positive_duration_ns), WithJsonSchema(_DURATION_SCHEMA)
]
InstantValue = Annotated[
    Instant, PlainValidator(read_instant), WithJsonSchema(text_schema(INSTANT_PATTERN))
]
ExpiryValue = Annotated[
    Expiry,
    PlainValidator(read_expiry),
    WithJsonSchema(
        text_schema(
            f"{INSTANT_PATTERN}|{DURATION_PATTERN}", "2027-01-31T16:00:00Z", "8h"
        )
    ),
]
OrdersValue = Annotated[
    str, PlainValidator(read_client_order_id), WithJsonSchema(_ORDERS_SCHEMA)
]
NameValue = Annotated[
    str,
    PlainValidator(read_name),
    WithJsonSchema({"type": "string", "pattern": rf"^{_NAME.pattern}$"}),
]
