"""Which values of exitd.yaml are never shown, not even in the line of an error.

Accounts and targets hold secrets, and a key mistyped there may hold one too: in
those sections a value is shown only where it is known to be harmless.
"""

import re

from exitd.configuration.daemon_file import Account, Heartbeat
from exitd.configuration.findings import mask_tokens
from exitd.configuration.yaml import Document, Node

_SHOWN_SECTIONS = frozenset(
    {"version", "mode", "state", "http", "log", "defaults", "policies"}
)
_SHOWN_KEYS = frozenset(
    (set(Account.model_fields) | set(Heartbeat.model_fields)) - {"key", "secret", "url"}
)
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/?")
_PLACE_KEYS = frozenset({"credential", "file", "env"})
_PLAIN_PLACE = re.compile(r"[A-Za-z0-9_./-]{1,200}")


def _is_shown(path: tuple[str, ...], text: str) -> bool:
    if not path or path[0] in _SHOWN_SECTIONS:
        return True
    last = path[-1]
    if last in _PLACE_KEYS:
        return bool(_PLAIN_PLACE.fullmatch(text)) and mask_tokens(text) == text
    if last == "url" and path[0] == "venues":
        return bool(_PLAIN_URL.fullmatch(text))
    return last in _SHOWN_KEYS and len(path) <= 3


def _hide(lines: list[str], node: Node) -> None:
    index, start = node.mark.line - 1, node.mark.column - 1
    line = lines[index]
    text = str(node.value)
    is_one_line = node.mark.width >= len(text) and len(text) > 1
    end = start + node.mark.width if is_one_line or len(text) <= 1 else len(line)
    lines[index] = line[:start] + "*" * (end - start) + line[end:]


def mask_secrets(document: Document) -> None:
    """Blank out the values of exitd.yaml that must not be shown, in place."""
    document.guard = mask_tokens
    pending: list[tuple[tuple[str, ...], Node]] = []
    if document.root is not None:
        pending.append(((), document.root))
    while pending:
        path, node = pending.pop()
        value = node.value
        if isinstance(value, dict):
            pending.extend(((*path, key), entry.node) for key, entry in value.items())
        elif isinstance(value, list):
            pending.extend((path, item) for item in value)
        elif value is not None and not _is_shown(path, str(value)):
            _hide(document.lines, node)
