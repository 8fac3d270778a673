"""
The daemon's log: a fixed set of events, one line each, never a secret.

    from exitd.logs import Event, bound, log

    log(Event.FEED_LOST, venue="backpack", channel="prices", reason="connection reset")
    with bound(trigger_id="sol-core/sl", fire_id=fire_id):
        ...

`app` calls `configure` once before anything is logged, again when the settings
change, and `close` at the end. Lines go to standard output as JSON; when standard
error is a terminal they go there instead, to be read by eye.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import structlog
from msgspec import Struct
from msgspec.structs import replace
from structlog.contextvars import bound_contextvars as bound

from exitd.errors import ConfigurationError, ExitdError
from exitd.logs.crashes import STDERR_FD, CrashPrinter
from exitd.logs.events import Event
from exitd.logs.levels import LevelGate
from exitd.logs.libraries import listen_to_libraries, stop_listening
from exitd.logs.pipeline import Pipeline
from exitd.logs.redaction import Redactor
from exitd.logs.rendering import RENDERERS, Fields, to_plain_console
from exitd.logs.repeats import Repeats
from exitd.logs.writer import LineWriter
from exitd.secret import Secret

__all__ = [
    "Event",
    "Log",
    "Observe",
    "blanked",
    "bound",
    "configure",
    "log",
    "log_at",
    "masked",
]

FORMATS = ("auto", *RENDERERS)
#: Sees each event with its fields, written or not; quick, and from any thread.
Observe = Callable[[Event, Mapping[str, object]], None]
STDOUT_FD = 1

_current: Log | None = None


def log(event: Event, /, **fields: object) -> None:
    """Write *event* at its own level, with what is bound to this task.

    A field `ts_ns` is when it happened, where that is not now.
    """
    log_at(event.level, event, **fields)


def log_at(level: str, event: Event, /, **fields: object) -> None:
    """Write *event* at another level than its own."""
    if _current is None:
        return
    if _current.observe is not None:
        _current.observe(event, fields)
    if "event" in fields:
        # structlog's own name for the event itself.
        fields["event_"] = fields.pop("event")
    getattr(_current.logger, level)(event, **fields)


def blanked(data: bytes) -> bytes:
    """Blank the loaded secrets in what leaves the process otherwise, length kept."""
    return data if _current is None else _current.blank(data)


def masked(text: str) -> str:
    """Mask the loaded secrets in a text for people, as on a line of the log."""
    return text if _current is None else _current.mask(text)


class Destination(Struct, frozen=True, kw_only=True):
    """Where lines go and how they read."""

    format: str
    fd: int
    # As the journal's variable JOURNAL_STREAM says it: device:inode, or None.
    journal_stream: str | None = None

    @property
    def has_priority(self) -> bool:
        """Is the descriptor really the journal's, and not piped on from there?"""
        if self.journal_stream is None:
            return False
        found = os.fstat(self.fd)
        return self.journal_stream == f"{found.st_dev}:{found.st_ino}"

    def render(self, no_color: bool) -> Callable[[Fields], bytes]:
        if self.format == "console" and (no_color or not os.isatty(self.fd)):
            return to_plain_console
        return RENDERERS[self.format]


