"""`parse_mode` HTML: the tags that Telegram knows, and in which words it refuses."""

from __future__ import annotations

import html
import re
from typing import Any

from fakes.telegram.refused import bad

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-spoiler": "spoiler",
}
_TAG = re.compile(r"<(/?)([a-zA-Z-]*)([^<>]*)(>?)")


def utf16(text: str) -> int:
    """Count as entities are counted."""
    return len(text.encode("utf-16-le")) // 2


def parsed(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Give the text that is shown, and its entities.

    Raises:
        Refused: It is not well-formed, as Telegram sees it.
    """
    shown, begun = "", []
    entities: list[dict[str, Any]] = []
    at = 0
    while (found := _TAG.search(text, at)) is not None:
        shown += html.unescape(text[at : found.start()])
        at = found.end()
        place = f"at byte offset {len(text[: found.start()].encode())}"
        slash, name, _, end = found.groups()
        name = name.lower()
        if slash:
            if not begun:
                raise bad(f"can't parse entities: Unexpected end tag {place}")
            opened, offset = begun.pop()
            if name not in ("", opened):
                raise bad(
                    f"can't parse entities: Unmatched end tag {place}, expected"
                    f' "</{opened}>", found "</{name}>"'
                )
            length = utf16(shown) - offset
            if length:
                kind = _KINDS[opened]
                entities.append({"type": kind, "offset": offset, "length": length})
            continue
        if name not in _KINDS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{name}" {place}')
        if not end:
            raise bad(f'can\'t parse entities: Unclosed start tag "{name}" {place}')
        begun.append((name, utf16(shown)))
    shown += html.unescape(text[at:])
    if begun:
        raise bad(
            "can't parse entities: Can't find end tag corresponding to start tag"
            f' "{begun[-1][0]}"'
        )
    return shown, sorted(entities, key=lambda each: (each["offset"], -each["length"]))
