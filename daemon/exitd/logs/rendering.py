"""
Makes a line out of an event: JSON, logfmt, or colours for a terminal.

No character of a value can end a line, move a cursor or turn text around: in all
formats they are escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from exitd.secret import MASK, Secret

Fields = dict[str, Any]

# A line of journald is cut at 48 KiB; a cut JSON line is no JSON.
LINE_BYTES_MAX = 32 * 1024
# msgspec escapes what is below a space; these could still act on a terminal.
_ACTIVE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_BARE = re.compile(r"[A-Za-z0-9_.:/@%+*,#-]+")
_COLOURS = {
    "debug": "\x1b[2m",
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[31;1m",
}
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"

_encoder = msgspec.json.Encoder()


def _encode(value: Any) -> bytes:
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, OverflowError):
        # Half a character, as in the name of a file, or a number beyond 64 bits.
        return json.dumps(value, default=str).encode()


def plain(value: Any) -> Any:
    """Give *value* as what JSON has; decimals as text, never with an exponent."""
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | float():
            return value
        case int():
            return value if abs(value) < 2**63 else str(value)
        case str():
            return str(value)
        case Decimal():
            return format(value, "f")
        case Secret():
            return MASK
        case bytes() | bytearray() | memoryview():
            return f"{len(value)} bytes"
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(str(plain(item)) for item in value)
        case BaseException():
            return f"{type(value).__name__}: {value}"
        case msgspec.Struct():
            return plain(msgspec.structs.asdict(value))
        case _:
            return str(value)


def to_json(fields: Fields) -> bytes:
    return _made_harmless(_encode(fields))


def to_logfmt(fields: Fields) -> bytes:
    return " ".join(f"{key}={_word(value)}" for key, value in fields.items()).encode()


def to_console(fields: Fields) -> bytes:
    """Time of day, level and event in columns, then the fields."""
    rest = dict(fields)
    time_of_day = str(rest.pop("ts"))[11:23]
    level = str(rest.pop("level"))
    event = str(rest.pop("event"))
    exception = rest.pop("exception", None)
    words = " ".join(
        f"{_DIM}{key}={_RESET}{_word(value)}" for key, value in rest.items()
    )
    line = (
        f"{_DIM}{time_of_day}{_RESET} {_COLOURS.get(level, '')}{level:<7}{_RESET}"
        f" {_BOLD}{_word(event):<24}{_RESET} {words}"
    )
    if exception is not None:
        for row in str(exception).splitlines():
            line += f"\n    {_escaped(row)}"
    return line.encode()


def to_plain_console(fields: Fields) -> bytes:
    """The same for a file or a pipe: the only escapes in it are our own colours."""
    return _COLOUR.sub(b"", to_console(fields))


RENDERERS: Mapping[str, Callable[[Fields], bytes]] = {
    "json": to_json,
    "logfmt": to_logfmt,
    "console": to_console,
}


def bounded(fields: Fields, render: Callable[[Fields], bytes]) -> bytes:
    """Render; a line that is too long keeps its ids and the start of its text."""
    line = render(fields)
    if len(line) <= LINE_BYTES_MAX:
        return line
    kept = {
        key: value if not isinstance(value, str) else value[:2000]
        for key, value in fields.items()
        if isinstance(value, str | int) and len(key) <= 100
    }
    short = dict(list(kept.items())[:12], cut_from_bytes=len(line))
    return render(short)


def _word(value: Any) -> str:
    """Bare when nothing in it needs quotes, else as JSON text."""
    if type(value) is str and _BARE.fullmatch(value):
        return value
    return _made_harmless(_encode(value)).decode()


def _escaped(text: str) -> str:
    return _made_harmless(_encode(text)).decode()[1:-1]


def _made_harmless(line: bytes) -> bytes:
    if line.isascii() and b"\x7f" not in line:
        return line
    text = line.decode("utf-8", "replace")
    return _ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()
