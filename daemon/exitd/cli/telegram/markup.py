"""Texts as Telegram takes them: its HTML, escaped, and short enough for one message."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import NewType

Html = NewType("Html", str)

#: Telegram takes 4096 characters; some of them count twice.
LENGTH_MAX = 4_000
_SENTENCE_MAX = 600
_TAG = re.compile(r"<[^>]*>")


def plain(text: str) -> Html:
    """Take a text as it is, shortened where it is endless."""
    if len(text) > _SENTENCE_MAX:
        text = f"{text[: _SENTENCE_MAX - 1]}…"
    return Html(html.escape(text, quote=False))


def bold(text: str) -> Html:
    return Html(f"<b>{plain(text)}</b>")


def code(text: str) -> Html:
    """Set a text so that a tap copies it."""
    return Html(f"<code>{plain(text)}</code>")


def joined(parts: Sequence[Html], by: str = " ") -> Html:
    return Html(by.join(part for part in parts if part))


def length(text: Html) -> int:
    """Count what Telegram counts, or more: the characters shown, in UTF-16."""
    shown = html.unescape(_TAG.sub("", text))
    return len(shown.encode("utf-16-le", "surrogatepass")) // 2


def fitted(parts: Sequence[Html], *, more: str = "{} more lines") -> Html:
    """Put parts below one another, and say how many there was no room for.

    Args:
        more: What they are called, with `{}` for their number.
    """
    kept: list[Html] = []
    room = LENGTH_MAX - len(more) - 10
    for number, part in enumerate(parts):
        room -= length(part) + 1
        if room < 0:
            kept.append(plain(f"… and {more.format(len(parts) - number)}"))
            break
        kept.append(part)
    return joined(kept, "\n")
