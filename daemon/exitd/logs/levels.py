"""
How loud an event must be to be written, with overrides such as
`trigger_id=sol-core/sl -> debug` for one trigger, venue or kind of event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from exitd.errors import ConfigurationError

LEVELS: Mapping[str, int] = {
    "debug": 10,
    "info": 20,
    "warning": 30,
    "error": 40,
    "critical": 50,
}
_OVERRIDE = re.compile(r"\s*([a-z_]+)\s*=\s*(\S+)\s*->\s*([a-z]+)\s*")


class Override(Struct, frozen=True):
    """Where *field* is *value* (`*` and `?` as in file names), *level* is enough."""

    field: str
    value: str
    level: str

    def fits(self, fields: Mapping[str, Any]) -> bool:
        return self.field in fields and fnmatchcase(str(fields[self.field]), self.value)


def parse_level(text: str) -> str:
    """
    Raises:
        ConfigurationError: It is none of the levels.
    """
    if text not in LEVELS:
        raise ConfigurationError(
            f"log level '{text}' is not one of {', '.join(LEVELS)}; set one of these"
            " under log.level or in an override."
        )
    return text


def parse_override(text: str) -> Override:
    """
    Raises:
        ConfigurationError: It does not read `field=value -> level`.
    """
    found = _OVERRIDE.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"log override '{text}' cannot be read; write it as"
            " 'trigger_id=sol-core/sl -> debug'."
        )
    field, value, level = found.groups()
    return Override(field, value, parse_level(level))


class LevelGate:
    """Decides which events are written; the first override that fits wins."""

    def __init__(self, level: str, overrides: Iterable[str] = ()) -> None:
        """
        Raises:
            ConfigurationError: The level or an override cannot be read.
        """
        self._level = LEVELS[parse_level(level)]
        self._overrides = tuple(parse_override(text) for text in overrides)
        self.has_overrides = bool(self._overrides)
        # Below this nothing passes, whatever its fields are.
        self.lowest = min(
            (self._level, *(LEVELS[rule.level] for rule in self._overrides))
        )

    def lets_through(self, level: str, fields: Mapping[str, Any]) -> bool:
        rank = LEVELS[level]
        for rule in self._overrides:
            if rule.fits(fields):
                return rank >= LEVELS[rule.level]
        return rank >= self._level
