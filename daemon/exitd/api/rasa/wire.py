"""JSON as it is on this wire: numbers with their exact digits, never a float.

Front-ends send quantities and prices as strings and get them as numbers. Both keep
the digits that were written: `2.1870` leaves as `2.187`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from exitd.api.bodies import short
from exitd.core.units import ZERO, text
from exitd.runtime.problems import ControlError, Unusable
from exitd.signals.strict_json import refuse_constant, unique_keys

_PLAIN = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")
_INTEGER = re.compile(r"-?[0-9]{1,78}")
_ADDRESS = re.compile(r"0x[0-9A-Fa-f]{40}")
#: What SQLite, our own ids and JavaScript all take: no quote has a larger number.
_INTEGER_MAX = 2**53

Json = Mapping[str, Any]


class BadJson(ControlError):
    status = 400


class Written(str):
    """A JSON number, as it was written."""


async def read_object(request: Request) -> dict[str, Any]:
    """Read the body as one JSON object; its numbers are `Written`.

    Raises:
        BadJson: It is none.
    """
    return parse_object(await request.body())


def parse_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            body.decode("utf-8"),
            parse_float=Written,
            parse_int=Written,
            parse_constant=refuse_constant,
            object_pairs_hook=unique_keys,
        )
    except (ValueError, RecursionError) as error:
        raise BadJson(
            "bad_json", "the body is not JSON", f"send one JSON object ({short(error)})"
        ) from error
    if not isinstance(found, dict):
        raise BadJson("bad_json", "the body must be one JSON object")
    return found


def compact(value: object) -> str:
    """Write what was read as `JSON.stringify` does: that is what clients sign."""
    match value:
        case Written():
            return str(value)
        case dict():
            pairs = (f"{compact(str(k))}:{compact(v)}" for k, v in value.items())
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(compact(item) for item in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def member(body: Json, name: str) -> Any:
    """Give a field that has to be there.

    Raises:
        Unusable: It is missing.
    """
    if body.get(name) is None:
        raise Unusable("missing_field", "is missing", field=name)
    return body[name]


def decimal_of(body: Json, name: str) -> Decimal:
    """Read a price or a quantity, above zero, from a string or a number.

    Raises:
        Unusable: It is not written in plain digits, or is zero.
    """
    number = decimal_or_zero(body, name)
    if number == ZERO:
        raise Unusable(f"{name}_zero", "must be above zero", field=name)
    return number


def decimal_or_zero(body: Json, name: str) -> Decimal:
    written = member(body, name)
    if not isinstance(written, str) or not _PLAIN.fullmatch(written):
        raise Unusable(
            "bad_number",
            'write plain digits such as "2.1870", without a sign or an exponent',
            field=name,
        )
    return Decimal(written)


def integer_of(body: Json, name: str) -> int:
    """Read a whole number.

    Raises:
        Unusable: It is none, or larger than any that is given to a quote.
    """
    return integer(member(body, name), name)


def integer(written: object, name: str) -> int:
    if not isinstance(written, str) or not _INTEGER.fullmatch(written):
        raise Unusable("bad_number", "must be a whole number", field=name)
    number = int(written)
    if abs(number) > _INTEGER_MAX:
        raise Unusable("bad_number", "is too large", field=name)
    return number


def address_of(body: Json, name: str) -> str:
    """Read an address as it is written.

    Raises:
        Unusable: It is none.
    """
    return address(member(body, name), name)


def address(written: object, name: str) -> str:
    if not isinstance(written, str) or not _ADDRESS.fullmatch(written):
        raise Unusable(
            "bad_address", "must be 0x and 40 hexadecimal digits", field=name
        )
    return str(written)


def text_of(body: Json, name: str, most: int = 200) -> str:
    """Read a short text.

    Raises:
        Unusable: It is none.
    """
    written = member(body, name)
    if isinstance(written, Written) or not isinstance(written, str):
        raise Unusable("bad_text", "must be a string", field=name)
    if not 0 < len(written) <= most or not written.isprintable():
        raise Unusable(
            "bad_text", f"must have 1 to {most} printable characters", field=name
        )
    return written


def number(value: Decimal) -> msgspec.Raw:
    """Write a number with its shortest exact digits, as JSON."""
    return msgspec.Raw(text(value).encode())


def answer(value: object, status: int = 200) -> Response:
    """Answer with JSON, without blanks, keys in the order that they are given in."""
    body = msgspec.json.encode(value)
    return Response(body, status_code=status, media_type="application/json")


def one_of(body: Json, name: str, words: Sequence[str]) -> str:
    """Read one of a few words.

    Raises:
        Unusable: It is none of them.
    """
    written = member(body, name)
    if isinstance(written, str) and not isinstance(written, Written):
        for word in words:
            if written == word:
                return word
    raise Unusable("bad_word", f"must be one of {', '.join(words)}", field=name)