class Log:
    """What `configure` set up; to be closed, or used in a `with`."""

    def __init__(
        self,
        writer: LineWriter,
        pipeline: Pipeline,
        crashes: CrashPrinter,
        observe: Observe | None = None,
    ) -> None:
        self.observe = observe
        self._writer = writer
        self._crashes = crashes
        self._pipeline = pipeline
        self.logger: Any = None
        self._build()

    def protect(self, secrets: Iterable[Secret]) -> None:
        """Mask these too, from the next line on."""
        self._pipeline.redactor.learn(secrets)

    def blank(self, data: bytes) -> bytes:
        return self._pipeline.redactor.blank(data)

    def mask(self, text: str) -> str:
        return self._pipeline.redactor.mask(text.encode("utf-8", "replace")).decode()

    def set_levels(self, level: str, overrides: Iterable[str] = ()) -> None:
        """
        Change what is written, from the next line on.

        Raises:
            ConfigurationError: The level or an override cannot be read.
        """
        self._pipeline = replace(self._pipeline, gate=LevelGate(level, overrides))
        self._build()

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Wait until every line is out, at most so long; are they?"""
        return self._writer.flush(timeout_s)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Flush and end; were all lines taken?"""
        global _current
        if _current is self:
            _current = None
            stop_listening()
            self._crashes.uninstall()
            structlog.reset_defaults()
        atexit.unregister(self.close)
        return self._writer.close(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close; a bug that passes through is logged as what ended the daemon."""
        if isinstance(exception, Exception) and not isinstance(exception, ExitdError):
            log(Event.DAEMON_CRASHED, exc_info=exception)
        self.close()

    def _build(self) -> None:
        structlog.configure(
            processors=[structlog.contextvars.merge_contextvars, self._pipeline],
            wrapper_class=structlog.make_filtering_bound_logger(
                self._pipeline.gate.lowest
            ),
            logger_factory=lambda *_: _Sink(self._writer.put),
            cache_logger_on_first_use=False,
        )
        # Kept, because structlog would assemble it again for every line.
        self.logger = structlog.get_logger().bind()


class _Sink:
    """What structlog calls with the finished line."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self.debug = self.info = self.warning = put
        self.error = self.critical = put


def configure(
    *,
    format: str = "auto",
    level: str = "info",
    overrides: Iterable[str] = (),
    secrets: Iterable[Secret] = (),
    now_ns: Callable[[], int],
    monotonic_ns: Callable[[], int],
    constants: Mapping[str, str] | None = None,
    fd: int | None = None,
    journal_stream: str | None = None,
    no_color: bool = False,
    observe: Observe | None = None,
) -> Log:
    """
    Begin to log; close what this returns.

    Args:
        format: `auto`, `json`, `logfmt` or `console`. `auto` is `console` when
            standard error is a terminal, and `json` otherwise.
        level: The least that is written where no override says otherwise.
        overrides: Such as `trigger_id=sol-core/sl -> debug`.
        secrets: Masked wherever they appear, in every usual encoding.
        now_ns: UTC, for `ts`.
        monotonic_ns: For what repeats.
        constants: Fields that stand on every line.
        fd: Where to write, in place of standard output (or error, for `console`).
        journal_stream: The variable of that name, when systemd set it.
        no_color: No colours even on a terminal; elsewhere there are none anyway.
        observe: Sees each event, whatever its level is.

    Raises:
        ConfigurationError: The format, the level or an override cannot be read.
    """
    global _current
    if _current is not None:
        _current.close()
    place = destination(format, fd, journal_stream)
    pipeline = Pipeline(
        gate=LevelGate(level, overrides),
        redactor=Redactor(secrets),
        repeats=Repeats(),
        render=place.render(no_color),
        now_ns=now_ns,
        monotonic_ns=monotonic_ns,
        constants=dict(constants or {}),
        has_priority=place.has_priority,
    )
    writer = LineWriter(
        place.fd,
        dropped_line=lambda lines: pipeline.line(
            Event.LOG_DROPPED.level, Event.LOG_DROPPED, {"lines": lines}
        ),
    )
    crashes = CrashPrinter(pipeline.redactor)
    crashes.install()
    _current = Log(writer, pipeline, crashes, observe)
    atexit.register(_current.close)
    listen_to_libraries()
    return _current


def destination(format: str, fd: int | None, journal_stream: str | None) -> Destination:
    """
    Raises:
        ConfigurationError: *format* is none of those there are.
    """
    if format not in FORMATS:
        raise ConfigurationError(
            f"log format '{format}' is not one of {', '.join(FORMATS)}; set one of"
            " these under log.format."
        )
    if format == "auto":
        format = "console" if sys.stderr is not None and sys.stderr.isatty() else "json"
    if fd is None:
        # Standard output belongs to the command that a person typed.
        fd = STDERR_FD if format == "console" else STDOUT_FD
    return Destination(format=format, fd=fd, journal_stream=journal_stream)
