"""What libraries say through `logging` and `warnings`, as lines of ours."""

from __future__ import annotations

import logging

import structlog

from exitd.logs.events import Event


class LibraryHandler(logging.Handler):
    """Turns each record into `library.warned`; takes part in the same masking."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            # Arguments that do not fit their format: a mistake of the library's.
            text = str(record.msg)
        log = structlog.get_logger().warning
        if record.levelno >= logging.ERROR:
            log = structlog.get_logger().error
        log(
            Event.LIBRARY_WARNED,
            logger=record.name,
            msg=text,
            exc_info=record.exc_info,
        )


_handler = LibraryHandler()


def listen_to_libraries() -> None:
    """Send warnings and errors of every library here, and nothing below them."""
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)


def stop_listening() -> None:
    logging.getLogger().removeHandler(_handler)
    logging.captureWarnings(False)
