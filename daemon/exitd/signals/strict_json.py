"""Strict JSON: what `json.loads` lets through by itself, and hooks against it."""

import re

_NESTING = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def nesting_of(body: bytes) -> int:
    """Count how deep brackets nest outside strings.

    To be asked before a body is parsed: how deep that may go depends on the process.
    """
    deepest = level = 0
    for found in _NESTING.finditer(body):
        sign = found[0]
        if sign in (b"[", b"{"):
            level += 1
            deepest = max(deepest, level)
        elif sign in (b"]", b"}"):
            level -= 1
    return deepest


def refuse_constant(name: str) -> object:
    """Refuse NaN and Infinity, as the hook `parse_constant`.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is not JSON")


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object with a key twice, as the hook `object_pairs_hook`.

    Raises:
        RepeatedKey: One stands twice.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RepeatedKey(key)
            seen.add(key)
    return found


class RepeatedKey(ValueError):
    """An object names a key twice; which of the two is meant, nobody knows."""

    def __init__(self, key: str) -> None:
        super().__init__("a key stands twice")
        self.key = key
