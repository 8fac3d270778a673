"""
Bodies: bytes as a sender posts them, into JSON whose numbers keep their digits.

What is refused here cannot be an alert at all. Each refusal is one sentence with the
place and the remedy; it quotes names and placeholders, never a value, because one of
the values is a secret.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from exitd.core.units import INFINITY
from exitd.errors import ExitdError
from exitd.signals.strict_json import RepeatedKey, nesting_of, unique_keys

BODY_BYTES_MAX = 64 * 1024
DEPTH_MAX = 20
# Longer ones are no amount of anything, and reckoning with them takes long.
DIGITS_MAX = 1_000
# What other programs read as a number at all (IEEE 754) is within this.
EXPONENT_MAX = 400

PLACEHOLDER = re.compile(r"\{\{[^{}\n]{0,80}\}\}")
PLACEHOLDER_REMEDY = (
    "placeholders are filled in by the message of an alert dialog only; inside Pine "
    "use str.tostring()"
)
_LAST_KEY = re.compile(r'"([^"\\]{1,80})"\s*:\s*\{?$')
# How JSON writes half of a character.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_WORD = re.compile(r"[A-Za-z_][\w.+-]*")


class UnreadableBody(ExitdError):
    """
    A body is not one JSON object; nothing of it can be used.

    Attributes:
        fault: What is wrong and where, without a full stop.
        remedy: What to do about it.
    """

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(f"{fault}; {remedy}")
        self.fault = fault
        self.remedy = remedy


class BodyTooLarge(UnreadableBody):
    """A body is longer than any alert."""


class _Constant:
    """NaN or an infinity, where a parser met it; found again by the walk."""

    def __init__(self, name: str) -> None:
        self.name = name


def read_body(raw: bytes) -> dict[str, object]:
    """
    Read a body, whatever its content type says: one strict JSON object in UTF-8.

    Args:
        raw: At most 64 KiB, no deeper than 20 objects and lists in one another.

    Returns:
        Its fields. Numbers are `Decimal`s with the digits that were written.

    Raises:
        BodyTooLarge: It is longer than that.
        UnreadableBody: It is no such object.
    """
    if len(raw) > BODY_BYTES_MAX:
        raise BodyTooLarge(
            f"the body has more than {BODY_BYTES_MAX} bytes", "send a smaller one"
        )
    return _read(_decoded(raw), DEPTH_MAX)


def no_object(found: object) -> UnreadableBody:
    """Say what a body is that has no fields."""
    return UnreadableBody(
        f"the body is {_kind_of(found)}, not an object",
        'send one JSON object such as {"ticker": "AAPL", "direction": "long"}',
    )


def read_stored(text: str) -> dict[str, object]:
    """
    Read what `signal_json` wrote, which may be longer and deeper than a body.

    Raises:
        UnreadableBody: It did not write that.
    """
    return _read(text, 2 * DEPTH_MAX)


def _read(text: str, depth_max: int) -> dict[str, object]:
    constants: list[str] = []
    # Only what can be wrong is looked for: most bodies are small and flat.
    is_flat = text.count("{") + text.count("[") <= depth_max
    if (
        not is_flat
        and nesting_of(text.encode("utf-8", "surrogatepass")) > depth_max + 1
    ):
        raise _too_deep()
    found = _parsed(text, constants)
    is_plain = is_flat and not constants and not _HALF.search(text)
    return _checked(found, depth_max, is_plain=is_plain)


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableBody(
            f"the body is not UTF-8 at byte {error.start + 1}",
            "send one JSON object in UTF-8",
        ) from error
    if not text.strip():
        raise UnreadableBody(
            "the body is empty", "put the JSON of the alert into its message"
        )
    return text


def _parsed(text: str, constants: list[str]) -> object:
    def constant(name: str) -> _Constant:
        constants.append(name)
        return _Constant(name)

    try:
        return json.loads(
            text,
            parse_int=_number,
            parse_float=_number,
            parse_constant=constant,
            object_pairs_hook=unique_keys,
        )
    except RepeatedKey as error:
        raise UnreadableBody(
            f'"{_quoted(error.key)}" stands twice in one object',
            "keep one of the two",
        ) from error
    except json.JSONDecodeError as error:
        raise _explained(text, error) from error


def _number(written: str) -> Decimal:
    if len(written) > DIGITS_MAX:
        raise UnreadableBody(
            f"a number has {len(written)} digits", f"write at most {DIGITS_MAX}"
        )
    try:
        number = Decimal(written)
    except InvalidOperation:
        number = INFINITY
    if not number.is_finite() or abs(number.adjusted()) > EXPONENT_MAX:
        raise UnreadableBody(
            "a number is larger or smaller than any price", "write plain digits"
        )
    return number


def _checked(found: object, depth_max: int, *, is_plain: bool) -> dict[str, object]:
    if not isinstance(found, dict):
        raise no_object(found)
    if is_plain:
        return found
    for path, value, depth in _walk(found):
        if depth > depth_max:
            raise _too_deep()
        if isinstance(value, _Constant):
            raise UnreadableBody(
                f"{path} is {value.name}, which is no number in JSON",
                "Pine writes it for a value that is not there yet; test it with na() "
                "before the alert is sent",
            )
        if isinstance(value, str) and not _is_text(value):
            raise UnreadableBody(
                f"{path} has half of a character", "send one JSON object in UTF-8"
            )
    return found


def _walk(found: dict[str, object]) -> Iterator[tuple[str, object, int]]:
    """Give every name and value with its path and depth, without recursion."""
    left: list[tuple[str, object, int]] = [("", found, 1)]
    while left:
        path, value, depth = left.pop()
        yield _quoted(path) or "the body", value, depth
        inner: list[tuple[str, object, int]] = []
        if isinstance(value, dict):
            for key, member in value.items():
                yield "the name of a field", key, depth
                inner.append((f"{path}.{key}" if path else key, member, depth))
        elif isinstance(value, list):
            inner = [
                (f"{path}[{index}]", member, depth)
                for index, member in enumerate(value)
            ]
        left += [
            (p, v, d + 1 if isinstance(v, dict | list) else d)
            for p, v, d in reversed(inner)
        ]


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8, which JSON escapes need not be."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _too_deep() -> UnreadableBody:
    return UnreadableBody(
        f"the body nests more than {DEPTH_MAX} objects in one another",
        "send a flatter one",
    )


def _explained(text: str, error: json.JSONDecodeError) -> UnreadableBody:
    """Say in the sender's words why a text is not JSON."""
    at = error.pos
    rest = text[at:]
    place = f"at line {error.lineno}, column {error.colno}"
    key = _LAST_KEY.search(text[max(at - 200, 0) : at])
    name = _quoted(key[1]) if key else ""
    where = f"{name} {place}" if name else place
    for start in (at - 1, at):
        placeholder = PLACEHOLDER.match(text, max(start, 0))
        if placeholder:
            return UnreadableBody(
                f"{name or 'the body'} still holds the placeholder "
                f"{_quoted(placeholder[0])} {place}",
                PLACEHOLDER_REMEDY,
            )
    if rest.startswith(("//", "/*", "#")):
        return UnreadableBody(
            f"a comment stands {place}", "JSON has no comments; take it out"
        )
    if rest.startswith("'"):
        return UnreadableBody(
            f"a single quote stands {place}", 'write names and texts in double quotes "'
        )
    if text[:at].rstrip().endswith(",") and rest[:1] in ("}", "]"):
        return UnreadableBody(
            f"a comma stands before the closing {rest[0]} {place}", "take it out"
        )
    if text[:at].rstrip().endswith(",") and rest[:1].isdigit():
        return UnreadableBody(
            f"a number with a comma in it stands {place}",
            "write numbers as in 1000.50",
        )
    word = _WORD.match(rest)
    if word:
        return UnreadableBody(
            f"{f'{name} is' if name else 'there is'} a word without quotes {place}",
            "write numbers in digits, texts in double quotes, and true, false and null "
            "in small letters",
        )
    if not rest.strip():
        return UnreadableBody(
            f"the body ends too early, {place}", "close every quote and every bracket"
        )
    return UnreadableBody(
        f"the body is not JSON {where}", f"send one JSON object ({error.msg})"
    )


def _kind_of(found: object) -> str:
    match found:
        case list():
            return "a list"
        case str():
            return "a text"
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "a number"
        case _:
            return f"of the type {type(found).__name__}"


def _quoted(name: str) -> str:
    """A name from a body, fit for an answer and a log."""
    plain = name[:60].encode("ascii", "replace").decode()
    return "".join(char if char.isprintable() else "?" for char in plain)
