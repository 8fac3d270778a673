"""
A value that must not be seen: a key, a token, a password.

Wherever it ends up by mistake (a log line, an error, a debugger, a format string) it
reads `***`; who needs the value says so with `reveal()`, which is easy to search for.
"""

from __future__ import annotations

import hmac
import re
from typing import Self

MASK = "***"
TOKEN_PREFIX = "exitd_"
#: A token of ours. Of each only a hash is known, so it is found by its looks.
TOKEN_PATTERN = TOKEN_PREFIX + "[A-Za-z0-9_-]{43}"
_TOKEN = re.compile(TOKEN_PATTERN)


def masked_tokens(text: str) -> str:
    """Put stars in the place of each API token."""
    return _TOKEN.sub(MASK, text) if TOKEN_PREFIX in text else text


class Secret:
    """Holds one secret text. Equal to another `Secret` of the same text only."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself; keep it no longer than the call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # On bytes: compare_digest refuses text outside ASCII.
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled; pass what it was read from")
