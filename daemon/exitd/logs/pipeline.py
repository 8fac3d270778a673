"""From an event and its fields to one finished line: the only structlog processor."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from decimal import Decimal
from types import TracebackType
from typing import Any

import structlog
from msgspec import Struct

from exitd.logs.events import Event
from exitd.logs.levels import LevelGate
from exitd.logs.redaction import Redactor
from exitd.logs.rendering import Fields, bounded, plain
from exitd.logs.repeats import Repeats

# What sd-daemon(3) calls them; journald takes the prefix off and sets PRIORITY.
PRIORITIES: Mapping[str, bytes] = {
    "debug": b"<7>",
    "info": b"<6>",
    "warning": b"<4>",
    "error": b"<3>",
    "critical": b"<2>",
}
_PLAIN_TYPES = frozenset((str, int, float, bool, type(None)))
_NAMES = {event: event.value for event in Event}
# Lines that differ in one of these do not repeat each other.
_TOLD_APART_BY = ("venue", "trigger_id", "account", "symbol", "channel", "route", "msg")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Pipeline(Struct, frozen=True, kw_only=True):
    """Everything that decides whether a line is written and how it reads."""

    gate: LevelGate
    redactor: Redactor
    repeats: Repeats
    render: Callable[[Fields], bytes]
    now_ns: Callable[[], int]
    monotonic_ns: Callable[[], int]
    # Stand on every line, such as the mode of a daemon that protects nothing.
    constants: Mapping[str, str]
    has_priority: bool

    def __call__(
        self, logger: object, method: str, fields: MutableMapping[str, Any]
    ) -> bytes:
        level = "error" if method == "exception" else method
        if self.gate.has_overrides and not self.gate.lets_through(level, fields):
            raise structlog.DropEvent
        event, ts_ns = fields.pop("event"), fields.pop("ts_ns", None)
        if type(event) is not Event:
            # A library that uses structlog too; the catalogue stays closed.
            fields["msg"] = str(event)
            event = Event.LIBRARY_WARNED
        suppressed = 0
        if event.is_folded and level not in ("error", "critical"):
            key = (event, *(fields.get(field) for field in _TOLD_APART_BY))
            counted = self.repeats.count(key, self.monotonic_ns())
            if counted is None:
                raise structlog.DropEvent
            suppressed = counted
        return self.line(level, event, fields, suppressed, ts_ns)

    def line(
        self,
        level: str,
        event: Event,
        fields: Mapping[str, Any],
        suppressed: int = 0,
        ts_ns: int | None = None,
    ) -> bytes:
        """Give the whole line, masked, with its end; *ts_ns* None is now."""
        made: Fields = {
            "ts": timestamp(self.now_ns() if ts_ns is None else ts_ns),
            "level": level,
            "event": _NAMES[event],
        }
        made.update(self.constants)
        for key, value in fields.items():
            if self.constants.get(key) == value:
                continue
            if key in made:
                # Never in the place of what every line has.
                key = f"{key}_"
            if key == "exc_info":
                if value:
                    made["exception"] = _exception_text(value)
            elif type(value) in _PLAIN_TYPES:
                made[key] = value
            elif type(value) is Decimal:
                made[key] = format(value, "f")
            else:
                made[key] = plain(value)
        if suppressed:
            made["suppressed"] = suppressed
        text = self.redactor.mask(bounded(made, self.render))
        if self.has_priority:
            return PRIORITIES[level] + text + b"\n"
        return text + b"\n"


_second = (-1, "")


def timestamp(ts_ns: int) -> str:
    """Give *ts_ns* as UTC with microseconds, such as `2026-11-20T12:00:00.123456Z`."""
    global _second
    second, rest_ns = divmod(ts_ns, 1_000_000_000)
    known, text = _second
    if known != second:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = (second, text)
    return f"{text}.{rest_ns // 1000:06d}Z"


def _exception_text(exc_info: BaseException | ExcInfo | bool) -> str:
    """Never with the values of local variables: there are keys among them."""
    if isinstance(exc_info, BaseException):
        lines = traceback.format_exception(exc_info)
    elif isinstance(exc_info, tuple):
        lines = traceback.format_exception(*exc_info)
    else:
        lines = [traceback.format_exc()]
    return "".join(lines).rstrip()
